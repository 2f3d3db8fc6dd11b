// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "plans.h"

#include <cstdlib>

namespace stretto::testing {

namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw Error(Code::invalid_argument, std::string(name) + " is not set; run it by meson test");
  return value;
}

}  // namespace

Catalogue& catalogue() {
  static Catalogue all({from_environment("STRETTO_PLUGINS"), from_environment("STRETTO_TEST_PLUGINS")});
  return all;
}

Plan random_plan(uint64_t seed) {
  auto random = random_graph(seed);
  // overlap searches, which takes its time; what it makes is verified wherever graphs are run.
  if (random.options.scheduler == "overlap") random.options.scheduler = "random_offset";
  return compile(random.graph, random.options, catalogue());
}

std::string refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string refusal(const Plan& plan) {
  return refusal([&] { verify(plan); });
}

::testing::AssertionResult refused_with(const Plan& plan, const std::string& words) {
  const auto text = refusal(plan);
  if (text.empty())
    return ::testing::AssertionFailure() << "it was accepted; expected a refusal with \"" << words << '"';
  if (text.find(words) == std::string::npos)
    return ::testing::AssertionFailure() << "refused with \"" << text << "\"; expected \"" << words << '"';
  return ::testing::AssertionSuccess();
}

Graph pair_graph(const std::string& transport) {
  GraphBuilder build("pair");
  const auto a = build.actor("a"), b = build.actor("b");
  const auto x = build.input("x", {kF32, {4}, 0, false});
  ChannelOptions channel;
  channel.transport = transport;
  channel.slots = 1;
  const auto made = build.node("from", a, "tensor.scale").bind("x", x).arg("factor", 2.0).channel(channel).value();
  build.output("y", build.node("to", b, "tensor.scale").bind("x", made).arg("factor", 3.0).value());
  return build.take();
}

CompileOptions options_with(const std::string& scheduler, uint32_t inflight) {
  CompileOptions options;
  options.scheduler = scheduler;
  options.inflight = inflight;
  return options;
}

}  // namespace stretto::testing
