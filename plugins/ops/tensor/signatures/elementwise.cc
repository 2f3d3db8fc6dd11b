// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "signatures.h"

#include <algorithm>
#include <cmath>

namespace stretto::tensor {
namespace {

bool agree(const Spec& a, const Spec& b) {
  if (a.dtype != b.dtype || a.shape.size() != b.shape.size()) return false;
  for (size_t i = 0; i < a.shape.size(); ++i)
    if (a.shape[i] != b.shape[i] && a.shape[i] >= 0 && b.shape[i] >= 0) return false;
  return true;
}

/// Whole, and within what a double holds exactly.
bool whole(double value) { return std::abs(value) <= 0x1p53 && std::trunc(value) == value; }

}  // namespace

void shape_sum(const Launch& launch) {
  const TensorView first = launch.input(0);
  for (uint32_t i = 1; i < launch.input_count(); ++i)
    if (!std::ranges::equal(launch.input(i).shape(), first.shape()))
      reject(kAdd, input_name("values", i, true) + " has the shape " + to_text(launch.input(i).shape()) +
                       ", expected " + to_text(first.shape()) + " as the first has");
  launch.result(0).resize(first.shape());
}

OpInfo CopySignature::info() const {
  return {kCopy, "The input", {{"x", "any value"}}, {{"result", "the same value"}}, {}, STRETTO_OP_CAPTURABLE};
}

Inference CopySignature::infer(const Call& call) const { return like(only_input(kCopy, call), 0); }

OpInfo AddSignature::info() const {
  return {kAdd,
          "The elementwise sum of a list of values",
          {{"values", "one or more values of one dtype and shape", STRETTO_PORT_LIST}},
          {{"sum", "their sum, added left to right"}},
          {},
          STRETTO_OP_CAPTURABLE};
}

Inference AddSignature::infer(const Call& call) const {
  if (call.input_count() == 0) reject(kAdd, "input 'values' is empty, expected one value or more");
  Spec known = call.input(0);
  with_type(known.dtype, kAdd, [](auto) {});
  for (uint32_t i = 1; i < call.input_count(); ++i) {
    const Spec other = call.input(i);
    if (!agree(known, other))
      reject(kAdd, input_name("values", i, true) + " is " + to_text(other) + ", expected " + to_text(known) +
                       " as those before it");
    const uint64_t least = std::min(most_bytes(known), most_bytes(other));
    const uint64_t bound = least != 0 ? least : std::max(most_bytes(known), most_bytes(other));
    // A launch refuses shapes that differ, so what one input leaves open another one settles.
    for (size_t axis = 0; axis < known.shape.size(); ++axis)
      known.shape[axis] = std::max(known.shape[axis], other.shape[axis]);
    known.max_bytes = bound;
  }
  known.text = false;
  Inference inference = like(known, call.input_count() - 1.0);
  inference.bytes *= (call.input_count() + 1.0) / 2;
  return inference;
}

OpInfo ScaleSignature::info() const {
  return {kScale,
          "The input times a number",
          {{"x", "floats or integers"}},
          {{"result", "x times factor"}},
          {Option(Type::real, "factor", "a number; a whole one for integers").needed()},
          STRETTO_OP_CAPTURABLE};
}

Inference ScaleSignature::infer(const Call& call) const {
  const Spec input = only_input(kScale, call);
  const double factor = call.args().real("factor");
  with_type(input.dtype, kScale, [&]<class T>(std::type_identity<T>) {
    if (std::integral<T> && !whole(factor))
      reject(kScale, "factor is " + std::to_string(factor) + ", expected a whole number of at most 2^53 for " +
                         to_text(input.dtype) + ", or an input of floats");
  });
  return like(input, 1);
}

}  // namespace stretto::tensor
