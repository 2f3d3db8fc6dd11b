// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Plans that are run as they are, right or wrong, and what must come of them.

#include "judge.h"

namespace stretto::testing {

/// A plan, its input by execution, and the output; nothing where the execution has to fail.
struct Trial {
  Plan plan;
  std::vector<std::vector<Tensor>> inputs;
  std::vector<std::optional<Tensor>> outputs;
  int64_t executions() const { return static_cast<int64_t>(inputs.size()); }
};

/// From one GPU to another and back over a transport, every value in a single slot.
Trial there_and_back(const std::string& transport);
/// What one GPU has made and another one was fed is summed over nccl, every value in a single slot.
Trial summed();
/// From one GPU to another over shm, each step on a lane of its own, every value in a single slot.
Trial each_step_apart();
/// From one process to another, both on one GPU, where two steps read the value in place: as everything, in a single
/// slot.
Trial handed_over(const std::string& scheduler);
/// Of a shape that a GPU learns with the value.
Trial dynamic_value();
/// A GPU makes what another one adds up, and fails at times.
Trial error_before_state();

/// How the streams of the fake GPUs run meanwhile.
enum class Streams {
  run,
  stand_still,              ///< until the run has failed
  start_when_all_is_issued  ///< of all executions
};

inline constexpr const char* kWrongResult = "a wrong result";

/// Runs all executions of the trial on this plan, without the verifier: as processes, if the plan has them so, the
/// surroundings' program must be unverified_actor. Returns what failed; empty: nothing. An
/// execution that has to fail and does is no failure. Blocks.
std::string run_unverified(const Plan& plan, const Trial& trial, Streams streams = Streams::run);

}  // namespace stretto::testing
