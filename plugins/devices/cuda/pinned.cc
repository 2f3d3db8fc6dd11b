// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "pinned.h"

#include "cuda_call.h"

#include <unistd.h>

namespace stretto::cuda {
namespace {

void lock_pages(uintptr_t begin, uint64_t bytes) {
  void* memory = reinterpret_cast<void*>(begin);
  const cudaError_t result = cudaHostRegister(memory, bytes, cudaHostRegisterPortable | cudaHostRegisterMapped);
  if (result == cudaSuccess) return;
  cudaGetLastError();
  // Nothing says beforehand whether a page may be written. Slots that an actor only reads may not be.
  const cudaError_t read_only =
      cudaHostRegister(memory, bytes, cudaHostRegisterPortable | cudaHostRegisterMapped | cudaHostRegisterReadOnly);
  if (read_only == cudaSuccess) return;
  cudaGetLastError();
  throw Error(code_of(result), text_of("cudaHostRegister", result) + " for " + std::to_string(bytes) + " bytes, and " +
                                   text_of("read only", read_only) +
                                   "; where a reader's slots are mapped read only and the device " +
                                   "can't pin such memory, map them writable: [transport.shm] read_only = false");
}

}  // namespace

void PinnedPages::pin(void* memory, uint64_t bytes) {
  if (bytes == 0) return;
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto given = reinterpret_cast<uintptr_t>(memory);
  const uintptr_t begin = given / page * page;
  const uintptr_t end = (given + bytes + page - 1) / page * page;
  const std::lock_guard lock(mutex_);
  auto next = ranges_.upper_bound(begin);
  if (next != ranges_.begin() && std::prev(next)->second.end > begin) next = std::prev(next);
  const bool meets = next != ranges_.end() && next->first < end;
  const bool holds = meets && next->first <= begin && next->second.end >= end;
  if (meets && !holds)
    throw Error(Code::invalid_argument, std::to_string(bytes) +
                                            " bytes to pin share a page with memory that is pinned already; give them "
                                            "pages of their own");
  if (!meets) {
    lock_pages(begin, end - begin);
    next = ranges_.emplace(begin, Range{end, 0}).first;
  }
  ++next->second.users;
  registered_.emplace(given, next->first);
}

void PinnedPages::unpin(void* memory) noexcept {
  const std::lock_guard lock(mutex_);
  const auto entry = registered_.find(reinterpret_cast<uintptr_t>(memory));
  if (entry == registered_.end()) return;
  const auto range = ranges_.find(entry->second);
  registered_.erase(entry);
  if (--range->second.users != 0) return;
  cudaHostUnregister(reinterpret_cast<void*>(range->first));
  ranges_.erase(range);
}

PinnedPages& pinned_pages() {
  static auto* pages = new PinnedPages;
  return *pages;
}

}  // namespace stretto::cuda
