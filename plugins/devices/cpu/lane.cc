// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "lane.h"

#include <cstring>

namespace stretto::cpu {

void ThreadLane::signal(Semaphore& semaphore, uint64_t value) { semaphore.host_signal(value); }

void ThreadLane::wait(Semaphore& semaphore, uint64_t value) { semaphore.host_wait(value, Deadline::max()); }

void ThreadLane::copy(void* destination, const void* source, uint64_t bytes) {
  if (bytes != 0 && destination != source) std::memcpy(destination, source, bytes);
}

stretto_native ThreadLane::native() { return {sizeof(stretto_native), device_index_, kMemoryKind, 0, 0}; }

}  // namespace stretto::cpu
