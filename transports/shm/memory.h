// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory that actors share: one anonymous file (memfd) for each instance that writes. It has no name in any file
/// system, so nothing is left when its last process ends, however it ends.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace stretto::shm {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int number() const { return number_; }

 private:
  int number_ = -1;
};

/// Names one memory among all processes of all time; unguessable, so that nobody can claim another's.
using Nonce = std::array<uint64_t, 2>;

/// A mapping, and its end. The mapping itself is used by any thread.
class Memory {
 public:
  /// New, zeroed and warm. Its size is sealed, so no process can make another's access fail by truncating it.
  /// Throws Code::overloaded when there is no room.
  static std::shared_ptr<Memory> create(uint64_t bytes);

  /// Another actor's, from its descriptor. Where that actor lives in this process, its own mapping: one address for one
  /// word, as race detectors need, and one set of page tables. `read_only_from`: in another process' memory, what lies
  /// from this offset on can't be written. Throws Code::invalid_argument when it is not the memory that was announced.
  static std::shared_ptr<Memory> attach(const Nonce& nonce, const Descriptor& file, uint64_t bytes,
                                        uint64_t read_only_from);

  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();
  std::byte* data() const { return data_; }
  uint64_t bytes() const { return bytes_; }
  const Nonce& nonce() const { return nonce_; }
  const Descriptor& file() const { return file_; }  ///< of memory made by create
  /// Gives the descriptor up once every other actor has its own; the mapping stays.
  void close_file() { file_ = Descriptor(); }

 private:
  Memory(Nonce nonce, Descriptor file, uint64_t bytes);
  Nonce nonce_;
  Descriptor file_;
  std::byte* data_ = nullptr;
  uint64_t bytes_;
};

}  // namespace stretto::shm
