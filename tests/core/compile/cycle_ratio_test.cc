// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Howard's algorithm against the definition: λ is at least the ratio of every circuit if and only if no circuit is
/// positive under w − λ t, which Bellman and Ford's algorithm tells; bisection finds the least such λ.

#include "compile/predict/cycle_ratio.h"

#include "stretto/error.h"

#include <gtest/gtest.h>
#include <random>

namespace stretto::compiling {
namespace {

bool has_positive_circuit(uint32_t vertices, const std::vector<WeightedArc>& arcs, double lambda) {
  std::vector<double> x(vertices, 0);
  for (uint32_t round = 0; round <= vertices; ++round) {
    bool changed = false;
    for (const auto& arc : arcs) {
      const double longer = x[arc.from] + arc.weight - lambda * arc.tokens;
      if (longer <= x[arc.to] + 1e-12) continue;
      x[arc.to] = longer;
      changed = true;
    }
    if (!changed) return false;
  }
  return true;
}

double by_bisection(uint32_t vertices, const std::vector<WeightedArc>& arcs) {
  double low = 0, high = 1;
  for (const auto& arc : arcs) high += arc.weight;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (has_positive_circuit(vertices, arcs, middle) ? low : high) = middle;
  }
  return high;
}

/// Arcs forward need no token; arcs backward get at least one. Potentials then hide where the tokens are.
std::vector<WeightedArc> draw(uint32_t vertices, std::mt19937_64& random, bool negative) {
  std::vector<int32_t> potential(vertices, 0);
  if (negative)
    for (auto& each : potential) each = static_cast<int32_t>(random() % 5);
  std::vector<WeightedArc> arcs;
  for (uint64_t i = random() % (4 * vertices) + 1; i > 0; --i) {
    const auto from = static_cast<uint32_t>(random() % vertices), to = static_cast<uint32_t>(random() % vertices);
    const auto tokens = static_cast<int32_t>(random() % 3) + (from < to ? 0 : 1);
    arcs.push_back({from, to, static_cast<double>(random() % 100), tokens + potential[from] - potential[to]});
  }
  return arcs;
}

TEST(TheCycleRatio, IsWhatBisectionFinds) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 3000; ++i) {
    const auto vertices = static_cast<uint32_t>(1 + random() % 12);
    const auto arcs = draw(vertices, random, i % 2 == 1);
    const auto found = max_cycle_ratio(vertices, arcs);
    const double expected = by_bisection(vertices, arcs);
    ASSERT_NEAR(found.value, found.circuit.empty() ? 0 : expected, 1e-6) << "case " << i;
    if (found.circuit.empty()) {
      ASSERT_LT(expected, 1e-6) << "case " << i;
    }
    double weight = 0;
    int64_t tokens = 0;
    for (size_t k = 0; k < found.circuit.size(); ++k) {
      const auto& arc = arcs[found.circuit[k]];
      weight += arc.weight;
      tokens += arc.tokens;
      ASSERT_EQ(arc.to, arcs[found.circuit[(k + 1) % found.circuit.size()]].from);
    }
    if (tokens > 0) {
      ASSERT_DOUBLE_EQ(weight / static_cast<double>(tokens), found.value);
    }
  }
}

TEST(TheCycleRatio, OfAGraphWithoutCircuitsIsZero) {
  const std::vector<WeightedArc> arcs{{0, 1, 5, 0}, {1, 2, 5, 1}};
  EXPECT_EQ(max_cycle_ratio(3, arcs).value, 0);
  EXPECT_TRUE(max_cycle_ratio(3, arcs).circuit.empty());
}

TEST(TheCycleRatio, NeedsATokenOnEveryCircuit) {
  const std::vector<WeightedArc> arcs{{0, 1, 5, 0}, {1, 0, 5, 0}};
  EXPECT_THROW(max_cycle_ratio(2, arcs), Error);
}

}  // namespace
}  // namespace stretto::compiling
