// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
//
// Builds a graph in a program, compiles it and runs it on two actors that are threads of this program.
// Usage: embed PLUGIN_FOLDER
#include "stretto/catalogue.h"
#include "stretto/runtime.h"

#include <cstdio>
#include <cstring>

namespace {

using namespace stretto;

/// A scalar in host memory. The caller keeps `value` alive.
TensorSpan scalar(float& value) { return {kF32, {}, reinterpret_cast<std::byte*>(&value), sizeof value}; }

float first_of(const Tensor& tensor) {
  float value = 0;
  std::memcpy(&value, tensor.bytes.data(), sizeof value);
  return value;
}

/// One actor fills a matrix with the level, the other multiplies it by itself and adds the two up.
Graph multiply_and_sum() {
  GraphBuilder build("multiply and sum");
  const auto sender = build.actor("sender");
  const auto receiver = build.actor("receiver");
  const auto level = build.input("level", {kF32, {}});
  const auto made = build.node("make", sender, "tensor.fill")
                        .bind("value", level)
                        .arg("shape", std::vector<int64_t>{64, 64})
                        .arg("dtype", std::string("f32"))
                        .value();
  const auto product = build.node("multiply", receiver, "blas.matmul").bind("a", made).bind("b", made).value();
  const auto both = build.node("both", receiver, "tensor.add").bind("values", {made, product}).value();
  build.output("sum",
               build.node("total", receiver, "tensor.reduce").bind("x", both).arg("op", std::string("sum")).value());
  return build.take();
}

void run(const char* plugin_folder) {
  Catalogue catalogue({plugin_folder});
  const Plan plan = compile(multiply_and_sum(), {}, catalogue);
  Runtime runtime = Runtime::open(plan, catalogue);

  // Two executions are under way at once: the sender fills the next matrix while the receiver multiplies.
  float levels[] = {0.5F, 1.0F, 2.0F};
  std::vector<Future> futures;
  for (float& level : levels) {
    if (futures.size() >= plan.inflight) {
      std::printf("%.0f\n", first_of(futures.front().get().front()));
      futures.erase(futures.begin());
    }
    futures.push_back(runtime.execute({scalar(level)}));
  }
  for (Future& future : futures) std::printf("%.0f\n", first_of(future.get().front()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s PLUGIN_FOLDER\n", argv[0]);
    return 2;
  }
  try {
    run(argv[1]);
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", to_text(error.code()), error.what());
    return 1;
  }
}
