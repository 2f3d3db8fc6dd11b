// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The machine's memory: blocks of its devices, and the host's where it is pinned.

#include "machine.h"
#include "stretto/error.h"

#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

namespace stretto::fake {
namespace {

/// Whether all of its pages are still somebody's.
bool is_mapped(const void* memory, uint64_t bytes) {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const auto before = reinterpret_cast<uintptr_t>(memory) % page;
  std::vector<unsigned char> present((before + bytes + page - 1) / page);
  auto* first = const_cast<std::byte*>(static_cast<const std::byte*>(memory)) - before;
  return mincore(first, before + bytes, present.data()) == 0;
}

}  // namespace

void* Machine::allocate(uint64_t bytes, int device) {
  void* memory = memory_.allocate(bytes);
  const std::lock_guard lock(mutex_);
  blocks_[memory] = {bytes, device};
  return memory;
}

void Machine::bury(void* memory, uint64_t bytes) {
  constexpr size_t kMost = 1000;  // each has two mappings, of which a process has some ten thousand
  constexpr uint64_t kMostBytes = uint64_t{64} << 20;
  memory_.free(memory);
  const std::lock_guard lock(mutex_);
  buried_.emplace_back(memory, bytes);
  buried_bytes_ += bytes;
  while (buried_.size() > kMost || buried_bytes_ > kMostBytes) {
    memory_.forget(buried_.front().first);
    buried_bytes_ -= buried_.front().second;
    buried_.pop_front();
  }
}

/// Blocks that nobody may free: another process's, and what another process still has open.
void Machine::refuse_shared(const Block& block) {
  if (block.imported) throw Error(Code::internal, "FAKE CUDA: memory was freed that another process exported");
  if (block.ledger != nullptr && block.ledger->openers() != 0)
    throw Error(Code::internal, "FAKE CUDA: memory was freed that another process has open");
}

void Machine::free(void* memory) {
  if (memory == nullptr) return;
  std::unique_lock lock(mutex_);
  const auto found = blocks_.find(memory);
  if (found == blocks_.end()) throw Error(Code::internal, "FAKE CUDA: memory was freed that is none");
  const Block block = found->second;
  refuse_shared(block);
  const auto idle = [&] {
    return !violated_.empty() || std::all_of(streams_.begin(), streams_.end(), [&](const Stream* stream) {
      return stream->device != block.device || (stream->operations.empty() && !stream->running);
    });
  };
  if (!changed_.wait_for(lock, std::chrono::seconds(20), idle)) {
    lock.unlock();
    violation("cudaFree waits for work that never ends");
    return;
  }
  for (const auto* stream : streams_)
    if (stream->device == block.device) learn(stream->clock);
  log_.forget(memory, block.bytes);
  blocks_.erase(memory);
  lock.unlock();
  bury(memory, block.bytes);
}

void Machine::free(void* memory, Stream* stream) {
  uint64_t bytes = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(memory);
    if (found == blocks_.end()) throw Error(Code::internal, "FAKE CUDA: memory was freed that is none");
    bytes = found->second.bytes;
  }
  enqueue(stream, {"cudaFreeAsync", {{memory, bytes, true}}, nullptr, [this, memory, bytes] {
                     {
                       const std::lock_guard lock(mutex_);
                       blocks_.erase(memory);
                       log_.forget(memory, bytes);
                     }
                     bury(memory, bytes);
                   }});
}

void* Machine::translate(const void* memory, uint64_t bytes) { return memory_.translate(memory, bytes); }

bool Machine::owns(const void* memory, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  auto found = blocks_.upper_bound(const_cast<void*>(memory));
  if (found == blocks_.begin()) return false;
  --found;
  const auto* end = static_cast<const std::byte*>(found->first) + found->second.bytes;
  return static_cast<const std::byte*>(memory) + bytes <= end;
}

void Machine::pin(void* memory, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  memory_.pin(memory, bytes);
  pinned_.emplace(memory, bytes);
  // Who raised a word that was here before says nothing of those to come, nor does who touched these bytes.
  words_.erase(words_.lower_bound(memory), words_.lower_bound(static_cast<const std::byte*>(memory) + bytes));
  log_.forget(memory, bytes);
  names_.forget(memory, bytes);
}

void Machine::unpin(void* memory) {
  std::unique_lock lock(mutex_);
  const auto found = pinned_.find(memory);
  if (found == pinned_.end()) throw Error(Code::invalid_argument, "FAKE CUDA: memory was unpinned that is not pinned");
  std::string wrong;
  if (!is_mapped(memory, found->second))
    wrong = "memory was unpinned after it had been given back";
  else if (const auto* operation = user_of(memory, found->second))
    wrong = "memory was unpinned that " + operation->what + " still uses";
  pinned_.erase(found);
  memory_.unpin(memory);
  lock.unlock();
  if (!wrong.empty()) violation(wrong);
}

const Operation* Machine::user_of(const void* memory, uint64_t bytes) const {
  const auto* begin = static_cast<const std::byte*>(memory);
  const auto* end = begin + bytes;
  const auto lies_there = [&](const void* first, uint64_t size) {
    const auto* at = static_cast<const std::byte*>(first);
    return at < end && at + size > begin;
  };
  const auto uses = [&](const Operation& operation) {
    return std::ranges::any_of(operation.accesses,
                               [&](const Access& access) { return lies_there(access.memory, access.bytes); }) ||
           (operation.word != nullptr && lies_there(operation.word, 1)) ||
           (operation.written != nullptr && lies_there(operation.written, 1));
  };
  if (under_way_ != nullptr && uses(*under_way_)) return under_way_;
  for (const auto* stream : streams_) {
    const auto found = std::ranges::find_if(stream->operations, uses);
    if (found != stream->operations.end()) return &*found;
  }
  return nullptr;
}

bool Machine::pinned(void* memory) {
  const std::lock_guard lock(mutex_);
  return pinned_.contains(memory);
}

}  // namespace stretto::fake
