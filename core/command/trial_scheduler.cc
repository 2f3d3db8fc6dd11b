// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/trial.h"

#include <fmt/format.h>

namespace stretto {

void try_scheduler(Trial& trial, const LoadedComponent& component) {
  for (const uint32_t inflight : {1U, 2U, 5U}) {
    TrialJob job;
    job.scheduler = component.name;
    job.inflight = inflight;
    trial.check(fmt::format("scheduler {}: a job with {} execution{} under way is verified, and right to the bit",
                            component.name, inflight, inflight == 1 ? "" : "s"),
                [&] { run_trial_job(trial, job); });
  }
}

}  // namespace stretto
