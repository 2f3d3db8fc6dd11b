// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "needed_waits.h"

#include <algorithm>

namespace stretto::testing {
namespace {

/// Whether two steps touch one slot, and one of them fills it. A RECEIVE fills one also where the slot is the writer's,
/// shared in place.
bool meet_in_a_slot(const Step& from, const Step& to) {
  const auto meet = [](const Numbers& filled, const Numbers& touched) {
    return std::any_of(filled.begin(), filled.end(),
                       [&](uint32_t ring) { return std::find(touched.begin(), touched.end(), ring) != touched.end(); });
  };
  return meet(from.results, to.inputs) || meet(from.results, to.results) || meet(from.inputs, to.results);
}

}  // namespace

Plan without(Plan plan, const Stand& stand) {
  auto& waits = plan.steps[stand.step].waits;
  std::vector<Wait> left(waits.begin(), waits.end());
  left.erase(left.begin() + static_cast<std::ptrdiff_t>(stand.wait));
  waits.assign(left.begin(), left.end());
  return plan;
}

bool refused(const Plan& plan) {
  try {
    verify(plan);
    return false;
  } catch (const Error&) {
    return true;
  }
}

std::map<std::string, std::vector<Stand>> needed_waits(const Trial& trial) {
  std::map<std::string, std::vector<Stand>> found;
  const Plan& plan = trial.plan;
  for (uint32_t number = 0; number < plan.steps.size(); ++number)
    for (size_t i = 0; i < plan.steps[number].waits.size(); ++i) {
      const Wait& wait = plan.steps[number].waits[i];
      const Step &from = plan.steps[wait.from], &to = plan.steps[number];
      if (wait.by != Wait::By::lane || wait.tokens >= trial.executions() || !meet_in_a_slot(from, to) ||
          !refused(without(plan, {number, i})))
        continue;
      std::string kind = std::string(to_text(from.kind)) + " before " + to_text(to.kind);
      if (wait.tokens > 0) kind += " into its slot";
      found[kind].push_back({number, i});
    }
  return found;
}

}  // namespace stretto::testing
