// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Plans that something has damaged on their way: each is accepted or refused, and never more than that.

#include "loader/text.h"
#include "plans.h"

#include <nlohmann/json.hpp>
#include <random>

namespace stretto::testing {
namespace {

using nlohmann::json;

/// A value somewhere below `root`, by lot.
json& some_value(json& root, std::mt19937_64& random) {
  json* at = &root;
  while (at->is_structured() && !at->empty()) {
    if (at != &root && random() % 8 == 0) break;
    auto child = at->begin();
    std::advance(child, static_cast<long>(random() % at->size()));
    at = &*child;
  }
  return *at;
}

json some_number(const json& before, std::mt19937_64& random) {
  static const std::vector<int64_t> kNumbers{0,  1,  2,    3,       -1,        -2,         7,
                                             64, 65, 4097, 1 << 20, INT32_MAX, UINT32_MAX, INT64_MAX};
  if (before.is_number_integer() && random() % 2 == 0)
    return static_cast<int64_t>(before.get<uint64_t>() + random() % 5 - 2);  // unsigned: the largest has a next one
  return kNumbers[random() % kNumbers.size()];
}

void damage(json& plan, std::mt19937_64& random) {
  json& at = some_value(plan, random);
  switch (random() % 5) {
    case 0: at = some_value(plan, random); break;  // from elsewhere
    case 1:
      if (at.is_array() && !at.empty()) {
        at.erase(at.size() - 1);
        break;
      }
      [[fallthrough]];
    case 2:
      if (at.is_boolean()) {
        at = !at.get<bool>();
        break;
      }
      [[fallthrough]];
    case 3:
      if (at.is_array() && !at.empty()) {
        const json copy = at[random() % at.size()];
        at.push_back(copy);
        break;
      }
      [[fallthrough]];
    default: at = some_number(at, random);
  }
}

/// Whether it was accepted. Fails the test where anything but a refusal comes of it.
bool accepted(const std::string& text) {
  try {
    verify(plan_from_json(text));
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument) << error.what();
    EXPECT_TRUE(is_utf8(error.what())) << error.what();
    EXPECT_LT(std::string_view(error.what()).size(), 1000U) << error.what();
    return false;
  }
}

TEST(ADamagedPlan, IsAcceptedOrRefusedAndNothingElse) {
  std::mt19937_64 random(11);
  int refused = 0, total = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const json plan = json::parse(to_json(random_plan(seed)));
    for (int i = 0; i < 40; ++i) {
      json damaged = plan;
      for (uint64_t edits = 1 + random() % 3; edits > 0; --edits) damage(damaged, random);
      ++total;
      refused += accepted(damaged.dump()) ? 0 : 1;
    }
  }
  // Some edits touch names and durations alone.
  EXPECT_GT(refused, total / 2);
  EXPECT_LT(refused, total);
}

TEST(ADamagedPlan, IsRefusedWhereItsTextIsTorn) {
  std::mt19937_64 random(12);
  const std::string text = to_json(random_plan(3));
  for (int i = 0; i < 200; ++i) {
    std::string torn = text;
    const size_t at = random() % torn.size();
    if (random() % 2 == 0)
      torn.resize(at);
    else
      torn.erase(at, random() % 40);
    accepted(torn);
    std::string no_text = text;
    no_text[at] = '\xff';
    accepted(no_text);
  }
  EXPECT_FALSE(accepted(R"({"format": 1, "name": [")" + std::string(100'000, 'x') + "\"]}"));
}

TEST(APlan, IsWrittenWhateverThePathsInIt) {
  Plan plan = random_plan(3);
  plan.nodes[0].source = {"caf\xe9.toml", 1, 2};
  EXPECT_EQ(plan_from_json(to_json(plan)).nodes[0].source.file, "caf\\xe9.toml");
  plan.nodes[0].name = "caf\xe9";
  EXPECT_THROW(to_json(plan), Error);
  EXPECT_THROW(hash(plan), Error);
}

}  // namespace
}  // namespace stretto::testing
