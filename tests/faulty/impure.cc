// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// An op that is no function of its inputs: it gives the number of the process that it runs in.

#include "source.h"

#include <unistd.h>

namespace {

using namespace stretto;

class ProcessKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override { *launch.result(0).data<int64_t>() = getpid(); }
};

class Process final : public faulty::Source<ProcessKernel> {
 public:
  OpInfo info() const override { return {"process", "The process that computes", {}, {{"number", ""}}, {}, 0}; }
};

}  // namespace

STRETTO_PLUGIN("impure", "0", op_library_component<Process>("impure", "ops that are no functions", "host"))
