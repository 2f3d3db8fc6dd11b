// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The ops of the library, as a job sees them on every kind of device: names, port, arguments, and what each says of a
/// call. How a device computes them stands beside it. All are called on an ordered set of actors, are pure and
/// immutable, and take the inputs in the order of that set: what is reduced is reduced in that order.

#include "stretto/op.h"

namespace stretto::collective {

inline constexpr const char* kAllReduce = "all_reduce";
inline constexpr const char* kAllGather = "all_gather";
inline constexpr const char* kReduceScatter = "reduce_scatter";
inline constexpr const char* kBroadcast = "broadcast";

/// By the argument `reduce`. Throws Code::invalid_argument.
stretto_reduction reduction_of(const Call& call);

/// The shapes of results that follow from the shapes of inputs, at a launch. All set the result's shape, throw
/// Code::invalid_argument where the inputs do not fit together, and Code::overloaded as ResultView::resize does.
void shape_reduced(const Launch& launch);
void shape_gathered(const Launch& launch);
/// Of one of `members`.
void shape_scattered(const Launch& launch, uint32_t members);

/// All inputs reduced to one, element by element.
class AllReduceSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// All inputs, one after the other along the first dimension.
class AllGatherSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// A member's part, along the first dimension, of all inputs reduced to one.
class ReduceScatterSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

/// The one input.
class BroadcastSignature : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
};

}  // namespace stretto::collective
