// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/describe.h"
#include "job/element.h"
#include "loader/text.h"

#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

size_t count_of(const Tensor& tensor) {
  return tensor.dtype.bytes() == 0 ? 0 : tensor.bytes.size() / tensor.dtype.bytes();
}

nlohmann::json element_json(DType dtype, const std::byte* element) {
  return std::visit(
      [](auto value) -> nlohmann::json {
        // JSON has no infinities and no NaN.
        if constexpr (std::is_same_v<decltype(value), double>)
          if (!std::isfinite(value)) return fmt::format("{}", value);
        return value;
      },
      load_element(dtype, element));
}

}  // namespace

std::string describe(const Tensor& tensor, bool text) {
  if (text) return escaped({reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()});
  constexpr size_t kShown = 8;
  const size_t count = count_of(tensor);
  std::string list;
  for (size_t i = 0; i < std::min(count, kShown); ++i)
    list += (i != 0 ? ", " : "") + element_text(tensor.dtype, tensor.bytes.data() + i * tensor.dtype.bytes());
  if (tensor.shape.empty()) return list;
  if (count > kShown)
    list += fmt::format(", … ({} elements, {}{})", count, to_text(tensor.dtype), to_text(tensor.shape));
  return "[" + list + "]";
}

nlohmann::json to_json(const Tensor& tensor, bool text) {
  constexpr size_t kWhole = 64;
  nlohmann::json json{{"dtype", to_text(tensor.dtype)}, {"shape", tensor.shape}, {"text", describe(tensor, text)}};
  const size_t count = count_of(tensor);
  if (count > kWhole || text) return json;
  json["values"] = nlohmann::json::array();
  for (size_t i = 0; i < count; ++i)
    json["values"].push_back(element_json(tensor.dtype, tensor.bytes.data() + i * tensor.dtype.bytes()));
  return json;
}

}  // namespace stretto
