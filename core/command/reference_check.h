// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// `run --reference`: results held, bit for bit, against a sequential reference.

#include "command/job_run.h"
#include "execution/sequential_reference.h"

namespace stretto {

/// One thread. The job must outlive it.
class ReferenceCheck {
 public:
  /// Throws Error where the reference cannot compute the plan's ops: they need an op library for the host.
  ReferenceCheck(Ready& ready, Catalogue& catalogue) : ready_(ready), reference_(ready.plan, catalogue) {}
  /// Computes the result's execution, which must be the next one, and says what differs; nothing where all bits are
  /// the same, or where both fail. Blocks.
  std::vector<std::string> differences(const Result& result);

 private:
  Ready& ready_;
  SequentialReference reference_;
};

}  // namespace stretto
