// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// From a command line's job to something that can be run.

#include "command/command.h"

namespace stretto {

/// A job that is ready to run: compiled from a job file, or read from what `plan --save` wrote. The graph and the
/// compile options are those of the job file; a saved plan has none.
struct Ready {
  Job job;
  Plan plan;
};

/// What an execution is fed; every input must have a feed. The spans are into the job.
std::vector<TensorSpan> inputs_of(Ready& ready, int64_t execution);

/// Reads and compiles, or reads and verifies. `sets` are laid over the invocation's own. Blocks to read files and to
/// load plugins. Throws Error.
Ready prepare(const Invocation& invocation, const std::vector<std::string>& sets = {});

/// What `plan --save` writes: the plan, and what running it needs besides.
std::string save(const Ready& ready);

/// Reads that back and verifies the plan; `sets` may set keys of [run], except `actors`. Throws Code::invalid_argument.
Ready load_saved(const std::string& path, const std::string& text, const std::vector<std::string>& sets);

}  // namespace stretto
