// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/constraints.h"
#include "compile/verify/happens_before.h"
#include "compile/verify/verify.h"

#include <algorithm>
#include <map>

namespace stretto::compiling {

namespace {

using Kind = Constraint::Kind;

std::string why(const Plan& plan, const Constraint& constraint) {
  const auto value = [&] { return plan.values[plan.rings[static_cast<uint32_t>(constraint.ring)].value].name; };
  switch (constraint.kind) {
    case Kind::data: return fmt::format("it reads '{}', which the other makes", value());
    case Kind::reuse: return fmt::format("it writes the slot of '{}' that the other reads", value());
    default: return "nodes of an actor run in the order written";
  }
}

[[noreturn]] void race(const Plan& plan, const Constraint& constraint) {
  const auto& from = plan.steps[constraint.from];
  const auto& to = plan.steps[constraint.to];
  const auto mend = from.lane == to.lane ? fmt::format("put '{}' before '{}' on their lane", from.name, to.name)
                                         : fmt::format("let '{}' wait for '{}' by lane with {} tokens", to.name,
                                                       from.name, constraint.tokens);
  throw Error(Code::invalid_argument,
              fmt::format("the plan would race: for execution i '{}' (actor '{}') must follow '{}' for execution {}, "
                          "because {}, and nothing makes it; {}",
                          to.name, plan.actors[to.actor].name, from.name,
                          constraint.tokens == 0 ? "i" : fmt::format("i - {}", constraint.tokens),
                          why(plan, constraint), mend));
}

/// Users of one workspace take turns. In an order in which a round can run, each must follow the one before it, and the
/// first of a round the last of the round before.
void verify_workspaces(const Plan& plan, HappensBefore& happens) {
  std::map<uint32_t, std::vector<uint32_t>> users;
  for (uint32_t number = 0; number < plan.steps.size(); ++number)
    for (const auto& access : plan.steps[number].accesses)
      if (access.kind == Access::Kind::workspace) users[access.index].push_back(number);
  for (const auto& entry : users) {
    const auto& steps = entry.second;
    const auto lane = [&](uint32_t step) { return plan.steps[step].lane; };
    if (std::all_of(steps.begin(), steps.end(), [&](uint32_t step) { return lane(step) == lane(steps[0]); })) continue;
    for (size_t a = 0; a < steps.size(); ++a)
      for (size_t b = 0; b < a; ++b)
        if (lane(steps[a]) != lane(steps[b]) && !happens.take_turns(steps[a], steps[b]))
          throw Error(
              Code::invalid_argument,
              fmt::format("the plan would race: '{}' and '{}' share workspace {} on two lanes, and nothing makes "
                          "them take turns; put both on one lane, or give each its own workspace",
                          plan.steps[steps[b]].name, plan.steps[steps[a]].name, entry.first));
  }
}

}  // namespace

void verify_ordered(const Plan& plan, std::span<const Constraint> demanded) {
  HappensBefore happens(plan);
  for (const auto& constraint : demanded) {
    // What goes over a transport or by tickets is ordered by what verify_steps and verify_waits have seen to be there.
    const bool local =
        constraint.kind == Kind::data || constraint.kind == Kind::reuse || constraint.kind == Kind::written;
    if (!local || plan.steps[constraint.to].actor == plan.driver()) continue;
    if (!happens.before(constraint.from, constraint.to, constraint.tokens)) race(plan, constraint);
  }
  verify_workspaces(plan, happens);
}

}  // namespace stretto::compiling
