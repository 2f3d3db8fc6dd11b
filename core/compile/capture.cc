// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/capture.h"

#include "compile/circuit.h"
#include "compile/lower.h"
#include "compile/runs.h"
#include "stretto/prediction.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace stretto::compiling {

namespace {

/// Of one actor's device, what it is told; and seconds of an ordinary launch, of a run's, and of each step in one.
struct Wish {
  uint32_t actor;
  std::string text;  ///< "auto", "on"
  double launch;
  double capture;
  double captured;

  bool where_it_gains() const { return text == "auto"; }
  /// What a run with so many launches takes less.
  double gain(size_t launches) const { return static_cast<double>(launches) * (launch - captured) - capture; }
};

std::string microseconds(double seconds) { return fmt::format("{:.3g} µs", seconds * 1e6); }

/// Steps that are launched: what meets a counterpart has no such cost of its own.
size_t launches_of(const Plan& plan, const std::vector<uint32_t>& steps) {
  return static_cast<size_t>(
      std::ranges::count_if(steps, [&](uint32_t step) { return !meets(plan, plan.steps[step]); }));
}

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
  std::string text() const { return text_.empty() ? "no two steps that could be follow each other" : text_; }

 private:
  std::string text_;
  bool final_ = false;
};

/// The runs of one actor, found along its issue order, which they are put together in.
class Finder {
 public:
  Finder(Plan& plan, const Runs& runs, const Wish& wish, bool wide, const std::vector<bool>& excluded)
      : plan_(plan), runs_(runs), wish_(wish), wide_(wide), excluded_(excluded), left_(plan.steps.size(), false) {}

  Reason find() {
    auto& order = plan_.issue_orders[wish_.actor];
    for (size_t at = 0; at < order.size();) {
      const auto& name = plan_.steps[order[at]].name;
      if (const auto why = obstacle(order[at]); !why.empty()) {
        if (plan_.steps[order[at]].kind == StepKind::compute) reason_.is_left_out(name, why);
        ++at;
        continue;
      }
      at += take(order, at);
    }
    return reason_;
  }

 private:
  std::string obstacle(uint32_t number) const {
    if (excluded_[number]) return "what it meets is not captured";
    if (!wide_ && meets(plan_, plan_.steps[number])) return "it meets another actor's step";
    return runs_.obstacle(number);
  }

  /// The longest run that begins there, taken where it gains. How far the search for the next one goes on.
  size_t take(std::vector<uint32_t>& order, size_t begin) {
    Captured run{{order[begin]}, runs_.phases(order[begin]), 0, 0};
    std::vector<uint32_t> behind;
    std::vector<int32_t> closed;  // lanes with a step that is left
    const size_t lanes = lanes_of_actor();
    const auto over = [&] {
      return wide_ ? closed.size() == lanes : std::ranges::find(closed, plan_.steps[order[begin]].lane) != closed.end();
    };
    for (size_t end = begin + 1; end < order.size() && !over(); ++end) {
      const uint32_t step = order[end];
      const auto why = obstacle_behind(run, step, closed);
      if (why.empty()) {
        run.steps.push_back(step);
        run.phases = runs_.phases(step, run.phases);
        continue;
      }
      if (plan_.steps[step].kind == StepKind::compute && obstacle(step).empty())
        reason_.starts_anew(plan_.steps[step].name, why);
      behind.push_back(step);
      left_[step] = true;
      if (std::ranges::find(closed, plan_.steps[step].lane) == closed.end()) closed.push_back(plan_.steps[step].lane);
    }
    for (const uint32_t step : behind) left_[step] = false;
    if (!worthwhile(run)) return 1;
    std::ranges::copy(behind, std::ranges::copy(run.steps, order.begin() + static_cast<std::ptrdiff_t>(begin)).out);
    plan_.captures.push_back(std::move(run));
    return plan_.captures.back().steps.size();
  }

  size_t lanes_of_actor() const {
    return static_cast<size_t>(
        std::ranges::count_if(plan_.lanes, [&](const auto& lane) { return lane.actor == wish_.actor; }));
  }

  std::string obstacle_behind(const Captured& run, uint32_t number, const std::vector<int32_t>& closed) const {
    const auto& step = plan_.steps[number];
    if (auto why = obstacle(number); !why.empty()) return why;
    if (std::ranges::find(closed, step.lane) != closed.end()) return "its lane comes to something else first";
    if (const int32_t before = runs_.left_before(number, left_); before >= 0)
      return fmt::format("'{}' is issued before it", plan_.steps[static_cast<uint32_t>(before)].name);
    if (runs_.phases(number, run.phases) > kMostPhases)
      return fmt::format("its slots and those of what precedes it turn in more than {} phases", kMostPhases);
    return wide_ ? std::string() : gap_behind(plan_.steps[run.steps.back()], step);
  }

  /// Why a close run ends before this step.
  std::string gap_behind(const Step& before, const Step& step) const {
    if (step.lane != before.lane) return "it is on another lane";
    if (before.signals) return fmt::format("another lane waits for '{}'", before.name);
    if (!before.releases.empty()) return fmt::format("'{}' gives a slot back", before.name);
    if (!step.acquires.empty()) return "it waits for a slot";
    for (const auto& wait : step.waits)
      if (wait.by == Wait::By::lane) return fmt::format("it waits for '{}'", plan_.steps[wait.from].name);
    return "";
  }

  bool worthwhile(const Captured& run) {
    if (run.steps.size() < 2) return false;
    if (!wish_.where_it_gains()) return true;
    const double gain = wish_.gain(launches_of(plan_, run.steps));
    if (gain <= 0)
      reason_.loses(fmt::format("{} steps in a row, from '{}' on, would take {} longer as one", run.steps.size(),
                                plan_.steps[run.steps.front()].name, microseconds(-gain)));
    return gain > 0;
  }

  Plan& plan_;
  const Runs& runs_;
  const Wish& wish_;
  const bool wide_;
  const std::vector<bool>& excluded_;
  std::vector<bool> left_;  // by step
  Reason reason_;
};

class Capturing {
 public:
  Capturing(const Plan& plan, std::vector<Wish> wishes) : plan_(plan), runs_(plan), wishes_(std::move(wishes)) {}

  /// The plan with runs of the kind that does better.
  Plan best() const {
    Plan close = with_runs(false);
    Plan wide = with_runs(true);
    if (close.captures.empty() && wide.captures.empty()) return wide;  // whose reasons say more
    const bool circle = find_dead_circuit(RoundGraph(wide, true)).has_value();
    if (std::ranges::none_of(wishes_, &Wish::where_it_gains)) return circle ? close : wide;
    Plan none = plan_;
    for (const auto& wish : wishes_)
      none.actors[wish.actor].capture = wish.text + ": nothing is captured: runs would hold up what waits for them";
    const Expected without(none), closely(close);
    const Expected widely = circle ? Expected() : Expected(wide);
    if (widely.no_worse_than(without) && widely.period < closely.period * (1 - kSlack)) return wide;
    return closely.no_worse_than(without) ? close : none;
  }

 private:
  static constexpr double kSlack = 1e-9;

  static constexpr size_t kMostSimulated = 1'000'000;  // steps

  /// What a plan is predicted to take: when executions follow each other for ever, and, but for the largest plans, when
  /// there are few.
  struct Expected {
    double period = HUGE_VAL;
    double few = HUGE_VAL;

    Expected() = default;
    explicit Expected(const Plan& plan)
        : period(predict(plan).period), few(plan.steps.size() > kMostSimulated ? 0 : simulate(plan, 5).makespan) {}
    bool no_worse_than(const Expected& other) const {
      return period <= other.period * (1 + kSlack) && few <= other.few * (1 + kSlack);
    }
  };

  Plan with_runs(bool wide) const {
    std::vector<bool> excluded(plan_.steps.size(), false);
    for (;;) {
      Plan plan = plan_;
      std::vector<Reason> reasons;
      for (const auto& wish : wishes_) reasons.push_back(Finder(plan, runs_, wish, wide, excluded).find());
      if (exclude_single_ends(plan, excluded)) continue;
      share_offsets(runs_, plan, plan.captures);
      for (size_t i = 0; i < wishes_.size(); ++i) tell(plan, wishes_[i], reasons[i]);
      return plan;
    }
  }

  /// Every time it finds one, another step is excluded for good.
  bool exclude_single_ends(const Plan& plan, std::vector<bool>& excluded) const {
    std::vector<bool> captured(plan.steps.size(), false);
    for (const auto& run : plan.captures)
      for (const uint32_t step : run.steps) captured[step] = true;
    bool found = false;
    for (const auto& run : plan.captures)
      for (const uint32_t step : run.steps) {
        const auto counterparts = runs_.counterparts(step);
        if (std::ranges::all_of(counterparts, [&](uint32_t other) { return captured[other]; })) continue;
        for (const uint32_t other : counterparts) excluded[other] = true;
        found = true;
      }
    return found;
  }

  /// What was captured, or why nothing; and what it is predicted to take.
  static void tell(Plan& plan, const Wish& wish, const Reason& reason) {
    size_t captures = 0, launches = 0;
    double gained = 0;
    for (const auto& run : plan.captures) {
      if (plan.steps[run.steps.front()].actor != wish.actor) continue;
      ++captures;
      launches += launches_of(plan, run.steps);
      gained += wish.gain(launches_of(plan, run.steps));
      charge(plan, run.steps, wish);
    }
    auto& text = plan.actors[wish.actor].capture;
    if (captures == 0)
      text = wish.text + ": nothing is captured: " + reason.text();
    else
      text = fmt::format("{}: {} launches of {} become {} of {} and {} for each step, {} {} in every execution",
                         wish.text, launches, microseconds(wish.launch), captures, microseconds(wish.capture),
                         microseconds(wish.captured), microseconds(std::abs(gained)), gained < 0 ? "more" : "less");
  }

  static void charge(Plan& plan, const std::vector<uint32_t>& run, const Wish& wish) {
    for (const uint32_t number : run) {
      if (meets(plan, plan.steps[number])) continue;
      auto& seconds = plan.steps[number].seconds;
      seconds = std::max(wish.captured, seconds - wish.launch + wish.captured);
    }
    plan.steps[run.front()].seconds += wish.capture;
  }

  const Plan& plan_;
  const Runs runs_;
  const std::vector<Wish> wishes_;
};

}  // namespace

void capture(Plan& plan, const Components& components, const Costs& costs) {
  std::vector<Wish> wishes;
  for (uint32_t actor = 0; actor < plan.driver(); ++actor) {
    const auto device = static_cast<uint32_t>(plan.actors[actor].device);
    const auto& api = api_of<stretto_device_api>(components.loaded(device));
    if ((api.flags & STRETTO_DEVICE_CAPTURES) == 0) continue;
    const auto& settings = components.at(device).settings;
    const auto wish = settings.find("capture");
    const auto* text = wish == settings.end() ? nullptr : std::get_if<std::string>(&wish->second.value);
    if (text == nullptr || *text == "off")
      plan.actors[actor].capture = "off, as the device is told";
    else
      wishes.push_back(
          {actor, *text, launch_seconds(plan.actors[actor], components, costs), api.capture, api.captured});
  }
  if (!wishes.empty()) plan = Capturing(plan, std::move(wishes)).best();
}

}  // namespace stretto::compiling
