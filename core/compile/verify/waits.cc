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
  uint32_t to;
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
  void check_distant() const {
    std::vector<Distant> wanted;
    for (const auto& constraint : demanded_) {
      const bool near = plan_.steps[constraint.from].actor == plan_.steps[constraint.to].actor;
      if (near && plan_.steps[constraint.to].actor != plan_.driver()) continue;
      wanted.push_back({constraint.to, constraint.from, constraint.tokens});
    }
    // Of several between two steps the one with the fewest tokens counts; sorted, it comes first.
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end(),
                             [](const Distant& a, const Distant& b) { return a.to == b.to && a.from == b.from; }),
                 wanted.end());
    auto next = wanted.cbegin();
    for (uint32_t number = 0; number < plan_.steps.size(); ++number) {
      const auto first = next;
      while (next != wanted.cend() && next->to == number) ++next;
      check_distant(number, {first, next});
    }
  }

  void check_distant(uint32_t number, std::span<const Distant> wanted) const {
    const auto& step = plan_.steps[number];
    std::vector<Distant> found;
    for (const auto& wait : step.waits) {
      if (wait.by != Wait::By::transport && wait.by != Wait::By::ticket) continue;
      found.push_back({number, wait.from, wait.tokens});
      if (!std::binary_search(wanted.begin(), wanted.end(), found.back()))
        wrong(step, wait, "which nothing makes it do");
    }
    std::sort(found.begin(), found.end());
    for (const auto& each : wanted)
      if (!std::binary_search(found.begin(), found.end(), each))
        inconsistent("'{}' must wait for '{}' with {} tokens and does not", step.name, plan_.steps[each.from].name,
                     each.tokens);
    if (found.size() != wanted.size()) inconsistent("'{}' waits for the same step twice", step.name);
  }

  const Plan& plan_;
  const std::span<const Constraint> demanded_;
};

}  // namespace

void verify_waits(const Plan& plan, std::span<const Constraint> demanded) { Waits(plan, demanded).check(); }

}  // namespace stretto::compiling
