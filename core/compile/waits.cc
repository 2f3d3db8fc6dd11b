// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/waits.h"

#include "compile/rounds.h"
#include "compile/rows.h"

namespace stretto::compiling {

namespace {

Wait::By realised_by(const Step& from, const Step& to) {
  if (from.actor != to.actor) return Wait::By::transport;
  if (from.lane < 0 || to.lane < 0) return Wait::By::ticket;
  return from.lane == to.lane ? Wait::By::order : Wait::By::lane;
}

/// Whether waiting for `a` includes waiting for `b`, both on one lane.
bool covers(const Plan& plan, const Wait& a, const Wait& b) {
  if (a.rounds != b.rounds) return a.rounds < b.rounds;
  return plan.steps[a.from].position >= plan.steps[b.from].position;
}

/// The waits of one step, then of the next: a sparse set (Briggs, Torczon 1993), emptied at once and never searched,
/// since the ticket waits for every output.
class StepWaits {
 public:
  explicit StepWaits(const Plan& plan) : plan_(plan), of_step_(plan.steps.size()), of_lane_(plan.lanes.size()) {}

  void begin() { waits_.clear(); }

  void add(const Wait& wait) {
    const bool by_lane = wait.by == Wait::By::lane;
    uint32_t& place = by_lane ? of_lane_[static_cast<uint32_t>(plan_.steps[wait.from].lane)] : of_step_[wait.from];
    if (place < waits_.size() && about_the_same(waits_[place], wait)) {
      auto& known = waits_[place];
      if (by_lane ? !covers(plan_, known, wait) : wait.tokens < known.tokens) known = wait;
      return;
    }
    place = static_cast<uint32_t>(waits_.size());
    waits_.push_back(wait);
  }

  const std::vector<Wait>& all() const { return waits_; }

 private:
  /// Whether one of them will do. Tells a place that stands from one that an earlier step left behind.
  bool about_the_same(const Wait& a, const Wait& b) const {
    if (a.by != b.by) return false;
    return a.by == Wait::By::lane ? plan_.steps[a.from].lane == plan_.steps[b.from].lane : a.from == b.from;
  }

  const Plan& plan_;
  std::vector<uint32_t> of_step_;  // by step: where a wait for it stands, by lane excepted
  std::vector<uint32_t> of_lane_;  // by lane: where the wait for it stands
  std::vector<Wait> waits_;
};

}  // namespace

void derive_waits(const std::vector<Place>& places, Plan& plan) {
  const Rows entering(plan.steps.size(), [&](auto&& enter) {
    for (uint32_t i = 0; i < places.size(); ++i) enter(places[i].to, i);
  });
  StepWaits waits(plan);
  for (uint32_t number = 0; number < plan.steps.size(); ++number) {
    auto& to = plan.steps[number];
    waits.begin();
    for (const uint32_t i : entering[number]) {
      const auto& place = places[i];
      const auto& from = plan.steps[place.from];
      const int32_t tokens =
          place.ring < 0 ? place.tokens : static_cast<int32_t>(plan.rings[static_cast<uint32_t>(place.ring)].slots);
      // The driver has no rounds of its own: its offset is 0.
      waits.add({realised_by(from, to), place.from, tokens, tokens + to.offset - from.offset});
    }
    to.waits.assign(waits.all().begin(), waits.all().end());
  }
  for (const auto& step : plan.steps)
    for (const auto& wait : step.waits)
      if (wait.by == Wait::By::lane) plan.steps[wait.from].signals = true;
  HeaderNeeds needs(plan);
  for (uint32_t number = 0; number < plan.steps.size(); ++number) plan.steps[number].header_waits = needs.of(number);
  plan.issue_orders = make_issue_orders(plan);
}

}  // namespace stretto::compiling
