// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Schedulers: they give every step of a marked graph a lane, a place on it and an offset.
/// Derive from Scheduler and hand `scheduler_component<MyScheduler>(…)` to STRETTO_PLUGIN. The core verifies the
/// answer.

#include "stretto/plugin.h"

namespace stretto {

/// The problem as a scheduler sees it: spans over the host's structs. A view.
struct Problem {
  std::span<const stretto_step* const> steps;
  std::span<const stretto_place* const> places;
  std::span<const stretto_actor* const> actors;
  std::span<const stretto_ring* const> rings;
  std::span<const stretto_resource* const> resources;
  uint32_t inflight;
  Settings settings;
};

/// Collects the answer. Throws Code::invalid_argument on numbers out of range.
class Answer {
 public:
  explicit Answer(const stretto_answer* raw) : raw_(raw) {}
  uint32_t lane(uint32_t actor, const char* name) {
    uint32_t number = 0;
    checked("lane", raw_->lane, raw_->context, actor, name, &number);
    return number;
  }
  void step(uint32_t lane, uint32_t step, int32_t offset = 0) {
    checked("step", raw_->step, raw_->context, lane, step, offset);
  }
  void slots(uint32_t ring, uint32_t count) { checked("slots", raw_->slots, raw_->context, ring, count); }
  void group(std::span<const uint32_t> steps) {
    checked("group", raw_->group, raw_->context, steps.data(), static_cast<uint32_t>(steps.size()));
  }

 private:
  const stretto_answer* raw_;
};

/// Stateless; any thread. The result depends on the problem alone.
class Scheduler {
 public:
  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  virtual ~Scheduler() = default;
  virtual void schedule(const Problem& problem, Answer& answer) const = 0;
};

/// The component of one scheduler.
template <class Derived>
Component* scheduler_component(const char* name, const char* summary, std::vector<Option> options = {}) {
  static const auto* api = new stretto_scheduler_api{
      sizeof(stretto_scheduler_api), 0,
      [](const stretto_problem* raw, const stretto_answer* answer, const stretto_sink* sink) {
        return guard(sink, [&] {
          const Problem problem{
              {raw->steps, raw->step_count}, {raw->places, raw->place_count},       {raw->actors, raw->actor_count},
              {raw->rings, raw->ring_count}, {raw->resources, raw->resource_count}, raw->inflight,
              Settings(raw->settings)};
          Answer collected(answer);
          Derived().schedule(problem, collected);
        });
      }};
  static auto* component = new Component(STRETTO_SCHEDULER, name, summary, std::move(options), api);
  return component;
}

}  // namespace stretto
