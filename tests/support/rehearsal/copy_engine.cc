// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/copy_engine.h"

#include <algorithm>

namespace stretto::testing {

Graph copy_engine_job(int64_t dimension, CopyEngineOrder order) {
  GraphBuilder build("copy engine");
  const auto start = build.input("start", {kU8, {}});
  std::vector<ValueRef> made;
  for (int i = 0; i < kCopyEngineSenders; ++i)
    made.push_back(build.node("make" + std::to_string(i), build.actor("sender" + std::to_string(i)), "rig.stamp")
                       .bind("start", start)
                       .arg("shape", std::vector<int64_t>{dimension, dimension})
                       .value());
  const auto receiver = build.actor("receiver", "cuda", 0);
  const auto name = [](const char* what, size_t i) { return what + std::to_string(i); };
  std::vector<ValueRef> products;
  const auto multiply = [&](size_t i) {
    const auto node = build.node(name("multiply", i), receiver, "blas.matmul").bind("a", made[i]).bind("b", made[i]);
    products.push_back(node.value());
  };
  if (order == CopyEngineOrder::products_first)
    for (size_t i = 0; i < made.size(); ++i) multiply(i);
  for (size_t i = 0; i < made.size(); ++i) {
    if (order == CopyEngineOrder::by_branch) multiply(i);
    const auto received = build.node(name("received", i), receiver, "tensor.describe").bind("x", made[i]);
    const auto described = build.node(name("product", i), receiver, "tensor.describe").bind("x", products[i]);
    build.output(name("branch", i), received.value("value"));
    build.output(name("squared", i), described.value("value"));
  }
  return build.take();
}

double copy_engine_bound(double transfer, double product, int64_t executions) {
  return static_cast<double>(kCopyEngineSenders * executions) * std::max(transfer, product) +
         std::min(transfer, product);
}

}  // namespace stretto::testing
