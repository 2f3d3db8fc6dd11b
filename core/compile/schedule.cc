// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/schedule.h"

#include "compile/capability.h"
#include "compile/joint.h"
#include "compile/reject.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace stretto::compiling {

namespace {

template <class Struct>
std::vector<const Struct*> pointers(const std::vector<Struct>& structs) {
  std::vector<const Struct*> result;
  result.reserve(structs.size());
  for (const auto& each : structs) result.push_back(&each);
  return result;
}

stretto_step_kind raw_kind(StepKind kind) {
  switch (kind) {
    case StepKind::receive: return STRETTO_RECEIVE;
    case StepKind::compute: return STRETTO_COMPUTE;
    case StepKind::send: return STRETTO_SEND;
    case StepKind::copy: return STRETTO_COPY;
    case StepKind::collective: return STRETTO_COLLECTIVE;
  }
  return STRETTO_COMPUTE;
}

/// The problem in the form of the boundary. Rings that are aliases are not a scheduler's business: it sees the others,
/// numbered anew. Not movable: it points into itself.
class RawProblem {
 public:
  RawProblem(const Plan& plan, const Marked& marked) {
    add_rings(plan);
    add_steps(plan, marked);
    places_.reserve(marked.places.size());
    for (const auto& place : marked.places)
      places_.push_back({sizeof(stretto_place), place.from, place.to, place.tokens,
                         place.ring < 0 ? -1 : number_[static_cast<uint32_t>(place.ring)]});
    for (const auto& actor : plan.actors) {
      uint32_t flags = actor.any_order ? STRETTO_ACTOR_ANY_ORDER : 0U;
      if (actor.device < 0) flags |= STRETTO_ACTOR_DRIVER;
      if (actor.blocking) flags |= STRETTO_ACTOR_BLOCKING;
      actors_.push_back({sizeof(stretto_actor), flags, actor.name.c_str()});
    }
    for (const auto& resource : plan.resources)
      resources_.push_back({sizeof(stretto_resource), resource.capacity, resource.name.c_str()});
  }
  RawProblem(const RawProblem&) = delete;
  RawProblem& operator=(const RawProblem&) = delete;
  ~RawProblem() = default;

  /// By a scheduler's ring number, the plan's.
  const std::vector<uint32_t>& rings() const { return plan_ring_; }

  void solve(const stretto_scheduler_api& api, const stretto_settings* settings, uint32_t inflight,
             const stretto_answer& answer) const {
    const auto steps = pointers(steps_);
    const auto places = pointers(places_);
    const auto actors = pointers(actors_);
    const auto rings = pointers(rings_);
    const auto resources = pointers(resources_);
    const stretto_problem problem{sizeof(stretto_problem),
                                  static_cast<uint32_t>(steps.size()),
                                  static_cast<uint32_t>(places.size()),
                                  static_cast<uint32_t>(actors.size()),
                                  static_cast<uint32_t>(rings.size()),
                                  static_cast<uint32_t>(resources.size()),
                                  inflight,
                                  steps.data(),
                                  places.data(),
                                  actors.data(),
                                  rings.data(),
                                  resources.data(),
                                  settings};
    checked("schedule", api.schedule, &problem, &answer);
  }

 private:
  void add_rings(const Plan& plan) {
    number_.assign(plan.rings.size(), -1);
    for (uint32_t i = 0; i < plan.rings.size(); ++i) {
      const auto& ring = plan.rings[i];
      if (ring.alias >= 0) continue;
      number_[i] = static_cast<int32_t>(plan_ring_.size());
      plan_ring_.push_back(i);
      rings_.push_back({sizeof(stretto_ring), ring.actor, ring.min_slots, ring.max_slots, ring.slot_bytes});
    }
  }

  void add_steps(const Plan& plan, const Marked& marked) {
    steps_.reserve(plan.steps.size());
    for (uint32_t i = 0; i < plan.steps.size(); ++i) {
      const auto& step = plan.steps[i];
      steps_.push_back({sizeof(stretto_step), raw_kind(step.kind), step.actor, marked.node[i], marked.consumer[i],
                        step.channel, step.joint, ordering_transport(plan, step), step.resource, 0, step.seconds});
    }
  }

  std::vector<stretto_step> steps_;
  std::vector<stretto_place> places_;
  std::vector<stretto_actor> actors_;
  std::vector<stretto_ring> rings_;
  std::vector<stretto_resource> resources_;
  std::vector<uint32_t> plan_ring_;
  std::vector<int32_t> number_;
};

/// Takes a scheduler's calls and refuses what can't be meant.
class Collector {
 public:
  Collector(Plan& plan, const std::vector<uint32_t>& rings, Components& components)
      : plan_(plan), rings_(rings), components_(components) {}

  stretto_answer raw() {
    return {sizeof(stretto_answer),
            this,
            [](void* self, uint32_t actor, const char* name, uint32_t* lane, const stretto_sink* sink) {
              return guard(sink, [&] { *lane = static_cast<Collector*>(self)->lane(actor, name); });
            },
            [](void* self, uint32_t lane, uint32_t step, int32_t offset, const stretto_sink* sink) {
              return guard(sink, [&] { static_cast<Collector*>(self)->step(lane, step, offset); });
            },
            [](void* self, uint32_t ring, uint32_t slots, const stretto_sink* sink) {
              return guard(sink, [&] { static_cast<Collector*>(self)->slots(ring, slots); });
            },
            [](void* self, const uint32_t* steps, uint32_t count, const stretto_sink* sink) {
              return guard(sink, [&] { static_cast<Collector*>(self)->group({steps, count}); });
            }};
  }

  /// What only the whole answer shows.
  void finish() {
    for (const auto& step : plan_.steps)
      if (step.lane < 0 && step.actor != plan_.driver())
        refuse("it gave the step '{}' no lane; every step but the driver's needs one", step.name);
    joints_share_offsets();
    global_orders_share_lanes();
    groups_are_runs();
    for (auto& ring : plan_.rings)
      if (ring.alias >= 0) ring.slots = plan_.rings[static_cast<uint32_t>(ring.alias)].slots;
  }

 private:
  template <class... Parts>
  [[noreturn]] static void refuse(fmt::format_string<Parts...> format, Parts&&... parts) {
    throw Error(Code::invalid_argument, fmt::format(format, std::forward<Parts>(parts)...));
  }

  uint32_t lane(uint32_t actor, const char* name) {
    if (actor >= plan_.actors.size()) refuse("it opened a lane on actor {}; there are {}", actor, plan_.actors.size());
    if (actor == plan_.driver()) refuse("it opened a lane for the driver, which has none");
    if (plan_.lanes.size() >= plan_.steps.size())
      refuse("it opened more lanes than there are steps ({})", plan_.steps.size());
    plan_.lanes.push_back({actor, name == nullptr ? "" : name, {}});
    return static_cast<uint32_t>(plan_.lanes.size()) - 1;
  }

  void step(uint32_t lane, uint32_t number, int32_t offset) {
    if (number >= plan_.steps.size()) refuse("it named step {}; there are {}", number, plan_.steps.size());
    auto& step = plan_.steps[number];
    if (lane >= plan_.lanes.size())
      refuse("it gave the step '{}' lane {}; it has opened {}", step.name, lane, plan_.lanes.size());
    auto& row = plan_.lanes[lane];
    if (step.actor == plan_.driver()) refuse("it gave the driver's step '{}' a lane", step.name);
    if (step.actor != row.actor)
      refuse("it gave the step '{}' a lane of actor '{}'", step.name, plan_.actors[row.actor].name);
    if (step.lane >= 0) refuse("it gave the step '{}' twice", step.name);
    if (offset < 0 || offset > kMostOffset)
      refuse("it gave the step '{}' the offset {}; 0 to {} are possible", step.name, offset, kMostOffset);
    step.lane = static_cast<int32_t>(lane);
    step.offset = offset;
    step.position = static_cast<uint32_t>(row.steps.size());
    row.steps.push_back(number);
  }

  void slots(uint32_t number, uint32_t slots) {
    if (number >= rings_.size()) refuse("it gave ring {} slots; there are {}", number, rings_.size());
    auto& ring = plan_.rings[rings_[number]];
    if (slots < ring.min_slots || slots > ring.max_slots)
      refuse("it gave '{}' on '{}' {} slots; {} to {} are possible", plan_.values[ring.value].name,
             plan_.actors[ring.actor].name, slots, ring.min_slots, ring.max_slots);
    ring.slots = slots;
  }

  void group(std::span<const uint32_t> steps) {
    for (const uint32_t number : steps) {
      if (number >= plan_.steps.size()) refuse("it grouped step {}; there are {}", number, plan_.steps.size());
      auto& step = plan_.steps[number];
      const auto& first = plan_.steps[steps[0]];
      if (step.group >= 0) refuse("it put the step '{}' into two groups", step.name);
      if (step.channel < 0) refuse("it grouped the step '{}', which no transport carries", step.name);
      const auto& channel = plan_.channels[static_cast<uint32_t>(step.channel)];
      const Traits traits(components_.loaded(channel.transport));
      if (!traits.groups())
        refuse("it grouped the step '{}', but transport '{}' offers no groups", step.name, traits.name());
      if (step.actor != first.actor ||
          channel.transport != plan_.channels[static_cast<uint32_t>(first.channel)].transport)
        refuse("it grouped '{}' with '{}': a group has one actor and one transport", first.name, step.name);
      step.group = groups_;
    }
    ++groups_;
  }

  void joints_share_offsets() const {
    std::unordered_map<int32_t, const Step*> first;
    for (const auto& step : plan_.steps) {
      if (step.joint < 0) continue;
      const auto* earlier = first.try_emplace(step.joint, &step).first->second;
      if (earlier->offset != step.offset)
        refuse("it gave '{}' the offset {} and '{}' {}; they are one transition and have one offset", earlier->name,
               earlier->offset, step.name, step.offset);
    }
  }

  void global_orders_share_lanes() const {
    std::unordered_map<uint64_t, const Step*> first;
    for (const auto& step : plan_.steps) {
      const int32_t ordering = ordering_transport(plan_, step);
      if (ordering < 0) continue;
      const auto transport = static_cast<uint32_t>(ordering);
      const auto* earlier = first.try_emplace(uint64_t{transport} << 32 | step.actor, &step).first->second;
      if (earlier->lane != step.lane)
        refuse("it gave '{}' and '{}' two lanes; all steps of transport '{}' on one actor must share one",
               earlier->name, step.name, components_.at(transport).name);
    }
  }

  void groups_are_runs() const {
    for (const auto& lane : plan_.lanes) {
      std::unordered_set<int32_t> over;
      int32_t current = -1;
      const Step* previous = nullptr;
      for (const uint32_t number : lane.steps) {
        const auto& step = plan_.steps[number];
        if (step.group != current && current >= 0) over.insert(current);
        if (step.group == current && current >= 0 && step.offset != previous->offset)
          refuse("it gave '{}' and '{}' two offsets; a group is one transition and has one offset", previous->name,
                 step.name);
        current = step.group;
        previous = &step;
        if (over.contains(current)) refuse("the group of '{}' is not one run of steps on its lane", step.name);
      }
    }
  }

  Plan& plan_;
  const std::vector<uint32_t>& rings_;
  Components& components_;
  int32_t groups_ = 0;
};

}  // namespace

void schedule(Plan& plan, const Marked& marked, Components& components) {
  const auto& component = components.loaded(plan.scheduler);
  const RawProblem problem(plan, marked);
  const RawSettings settings(components.at(plan.scheduler).settings, component.raw->options,
                             component.raw->option_count);
  Collector collector(plan, problem.rings(), components);
  try {
    problem.solve(api_of<stretto_scheduler_api>(component), settings.raw(), plan.inflight, collector.raw());
    collector.finish();
  } catch (const Error& error) {
    throw Error(error.code(),
                fmt::format("scheduler '{}' (plugin {}): {}", component.name, component.plugin, error.what()));
  }
}

}  // namespace stretto::compiling
