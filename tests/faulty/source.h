// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stretto/op.h"

namespace stretto::faulty {

/// An op without inputs that gives a whole number, by a kernel that is wrong.
template <class Wrong>
class Source : public Op {
 public:
  Inference infer(const Call& /*call*/) const override {
    Inference inference;
    inference.results.resize(1);
    inference.results[0].dtype = kI64;
    return inference;
  }
  std::unique_ptr<Kernel> prepare(const Call& /*call*/, const stretto_native& /*lane*/) const override {
    return std::make_unique<Wrong>();
  }
};

}  // namespace stretto::faulty
