// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "anyhow.h"

#include "compile/draft.h"
#include "plans.h"
#include "stretto/scheduler.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>

namespace stretto::testing {
namespace {

class Draw {
 public:
  Draw(const Problem& problem, Answer& answer)
      : problem_(problem), answer_(answer), random_(static_cast<uint64_t>(problem.settings.integer("seed"))) {}

  void schedule() {
    const auto count = static_cast<uint32_t>(problem_.steps.size());
    // Steps of one joint transition share the unit of the first of them.
    std::map<int32_t, uint32_t> joints;
    for (uint32_t step = 0; step < count; ++step) {
      const int32_t joint = problem_.steps[step]->joint;
      unit_.push_back(joint < 0 ? step : joints.try_emplace(joint, step).first->second);
    }
    draw_order();
    draw_offsets();
    for (const uint32_t step : order_) {
      if ((problem_.actors[problem_.steps[step]->actor]->flags & STRETTO_ACTOR_DRIVER) != 0) continue;
      const uint32_t lane = lane_of(*problem_.steps[step]);
      answer_.step(lane, step, offset_[unit_[step]]);
      on_lane_[lane].push_back(step);
    }
    if (problem_.settings.integer("groups") != 0) draw_groups();
  }

 private:
  uint64_t below(uint64_t count) { return random_() % count; }

  /// A right order by lot, and then some slips.
  void draw_order() {
    const auto count = static_cast<uint32_t>(unit_.size());
    std::vector<uint32_t> missing(count, 0), ready;
    for (const auto* place : problem_.places)
      if (place->tokens == 0 && unit_[place->from] != unit_[place->to]) ++missing[unit_[place->to]];
    for (uint32_t unit = 0; unit < count; ++unit)
      if (unit_[unit] == unit && missing[unit] == 0) ready.push_back(unit);
    while (!ready.empty()) {
      std::swap(ready[below(ready.size())], ready.back());
      const uint32_t next = ready.back();
      ready.pop_back();
      for (uint32_t step = 0; step < count; ++step)
        if (unit_[step] == next) order_.push_back(step);
      for (const auto* place : problem_.places)
        if (place->tokens == 0 && unit_[place->from] == next && unit_[place->to] != next &&
            --missing[unit_[place->to]] == 0)
          ready.push_back(unit_[place->to]);
    }
    for (int64_t i = problem_.settings.integer("slips"); i > 0 && order_.size() > 1; --i) {
      const size_t at = below(order_.size() - 1);
      std::swap(order_[at], order_[std::min<size_t>(order_.size() - 1, at + 1 + below(3))]);
    }
  }

  void draw_offsets() {
    offset_.assign(unit_.size(), 0);
    const auto kind = problem_.settings.integer("offsets");
    if (kind == 0) return;
    for (auto& offset : offset_) offset = below(3) == 0 ? static_cast<int32_t>(below(3)) : 0;
    if (kind == 2) return;
    for (const uint32_t step : order_)
      for (const auto* place : problem_.places)
        if (place->tokens == 0 && unit_[place->to] == unit_[step] && place->from != place->to)
          offset_[unit_[step]] = std::max(offset_[unit_[step]], std::min(2, offset_[unit_[place->from]]));
  }

  /// What has one global order and one offset, and stands side by side, is one group by lot.
  void draw_groups() {
    for (const auto& [lane, steps] : on_lane_)
      for (size_t first = 0, end = 0; first < steps.size(); first = end) {
        const auto alike = [&](uint32_t step) {
          return problem_.steps[step]->order == problem_.steps[steps[first]]->order &&
                 offset_[unit_[step]] == offset_[unit_[steps[first]]];
        };
        end = first + 1;
        if (problem_.steps[steps[first]]->order < 0) continue;
        while (end < steps.size() && alike(steps[end]) && below(3) != 0) ++end;
        if (end - first > 1) answer_.group(std::span(steps).subspan(first, end - first));
      }
  }

  uint32_t lane_of(const stretto_step& step) {
    const auto most = static_cast<uint64_t>(problem_.settings.integer("lanes"));
    const uint64_t count = lanes_.try_emplace(step.actor, 1 + below(most)).first->second;
    uint64_t number = below(count);
    // What has one global order shares a lane.
    if (step.order >= 0) number = shared_.try_emplace({step.actor, step.order}, number).first->second;
    const auto known = opened_.find({step.actor, number});
    if (known != opened_.end()) return known->second;
    return opened_[{step.actor, number}] = answer_.lane(step.actor, ("lane " + std::to_string(number)).c_str());
  }

  const Problem& problem_;
  Answer& answer_;
  std::mt19937_64 random_;
  std::vector<uint32_t> unit_;
  std::vector<uint32_t> order_;
  std::vector<int32_t> offset_;  // by unit
  std::map<uint32_t, std::vector<uint32_t>> on_lane_;
  std::map<uint32_t, uint64_t> lanes_;
  std::map<std::pair<uint32_t, int32_t>, uint64_t> shared_;
  std::map<std::pair<uint32_t, uint64_t>, uint32_t> opened_;
};

class Anyhow final : public Scheduler {
 public:
  void schedule(const Problem& problem, Answer& answer) const override { Draw(problem, answer).schedule(); }
};

}  // namespace

namespace {

const stretto_component* anyhow_scheduler() {
  static const auto* component =
      scheduler_component<Anyhow>("anyhow", "any schedule, right or wrong",
                                  {Option(Type::integer, "seed", "of the lot").otherwise("0"),
                                   Option(Type::integer, "slips", "neighbours that change places").otherwise("0"),
                                   Option(Type::integer, "offsets", "0 none, 1 forward, 2 any").otherwise("0"),
                                   Option(Type::integer, "groups", "1 draws some").otherwise("0"),
                                   Option(Type::integer, "lanes", "the most per actor").otherwise("1").at_least(1)});
  return &component->raw;
}

}  // namespace

CompileOptions anyhow(std::mt19937_64& random) {
  static const bool kAdded = (catalogue().add(anyhow_scheduler()), true);
  (void)kAdded;
  CompileOptions options = options_with("anyhow", static_cast<uint32_t>(1 + random() % 3));
  Arguments arguments;
  const auto set = [&](const char* name, uint64_t value) { arguments[name].value = static_cast<int64_t>(value); };
  set("seed", random() % 1000000);
  set("slips", random() % 3);
  set("offsets", random() % 3);
  set("groups", random() % 2);
  set("lanes", 1 + random() % 2);
  options.components.push_back({"scheduler", "anyhow", arguments, {}});
  return options;
}

std::optional<Plan> draft(const Graph& graph, const CompileOptions& options) {
  try {
    return compiling::draft(graph, options, catalogue());
  } catch (const Error& error) {
    if (std::string(error.what()).find("could not issue round by round") == std::string::npos) throw;
    return std::nullopt;
  }
}

}  // namespace stretto::testing
