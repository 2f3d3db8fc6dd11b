// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "signatures.h"

#include <algorithm>

namespace stretto::tensor {

RunningShape::RunningShape(const Call& call) {
  const Spec input = call.input(0);
  if (input.dynamic() && input.max_bytes == 0)
    reject(kRunningSum, "input 'x' is " + to_text(input) + " without a bound: give its channel max_bytes");
  most_elements_ = most_bytes(input) / input.dtype.bytes();
}

void RunningShape::admit(const Launch& launch) {
  const TensorView input = launch.input(0);
  const auto shape = input.shape();
  if (begun_ && !std::ranges::equal(shape, std::span(shape_).first(shape.size())))
    reject(kRunningSum, "input 'x' has the shape " + to_text(shape) + ", but the total so far has " +
                            to_text(std::span(shape_).first(shape.size())));
  if (input.elements() > most_elements_)
    throw Error(Code::overloaded, std::string(kRunningSum) + ": input 'x' has " + std::to_string(input.elements()) +
                                      " elements, room was made for " + std::to_string(most_elements_));
  launch.result(0).resize(shape);
  std::ranges::copy(shape, shape_.begin());
  begun_ = true;
}

OpInfo RunningSumSignature::info() const {
  return {kRunningSum,
          "The elementwise sum of all executions up to this one",
          {{"x", "floats or integers, of one shape in all executions"}},
          {{"total", "the sum so far"}},
          {},
          STRETTO_OP_STATEFUL};
}

Inference RunningSumSignature::infer(const Call& call) const {
  const Spec input = only_input(kRunningSum, call);
  with_type(input.dtype, kRunningSum, [](auto) {});
  Inference inference = like(input, 1);
  inference.results[0].text = false;
  return inference;
}

}  // namespace stretto::tensor
