// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Memory of the fake GPU in several processes: each has a fake of its own, and maps the file behind the other's block.
/// Accesses are checked within one process only: what processes owe each other shows in the bytes alone. Who frees what
/// another one has open is found, by a count of openers behind the block.

#include "machine.h"
#include "stretto/error.h"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stretto::fake {
namespace {

constexpr uint64_t kPage = 4096;

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

Openers* map_openers(int descriptor, uint64_t bytes) {
  void* page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, static_cast<off_t>(bytes));
  if (page == MAP_FAILED) throw Error(Code::overloaded, "FAKE CUDA: no room to export a block");
  return static_cast<Openers*>(page);
}

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
  if (block.openers == nullptr) {
    if (ftruncate(descriptor, static_cast<off_t>(block.bytes + kPage)) != 0)
      throw Error(Code::overloaded, "FAKE CUDA: no room to export a block");
    block.openers = map_openers(descriptor, block.bytes);
    if (getrandom(&block.openers->mark, sizeof block.openers->mark, 0) != sizeof block.openers->mark)
      throw Error(Code::overloaded, "FAKE CUDA: no random bytes");
  }
  const Handle handle{getpid(), descriptor, gpu, 0, block.bytes, block.openers->mark};
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
    if (block.imported && block.openers->mark == handle.mark) {
      ++block.opened;
      return memory;
    }
  const auto path = "/proc/" + std::to_string(handle.process) + "/fd/" + std::to_string(handle.descriptor);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) throw Error(Code::invalid_argument, "who exported it is gone, or has freed it");
  struct stat status {};
  const bool same = fstat(descriptor, &status) == 0 && static_cast<uint64_t>(status.st_size) == handle.bytes + kPage;
  Openers* openers = same ? map_openers(descriptor, handle.bytes) : nullptr;
  if (openers == nullptr || openers->mark != handle.mark) {
    ::close(descriptor);
    throw Error(Code::invalid_argument, "what was exported has been freed");
  }
  void* memory = memory_.attach(descriptor, handle.bytes);
  ::close(descriptor);
  openers->count.fetch_add(1);
  blocks_[memory] = {handle.bytes, device, openers, true, 1};
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
  block.openers->count.fetch_sub(1);
  munmap(block.openers, kPage);
  log_.forget(memory, block.bytes);
  blocks_.erase(found);
  memory_.detach(memory);
}

}  // namespace stretto::fake
