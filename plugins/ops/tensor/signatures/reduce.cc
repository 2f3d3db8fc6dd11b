// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "signatures.h"

namespace stretto::tensor {

Way way_of(const Call& call) {
  const std::string name = call.args().text("op");
  if (name == "sum") return Way::sum;
  if (name == "max") return Way::max;
  if (name == "min") return Way::min;
  reject(kReduce, "op is '" + name + "', expected sum, max or min");
}

OpInfo ReduceSignature::info() const {
  return {kReduce,
          "One scalar from all elements, in the order they lie in memory",
          {{"x", "floats or integers"}},
          {{"result", "a scalar of the same dtype"}},
          {Option(Type::text, "op", "what becomes of the elements").otherwise("\"sum\"").one_of("sum|max|min")},
          STRETTO_OP_CAPTURABLE};
}

Inference ReduceSignature::infer(const Call& call) const {
  const Spec input = only_input(kReduce, call);
  with_type(input.dtype, kReduce, [](auto) {});
  if (way_of(call) != Way::sum && bytes_of(input.dtype, input.shape) == 0U)
    reject(kReduce, "input 'x' is " + to_text(input) + ": without elements it has no largest or smallest one");
  Inference inference = like(input, 1);
  inference.bytes /= 2;
  inference.results = {static_spec(input.dtype, {})};
  return inference;
}

}  // namespace stretto::tensor
