// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "signatures.h"

#include <algorithm>
#include <array>
#include <limits>

namespace stretto::tensor {
namespace {

using Dimensions = std::array<int64_t, STRETTO_MAX_RANK>;

Dimensions dimensions_of(const TensorView& value) {
  Dimensions dimensions{};
  std::ranges::copy(value.shape(), dimensions.begin());
  return dimensions;
}

int64_t rows_together(int64_t rows, int64_t more) {
  if (more > std::numeric_limits<int64_t>::max() - rows)
    reject(kConcat, "its inputs have " + std::to_string(rows) + " and " + std::to_string(more) +
                        " rows, more together than a dimension can be");
  return rows + more;
}

}  // namespace

void shape_joined(const Launch& launch) {
  const TensorView first = launch.input(0);
  Dimensions shape = dimensions_of(first);
  for (uint32_t i = 1; i < launch.input_count(); ++i) {
    const auto other = launch.input(i).shape();
    if (!std::ranges::equal(other.subspan(1), first.shape().subspan(1)))
      reject(kConcat, input_name("values", i, true) + " has the shape " + to_text(other) +
                          ", which differs from the first's, " + to_text(first.shape()) + ", behind axis 0");
    shape[0] = rows_together(shape[0], other[0]);
  }
  launch.result(0).resize({shape.data(), first.shape().size()});
}

void shape_halves(const Launch& launch) {
  const TensorView input = launch.input(0);
  Dimensions shape = dimensions_of(input);
  const int64_t rows = shape[0];
  for (uint32_t half = 0; half < 2; ++half) {
    shape[0] = half == 0 ? rows - rows / 2 : rows / 2;
    launch.result(half).resize({shape.data(), input.shape().size()});
  }
}

OpInfo ConcatSignature::info() const {
  return {kConcat,
          "A list of values joined along axis 0",
          {{"values", "one or more values that differ in their first dimension only", STRETTO_PORT_LIST}},
          {{"result", "the joined value"}},
          {},
          STRETTO_OP_CAPTURABLE};
}

Inference ConcatSignature::infer(const Call& call) const {
  if (call.input_count() == 0) reject(kConcat, "input 'values' is empty, expected one value or more");
  Spec joined = call.input(0);
  if (joined.shape.empty()) reject(kConcat, "input 'values'[0] is a scalar, expected a first axis to join along");
  bool bounded = true;
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < call.input_count(); ++i) {
    const Spec other = call.input(i);
    bool fits = other.dtype == joined.dtype && other.shape.size() == joined.shape.size();
    for (size_t axis = 1; fits && axis < joined.shape.size(); ++axis) {
      fits = other.shape[axis] == joined.shape[axis] || other.shape[axis] < 0 || joined.shape[axis] < 0;
      joined.shape[axis] = std::max(joined.shape[axis], other.shape[axis]);
    }
    if (!fits)
      reject(kConcat, input_name("values", i, true) + " is " + to_text(other) + ", expected " + to_text(joined) +
                          " but for the first dimension");
    if (i > 0)
      joined.shape[0] = joined.shape[0] < 0 || other.shape[0] < 0 ? -1 : rows_together(joined.shape[0], other.shape[0]);
    bounded = bounded && (!other.dynamic() || other.max_bytes != 0);
    // What no longer fits is refused by whoever takes the bound.
    if (__builtin_add_overflow(bytes, most_bytes(other), &bytes)) bytes = std::numeric_limits<uint64_t>::max();
  }
  joined.max_bytes = bounded ? bytes : 0;
  joined.text = false;
  return like(joined, 0);
}

OpInfo SplitSignature::info() const {
  return {kSplit,
          "The two halves along axis 0",
          {{"x", "a value with a first axis"}},
          {{"low", "the first half; the larger one where the number is odd"}, {"high", "the second half"}},
          {},
          STRETTO_OP_CAPTURABLE};
}

Inference SplitSignature::infer(const Call& call) const {
  const Spec input = only_input(kSplit, call);
  if (input.shape.empty()) reject(kSplit, "input 'x' is a scalar, expected a first axis to split along");
  Inference inference = like(input, 0);
  Spec low = inference.results[0];
  Spec high = low;
  low.text = high.text = false;
  if (const int64_t rows = input.shape[0]; rows >= 0) {
    low.shape[0] = rows - rows / 2;
    high.shape[0] = rows / 2;
  }
  // Of a dynamic value all but nothing may be one row, which is in the first half.
  low.max_bytes = most_bytes(low);
  high.max_bytes = high.dynamic() ? high.max_bytes / 2 : most_bytes(high);
  inference.results = {std::move(low), std::move(high)};
  return inference;
}

}  // namespace stretto::tensor
