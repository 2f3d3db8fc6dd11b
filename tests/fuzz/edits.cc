// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "edits.h"

#include "drawn_job.h"
#include "job_to_plan.h"
#include "stretto/error.h"
#include "toml_text.h"

#include <array>
#include <nlohmann/json.hpp>
#include <random>

namespace stretto::fuzz {
namespace {

using nlohmann::json;
using Random = std::minstd_rand;

constexpr std::array<int64_t, 20> kNumbers{0,         1,          2,         3,         -1,        7,       64,
                                           65,        4096,       4097,      65536,     65537,     1 << 20, INT32_MAX,
                                           INT32_MIN, UINT32_MAX, 1LL << 40, INT64_MAX, INT64_MIN, -2};
constexpr std::array<const char*, 24> kTexts{"",       "x0",      "x0[*]", "n0[0]",        "n1[:]",      "n2.low",
                                             "a0[*]",  "cpu",     "cpu:1", "async_device", "shm",        "rendezvous",
                                             "serial", "overlap", "auto",  "1 MiB",        "1e400 TiB",  "10 ms",
                                             "f32",    "bf16",    "*",     "level.npy",    "costs.toml", "\x7f\n"};
constexpr std::array<double, 8> kReals{0.5, -0.0, 1e-300, 1e300, INFINITY, -INFINITY, NAN, 0x1p63};

template <class Table>
auto some(const Table& table, Random& random) {
  return table[random() % table.size()];
}

/// All values of a tree, the root not among them, and their tables and lists.
void collect(Written& written, std::vector<Written*>& values, std::vector<Written*>& holders) {
  const auto add = [&](Written& value) {
    values.push_back(&value);
    collect(value, values, holders);
  };
  if (auto* list = written.as<Written::List>()) {
    if (!list->empty()) holders.push_back(&written);
    for (auto& item : *list) add(item);
  } else if (auto* table = written.as<Written::Table>()) {
    if (!table->empty()) holders.push_back(&written);
    for (auto& entry : *table) add(entry.value);
  }
}

void change(Written& value, Random& random) {
  if (auto* flag = value.as<bool>(); flag != nullptr && random() % 2 == 0)
    *flag = !*flag;
  else if (auto* number = value.as<int64_t>(); number != nullptr && random() % 2 == 0)
    *number = static_cast<int64_t>(static_cast<uint64_t>(*number) + random() % 5 - 2);
  else if (random() % 2 == 0)
    value.value = some(kNumbers, random);
  else if (random() % 2 == 0)
    value.value = std::string(some(kTexts, random));
  else if (random() % 2 == 0)
    value.value = some(kReals, random);
  else
    value.value = random() % 2 == 0;
}

/// Another place for one of the entries, or none, or two of it.
void rearrange(Written& holder, Random& random) {
  const auto apply = [&](auto& items, const auto& rename) {
    const size_t at = random() % items.size(), other = random() % items.size();
    const auto place = [&](size_t i) { return items.begin() + static_cast<std::ptrdiff_t>(i); };
    switch (random() % 3) {
      case 0: items.erase(place(at)); break;
      case 1: std::swap(items[at], items[other]); break;
      default: {
        auto copy = items[at];
        rename(copy);
        items.insert(place(other), std::move(copy));
      }
    }
  };
  if (auto* list = holder.as<Written::List>())
    apply(*list, [&](Written& item) {
      // A second node needs a name of its own.
      if (auto* name = item.find("name"); name != nullptr && random() % 4 != 0)
        name->value = "m" + std::to_string(random() % 10);
    });
  else
    apply(*holder.as<Written::Table>(), [&](WrittenEntry& entry) {
      entry.key = random() % 4 == 0 ? some(kTexts, random) : entry.key + std::to_string(random() % 10);
    });
}

void slip(Written& root, Random& random) {
  std::vector<Written*> values, holders;
  collect(root, values, holders);
  if (values.empty()) return;
  auto& value = *values[random() % values.size()];
  switch (random() % 6) {
    case 0:
    case 1: return change(value, random);
    case 2: {
      const Written other = *values[random() % values.size()];
      value = other;
      return;
    }
    case 3: {
      // The value of one key, for one node and another: what a mend by hand gets wrong most often. A copy, since the
      // one may stand in the other.
      const auto* entries = holders[random() % holders.size()]->as<Written::Table>();
      if (entries == nullptr) return;
      const auto entry = (*entries)[random() % entries->size()];
      std::vector<Written*> same;
      for (auto* holder : holders)
        if (auto* found = holder->find(entry.key)) same.push_back(found);
      *same[random() % same.size()] = entry.value;
      return;
    }
    default: return rearrange(*holders[random() % holders.size()], random);
  }
}

void slip(json& root, Random& random) {
  const auto pick = [&]() -> json& {
    json* at = &root;
    while (at->is_structured() && !at->empty() && (at == &root || random() % 8 != 0)) {
      auto child = at->begin();
      std::advance(child, static_cast<long>(random() % at->size()));
      at = &*child;
    }
    return *at;
  };
  json& value = pick();
  switch (random() % 4) {
    case 0: {
      json other = pick();
      value = std::move(other);
      return;
    }
    case 1:
      if (value.is_array() && !value.empty()) return value.erase(random() % value.size());
      [[fallthrough]];
    case 2:
      if (value.is_array() && !value.empty()) {
        json copy = value[random() % value.size()];
        value.push_back(std::move(copy));
        return;
      }
      if (value.is_boolean()) {
        value = !value.get<bool>();
        return;
      }
      [[fallthrough]];
    default:
      value = value.is_number_integer() && random() % 2 == 0 ? json(static_cast<int64_t>(value.get<uint64_t>() + 1))
                                                             : json(some(kNumbers, random));
  }
}

std::string edited_plan(std::string_view input, Random& random) {
  json plan = json::parse(input, nullptr, false);
  if (plan.is_discarded()) return "";
  for (auto edits = 1 + random() % 3; edits > 0; --edits) slip(plan, random);
  return plan.is_object() ? plan.dump(-1, ' ', false, json::error_handler_t::replace) : "";
}

/// What stands in front of the TOML of an input.
std::string_view mark_of(std::string_view input) {
  size_t end = input.starts_with(kCosts) ? kCosts.size() : 0;
  while (input.substr(end).starts_with(kSet)) end = std::min(input.find('\n', end), input.size() - 1) + 1;
  return input.substr(0, end);
}

}  // namespace

std::string edited(std::string_view input, uint32_t seed) {
  Random random(seed + 1);
  if (input.starts_with('{')) return edited_plan(input, random);
  try {
    const auto mark = input.starts_with(kDrawn) ? "" : mark_of(input);
    auto root = parse_toml(input.starts_with(kDrawn) ? drawn_job(input.substr(kDrawn.size())) : input, "edited");
    for (auto edits = 1 + random() % 3; edits > 0; --edits) slip(root, random);
    return std::string(mark) + toml_text(root);
  } catch (const Error&) {
    return "";
  }
}

std::string crossed(std::string_view one, std::string_view other, uint32_t seed) {
  Random random(seed + 1);
  try {
    auto root = parse_toml(one.starts_with(kDrawn) ? drawn_job(one.substr(kDrawn.size())) : one, "one");
    auto more = parse_toml(other.starts_with(kDrawn) ? drawn_job(other.substr(kDrawn.size())) : other, "other");
    for (auto& entry : *more.as<Written::Table>()) {
      auto* known = root.find(entry.key);
      if (known == nullptr) {
        root.as<Written::Table>()->push_back(std::move(entry));
      } else if (auto* list = known->as<Written::List>();
                 list != nullptr && entry.value.as<Written::List>() != nullptr) {
        for (auto& item : *entry.value.as<Written::List>())
          if (random() % 2 == 0) list->push_back(std::move(item));
      } else if (random() % 2 == 0) {
        *known = std::move(entry.value);
      }
    }
    return toml_text(root);
  } catch (const Error&) {
    return "";
  }
}

}  // namespace stretto::fuzz
