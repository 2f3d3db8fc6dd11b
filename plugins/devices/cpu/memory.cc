// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include "stretto/error.h"

#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace stretto::cpu {
namespace {

constexpr uint64_t kAlignment = 64;
constexpr uint64_t kMapFrom = 1U << 20U;
constexpr uint64_t kHugePage = 2U << 20U;

[[noreturn]] void no_room(uint64_t bytes) {
  throw Error(Code::overloaded, "no room for " + std::to_string(bytes) + " bytes of host memory");
}

void* map_warm(uint64_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) no_room(bytes);
  if (bytes >= kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: smaller pages work too
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  for (uint64_t at = 0; at < bytes; at += page) static_cast<volatile char*>(memory)[at] = 0;
  return memory;
}

}  // namespace

HostMemory::~HostMemory() {
  for (const auto& [memory, bytes] : mapped_) munmap(memory, bytes);
}

void* HostMemory::allocate(uint64_t bytes) {
  if (bytes > INT64_MAX - kHugePage) no_room(bytes);
  if (bytes < kMapFrom) {
    const uint64_t rounded = bytes == 0 ? kAlignment : (bytes + kAlignment - 1) / kAlignment * kAlignment;
    void* memory = std::aligned_alloc(kAlignment, rounded);
    if (memory == nullptr) no_room(bytes);
    return std::memset(memory, 0, rounded);
  }
  void* memory = map_warm(bytes);
  try {
    const std::lock_guard lock(mutex_);
    mapped_.emplace(memory, bytes);
  } catch (...) {
    munmap(memory, bytes);
    throw;
  }
  return memory;
}

void HostMemory::free(void* memory) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = mapped_.find(memory); found != mapped_.end()) {
      munmap(found->first, found->second);
      mapped_.erase(found);
      return;
    }
  }
  std::free(memory);
}

}  // namespace stretto::cpu
