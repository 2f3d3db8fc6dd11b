// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// An asynchronous device without hardware: lanes with a thread each behind a queue, memory that the host cannot touch,
/// completion as late and as disordered as the rules allow. It reports what a real device would answer with a riddle.

#include "arbiter.h"
#include "memory.h"

namespace stretto::testing {

/// Any thread.
class AsyncDevice final : public Device {
 public:
  explicit AsyncDevice(const DeviceOpen& request);
  static int count(std::string& reason);
  /// How many pieces of memory this process has allocated or pinned and not given back: a number.
  static std::vector<std::string> findings();
  void abort() noexcept override { arbiter_->abort(); }
  void* allocate(uint64_t bytes) override;
  void free(void* memory) noexcept override;
  std::unique_ptr<Lane> open_lane(const char* name, int priority) override;
  std::unique_ptr<Semaphore> open_semaphore() override;
  void pin(void* memory, uint64_t bytes) override;
  void unpin(void* memory) noexcept override;
  void status() override { arbiter_->status(); }

  int index() const { return index_; }
  Arbiter& arbiter() { return *arbiter_; }
  std::shared_ptr<Bell> bell() { return arbiter_; }
  /// As HiddenMemory::translate; a wrong address is the device's death.
  void* translate(const void* memory, uint64_t bytes);

 private:
  void admit();
  const int index_;
  const int64_t refused_;  ///< the piece of memory that is
  std::atomic<int64_t> pieces_{0};
  std::shared_ptr<Arbiter> arbiter_;  // outlives the device: transports keep it as a bell
  HiddenMemory memory_;
};

}  // namespace stretto::testing
