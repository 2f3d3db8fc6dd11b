// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include "stretto/error.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace stretto::testing {
namespace {

// Signalling NaNs as f32, NaNs as f16, absurd as integers.
constexpr unsigned char kFresh[2] = {0xA0, 0x7F};
constexpr unsigned char kFreed[2] = {0xB1, 0xFF};

/// Memory that shares its pages with no other.
constexpr uint64_t kAlone = uint64_t{2} << 20;

void poison(char* memory, uint64_t bytes, const unsigned char (&pattern)[2]) {
  for (uint64_t i = 0; i < std::min<uint64_t>(bytes, 2); ++i) memory[i] = static_cast<char>(pattern[i]);
  for (uint64_t done = 2; done < bytes; done *= 2) std::memcpy(memory + done, memory, std::min(done, bytes - done));
}

[[noreturn]] void no_room(uint64_t bytes) {
  throw Error(Code::overloaded, "no room for " + std::to_string(bytes) + " bytes of device memory");
}

std::string hexadecimal(uintptr_t address) {
  std::string text;
  for (; address != 0; address /= 16) text.insert(text.begin(), "0123456789abcdef"[address % 16]);
  return "0x" + (text.empty() ? "0" : text);
}

}  // namespace

HiddenMemory::~HiddenMemory() {
  for (auto& [address, block] : blocks_) unmap(block);
}

void HiddenMemory::unmap(const Block& block) noexcept {
  if (block.descriptor >= 0) close(block.descriptor);
  munmap(block.mapping, block.mapped);
  munmap(block.worker_mapping, block.mapped + static_cast<uint64_t>(sysconf(_SC_PAGESIZE)));
}

/// Maps the file twice: without rights for the host, and for the worker with a page without rights behind it, so that
/// writing past the end is a crash, not a riddle.
HiddenMemory::Block HiddenMemory::map(int descriptor, uint64_t bytes) {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t lines = (bytes + 63) / 64 * 64;
  const uint64_t paged = (std::max<uint64_t>(lines, 1) + page - 1) / page * page;
  void* mapping = mmap(nullptr, paged, PROT_NONE, MAP_SHARED, descriptor, 0);
  void* reserved = mmap(nullptr, paged + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void* worker = MAP_FAILED;
  if (mapping != MAP_FAILED && reserved != MAP_FAILED)
    worker = mmap(reserved, paged, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, 0);
  if (worker == MAP_FAILED) {
    if (mapping != MAP_FAILED) munmap(mapping, paged);
    if (reserved != MAP_FAILED) munmap(reserved, paged + page);
    no_room(bytes);
  }
  return {mapping, worker, paged, bytes, static_cast<char*>(worker) + (paged - lines), false, -1};
}

void* HiddenMemory::allocate(uint64_t bytes) {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  if (bytes > INT64_MAX - 4 * page) no_room(bytes);
  const uint64_t lines = (bytes + 63) / 64 * 64;
  const uint64_t paged = (std::max<uint64_t>(lines, 1) + page - 1) / page * page;
  const int descriptor = memfd_create("stretto-test-device", MFD_CLOEXEC);
  if (descriptor < 0 || ftruncate(descriptor, static_cast<off_t>(paged)) != 0) {
    if (descriptor >= 0) close(descriptor);
    no_room(bytes);
  }
  Block block{};
  try {
    block = map(descriptor, bytes);
  } catch (...) {
    close(descriptor);
    throw;
  }
  if (bytes != 0 && bytes % kAlone == 0)
    block.descriptor = descriptor;
  else
    close(descriptor);
  poison(block.worker, lines, kFresh);
  const uintptr_t address = reinterpret_cast<uintptr_t>(block.mapping) + (lines == 0 ? 0 : paged - lines);
  const std::lock_guard lock(mutex_);
  blocks_[address] = block;
  return reinterpret_cast<void*>(address);
}

int HiddenMemory::descriptor_of(const void* memory) const {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(reinterpret_cast<uintptr_t>(memory));
  return found == blocks_.end() || found->second.freed ? -1 : found->second.descriptor;
}

void* HiddenMemory::attach(int descriptor, uint64_t bytes) {
  const Block block = map(descriptor, bytes);
  const std::lock_guard lock(mutex_);
  blocks_[reinterpret_cast<uintptr_t>(block.mapping)] = block;
  return block.mapping;
}

void HiddenMemory::detach(void* memory) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(reinterpret_cast<uintptr_t>(memory));
  if (found == blocks_.end()) return;
  unmap(found->second);
  blocks_.erase(found);
}

void HiddenMemory::free(void* memory) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(reinterpret_cast<uintptr_t>(memory));
  if (found == blocks_.end()) return;
  poison(found->second.worker, found->second.bytes, kFreed);
  found->second.freed = true;
  if (found->second.descriptor >= 0) close(std::exchange(found->second.descriptor, -1));
}

void HiddenMemory::forget(void* memory) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(reinterpret_cast<uintptr_t>(memory));
  if (found == blocks_.end() || !found->second.freed) return;
  unmap(found->second);
  blocks_.erase(found);
}

void HiddenMemory::pin(void* memory, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  pinned_.emplace(reinterpret_cast<uintptr_t>(memory), bytes);
}

void HiddenMemory::unpin(void* memory) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = pinned_.find(reinterpret_cast<uintptr_t>(memory));
  if (found != pinned_.end()) pinned_.erase(found);
}

void* HiddenMemory::translate(const void* memory, uint64_t bytes) const {
  if (memory == nullptr && bytes == 0) return nullptr;
  const auto address = reinterpret_cast<uintptr_t>(memory);
  const std::lock_guard lock(mutex_);
  const auto after = blocks_.upper_bound(address);
  if (after != blocks_.begin()) {
    const auto& [start, block] = *std::prev(after);
    const uint64_t offset = address - start;
    if (offset <= block.bytes && bytes <= block.bytes - offset) {
      if (block.freed)
        throw Error(Code::internal,
                    std::to_string(bytes) + " bytes at " + hexadecimal(address) + " are device memory that was freed");
      return block.worker + offset;
    }
  }
  for (const auto& [start, size] : pinned_)
    if (address >= start && address - start <= size && bytes <= size - (address - start))
      return const_cast<void*>(memory);
  throw Error(Code::internal, std::to_string(bytes) + " bytes at " + hexadecimal(address) +
                                  " are neither memory of this device nor pinned host memory");
}

}  // namespace stretto::testing
