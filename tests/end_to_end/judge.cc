// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "judge.h"

#include "execution/sequential_reference.h"
#include "random_graph/dice.h"
#include "reference/reference.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace stretto::testing {
namespace {

std::string hexadecimal(const std::vector<std::byte>& bytes) {
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(bytes.size(), 32); ++i) text += fmt::format("{:02x}", bytes[i]);
  return text + (bytes.size() > 32 ? "…" : "");
}

std::string describe(const Tensor& tensor) {
  return stretto::to_text(tensor.dtype) + stretto::to_text(tensor.shape) + " " + hexadecimal(tensor.bytes);
}

/// What is wrong with the outputs; empty: nothing.
std::string difference(const std::vector<Tensor>& found, const Outcome& expected) {
  if (!expected.failures.empty())
    return fmt::format("succeeded, although node {} fails with '{}'", expected.failures[0].node,
                       expected.failures[0].text);
  if (found.size() != expected.outputs.size())
    return fmt::format("{} outputs, expected {}", found.size(), expected.outputs.size());
  for (size_t i = 0; i < found.size(); ++i) {
    const Tensor &is = found[i], &should = expected.outputs[i];
    if (is.dtype != should.dtype || is.shape != should.shape || is.bytes != should.bytes)
      return fmt::format("output field {} is {}, expected {}", i, describe(is), describe(should));
  }
  return "";
}

/// What is wrong with the error; empty: it is the op's own, of a node that fails in this execution.
std::string difference(const Error& error, int64_t execution, const Graph& graph, const Outcome& expected) {
  const std::string text = error.what();
  if (expected.failures.empty()) return fmt::format("failed ({}): {}", stretto::to_text(error.code()), text);
  for (const auto& failure : expected.failures) {
    if (text.find(failure.node) == std::string::npos || text.find(failure.text) == std::string::npos) continue;
    const auto node = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                   [&](const NodeSpec& spec) { return spec.name == failure.node; });
    const std::string& actor = graph.actors[node->actor].name;
    if (text.find(actor) == std::string::npos) return fmt::format("the error does not name actor {}: {}", actor, text);
    if (text.find(std::to_string(execution)) == std::string::npos)
      return fmt::format("the error does not name execution {}: {}", execution, text);
    return "";
  }
  return fmt::format("the error names neither node nor reason ({}: {}): {}", expected.failures[0].node,
                     expected.failures[0].text, text);
}

/// What is wrong with the library's own sequential reference; empty: nothing.
std::string difference(const Plan& plan, const Graph& graph, const Feeds& feeds, const std::vector<Outcome>& expected) {
  SequentialReference sequential(plan, catalogue());
  for (size_t execution = 0; execution < feeds.size(); ++execution) {
    std::string wrong;
    try {
      wrong = difference(sequential.run(spans(feeds[execution])), expected[execution]);
    } catch (const Error& error) {
      if (expected[execution].failures.empty()) wrong = error.what();
    }
    if (!wrong.empty())
      return fmt::format("sequential reference, execution {} of '{}': {}", execution, graph.name, wrong);
  }
  return "";
}

/// One open run, and what it is held to.
class Trial {
 public:
  Trial(const Graph& graph, const CompileOptions& options, const Feeds& feeds, uint64_t seed)
      : graph_(graph), feeds_(feeds), dice_(seed), window_(options.inflight) {
    Reference reference(graph);
    for (const auto& feed : feeds) expected_.push_back(reference.run(feed));
    const Plan plan = compile(graph, options, catalogue());
    verify(plan);
    differences_ = difference(plan, graph, feeds, expected_);
    runtime_.emplace(Runtime::open(plan, catalogue(), run_options(options.processes)));
  }

  std::string run() {
    submit();
    read();
    while (differences_.empty() && !(submitted() == feeds_.size() && futures_.empty())) {
      // The slots of an execution are in use until it is read.
      const int64_t oldest = futures_.empty() ? static_cast<int64_t>(submitted()) : futures_.begin()->first;
      const bool room = static_cast<int64_t>(submitted()) - oldest < static_cast<int64_t>(window_);
      if (submitted() < feeds_.size() && room && (futures_.empty() || !dice_.one_in(3)))
        submit();
      else
        read();
    }
    futures_.clear();
    runtime_->close();
    runtime_->join();
    return differences_;
  }

 private:
  size_t submitted() const { return static_cast<size_t>(next_); }

  void submit() {
    futures_.emplace(next_, runtime_->execute(spans(feeds_[submitted()]), soon()));
    ++next_;
  }

  void read() {
    auto chosen = futures_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(dice_.below(futures_.size())));
    auto [execution, future] = std::move(*chosen);
    futures_.erase(chosen);
    const auto& expected = expected_[static_cast<size_t>(execution)];
    std::string wrong;
    if (future.execution() != execution) wrong = fmt::format("calls itself execution {}", future.execution());
    try {
      const auto found = future.get(soon());
      if (wrong.empty()) wrong = difference(found, expected);
    } catch (const Error& error) {
      if (wrong.empty()) wrong = difference(error, execution, graph_, expected);
    }
    if (!wrong.empty()) differences_ += fmt::format("execution {}: {}\n", execution, wrong);
  }

  const Graph& graph_;
  const Feeds& feeds_;
  Dice dice_;
  const uint32_t window_;
  std::vector<Outcome> expected_;
  std::optional<Runtime> runtime_;
  std::map<int64_t, Future> futures_;
  int64_t next_ = 0;
  std::string differences_;
};

}  // namespace

::testing::AssertionResult agrees(const Graph& graph, const CompileOptions& options, const Feeds& feeds,
                                  uint64_t seed) {
  try {
    const std::string differences = Trial(graph, options, feeds, seed).run();
    if (differences.empty()) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << differences;
  } catch (const Error& error) {
    return ::testing::AssertionFailure() << stretto::to_text(error.code()) << ": " << error.what();
  }
}

std::vector<TensorSpan> spans(const std::vector<Tensor>& tensors) {
  std::vector<TensorSpan> made;
  // execute only reads: the span's pointer is not const because loans share the type.
  for (const auto& tensor : tensors)
    made.push_back({tensor.dtype, tensor.shape, const_cast<std::byte*>(tensor.bytes.data()), tensor.bytes.size()});
  return made;
}

Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }
Deadline soon() { return in(std::chrono::seconds(30)); }

RunOptions run_options(bool processes) {
  RunOptions options;
  options.processes = processes;
  if (processes) options.actor_program = surroundings().program;
  options.progress = RunOptions::Seconds(20);
  return options;
}

}  // namespace stretto::testing
