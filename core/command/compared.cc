// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/compared.h"

#include "stretto/prediction.h"

#include <algorithm>
#include <cmath>

namespace stretto {

namespace {

/// Where communication takes less than a hundredth of the whole, its share hidden is noise.
constexpr double kWorthHiding = 1.01;

/// Neither from nor to the driver.
bool between_actors(const Plan& plan, const Step& step) {
  return step.kind == StepKind::receive && step.actor != plan.driver() &&
         plan.channels[static_cast<size_t>(step.channel)].writer != plan.driver();
}

double busiest_actor(const Plan& plan) {
  std::vector<double> work(plan.actors.size());
  for (const Step& step : plan.steps) work[step.actor] += step.seconds;
  work.pop_back();  // the driver's
  return work.empty() ? 0 : *std::max_element(work.begin(), work.end());
}

void find_longest(const Plan& plan, Compared& figures) {
  for (size_t id = 0; id < plan.steps.size(); ++id) {
    const Step& step = plan.steps[id];
    if (between_actors(plan, step) && (figures.transfer_step < 0 || step.seconds > figures.transfer)) {
      figures.transfer = step.seconds;
      figures.transfer_step = static_cast<int32_t>(id);
    }
    if (step.kind == StepKind::compute && (figures.longest_step < 0 || step.seconds > figures.longest)) {
      figures.longest = step.seconds;
      figures.longest_step = static_cast<int32_t>(id);
    }
  }
}

/// One run, or one prediction.
Compared weighed(const Plan& plan, int64_t executions, double duration) {
  Compared figures;
  figures.duration = figures.least = figures.most = duration;
  find_longest(plan, figures);
  figures.bound = lower_bound(plan, executions).seconds;
  figures.serial = std::max(busiest_actor(plan) * static_cast<double>(executions), figures.bound);
  if (duration > 0) figures.phi = figures.bound / duration;
  if (figures.serial > figures.bound * kWorthHiding)
    figures.eta = (figures.serial - duration) / (figures.serial - figures.bound);
  return figures;
}

}  // namespace

Plan with_durations(const Plan& plan, const std::vector<MeasuredStep>& steps) {
  Plan measured = plan;
  for (size_t id = 0; id < steps.size(); ++id)
    if (steps[id].count != 0) measured.steps[id].seconds = steps[id].mean;
  return measured;
}

Compared compared(const Plan& plan, const std::vector<Sample>& samples, int64_t executions) {
  std::vector<Compared> runs;
  std::vector<double> cpu;
  for (const Sample& sample : samples) {
    runs.push_back(weighed(with_durations(plan, sample.steps), executions, sample.seconds));
    cpu.push_back(sample.cpu_seconds);
  }
  const auto median_of = [&](double Compared::*figure) {
    std::vector<double> values;
    for (const Compared& run : runs) values.push_back(run.*figure);
    return median(std::move(values));
  };
  Compared figures = runs.front();
  for (double Compared::*figure : {&Compared::duration, &Compared::transfer, &Compared::longest, &Compared::bound,
                                   &Compared::serial, &Compared::phi, &Compared::eta})
    figures.*figure = median_of(figure);
  for (const Compared& run : runs) {
    figures.least = std::min(figures.least, run.duration);
    figures.most = std::max(figures.most, run.duration);
    if (std::isnan(run.eta)) figures.eta = run.eta;
  }
  figures.cpu = median(std::move(cpu));
  return figures;
}

Compared predicted(const Plan& plan, int64_t executions) {
  return weighed(plan, executions, simulate(plan, executions).makespan);
}

}  // namespace stretto
