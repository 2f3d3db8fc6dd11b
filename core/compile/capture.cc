// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/capture.h"

#include "compile/lower.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace stretto::compiling {

Runs::Runs(const Plan& plan) : plan_(plan), maker_(plan.rings.size(), -1), issue_position_(plan.steps.size(), 0) {
  for (uint32_t step = 0; step < plan.steps.size(); ++step)
    for (const uint32_t ring : plan.steps[step].results) maker_[ring] = static_cast<int32_t>(step);
  for (const auto& order : plan.issue_orders)
    for (uint32_t i = 0; i < order.size(); ++i) issue_position_[order[i]] = i;
}

std::string Runs::obstacle(uint32_t number) const {
  const auto& step = plan_.steps[number];
  if (step.kind != StepKind::compute && step.kind != StepKind::copy) return "the host takes part in it";
  if (step.kind == StepKind::compute) {
    const auto& node = plan_.nodes[static_cast<uint32_t>(step.node)];
    if (node.stateful) return "it has a state, and an execution may pass it by";
    if (!node.capturable)
      return fmt::format("the op {}.{} is not capturable", plan_.components[node.ops].name, node.op);
  }
  for (const auto* rings : {&step.inputs, &step.results})
    for (const uint32_t ring : *rings)
      if (const auto& value = plan_.values[plan_.rings[ring].value]; value.spec.dynamic())
        return fmt::format("the shape of '{}' is dynamic", value.name);
  return "";
}

std::string Runs::obstacle_behind(const Captured& run, uint32_t number) const {
  const auto& first = plan_.steps[run.steps.front()];
  const auto& before = plan_.steps[run.steps.back()];
  const auto& step = plan_.steps[number];
  if (auto found = obstacle(number); !found.empty()) return found;
  if (step.offset != first.offset) return "it works on another execution";
  if (before.signals) return fmt::format("another lane waits for '{}'", before.name);
  if (!before.releases.empty()) return fmt::format("'{}' gives a slot back", before.name);
  if (!step.acquires.empty()) return "it waits for a slot";
  if (!step.header_waits.empty()) return "it waits for a header";
  for (const auto& wait : step.waits)
    if (wait.by == Wait::By::lane) return fmt::format("it waits for '{}'", plan_.steps[wait.from].name);
  for (const uint32_t ring : step.inputs) {
    if (maker_[ring] < 0) continue;
    const auto maker = static_cast<uint32_t>(maker_[ring]);
    const bool inside = plan_.steps[maker].lane == step.lane && plan_.steps[maker].position >= first.position;
    if (!inside && issue_position_[maker] >= issue_position_[run.steps.front()])
      return fmt::format("'{}' is issued before it", plan_.steps[maker].name);
  }
  if (phases(number, run.phases) > kMostPhases)
    return fmt::format("its slots and those of what precedes it turn in more than {} phases", kMostPhases);
  return "";
}

uint32_t Runs::phases(uint32_t step, uint32_t others) const {
  uint64_t all = others;
  for (const auto* rings : {&plan_.steps[step].inputs, &plan_.steps[step].results})
    for (const uint32_t ring : *rings)
      all = std::min<uint64_t>(std::lcm(all, uint64_t{plan_.rings[ring].slots}), UINT32_MAX);
  return static_cast<uint32_t>(all);
}

namespace {

/// Of one device: seconds of an ordinary launch, of a capture's, and of each step in it.
struct Rates {
  double launch;
  double capture;
  double captured;
};

std::string microseconds(double seconds) { return fmt::format("{:.3g} µs", seconds * 1e6); }

/// Why nothing is captured: the first step that can't be says more than the first one that starts anew.
class Reason {
 public:
  void starts_anew(const std::string& step, const std::string& why) {
    if (text_.empty()) text_ = fmt::format("'{}' starts anew: {}", step, why);
  }
  void is_left_out(const std::string& step, const std::string& why) {
    if (!final_) text_ = fmt::format("'{}' is left out: {}", step, why);
    final_ = true;
  }
  void loses(std::string text) {
    text_ = std::move(text);
    final_ = true;
  }
  std::string text() const { return text_.empty() ? "no two steps that could be follow each other on a lane" : text_; }

 private:
  std::string text_;
  bool final_ = false;
};

class Capturing {
 public:
  Capturing(Plan& plan, const Components& components, const Costs& costs)
      : plan_(plan), components_(components), costs_(costs), runs_(plan) {}

  void all() {
    for (uint32_t actor = 0; actor < plan_.driver(); ++actor) {
      const auto device = static_cast<uint32_t>(plan_.actors[actor].device);
      const auto& api = api_of<stretto_device_api>(components_.loaded(device));
      if ((api.flags & STRETTO_DEVICE_CAPTURES) == 0) continue;
      const auto wish = components_.at(device).settings.find("capture");
      const auto* text =
          wish == components_.at(device).settings.end() ? nullptr : std::get_if<std::string>(&wish->second.value);
      if (text == nullptr || *text == "off")
        plan_.actors[actor].capture = "off, as the device is told";
      else
        plan_.actors[actor].capture = *text + ": " + capture(actor, *text == "auto", rates(actor, api));
    }
  }

 private:
  Rates rates(uint32_t actor, const stretto_device_api& api) const {
    return {launch_seconds(plan_.actors[actor], components_, costs_), api.capture, api.captured};
  }

  /// What was captured, or why nothing.
  std::string capture(uint32_t actor, bool where_it_gains, const Rates& rates) {
    size_t captures = 0, steps = 0;
    double gained = 0;
    Reason reason;
    for (uint32_t lane = 0; lane < plan_.lanes.size(); ++lane) {
      if (plan_.lanes[lane].actor != actor) continue;
      for (auto& run : runs_of(lane, reason)) {
        const double gain = static_cast<double>(run.steps.size()) * (rates.launch - rates.captured) - rates.capture;
        if (where_it_gains && gain <= 0) {
          reason.loses(fmt::format("{} steps in a row, from '{}' on, would take {} longer as one", run.steps.size(),
                                   plan_.steps[run.steps.front()].name, microseconds(-gain)));
          continue;
        }
        ++captures;
        steps += run.steps.size();
        gained += gain;
        charge(run.steps, rates);
        plan_.captures.push_back(std::move(run));
      }
    }
    if (captures == 0) return "nothing is captured: " + reason.text();
    return fmt::format("{} launches of {} become {} of {} and {} for each step, {} less in every execution", steps,
                       microseconds(rates.launch), captures, microseconds(rates.capture), microseconds(rates.captured),
                       microseconds(gained));
  }

  /// The longest runs of two steps or more, and why they end.
  std::vector<Captured> runs_of(uint32_t lane, Reason& reason) const {
    std::vector<Captured> found;
    Captured run;
    const auto end = [&] {
      if (run.steps.size() > 1) found.push_back(run);
      run = {};
    };
    for (const uint32_t step : plan_.lanes[lane].steps) {
      const auto why = run.steps.empty() ? std::string() : runs_.obstacle_behind(run, step);
      const auto itself = runs_.obstacle(step);
      if (!why.empty() || !itself.empty()) end();
      if (itself.empty() && runs_.phases(step) <= kMostPhases) {
        run.phases = runs_.phases(step, run.phases);
        run.steps.push_back(step);
      }
      if (plan_.steps[step].kind != StepKind::compute) continue;
      if (!itself.empty())
        reason.is_left_out(plan_.steps[step].name, itself);
      else if (!why.empty())
        reason.starts_anew(plan_.steps[step].name, why);
    }
    end();
    return found;
  }

  void charge(const std::vector<uint32_t>& run, const Rates& rates) {
    for (const uint32_t number : run) {
      auto& seconds = plan_.steps[number].seconds;
      seconds = std::max(rates.captured, seconds - rates.launch + rates.captured);
    }
    plan_.steps[run.front()].seconds += rates.capture;
  }

  Plan& plan_;
  const Components& components_;
  const Costs& costs_;
  Runs runs_;
};

}  // namespace

void capture(Plan& plan, const Components& components, const Costs& costs) { Capturing(plan, components, costs).all(); }

}  // namespace stretto::compiling
