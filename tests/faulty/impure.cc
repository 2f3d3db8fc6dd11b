// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// An op that is no function of its inputs: it gives the number of the process that it runs in.

#include "stretto/op.h"

#include <unistd.h>

namespace {

using namespace stretto;

class ProcessKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override { *launch.result(0).data<int64_t>() = getpid(); }
};

class Process final : public Op {
 public:
  OpInfo info() const override { return {"process", "The process that computes", {}, {{"number", ""}}, {}, 0}; }
  Inference infer(const Call& /*call*/) const override {
    Inference inference;
    inference.results.resize(1);
    inference.results[0].dtype = kI64;
    return inference;
  }
  std::unique_ptr<Kernel> prepare(const Call& /*call*/, const stretto_native& /*lane*/) const override {
    return std::make_unique<ProcessKernel>();
  }
};

}  // namespace

STRETTO_PLUGIN("impure", "0", op_library_component<Process>("impure", "ops that are no functions", "host"))
