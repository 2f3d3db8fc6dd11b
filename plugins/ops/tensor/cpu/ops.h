// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The ops of the library on the host's processors: their kernels compute before launch returns, and allocate in
/// prepare only.

#include "signatures.h"

namespace stretto::tensor {

/// The result takes the input's shape and bytes.
void copy_value(const TensorView& input, ResultView result);

class Fill final : public FillSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Copy final : public CopySignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Add final : public AddSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Scale final : public ScaleSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Reduce final : public ReduceSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Concat final : public ConcatSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Split final : public SplitSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Describe final : public DescribeSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Checksum final : public ChecksumSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class RunningSum final : public RunningSumSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Busy final : public BusySignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Fail final : public FailSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

}  // namespace stretto::tensor
