// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/describe.h"
#include "command/prediction_text.h"
#include "command/print.h"
#include "command/remedies.h"
#include "command/steady_waits.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

using nlohmann::json;

struct Explanation {
  Prediction prediction;
  Bound bound;
  std::vector<SteadyWait> waits;
  std::vector<Remedy> remedies;
};

std::string cause(const Plan& plan, const SteadyWait& wait) {
  const Step& step = plan.steps[wait.step];
  return wait.wait < 0 ? "a round that has not begun"
                       : wait_text(plan, step, step.waits[static_cast<size_t>(wait.wait)]);
}

/// Lanes that only carry are idle most of the time, and nobody minds.
bool computes(const Plan& plan, const SteadyWait& wait) {
  const auto& steps = plan.lanes[static_cast<size_t>(plan.steps[wait.step].lane)].steps;
  return std::any_of(steps.begin(), steps.end(),
                     [&](uint32_t step) { return plan.steps[step].kind == StepKind::compute; });
}

std::string gain_text(double before, double after) { return "-" + percent_text(1 - after / before); }

void print_text(const Invocation& invocation, const Plan& plan, const Explanation& all) {
  const double period = all.prediction.period;
  fmt::print("period      {} from one execution to the next, predicted\n", seconds_text(period));
  fmt::print("bound       {} ({} of the period): {}\n", seconds_text(all.bound.seconds),
             percent_text(period > 0 ? all.bound.seconds / period : 1), describe(plan, all.bound));
  fmt::print("bottleneck  {}", describe(plan, all.prediction.bottleneck));
  for (const PlanActor& actor : plan.actors)
    if (!actor.capture.empty()) fmt::print("capture     {}: {}\n", actor.name, actor.capture);
  constexpr auto kRight = TextTable::Align::right;
  TextTable waits({{"idle", kRight}, {"lane"}, {"before"}, {"until"}});
  for (const SteadyWait& wait : all.waits) {
    const Step& step = plan.steps[wait.step];
    waits.add({seconds_text(wait.seconds),
               plan.actors[step.actor].name + " " + plan.lanes[static_cast<size_t>(step.lane)].name,
               short_name(plan, step), cause(plan, wait)});
  }
  if (!waits.empty()) fmt::print("\nwaits in each execution, once it runs steadily\n{}", waits.text("  "));
  TextTable remedies({{"change"}, {"period", kRight}, {"", kRight}});
  for (const Remedy& remedy : all.remedies)
    remedies.add({remedy.what, seconds_text(remedy.period), gain_text(period, remedy.period)});
  if (!remedies.empty())
    fmt::print("\nwhat would help, each change alone\n{}", remedies.text("  "));
  else if (!invocation.quiet)
    fmt::print("\nnothing that was tried would help by a hundredth\n");
}

json as_json(const Plan& plan, const Explanation& all) {
  json waits = json::array();
  for (const SteadyWait& wait : all.waits)
    waits.push_back({{"step", plan.steps[wait.step].name}, {"seconds", wait.seconds}, {"until", cause(plan, wait)}});
  json remedies = json::array();
  for (const Remedy& remedy : all.remedies)
    remedies.push_back({{"change", remedy.what}, {"in_job", remedy.keys > 0}, {"period", remedy.period}});
  json captures = json::object();
  for (const PlanActor& actor : plan.actors)
    if (!actor.capture.empty()) captures[actor.name] = actor.capture;
  return {{"plan", hash(plan)},
          {"captures", captures},
          {"period", all.prediction.period},
          {"bound", to_json(plan, all.bound)},
          {"bottleneck", to_json(plan, all.prediction.bottleneck)},
          {"waits", waits},
          {"remedies", remedies}};
}

}  // namespace

int explain_command(const Invocation& invocation) {
  Progress progress(invocation.quiet);
  progress.say("compiling");
  const Ready ready = prepare(invocation);
  Explanation all;
  all.prediction = predict(ready.plan);
  all.bound = lower_bound_of_period(ready.plan);
  all.waits = steady_waits(ready.plan, invocation.verbose ? 0 : all.prediction.period / 100);
  if (!invocation.verbose)
    std::erase_if(all.waits, [&](const SteadyWait& wait) { return !computes(ready.plan, wait); });
  all.remedies = find_remedies(invocation, ready, all.prediction, progress);
  progress.clear();
  if (invocation.json)
    print_json(as_json(ready.plan, all));
  else
    print_text(invocation, ready.plan, all);
  return kDone;
}

}  // namespace stretto
