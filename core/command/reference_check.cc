// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/reference_check.h"

#include "command/describe.h"

#include <fmt/format.h>

namespace stretto {

std::vector<std::string> ReferenceCheck::differences(const Result& result) {
  std::vector<Tensor> expected;
  try {
    expected = reference_.run(inputs_of(ready_, result.execution));
  } catch (const Error& error) {
    if (!result.error.empty()) return {};
    return {fmt::format("execution {} has results, and the sequential reference fails: {}", result.execution,
                        error.what())};
  }
  if (!result.error.empty())
    return {fmt::format("execution {} failed, and the sequential reference has results", result.execution)};
  std::vector<std::string> found;
  size_t at = 0;
  for (const PlanOutput& output : ready_.plan.outputs)
    for (const auto& field : output.fields) {
      const Tensor& is = result.values.at(at);
      const Tensor& should = expected.at(at++);
      if (is.dtype == should.dtype && is.shape == should.shape && is.bytes == should.bytes) continue;
      const bool text = ready_.plan.values[field.value].spec.text;
      found.push_back(fmt::format("execution {}: output '{}'{}: found {}, the sequential reference has {}",
                                  result.execution, output.name, field.name.empty() ? "" : " " + field.name,
                                  describe(is, text), describe(should, text)));
    }
  return found;
}

}  // namespace stretto
