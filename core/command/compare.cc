// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/compared.h"
#include "command/describe.h"
#include "command/job_run.h"
#include "command/print.h"
#include "command/report.h"
#include "command/variants.h"

#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

using nlohmann::json;

/// A variant and what became of it. One that has failed is not run again.
struct Contender {
  Variant variant;
  Ready ready;
  std::vector<Sample> samples;
  std::vector<std::string> failures;
};

std::vector<Contender> prepare_all(const Invocation& invocation, Progress& progress) {
  std::vector<Contender> contenders;
  for (const Variant& variant : expand_variants(invocation.vary)) {
    progress.say(fmt::format("compiling {}", variant.name));
    try {
      Ready ready = prepare(invocation, variant.sets);
      contenders.push_back({variant, std::move(ready), {}, {}});
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("variant {}: {}", variant.name, error.what()));
    }
  }
  return contenders;
}

void run_once(const Invocation& invocation, Contender& contender, Interrupts& interrupts, Progress& progress) {
  Errors errors(contender.ready);
  try {
    const auto figures =
        run_job(invocation, contender.ready, interrupts, progress, traceable_executions(contender.ready),
                [&](const Result& result) { errors.add(result); });
    if (errors.none())
      contender.samples.push_back({figures.seconds, figures.cpu_seconds, measure(contender.ready.plan, figures.trace)});
    else
      contender.failures = errors.list();
  } catch (const Error& error) {
    contender.failures = {error.what()};
  }
}

/// False after an interrupt.
bool run_all(const Invocation& invocation, std::vector<Contender>& contenders, Progress& progress) {
  Interrupts interrupts;
  const auto order = interleaved(contenders.size(), invocation.repeat);
  for (size_t i = 0; i < order.size(); ++i) {
    Contender& contender = contenders[order[i]];
    if (!contender.failures.empty()) continue;
    progress.set_prefix(fmt::format("run {} of {}, {}: ", i + 1, order.size(), contender.variant.name));
    run_once(invocation, contender, interrupts, progress);
    if (interrupts.interrupted()) return false;
    if (invocation.verbose && contender.failures.empty()) {
      progress.clear();
      fmt::print(stderr, "run {} of {}, {}: {}\n", i + 1, order.size(), contender.variant.name,
                 seconds_text(contender.samples.back().seconds));
    }
  }
  progress.clear();
  return true;
}

json to_json(const Contender& contender, const Compared& figures, double first) {
  const Plan& plan = contender.ready.plan;
  json runs = json::array();
  for (const Sample& sample : contender.samples) runs.push_back(sample.seconds);
  json out{{"variant", contender.variant.name},
           {"sets", contender.variant.sets},
           {"plan", hash(plan)},
           {"runs", runs},
           {"duration", figures.duration},
           {"least", figures.least},
           {"most", figures.most},
           {"reduction", first > 0 ? 1 - figures.duration / first : 0},
           {"t", figures.transfer},
           {"m", figures.longest},
           {"bound", figures.bound},
           {"serial", figures.serial},
           {"phi", figures.phi},
           {"eta", std::isnan(figures.eta) ? json() : json(figures.eta)},
           {"cpu_seconds", figures.cpu}};
  if (figures.transfer_step >= 0) out["t_step"] = plan.steps[static_cast<size_t>(figures.transfer_step)].name;
  if (figures.longest_step >= 0) out["m_step"] = plan.steps[static_cast<size_t>(figures.longest_step)].name;
  return out;
}

class Report {
 public:
  explicit Report(const Invocation& invocation) : simulated_(invocation.simulate) {
    constexpr auto kRight = TextTable::Align::right;
    std::vector<TextTable::Column> columns{{"variant"}, {"duration", kRight}};
    if (!simulated_) columns.insert(columns.end(), {{"least", kRight}, {"most", kRight}});
    for (const char* title : {"reduction", "t", "m", "bound", "φ", "η"}) columns.push_back({title, kRight});
    if (!simulated_) columns.push_back({"CPU", kRight});
    table_.emplace(std::move(columns));
  }

  void add(const Contender& contender, const Compared& figures) {
    const bool is_first = first_ < 0;
    if (is_first) first_ = figures.duration;
    std::vector<std::string> cells{contender.variant.name, seconds_text(figures.duration)};
    if (!simulated_) cells.insert(cells.end(), {seconds_text(figures.least), seconds_text(figures.most)});
    cells.insert(cells.end(),
                 {is_first ? "–" : percent_text(1 - figures.duration / first_), seconds_text(figures.transfer),
                  seconds_text(figures.longest), seconds_text(figures.bound), fmt::format("{:.3f}", figures.phi),
                  std::isnan(figures.eta) ? "–" : fmt::format("{:.3f}", figures.eta)});
    if (!simulated_) cells.push_back(seconds_text(figures.cpu));
    table_->add(std::move(cells));
    json_.push_back(to_json(contender, figures, first_));
    name_steps(contender.ready.plan, figures);
  }

  void add_failure(const Contender& contender) {
    json_.push_back({{"variant", contender.variant.name}, {"errors", contender.failures}});
  }

  std::string text() const { return table_->text() + legend_; }
  const json& as_json() const { return json_; }

 private:
  void name_steps(const Plan& plan, const Compared& figures) {
    if (!legend_.empty()) return;
    if (figures.transfer_step >= 0)
      legend_ += fmt::format("t: {}\n", plan.steps[static_cast<size_t>(figures.transfer_step)].name);
    if (figures.longest_step >= 0) {
      const Step& step = plan.steps[static_cast<size_t>(figures.longest_step)];
      const PlanNode& node = plan.nodes[static_cast<size_t>(step.node)];
      legend_ += fmt::format("m: {} ({}.{}) on {}\n", step.name, plan.components[node.ops].name, node.op,
                             plan.actors[step.actor].name);
    }
  }

  bool simulated_;
  double first_ = -1;
  std::optional<TextTable> table_;
  std::string legend_;
  json json_ = json::array();
};

}  // namespace

int compare_command(const Invocation& invocation) {
  Progress progress(invocation.quiet);
  auto contenders = prepare_all(invocation, progress);
  if (!invocation.simulate && !run_all(invocation, contenders, progress)) {
    fmt::print(stderr, "stretto: interrupted\n");
    return kInterrupted;
  }
  Report report(invocation);
  bool failed = false;
  for (const Contender& contender : contenders) {
    const int64_t executions = contender.ready.job.executions;
    if (contender.failures.empty()) {
      report.add(contender, invocation.simulate ? predicted(contender.ready.plan, executions)
                                                : compared(contender.ready.plan, contender.samples, executions));
      continue;
    }
    failed = true;
    report.add_failure(contender);
  }
  progress.clear();
  if (invocation.json)
    print_json({{"repeat", invocation.simulate ? 0 : invocation.repeat}, {"variants", report.as_json()}});
  else
    fmt::print("{}", report.text());
  for (const Contender& contender : contenders)
    for (const auto& failure : contender.failures)
      fmt::print(stderr, "stretto: variant {}: {}\n", contender.variant.name, failure);
  return failed ? kRunFailed : kDone;
}

}  // namespace stretto
