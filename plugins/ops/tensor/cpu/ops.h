// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The ops of the library. What each does, takes and refuses stands in its info() and infer().
/// All are pure and immutable; their kernels compute before launch returns, and allocate in prepare only.

#include "stretto/op.h"

namespace stretto::tensor {

/// A new value with every element the same.
class Fill final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// The input.
class Copy final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// The elementwise sum of a list of values, left to right; 16-bit floats are summed in f32 and rounded once.
class Add final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// The input times a number, in f64 rounded once; integers by whole factors, wrapping around.
class Scale final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// One scalar from all elements, in the order they lie in memory; 16-bit floats in f32.
class Reduce final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// A list of values joined along axis 0.
class Concat final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// The two halves along axis 0; the first gets the odd one.
class Split final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// The first element, the shape and the dtype of a value.
class Describe final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// FNV-1a, 64 bits, over the bytes of a value.
class Checksum final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// The elementwise sum of all executions up to this one; stateful. 16-bit floats are summed in f32.
class RunningSum final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// The input, after the lane was held for a stated time: a stand-in for a computation.
class Busy final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

/// The input, but an error at stated executions.
class Fail final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

}  // namespace stretto::tensor
