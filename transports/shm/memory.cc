// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include "stretto/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stretto::shm {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW;

[[noreturn]] void fail(Code code, const std::string& what) {
  throw Error(code, what + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

/// The memories that were made in this process. The one thing that instances of a process share: the boundary passes
/// bytes and descriptors only, so an instance can't be handed its neighbour. Holds no memory alive.
class Made {
 public:
  void enter(const std::shared_ptr<Memory>& memory) {
    const std::lock_guard lock(mutex_);
    std::erase_if(memories_, [](const auto& entry) { return entry.second.expired(); });
    memories_[memory->nonce()] = memory;
  }
  std::shared_ptr<Memory> find(const Nonce& nonce) {
    const std::lock_guard lock(mutex_);
    const auto found = memories_.find(nonce);
    return found == memories_.end() ? nullptr : found->second.lock();
  }

 private:
  std::mutex mutex_;
  std::map<Nonce, std::weak_ptr<Memory>> memories_;
};

Made& made_here() {
  static auto* made = new Made;  // never destroyed: instances may be closed after static destructors ran
  return *made;
}

Nonce fresh_nonce() {
  Nonce nonce{};
  while (getrandom(nonce.data(), sizeof nonce, 0) != static_cast<ssize_t>(sizeof nonce))
    if (errno != EINTR) fail(Code::unavailable, "getrandom");
  return nonce;
}

/// Reserves the pages now: without it, a lack of memory would show as SIGBUS at the first access.
Descriptor sealed_file(uint64_t bytes) {
  const auto room = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  if (bytes > room)
    throw Error(Code::overloaded, std::to_string(bytes) + " bytes of shared memory are more than the " +
                                      std::to_string(room) + " of this host; give channels fewer or smaller slots");
  Descriptor file(memfd_create("stretto", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file.number() < 0) fail(Code::unavailable, "memfd_create");
  int result = 0;
  do {
    result = fallocate(file.number(), 0, 0, static_cast<off_t>(bytes));
  } while (result != 0 && errno == EINTR);
  if (result != 0) fail(Code::overloaded, "no room for " + std::to_string(bytes) + " bytes of shared memory");
  if (fcntl(file.number(), F_ADD_SEALS, kSeals | F_SEAL_SEAL) != 0) fail(Code::unavailable, "fcntl(F_ADD_SEALS)");
  return file;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

Memory::Memory(Nonce nonce, Descriptor file, uint64_t bytes) : nonce_(nonce), file_(std::move(file)), bytes_(bytes) {
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file_.number(), 0);
  if (mapped == MAP_FAILED) fail(Code::overloaded, "cannot map " + std::to_string(bytes) + " bytes of shared memory");
  data_ = static_cast<std::byte*>(mapped);
}

Memory::~Memory() { munmap(data_, bytes_); }

std::shared_ptr<Memory> Memory::create(uint64_t bytes) {
  std::shared_ptr<Memory> memory(new Memory(fresh_nonce(), sealed_file(bytes), bytes));
  made_here().enter(memory);
  return memory;
}

std::shared_ptr<Memory> Memory::attach(const Nonce& nonce, const Descriptor& file, uint64_t bytes,
                                       uint64_t read_only_from) {
  if (auto memory = made_here().find(nonce)) {
    if (memory->bytes() != bytes)
      throw Error(Code::invalid_argument, "shared memory of " + std::to_string(memory->bytes()) +
                                              " bytes was announced with " + std::to_string(bytes));
    return memory;
  }
  struct stat status {};
  if (fstat(file.number(), &status) != 0) fail(Code::invalid_argument, "the descriptor of a writer's shared memory");
  if (static_cast<uint64_t>(status.st_size) != bytes)
    throw Error(Code::invalid_argument, "shared memory of " + std::to_string(status.st_size) +
                                            " bytes was announced with " + std::to_string(bytes));
  const int seals = fcntl(file.number(), F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals)
    throw Error(Code::invalid_argument, "a writer's shared memory is not sealed against a change of its size");
  const int own = fcntl(file.number(), F_DUPFD_CLOEXEC, 0);
  if (own < 0) fail(Code::overloaded, "fcntl(F_DUPFD_CLOEXEC)");
  std::shared_ptr<Memory> memory(new Memory(nonce, Descriptor(own), bytes));
  memory->close_file();
  if (read_only_from < bytes && mprotect(memory->data() + read_only_from, bytes - read_only_from, PROT_READ) != 0)
    fail(Code::invalid_argument, "mprotect from offset " + std::to_string(read_only_from));
  return memory;
}

}  // namespace stretto::shm
