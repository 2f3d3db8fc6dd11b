// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// A program that runs a graph on two processes until somebody ends it: the driver that the tests kill.
/// Prints "ready" when the first execution is done.

#include "stretto/catalogue.h"
#include "stretto/runtime.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

namespace {

stretto::Graph graph(double seconds, const std::string& device) {
  stretto::GraphBuilder build;
  const auto x = build.input("x", {stretto::kF32, {}, 4, false});
  const auto first =
      build.node("first", build.actor("a", device), "tensor.busy").bind("x", x).arg("seconds", seconds).value();
  build.output("y", build.node("second", build.actor("b", device), "tensor.copy").bind("x", first).value());
  return build.take();
}

void run(const std::string& plugins, const std::string& program, double seconds, const std::string& transport,
         const std::string& device) {
  stretto::Catalogue catalogue({plugins});
  stretto::CompileOptions options;
  options.processes = true;
  options.transport = options.driver_transport = transport;
  stretto::RunOptions how;
  how.processes = true;
  how.actor_program = program;
  float value = 1;
  stretto::TensorSpan input{stretto::kF32, {}, reinterpret_cast<std::byte*>(&value), sizeof value};
  auto runtime = stretto::Runtime::open(stretto::compile(graph(seconds, device), options, catalogue), catalogue, how);
  for (bool first = true;; first = false) {
    runtime.execute({input}).get();
    if (first) std::puts("ready");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return 2;
  try {
    run(arguments[1], arguments[2], std::atof(arguments[3]), arguments[4], arguments[5]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
