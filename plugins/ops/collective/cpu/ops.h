// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The ops of the library on the host's processors: their kernels compute before launch returns, and allocate in
/// prepare only.

#include "collective.h"

namespace stretto::collective {

class AllReduce final : public AllReduceSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class AllGather final : public AllGatherSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class ReduceScatter final : public ReduceScatterSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Broadcast final : public BroadcastSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

}  // namespace stretto::collective
