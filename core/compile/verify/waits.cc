// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/constraints.h"
#include "compile/verify/verify.h"

#include <algorithm>
#include <compare>
#include <span>

namespace stretto::compiling {

namespace {

const char* to_text(Wait::By by) {
  switch (by) {
    case Wait::By::lane: return "by lane";
    case Wait::By::transport: return "by transport";
    case Wait::By::order: return "by order";
    case Wait::By::ticket: return "by ticket";
  }
  return "?";
}

/// A wait over actors or for the driver.
struct Distant {
  uint32_t from;
  int32_t tokens;
  friend auto operator<=>(const Distant&, const Distant&) = default;  // NOLINT(modernize-use-nullptr): misread
};

class Waits {
 public:
  Waits(const Plan& plan, std::span<const Constraint> demanded) : plan_(plan), demanded_(demanded) {}

  void check() {
    for (const auto& step : plan_.steps)
      for (const auto& wait : step.waits) check_wait(step, wait);
    check_distant();
  }

 private:
  [[noreturn]] void wrong(const Step& step, const Wait& wait, const char* what) const {
    inconsistent("'{}' waits for '{}' {} with {} tokens, {} in rounds, {}", step.name, plan_.steps[wait.from].name,
                 to_text(wait.by), wait.tokens, wait.rounds, what);
  }

  void check_wait(const Step& step, const Wait& wait) const {
    const auto& from = plan_.steps[wait.from];
    if (wait.rounds != wait.tokens + step.offset - from.offset) wrong(step, wait, "which their offsets don't give");
    const bool near = from.actor == step.actor;
    const bool lanes = from.lane >= 0 && step.lane >= 0;
    switch (wait.by) {
      case Wait::By::lane:
        if (!near || !lanes || from.lane == step.lane) wrong(step, wait, "but they are not on two lanes of one actor");
        if (!from.signals) wrong(step, wait, "which never signals that it has ended");
        break;
      case Wait::By::order:
        if (!near || !lanes || from.lane != step.lane) wrong(step, wait, "but they are not on one lane");
        break;
      case Wait::By::transport:
        if (near) wrong(step, wait, "but they are on one actor");
        break;
      case Wait::By::ticket:
        if (!near || lanes) wrong(step, wait, "but they are not both the driver's");
        break;
    }
  }

  /// What reaches over actors, or over executions by the driver, is done by transports and tickets whatever the waits
  /// say. They must say the same, so that what is printed is what happens.
  void check_distant() {
    const Rows entering(plan_.steps.size(), [&](auto&& enter) {
      for (uint32_t i = 0; i < demanded_.size(); ++i) {
        const auto& constraint = demanded_[i];
        const bool near = plan_.steps[constraint.from].actor == plan_.steps[constraint.to].actor;
        if (!near || plan_.steps[constraint.to].actor == plan_.driver()) enter(constraint.to, i);
      }
    });
    for (uint32_t number = 0; number < plan_.steps.size(); ++number) {
      wanted_.clear();
      for (const uint32_t i : entering[number]) wanted_.push_back({demanded_[i].from, demanded_[i].tokens});
      // Of several between two steps the one with the fewest tokens counts; sorted, it comes first.
      std::sort(wanted_.begin(), wanted_.end());
      wanted_.erase(std::unique(wanted_.begin(), wanted_.end(),
                                [](const Distant& a, const Distant& b) { return a.from == b.from; }),
                    wanted_.end());
      check_distant(plan_.steps[number]);
    }
  }

  void check_distant(const Step& step) {
    found_.clear();
    for (const auto& wait : step.waits) {
      if (wait.by != Wait::By::transport && wait.by != Wait::By::ticket) continue;
      found_.push_back({wait.from, wait.tokens});
      if (!std::binary_search(wanted_.begin(), wanted_.end(), found_.back()))
        wrong(step, wait, "which nothing makes it do");
    }
    std::sort(found_.begin(), found_.end());
    for (const auto& each : wanted_)
      if (!std::binary_search(found_.begin(), found_.end(), each))
        inconsistent("'{}' must wait for '{}' with {} tokens and does not", step.name, plan_.steps[each.from].name,
                     each.tokens);
    if (found_.size() != wanted_.size()) inconsistent("'{}' waits for the same step twice", step.name);
  }

  const Plan& plan_;
  const std::span<const Constraint> demanded_;
  std::vector<Distant> wanted_;  // of one step: kept, as there are many
  std::vector<Distant> found_;   // the same
};

}  // namespace

void verify_waits(const Plan& plan, std::span<const Constraint> demanded) { Waits(plan, demanded).check(); }

}  // namespace stretto::compiling
