// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Memory of the fake GPU in several processes: each has a fake of its own, and maps the file behind the other's block,
/// and the ledger behind that, where they check each other's accesses.

#include "machine.h"
#include "stretto/error.h"

#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace stretto::fake {
namespace {

/// What a handle holds. A descriptor's number may be taken by something else once the block has been freed: the mark
/// tells.
struct Handle {
  int32_t process;
  int32_t descriptor;
  int32_t gpu;
  int32_t reserved;
  uint64_t bytes;
  uint64_t mark;
};
static_assert(sizeof(Handle) <= sizeof(ExportHandle));

}  // namespace

ExportHandle Machine::export_block(void* memory, int gpu) {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(memory);
  if (found == blocks_.end() || found->second.imported)
    throw Error(Code::internal, "FAKE CUDA: memory was exported that is no block's beginning, or another process's");
  Block& block = found->second;
  const int descriptor = memory_.descriptor_of(memory);
  if (descriptor < 0)
    throw Error(Code::internal, "FAKE CUDA: memory was exported that may share its 2 MiB with other memory");
  if (block.ledger == nullptr) {
    block.ledger = Ledger::make(descriptor, block.bytes);
    ledgers_.push_back(block.ledger);
    for (const auto& record : log_.take(memory, block.bytes))
      block.ledger->enter(record.touch.behind(memory), record.what);
  }
  block.ledger->host_tells(host().clock);
  const Handle handle{getpid(), descriptor, gpu, 0, block.bytes, block.ledger->mark()};
  ExportHandle bytes{};
  std::memcpy(bytes.data(), &handle, sizeof handle);
  return bytes;
}

void* Machine::import_block(const ExportHandle& bytes, int gpu, int device) {
  Handle handle{};
  std::memcpy(&handle, bytes.data(), sizeof handle);
  if (handle.process == getpid()) throw Error(Code::invalid_argument, "a process can't open what it exported itself");
  if (handle.gpu != gpu) throw Error(Code::internal, "FAKE CUDA: memory was imported that another GPU exported");
  const std::lock_guard lock(mutex_);
  for (auto& [memory, block] : blocks_)
    if (block.imported && block.ledger->mark() == handle.mark) {
      ++block.opened;
      return memory;
    }
  const auto path = "/proc/" + std::to_string(handle.process) + "/fd/" + std::to_string(handle.descriptor);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) throw Error(Code::invalid_argument, "who exported it is gone, or has freed it");
  auto ledger = Ledger::open(descriptor, handle.bytes, handle.mark);
  if (ledger == nullptr) {
    ::close(descriptor);
    throw Error(Code::invalid_argument, "what was exported has been freed");
  }
  void* memory = memory_.attach(descriptor, handle.bytes);
  ::close(descriptor);
  ledgers_.push_back(ledger);
  ledger->count_opener();
  ledger->host_hears(host().clock);
  blocks_[memory] = {handle.bytes, device, std::move(ledger), true, 1};
  return memory;
}

void Machine::close_import(void* memory) {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(memory);
  if (found == blocks_.end() || !found->second.imported)
    throw Error(Code::invalid_argument, "FAKE CUDA: memory was closed that was not imported");
  Block& block = found->second;
  for (const auto* stream : streams_)
    if (stream->device == block.device && (!stream->operations.empty() || stream->running) && violated_.empty())
      throw Error(Code::internal, "FAKE CUDA: imported memory was closed while a stream had work");
  if (--block.opened != 0) return;
  block.ledger->discount_opener(host_agent_);
  blocks_.erase(found);
  memory_.detach(memory);
}

std::optional<std::string> Machine::touch(const Access& access, Agent agent, const Clock& now,
                                          const std::string& what) {
  auto found = blocks_.upper_bound(const_cast<void*>(access.memory));
  if (found == blocks_.begin()) return log_.add(access, agent, now, what);
  const auto& [memory, block] = *--found;
  const auto* end = static_cast<const std::byte*>(memory) + block.bytes;
  if (block.ledger == nullptr || access.memory >= end) return log_.add(access, agent, now, what);
  try {
    return block.ledger->add(touch_of(access, agent, now.of(agent)).behind(memory), now, what);
  } catch (const Error& error) {
    return error.what();
  }
}

std::vector<std::shared_ptr<Ledger>> Machine::ledgers() {
  std::vector<std::shared_ptr<Ledger>> all;
  std::erase_if(ledgers_, [&](const auto& kept) {
    auto ledger = kept.lock();
    if (ledger == nullptr) return true;
    all.push_back(std::move(ledger));
    return false;
  });
  return all;
}

void Machine::tell_processes(const void* word, uint64_t value, const Clock& clock) {
  const auto all = ledgers();
  const auto name = all.empty() ? std::nullopt : names_.of(word);
  if (!name) return;
  for (const auto& ledger : all) ledger->tell(*name, value, clock);
}

bool Machine::hear_processes(const void* word, uint64_t value, Clock& clock) {
  const auto all = ledgers();
  const auto name = all.empty() ? std::nullopt : names_.of(word);
  bool heard = false;
  for (const auto& ledger : all)
    if (name && ledger->knows(*name)) {
      ledger->hear(*name, value, clock);
      heard = true;
    }
  return heard;
}

bool Machine::raised_by_streams(const void* word) {
  if (words_.contains(word)) return true;
  const auto all = ledgers();
  const auto name = all.empty() ? std::nullopt : names_.of(word);
  return name && std::ranges::any_of(all, [&](const auto& ledger) { return ledger->knows(*name); });
}

}  // namespace stretto::fake
