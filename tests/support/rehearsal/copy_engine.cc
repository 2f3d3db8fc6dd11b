// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/copy_engine.h"

#include <algorithm>

namespace stretto::testing {

Graph copy_engine_job(int64_t dimension) {
  GraphBuilder build("copy engine");
  const auto start = build.input("start", {kU8, {}});
  std::vector<ValueRef> made;
  for (int i = 0; i < kCopyEngineSenders; ++i)
    made.push_back(build.node("make" + std::to_string(i), build.actor("sender" + std::to_string(i)), "rig.stamp")
                       .bind("start", start)
                       .arg("shape", std::vector<int64_t>{dimension, dimension})
                       .value());
  const auto receiver = build.actor("receiver", "cuda", 0);
  for (size_t i = 0; i < made.size(); ++i) {
    const auto name = std::to_string(i);
    const auto product =
        build.node("multiply" + name, receiver, "blas.matmul").bind("a", made[i]).bind("b", made[i]).value();
    const auto received = build.node("received" + name, receiver, "tensor.describe").bind("x", made[i]);
    const auto described = build.node("product" + name, receiver, "tensor.describe").bind("x", product);
    build.output("branch" + name, received.value("value"));
    build.output("squared" + name, described.value("value"));
  }
  return build.take();
}

double copy_engine_bound(double transfer, double product, int64_t executions) {
  return static_cast<double>(kCopyEngineSenders * executions) * std::max(transfer, product) +
         std::min(transfer, product);
}

}  // namespace stretto::testing
