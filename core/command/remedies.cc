// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/remedies.h"

#include "trace/timeline.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace stretto {

namespace {

constexpr double kWorthwhile = 0.99;
constexpr size_t kMostSteps = 20;

std::string family_of(const std::string& name) { return name.substr(0, name.find('[')); }

class Search {
 public:
  Search(const Invocation& invocation, const Ready& ready, const Prediction& prediction, Progress& progress)
      : invocation_(invocation), ready_(ready), plan_(ready.plan), prediction_(prediction), progress_(progress) {}

  std::vector<Remedy> take() {
    if (ready_.job.graph.nodes.empty())
      change_plan();
    else
      change_job();
    speed_up();
    drop_needless();
    std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) { return a.period < b.period; });
    return std::move(found_);
  }

 private:
  /// Several keys at once are worth saying only where one alone brings less.
  void drop_needless() {
    double alone = prediction_.period;
    for (const Remedy& remedy : found_)
      if (remedy.keys == 1) alone = std::min(alone, remedy.period);
    std::erase_if(found_, [&](const Remedy& remedy) { return remedy.keys > 1 && remedy.period > alone * kWorthwhile; });
  }

  void add(const std::string& what, size_t keys, double period) {
    if (period <= prediction_.period * kWorthwhile) found_.push_back({what, keys, period});
  }

  /// Rings of the circuit whose slots make a step wait.
  std::set<uint32_t> short_rings() const {
    std::set<uint32_t> rings;
    for (const Dependence& arc : prediction_.bottleneck.circuit)
      if (arc.by == Dependence::By::slots && arc.ring >= 0) rings.insert(static_cast<uint32_t>(arc.ring));
    return rings;
  }

  void try_sets(const std::vector<std::string>& sets) {
    progress_.say(fmt::format("trying {}", fmt::join(sets, " ")));
    try {
      const Plan changed = prepare(invocation_, sets).plan;
      add(fmt::format("--set {}", fmt::join(sets, " --set ")), sets.size(), predict(changed).period);
    } catch (const Error&) {  // what does not compile is no remedy
    }
  }

  void change_job() {
    std::set<std::string> slots;
    for (const uint32_t ring : short_rings()) slots.insert(slots_key(ring));
    for (const auto& each : slots) try_sets({each});
    if (slots.size() > 1) try_sets({slots.begin(), slots.end()});
    const std::string window = fmt::format("compile.inflight={}", plan_.inflight + 1);
    try_sets({window});
    if (!slots.empty()) {
      std::vector<std::string> both(slots.begin(), slots.end());
      both.push_back(window);
      try_sets(both);
    }
    for (const LoadedComponent* scheduler : invocation_.catalogue.all(STRETTO_SCHEDULER))
      if (scheduler->name != ready_.job.compile.scheduler) try_sets({"compile.scheduler=" + scheduler->name});
    std::set<std::string> bound;
    for (const uint32_t step : steps_of(plan_, prediction_.bottleneck)) {
      const PlanActor& actor = plan_.actors[plan_.steps[step].actor];
      if (plan_.steps[step].actor != plan_.driver() && !actor.any_order) bound.insert(family_of(actor.name));
    }
    for (const auto& actor : bound) try_sets({fmt::format("actor.{}.order=any", actor)});
  }

  std::string slots_key(uint32_t ring) const {
    const PlanValue& value = plan_.values[plan_.rings[ring].value];
    const std::string name = value.node >= 0 ? plan_.nodes[static_cast<size_t>(value.node)].name
                                             : plan_.inputs[static_cast<size_t>(value.input)].name;
    return fmt::format("{}.{}.channel.slots={}", value.node >= 0 ? "node" : "input", family_of(name),
                       plan_.rings[ring].slots + 1);
  }

  void change_plan() {
    for (const uint32_t ring : short_rings()) {
      Change change;
      change.ring = static_cast<int32_t>(ring);
      change.more_slots = 1;
      add(fmt::format("one slot more for {} on {}", plan_.values[plan_.rings[ring].value].name,
                      plan_.actors[plan_.rings[ring].actor].name),
          0, predict(plan_, change).period);
    }
    Change change;
    change.more_inflight = 1;
    add(fmt::format("compile.inflight={}", plan_.inflight + 1), 0, predict(plan_, change).period);
  }

  void speed_up() {
    Change change;
    change.speed = 2;
    std::set<int32_t> resources;
    const auto steps = steps_of(plan_, prediction_.bottleneck);
    for (const uint32_t step : steps)
      if (plan_.steps[step].resource >= 0) resources.insert(plan_.steps[step].resource);
    for (const int32_t resource : resources) {
      change.resource = resource;
      add(fmt::format("{} twice as fast", plan_.resources[static_cast<size_t>(resource)].name), 0,
          predict(plan_, change).period);
    }
    change.resource = -1;
    if (steps.size() > kMostSteps) return;
    for (const uint32_t step : steps) {
      change.step = static_cast<int32_t>(step);
      add(fmt::format("{} twice as fast", plan_.steps[step].name), 0, predict(plan_, change).period);
    }
  }

  const Invocation& invocation_;
  const Ready& ready_;
  const Plan& plan_;
  const Prediction& prediction_;
  Progress& progress_;
  std::vector<Remedy> found_;
};

}  // namespace

std::vector<Remedy> find_remedies(const Invocation& invocation, const Ready& ready, const Prediction& prediction,
                                  Progress& progress) {
  return Search(invocation, ready, prediction, progress).take();
}

}  // namespace stretto
