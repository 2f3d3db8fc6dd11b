// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/senders.h"

#include "rehearsal/stand_ins.h"

#include <algorithm>

namespace stretto::testing {

Graph senders(const std::vector<Branch>& branches, bool any_order, std::optional<uint32_t> slots) {
  GraphBuilder build("senders");
  const auto level = build.input("level", {kF32, {}, 4, false});
  const auto work = [&](const std::string& name, ActorHandle actor, const ValueRef& x, double seconds, uint64_t bytes) {
    return build.node(name, actor, "trial.work")
        .bind("x", std::vector{x})
        .arg("seconds", seconds)
        .arg("bytes", static_cast<int64_t>(bytes));
  };
  constexpr double kAtOnce = 1e-6;
  ChannelOptions channel;
  channel.transport = "wire";
  channel.slots = slots;
  std::vector<ValueRef> made;
  for (size_t i = 0; i < branches.size(); ++i) {
    const auto sender = build.actor("sender[" + std::to_string(i) + "]");
    made.push_back(work("make[" + std::to_string(i) + "]", sender, level, kAtOnce, wire_bytes(branches[i].transfer))
                       .channel(channel)
                       .value());
  }
  const auto receiver = build.actor("receiver", "cpu", 0, any_order);
  for (size_t i = 0; i < branches.size(); ++i)
    build.output("branch[" + std::to_string(i) + "]",
                 work("multiply[" + std::to_string(i) + "]", receiver, made[i], branches[i].compute, 4).value());
  return build.take();
}

double senders_bound(const std::vector<Branch>& branches, int64_t executions) {
  double link = 0, receiver = 0;
  double first_transfer = branches[0].transfer, last_compute = branches[0].compute;
  for (const auto& branch : branches) {
    link += branch.transfer;
    receiver += branch.compute;
    first_transfer = std::min(first_transfer, branch.transfer);
    last_compute = std::min(last_compute, branch.compute);
  }
  const auto count = static_cast<double>(executions);
  return std::max(count * link + last_compute, first_transfer + count * receiver);
}

}  // namespace stretto::testing
