// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/constraints.h"
#include "compile/joint.h"
#include "compile/rounds.h"
#include "compile/verify/verify.h"

#include <algorithm>

namespace stretto::compiling {

namespace {

class Issue {
 public:
  Issue(const Plan& plan, std::span<const Constraint> demanded)
      : plan_(plan), demanded_(demanded), position_(plan.steps.size(), -1) {}

  void check() {
    size_t wanted = 0, issued = 0;
    for (const auto& step : plan_.steps) wanted += asynchronous(step) ? 1 : 0;
    for (uint32_t actor = 0; actor < plan_.actors.size(); ++actor)
      for (const uint32_t number : plan_.issue_orders[actor]) {
        const auto& step = plan_.steps[number];
        if (!asynchronous(step) || step.actor != actor || position_[number] >= 0)
          inconsistent("'{}' does not belong into the issue order of '{}', or stands there twice", step.name,
                       plan_.actors[actor].name);
        position_[number] = static_cast<int32_t>(issued++);
      }
    if (issued != wanted) inconsistent("{} steps are issued by no thread", wanted - issued);
    for (const auto& lane : plan_.lanes)
      for (size_t i = 1; i < lane.steps.size(); ++i) require_before(lane.steps[i - 1], lane.steps[i], 0);
    for (uint32_t number = 0; number < plan_.steps.size(); ++number)
      for (const auto& wait : plan_.steps[number].waits)
        if (wait.by == Wait::By::lane) require_before(group_of(plan_, wait.from).back(), number, wait.rounds);
    for (const auto& constraint : demanded_)
      if (constraint.kind == Constraint::Kind::data)
        require_before(constraint.from, constraint.to,
                       plan_.steps[constraint.to].offset - plan_.steps[constraint.from].offset);
    check_headers();
  }

 private:
  bool asynchronous(const Step& step) const { return step.lane >= 0 && !plan_.actors[step.actor].blocking; }

  /// A device may use events, which must be recorded before they are awaited, those of a group with its last step; and
  /// a shape must be known before an op is enqueued that reads it.
  void require_before(uint32_t from, uint32_t to, int32_t rounds) const {
    if (position_[to] < 0 || position_[from] < 0) return;
    if (rounds < 0 || (rounds == 0 && position_[from] >= position_[to]))
      inconsistent("'{}' is issued before '{}', which it needs", plan_.steps[to].name, plan_.steps[from].name);
  }

  void check_headers() const {
    HeaderNeeds needs(plan_);
    for (uint32_t number = 0; number < plan_.steps.size(); ++number) {
      auto found = plan_.steps[number].header_waits;
      std::sort(found.begin(), found.end());
      if (found != needs.of(number))
        inconsistent("'{}' does not await the headers of what it reads before it is issued", plan_.steps[number].name);
    }
  }

  const Plan& plan_;
  const std::span<const Constraint> demanded_;
  std::vector<int32_t> position_;  // by step: in its issue order
};

}  // namespace

void verify_issue(const Plan& plan, std::span<const Constraint> demanded) { Issue(plan, demanded).check(); }

}  // namespace stretto::compiling
