// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/predict/cycle_ratio.h"

#include "stretto/error.h"

#include <algorithm>
#include <limits>

namespace stretto::compiling {

namespace {

constexpr uint32_t kNoArc = UINT32_MAX;

class Howard {
 public:
  Howard(uint32_t vertices, std::span<const WeightedArc> arcs)
      : arcs_(arcs), policy_(vertices, kNoArc), eta_(vertices), x_(vertices), state_(vertices) {
    double largest = 0;
    for (uint32_t i = 0; i < arcs.size(); ++i) largest = std::max(largest, arcs[i].weight);
    // Sums of weights along a path of the policy: their rounding grows with its length.
    precision_ = largest * 1e-12 * static_cast<double>(std::max<uint32_t>(vertices, 16));
    drop_dead_ends();
  }

  CycleRatio solve() {
    do evaluate();
    while (improve());
    return best_;
  }

 private:
  /// A vertex from which no circuit can be reached plays no part: strip those without arcs out, again and again.
  void drop_dead_ends() {
    const auto vertices = static_cast<uint32_t>(policy_.size());
    std::vector<uint32_t> leaving(vertices, 0), start(vertices + 1, 0), order(arcs_.size());
    for (const auto& arc : arcs_) {
      ++leaving[arc.from];
      ++start[arc.to + 1];
    }
    for (uint32_t v = 0; v < vertices; ++v) start[v + 1] += start[v];
    auto next = start;
    for (uint32_t i = 0; i < arcs_.size(); ++i) order[next[arcs_[i].to]++] = i;
    std::vector<uint32_t> dead;
    for (uint32_t v = 0; v < vertices; ++v)
      if (leaving[v] == 0) dead.push_back(v);
    std::vector<bool> gone(vertices, false);
    while (!dead.empty()) {
      const uint32_t v = dead.back();
      dead.pop_back();
      gone[v] = true;
      for (uint32_t i = start[v]; i < start[v + 1]; ++i)
        if (--leaving[arcs_[order[i]].from] == 0) dead.push_back(arcs_[order[i]].from);
    }
    for (uint32_t i = 0; i < arcs_.size(); ++i) {
      const auto& arc = arcs_[i];
      if (gone[arc.from] || gone[arc.to]) continue;
      live_.push_back(i);
      const uint32_t kept = policy_[arc.from];
      if (kept == kNoArc || arcs_[kept].weight < arc.weight) policy_[arc.from] = i;
    }
  }

  void evaluate() {
    std::fill(state_.begin(), state_.end(), 0);
    best_ = {-1, {}};
    std::vector<uint32_t> path;
    uint32_t walk = 0;
    for (uint32_t first = 0; first < policy_.size(); ++first) {
      if (policy_[first] == kNoArc || state_[first] != 0) continue;
      ++walk;
      path.clear();
      uint32_t v = first;
      for (; state_[v] == 0; v = arcs_[policy_[v]].to) {
        state_[v] = walk;
        path.push_back(v);
      }
      if (state_[v] == walk) close_circuit(v);
      // What leads to a known vertex, from there backwards.
      for (auto u = path.rbegin(); u != path.rend(); ++u) {
        if (state_[*u] == kDone) continue;
        const auto& arc = arcs_[policy_[*u]];
        eta_[*u] = eta_[arc.to];
        x_[*u] = arc.weight - eta_[*u] * arc.tokens + x_[arc.to];
      }
      for (const uint32_t u : path) state_[u] = kDone;
    }
  }

  /// The circuit of the policy through v: its ratio, and the values along it. v keeps the value it had: circuits of one
  /// ratio would else be set against each other anew each time, and the values could sink.
  void close_circuit(uint32_t v) {
    std::vector<uint32_t> circuit;
    double weight = 0;
    int64_t tokens = 0;
    uint32_t u = v;
    do {
      const auto& arc = arcs_[policy_[u]];
      circuit.push_back(policy_[u]);
      weight += arc.weight;
      tokens += arc.tokens;
      u = arc.to;
    } while (u != v);
    if (tokens < 1) throw Error(Code::invalid_argument, "a circuit without a token has no period");
    const double ratio = weight / static_cast<double>(tokens);
    eta_[v] = ratio;
    for (auto i = circuit.rbegin(); i != circuit.rend(); ++i) {
      const auto& arc = arcs_[*i];
      if (arc.from != v) {
        eta_[arc.from] = ratio;
        x_[arc.from] = arc.weight - ratio * arc.tokens + x_[arc.to];
      }
      state_[arc.from] = kDone;
    }
    if (ratio > best_.value) best_ = {ratio, std::move(circuit)};
  }

  /// Each vertex takes the arc that promises most under the values as they are.
  bool improve() {
    bool better = false;
    auto promised = eta_;
    for (const uint32_t i : live_) {
      const auto& arc = arcs_[i];
      if (eta_[arc.to] <= promised[arc.from] + precision_) continue;
      promised[arc.from] = eta_[arc.to];
      policy_[arc.from] = i;
      better = true;
    }
    if (better) return true;
    promised = x_;
    for (const uint32_t i : live_) {
      const auto& arc = arcs_[i];
      if (eta_[arc.to] < eta_[arc.from] - precision_) continue;
      const double promise = arc.weight - eta_[arc.from] * arc.tokens + x_[arc.to];
      if (promise <= promised[arc.from] + precision_) continue;
      promised[arc.from] = promise;
      policy_[arc.from] = i;
      better = true;
    }
    return better;
  }

  static constexpr uint32_t kDone = UINT32_MAX;
  std::span<const WeightedArc> arcs_;
  std::vector<uint32_t> live_;    // arcs that some circuit may use
  std::vector<uint32_t> policy_;  // by vertex: the arc kept
  std::vector<double> eta_;       // by vertex
  std::vector<double> x_;         // by vertex
  std::vector<uint32_t> state_;   // by vertex: 0, the walk that is on, or kDone
  double precision_ = 0;
  CycleRatio best_;
};

}  // namespace

CycleRatio max_cycle_ratio(uint32_t vertices, std::span<const WeightedArc> arcs) {
  auto best = Howard(vertices, arcs).solve();
  if (best.circuit.empty()) best.value = 0;
  return best;
}

}  // namespace stretto::compiling
