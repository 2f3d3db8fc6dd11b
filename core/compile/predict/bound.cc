// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/predict/place_graph.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace stretto {

namespace {

using namespace compiling;

void raise(Bound& bound, double seconds, Bound::Reason reason, int32_t resource = -1) {
  if (seconds > bound.seconds) bound = {seconds, reason, resource, {}};
}

/// What one resource's users cannot do in less: the least that comes before any of them, all their work on all its
/// units, and the least that comes after any of them. It holds for every subset of users; those with the longest ways
/// before, or behind, are tried.
double least_for(const PlaceGraph& graph, std::vector<uint32_t> users, const std::vector<double>& heads,
                 const std::vector<double>& tails, double capacity, double executions) {
  double best = 0;
  const auto try_subsets = [&](const std::vector<double>& by) {
    std::sort(users.begin(), users.end(), [&](uint32_t a, uint32_t b) { return by[a] > by[b]; });
    double head = heads[users[0]], tail = tails[users[0]], work = 0;
    for (const uint32_t user : users) {
      head = std::min(head, heads[user]);
      tail = std::min(tail, tails[user]);
      work += graph.duration(user);
      best = std::max(best, head + executions * work / capacity + tail);
    }
  };
  try_subsets(heads);
  try_subsets(tails);
  return best;
}

void raise_by_resources(const Plan& plan, const PlaceGraph& graph, int64_t executions, Bound& bound) {
  const auto heads = graph.starts(1);
  const auto tails = graph.tails();
  std::vector<std::vector<uint32_t>> users(plan.resources.size());
  for (uint32_t v = 0; v < graph.vertex_count(); ++v)
    for (const int32_t resource : graph.resources(v)) users[static_cast<uint32_t>(resource)].push_back(v);
  for (uint32_t resource = 0; resource < users.size(); ++resource)
    if (!users[resource].empty())
      raise(bound,
            least_for(graph, users[resource], heads, tails, plan.resources[resource].capacity,
                      static_cast<double>(executions)),
            Bound::Reason::resource, static_cast<int32_t>(resource));
}

/// One execution, alone.
Bound alone(const Plan& plan, const PlaceGraph& graph) {
  Bound bound = graph.longest_chain(1);
  raise_by_resources(plan, graph, 1, bound);
  return bound;
}

}  // namespace

Bound lower_bound(const Plan& plan, int64_t executions) {
  if (executions < 0) throw Error(Code::invalid_argument, fmt::format("{} executions have no duration", executions));
  if (executions == 0) return {};
  const PlaceGraph graph(plan);
  Bound bound = graph.longest_chain(executions);
  raise_by_resources(plan, graph, executions, bound);
  const int64_t one_by_one = (executions + plan.inflight - 1) / plan.inflight;
  raise(bound, static_cast<double>(one_by_one) * alone(plan, graph).seconds, Bound::Reason::window);
  return bound;
}

Bound lower_bound_of_period(const Plan& plan) {
  const PlaceGraph graph(plan);
  Bound bound = graph.slowest_circuit();
  std::vector<double> work(plan.resources.size(), 0);
  for (uint32_t v = 0; v < graph.vertex_count(); ++v)
    for (const int32_t resource : graph.resources(v)) work[static_cast<uint32_t>(resource)] += graph.duration(v);
  for (uint32_t resource = 0; resource < work.size(); ++resource)
    raise(bound, work[resource] / plan.resources[resource].capacity, Bound::Reason::resource,
          static_cast<int32_t>(resource));
  raise(bound, alone(plan, graph).seconds / plan.inflight, Bound::Reason::window);
  return bound;
}

}  // namespace stretto
