// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// From recorded runs to costs. Pure.

#include "stretto/costs.h"
#include "trace/run_trace.h"

namespace stretto {

/// One way between two actors over a transport that moves the bytes, and the size of the job's largest value on it.
struct LinkUse {
  std::string transport;
  uint32_t from = 0;  ///< actor
  uint32_t to = 0;
  uint64_t bytes = 0;
  friend bool operator==(const LinkUse&, const LinkUse&) = default;
};

/// The links whose latency and bandwidth a plan's durations depend on. The driver's are not among them.
std::vector<LinkUse> links_of(const Plan& plan);

/// What the runs of a job say: each op's seconds by device and call; by transport the seconds of a SEND and, where
/// slots are shared in place, of a RECEIVE. `runs`: one measurement per run. Of each step the median over the runs of
/// the run's mean; then the mean over the steps that share a number.
Costs costs_of(const Plan& plan, const std::vector<std::vector<MeasuredStep>>& runs);

/// Sizes that a link is probed with: a small one, and the job's own, or what outweighs the latency.
inline constexpr uint64_t kSmallProbe = 64;
uint64_t large_probe(const LinkUse& link);

/// The graph that probes links: each carries one small and one large value, alone. `plan` is the job's.
Graph probe_graph(const Plan& plan, const std::vector<LinkUse>& links);

/// Adds latency and bandwidth of each link, and their medians as the transport's. `plan` is the probe's, compiled.
void add_links(Costs& costs, const std::vector<LinkUse>& links, const Plan& plan,
               const std::vector<std::vector<MeasuredStep>>& runs);

}  // namespace stretto
