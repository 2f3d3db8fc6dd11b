// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a graph for real and compares every execution, bit for bit, with the reference.

#include "random_graph/random_graph.h"
#include "surroundings.h"

#include <gtest/gtest.h>

namespace stretto::testing {

/// By execution, by graph input.
using Feeds = std::vector<std::vector<Tensor>>;

/// Compiles, opens, runs all executions with up to `inflight` unread futures, reads these in random order, closes.
/// The first execution is run and read alone. Blocks; no call waits longer than a minute.
::testing::AssertionResult agrees(const Graph& graph, const CompileOptions& options, const Feeds& feeds,
                                  uint64_t seed = 0);

/// What a caller passes to execute. The tensors must outlive it.
std::vector<TensorSpan> spans(const std::vector<Tensor>& tensors);

/// Deadline of a call that should not have to wait long.
Deadline soon();
Deadline in(std::chrono::milliseconds time);

/// RunOptions for the tests: generous deadlines, the executable of this build for processes.
RunOptions run_options(bool processes);

/// The message of the error that `body` throws, and its code. Fails the test where it throws none.
struct Caught {
  Code code = Code::ok;
  std::string text;
};
template <class Body>
Caught caught(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  ADD_FAILURE() << "no error was thrown";
  return {};
}

}  // namespace stretto::testing
