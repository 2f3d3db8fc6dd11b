// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/literal.h"

#include <fmt/format.h>

namespace stretto {

struct RawSettings::State {
  /// One setting's own copies, so that nothing points into the arguments it was made from.
  struct Item {
    stretto_setting raw{};
    std::string name;
    std::string text;
    std::vector<int64_t> integers;
    std::vector<double> reals;
    std::vector<std::string> texts;
    std::vector<const char*> text_pointers;
  };
  std::vector<std::unique_ptr<Item>> items;
  std::vector<const stretto_setting*> pointers;
  stretto_settings raw{};
};

namespace {

template <class Item>
void fill(Item& item, const stretto_option& option, const Literal& given) {
  // A plan that was read from a file may have 1 where 1.0 was written.
  const auto value = converted(given, option);
  item.name = option.name;
  auto& raw = item.raw;
  raw.size = sizeof raw;
  raw.type = option.type;
  raw.name = item.name.c_str();
  switch (option.type) {
    case STRETTO_BOOLEAN: raw.integer = std::get<bool>(value) ? 1 : 0; break;
    case STRETTO_INTEGER:
    case STRETTO_BYTES: raw.integer = std::get<int64_t>(value); break;
    case STRETTO_REAL:
    case STRETTO_SECONDS: raw.real = std::get<double>(value); break;
    case STRETTO_TEXT:
    case STRETTO_DTYPE:
      item.text = std::get<std::string>(value);
      raw.text = item.text.c_str();
      break;
    case STRETTO_INTEGERS:
      item.integers = std::get<std::vector<int64_t>>(value);
      raw.integers = item.integers.data();
      raw.count = item.integers.size();
      break;
    case STRETTO_REALS:
      item.reals = std::get<std::vector<double>>(value);
      raw.reals = item.reals.data();
      raw.count = item.reals.size();
      break;
    case STRETTO_TEXTS:
      item.texts = std::get<std::vector<std::string>>(value);
      for (const auto& text : item.texts) item.text_pointers.push_back(text.c_str());
      raw.texts = item.text_pointers.data();
      raw.count = item.texts.size();
      break;
    default: throw Error(Code::internal, fmt::format("setting '{}' has an unknown type {}", option.name, option.type));
  }
}

}  // namespace

RawSettings::RawSettings(const Arguments& arguments, const stretto_option* const* schema, uint32_t count)
    : state_(std::make_unique<State>()) {
  for (uint32_t i = 0; i < count; ++i) {
    const auto found = arguments.find(schema[i]->name);
    if (found == arguments.end()) continue;
    fill(*state_->items.emplace_back(std::make_unique<State::Item>()), *schema[i], found->second.value);
    state_->pointers.push_back(&state_->items.back()->raw);
  }
  state_->raw = {sizeof(stretto_settings), static_cast<uint32_t>(state_->pointers.size()), state_->pointers.data()};
}

RawSettings::~RawSettings() = default;

const stretto_settings* RawSettings::raw() const { return &state_->raw; }

}  // namespace stretto
