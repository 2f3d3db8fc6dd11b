// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/invariants.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>

namespace stretto::testing {

namespace {

constexpr double kRounding = 1e-9;

class Log {
 public:
  Log(const Plan& plan, const Rehearsal& rehearsal, int64_t executions)
      : plan_(plan), executions_(static_cast<size_t>(executions)), runs_(plan.steps.size() * executions_) {
    for (const auto& run : rehearsal.runs) {
      auto& known = runs_[run.step * executions_ + static_cast<size_t>(run.execution)];
      if (known) twice_ = run.step;
      known = run;
    }
  }

  std::string all_ran() const {
    if (twice_) return fmt::format("'{}' ran twice for one execution", plan_.steps[*twice_].name);
    for (uint32_t step = 0; step < plan_.steps.size(); ++step)
      for (size_t e = 0; e < executions_; ++e) {
        if (!at(step, e)) return fmt::format("'{}' never ran for execution {}", plan_.steps[step].name, e);
        if (e > 0 && at(step, e)->start < at(step, e - 1)->end - kRounding)
          return fmt::format("'{}' ran for execution {} before it had for the one before", plan_.steps[step].name, e);
      }
    return {};
  }

  std::string slots_are_safe() const {
    std::vector<int32_t> writer(plan_.rings.size(), -1);
    for (uint32_t step = 0; step < plan_.steps.size(); ++step)
      for (const auto& access : plan_.steps[step].accesses)
        if (access.kind == Access::Kind::ring && access.write) writer[owner(access.index)] = static_cast<int32_t>(step);
    for (uint32_t step = 0; step < plan_.steps.size(); ++step)
      for (const auto& access : plan_.steps[step].accesses) {
        if (access.kind != Access::Kind::ring || access.write || writer[owner(access.index)] < 0) continue;
        const auto from = static_cast<uint32_t>(writer[owner(access.index)]);
        for (size_t e = 0; e < executions_ && from != step; ++e) {
          if (at(step, e)->start < at(from, e)->end - kRounding)
            return fmt::format("'{}' read for execution {} what '{}' had not made", name(step), e, name(from));
          const size_t next = e + plan_.rings[owner(access.index)].slots;
          if (next < executions_ && at(from, next)->start < at(step, e)->end - kRounding)
            return fmt::format("'{}' wrote for execution {} what '{}' still read for {}", name(from), next, name(step),
                               e);
        }
      }
    return {};
  }

  std::string nodes_keep_their_order() const {
    std::vector<std::vector<std::pair<int32_t, uint32_t>>> nodes(plan_.actors.size());
    for (uint32_t step = 0; step < plan_.steps.size(); ++step)
      if (plan_.steps[step].node >= 0) nodes[plan_.steps[step].actor].emplace_back(plan_.steps[step].node, step);
    for (uint32_t actor = 0; actor < nodes.size(); ++actor) {
      if (plan_.actors[actor].any_order) continue;
      std::sort(nodes[actor].begin(), nodes[actor].end());
      for (size_t i = 1; i < nodes[actor].size(); ++i)
        for (size_t e = 0; e < executions_; ++e)
          if (at(nodes[actor][i].second, e)->start < at(nodes[actor][i - 1].second, e)->end - kRounding)
            return fmt::format("'{}' ran before '{}', which was written first", name(nodes[actor][i].second),
                               name(nodes[actor][i - 1].second));
    }
    return {};
  }

  /// Over all actors, the lanes of a one-global-order transport must admit one order: their union has no circuit.
  std::string rendezvous_have_one_order() const {
    std::map<uint32_t, std::vector<uint32_t>> after;
    std::map<uint32_t, int> missing;
    for (const auto& lane : plan_.lanes) {
      std::optional<uint32_t> last;
      for (const uint32_t step : lane.steps) {
        const int32_t channel = plan_.steps[step].channel;
        if (channel < 0 || !plan_.channels[static_cast<uint32_t>(channel)].global_order) continue;
        const auto next = static_cast<uint32_t>(channel);
        missing.try_emplace(next, 0);
        if (last && *last != next) {
          after[*last].push_back(next);
          ++missing[next];
        }
        last = next;
      }
    }
    std::vector<uint32_t> ready;
    for (const auto& [channel, count] : missing)
      if (count == 0) ready.push_back(channel);
    for (size_t i = 0; i < ready.size(); ++i)
      for (const uint32_t next : after[ready[i]])
        if (--missing[next] == 0) ready.push_back(next);
    return ready.size() == missing.size() ? std::string() : "the rendezvous have no order that all actors keep";
  }

 private:
  const std::optional<Performance>& at(uint32_t step, size_t execution) const {
    return runs_[step * executions_ + execution];
  }
  const std::string& name(uint32_t step) const { return plan_.steps[step].name; }
  uint32_t owner(uint32_t ring) const {
    const int32_t alias = plan_.rings[ring].alias;
    return alias < 0 ? ring : static_cast<uint32_t>(alias);
  }

  const Plan& plan_;
  size_t executions_;
  std::vector<std::optional<Performance>> runs_;
  std::optional<uint32_t> twice_;
};

}  // namespace

std::string broken_invariant(const Plan& plan, const Rehearsal& rehearsal, int64_t executions) {
  if (!rehearsal.completes) return "something waited for ever";
  const Log log(plan, rehearsal, executions);
  if (auto broken = log.all_ran(); !broken.empty()) return broken;
  if (auto broken = log.slots_are_safe(); !broken.empty()) return broken;
  if (auto broken = log.nodes_keep_their_order(); !broken.empty()) return broken;
  return log.rendezvous_have_one_order();
}

}  // namespace stretto::testing
