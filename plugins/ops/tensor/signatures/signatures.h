// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The ops of the library, as a job sees them on every kind of device: names, ports, arguments, and what each says of a
/// call. How a device computes them stands beside it. All are pure and immutable.

#include "call.h"

namespace stretto::tensor {

inline constexpr const char* kFill = "fill";
inline constexpr const char* kCopy = "copy";
inline constexpr const char* kAdd = "add";
inline constexpr const char* kScale = "scale";
inline constexpr const char* kReduce = "reduce";
inline constexpr const char* kConcat = "concat";
inline constexpr const char* kSplit = "split";
inline constexpr const char* kDescribe = "describe";
inline constexpr const char* kChecksum = "checksum";
inline constexpr const char* kRunningSum = "running_sum";
inline constexpr const char* kBusy = "busy";
inline constexpr const char* kFail = "fail";

/// What becomes of the elements in reduce.
enum class Way { sum, max, min };
/// By the argument `op`. Throws Code::invalid_argument.
Way way_of(const Call& call);

/// The shapes of results that follow from the shapes of inputs, at a launch. All set the results' shapes, throw
/// Code::invalid_argument where the inputs do not fit together, and Code::overloaded as ResultView::resize does.
void shape_sum(const Launch& launch);
void shape_joined(const Launch& launch);
void shape_halves(const Launch& launch);

/// What running_sum remembers of its input: one shape for all executions. One thread.
class RunningShape {
 public:
  /// Throws Code::invalid_argument where the input has no bound.
  explicit RunningShape(const Call& call);
  uint64_t most_elements() const { return most_elements_; }
  /// Sets the result's shape, or throws and remembers nothing.
  void admit(const Launch& launch);

 private:
  uint64_t most_elements_ = 0;
  std::array<int64_t, STRETTO_MAX_RANK> shape_{};
  bool begun_ = false;
};

/// A new value with every element the same.
class FillSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// The input.
class CopySignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// The elementwise sum of a list of values, left to right; 16-bit floats are summed in f32 and rounded once.
class AddSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// The input times a number, in f64 rounded once; integers by whole factors, wrapping around.
class ScaleSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// One scalar from all elements, in the order they lie in memory; 16-bit floats in f32.
class ReduceSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// A list of values joined along axis 0.
class ConcatSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// The two halves along axis 0; the first gets the odd one.
class SplitSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// The first element, the shape and the dtype of a value.
class DescribeSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// FNV-1a, 64 bits, over the bytes of a value.
class ChecksumSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// The elementwise sum of all executions up to this one; stateful. 16-bit floats are summed in f32.
class RunningSumSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// The input, after the lane was held for a stated time: a stand-in for a computation.
class BusySignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// The input, but an error at stated executions.
class FailSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

}  // namespace stretto::tensor
