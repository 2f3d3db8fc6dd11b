// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "shapes.h"

#include <array>

namespace stretto::collective {

void shape_gathered(const Launch& launch) {
  expect_agreed(kAllGather, launch, 1);
  const auto first = launch.input(0).shape();
  std::array<int64_t, STRETTO_MAX_RANK> whole{};
  std::ranges::copy(first, whole.begin());
  for (uint32_t i = 1; i < launch.input_count(); ++i) whole[0] += launch.input(i).shape()[0];
  launch.result(0).resize({whole.data(), first.size()});
}

OpInfo AllGatherSignature::info() const {
  return {kAllGather,
          "All inputs, one after the other along the first dimension, in the order of the set",
          {{"x", "one value for each member, differing in their first dimension only", STRETTO_PORT_LIST}},
          {{"result", "the same on every member"}},
          {},
          STRETTO_OP_CAPTURABLE,
          STRETTO_ALL_GATHER};
}

Inference AllGatherSignature::infer(const Call& call) const {
  Spec whole = agreed(kAllGather, call, 1);
  whole.shape[0] = 0;
  whole.max_bytes = 0;
  bool bounded = true;
  for (uint32_t i = 0; i < call.input_count(); ++i) {
    const Spec input = call.input(i);
    whole.shape[0] = whole.shape[0] < 0 || input.shape[0] < 0 ? -1 : whole.shape[0] + input.shape[0];
    bounded = bounded && (!input.dynamic() || input.max_bytes != 0);
    whole.max_bytes += most_bytes(input);
  }
  if (!bounded) whole.max_bytes = 0;
  const uint64_t read = most_bytes(whole);
  return answered(std::move(whole), read, 0);
}

OpInfo BroadcastSignature::info() const {
  return {kBroadcast,
          "The one input, on every member",
          {{"x", "any value; the actor that makes it is the root"}},
          {{"result", "the same value"}},
          {},
          STRETTO_OP_CAPTURABLE,
          STRETTO_BROADCAST};
}

Inference BroadcastSignature::infer(const Call& call) const {
  if (call.input_count() != 1)
    reject(kBroadcast, "x has " + std::to_string(call.input_count()) + " values, expected one");
  const Spec input = call.input(0);
  return answered(input, most_bytes(input), 0);
}

}  // namespace stretto::collective
