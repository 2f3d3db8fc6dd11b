// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// An op that never returns, of a library that, when the process ends, waits for its calls to return.

#include "source.h"

#include <mutex>
#include <unistd.h>

namespace {

using namespace stretto;

struct Library {
  std::mutex busy;
  ~Library() { busy.lock(); }
} library;

class StuckKernel final : public Kernel {
 public:
  void launch(const Launch& /*launch*/) override {
    const std::lock_guard lock(library.busy);
    for (;;) pause();
  }
};

class Stuck final : public faulty::Source<StuckKernel> {
 public:
  OpInfo info() const override { return {"wait", "Waits for ever", {}, {{"never", ""}}, {}, 0}; }
};

}  // namespace

STRETTO_PLUGIN("stuck", "0", op_library_component<Stuck>("stuck", "ops that never return", "host"))
