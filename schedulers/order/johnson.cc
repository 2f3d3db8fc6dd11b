// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "order/johnson.h"

#include <algorithm>
#include <map>

namespace stretto {

namespace {

struct Times {
  double receive = 0;
  double compute = 0;
  bool before(const Times& other) const {
    const bool first = receive <= compute;
    const bool other_first = other.receive <= other.compute;
    if (first != other_first) return first;
    return first ? receive < other.receive : compute > other.compute;
  }
};

}  // namespace

NodeRanks johnson_ranks(const Problem& problem) {
  NodeRanks ranks = written_ranks(problem);
  std::vector<Times> times(ranks.size());
  std::map<uint32_t, std::vector<int32_t>> free_nodes;
  for (const auto* step : problem.steps) {
    if ((problem.actors[step->actor]->flags & STRETTO_ACTOR_ANY_ORDER) == 0) continue;
    if (step->kind == STRETTO_RECEIVE && step->consumer >= 0)
      times[static_cast<size_t>(step->consumer)].receive += step->seconds;
    if (step->kind == STRETTO_COMPUTE && step->node >= 0) {
      times[static_cast<size_t>(step->node)].compute += step->seconds;
      free_nodes[step->actor].push_back(step->node);
    }
  }
  for (auto& [actor, nodes] : free_nodes) {
    std::sort(nodes.begin(), nodes.end());
    const std::vector<int32_t> places = nodes;
    std::stable_sort(nodes.begin(), nodes.end(), [&](int32_t a, int32_t b) {
      return times[static_cast<size_t>(a)].before(times[static_cast<size_t>(b)]);
    });
    for (size_t i = 0; i < nodes.size(); ++i) ranks[static_cast<size_t>(nodes[i])] = places[i];
  }
  return ranks;
}

}  // namespace stretto
