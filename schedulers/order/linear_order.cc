// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "order/linear_order.h"

#include "order/rows.h"

#include <algorithm>
#include <queue>
#include <utility>

namespace stretto {

namespace {

struct Key {
  int32_t rank;
  int32_t kind;
  uint32_t number;                                            // makes the order one and the same everywhere
  friend auto operator<=>(const Key&, const Key&) = default;  // NOLINT(modernize-use-nullptr): the check misreads it
};

int32_t rank_of(int32_t node, const NodeRanks& ranks) { return node < 0 ? -1 : ranks[static_cast<size_t>(node)]; }

Key key_of(const stretto_step& step, uint32_t number, const NodeRanks& ranks) {
  switch (step.kind) {
    case STRETTO_RECEIVE: return {rank_of(step.consumer, ranks), 0, number};
    case STRETTO_COPY: return {rank_of(step.node, ranks), 1, number};
    case STRETTO_SEND:
      // A rendezvous happens when its reader wants it; a buffered SEND as soon as the value is there.
      return step.joint >= 0 ? Key{rank_of(step.consumer, ranks), 0, number}
                             : Key{rank_of(step.node, ranks), 3, number};
    default: return {rank_of(step.node, ranks), 2, number};
  }
}

}  // namespace

NodeRanks written_ranks(const Problem& problem) {
  int32_t last = -1;
  for (const auto* step : problem.steps) last = std::max({last, step->node, step->consumer});
  NodeRanks ranks(static_cast<size_t>(last + 1));
  for (int32_t node = 0; node <= last; ++node) ranks[static_cast<size_t>(node)] = node;
  return ranks;
}

std::vector<uint32_t> linear_order(const Problem& problem, const NodeRanks& ranks) {
  const auto count = static_cast<uint32_t>(problem.steps.size());
  // Steps of one joint transition share the unit of the first of them.
  std::vector<uint32_t> unit(count);
  std::vector<uint32_t> first_of_joint;
  for (uint32_t step = 0; step < count; ++step) {
    unit[step] = step;
    const int32_t joint = problem.steps[step]->joint;
    if (joint >= 0) {
      const auto index = static_cast<size_t>(joint);
      if (index >= first_of_joint.size()) first_of_joint.resize(index + 1, count);
      if (first_of_joint[index] == count) first_of_joint[index] = step;
      unit[step] = first_of_joint[index];
    }
  }
  const Rows members(count, count, [&](uint32_t step) { return unit[step]; });
  const Rows leaving(count, static_cast<uint32_t>(problem.places.size()),
                     [&](uint32_t place) { return unit[problem.places[place]->from]; });
  const auto binds = [&](const stretto_place& place) {
    return place.tokens <= 0 && unit[place.from] != unit[place.to];
  };
  std::vector<uint32_t> missing(count, 0);
  for (const auto* place : problem.places)
    if (binds(*place)) ++missing[unit[place->to]];
  const auto key_of_unit = [&](uint32_t number) {
    Key key = key_of(*problem.steps[number], number, ranks);
    for (uint32_t step : members[number]) key = std::max(key, key_of(*problem.steps[step], number, ranks));
    return key;
  };
  std::priority_queue<Key, std::vector<Key>, std::greater<>> ready;
  for (uint32_t number = 0; number < count; ++number)
    if (unit[number] == number && missing[number] == 0) ready.push(key_of_unit(number));
  std::vector<uint32_t> order;
  order.reserve(count);
  while (!ready.empty()) {
    const uint32_t number = ready.top().number;
    ready.pop();
    order.insert(order.end(), members[number].begin(), members[number].end());
    for (uint32_t i : leaving[number]) {
      const auto& place = *problem.places[i];
      if (binds(place) && --missing[unit[place.to]] == 0) ready.push(key_of_unit(unit[place.to]));
    }
  }
  if (order.size() != count)
    throw Error(Code::invalid_argument, "the constraints without tokens form a circuit: no order of the steps exists");
  return order;
}

}  // namespace stretto
