// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One actor's UCX context, and the memory that is registered with it.

#include "status.h"

#include <cstddef>
#include <span>
#include <ucp/api/ucp.h>
#include <vector>

namespace stretto::ucx {

constexpr uint64_t kPage = 4096;

/// What the options of the transport change of UCX's own settings; an empty text leaves what UCX_* variables say.
struct ContextSettings {
  std::string tls;      ///< UCX_TLS
  std::string devices;  ///< UCX_NET_DEVICES
  double keepalive;     ///< seconds between looks at a silent peer
  bool cuda;            ///< whether it may reach memory of GPUs
};

/// Owns the registration of memory that somebody else owns and that outlives it, or of memory that UCX allocated for
/// it.
class Registration {
 public:
  Registration() = default;
  /// No bytes: registers nothing. `cuda`: it is memory of a CUDA device. Throws Code::overloaded where memory cannot be
  /// registered.
  Registration(ucp_context_h context, void* memory, uint64_t bytes, bool cuda);
  /// Memory of UCX's own, zeroed, and gone with this: where peers can map it, they read it without a copy in between.
  /// Throws Code::overloaded where there is none.
  static Registration allocate(ucp_context_h context, uint64_t bytes);
  Registration(Registration&& other) noexcept;
  Registration& operator=(Registration&& other) noexcept;
  ~Registration();
  void* memory() const { return memory_; }
  /// Null where nothing is registered.
  ucp_mem_h raw() const { return raw_; }
  /// What a peer needs to reach it; empty where nothing is registered.
  std::vector<std::byte> key() const;

 private:
  ucp_context_h context_ = nullptr;
  ucp_mem_h raw_ = nullptr;
  void* memory_ = nullptr;
};

/// Owns a ucp_context and the memory that it was asked for. One thread at a time.
class Context {
 public:
  /// Throws Code::unavailable where none of the transports or devices exists here.
  explicit Context(const ContextSettings& settings);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();
  ucp_context_h raw() const { return raw_; }
  /// Zeroed memory with pages of its own, until unmap_all or the context's end. Throws Code::overloaded where there is
  /// none.
  void* allocate(uint64_t bytes);
  /// Gives back all that `allocate` gave.
  void unmap_all() { blocks_.clear(); }
  /// What a peer needs to reach memory that `allocate` gave; null for other memory.
  const Registration* allocated(const void* memory) const;
  /// Why UCX itself can't reach memory of CUDA devices; empty where it can.
  std::string cuda_is_missing() const;
  /// The transports and devices that it found, one a line.
  std::vector<std::string> resources() const;

 private:
  ucp_context_h raw_ = nullptr;
  /// A piece of UCX's memory, which costs a file descriptor: small allocations share one.
  struct Block {
    Registration registration;
    uint64_t bytes;
    uint64_t used;
  };
  std::vector<Block> blocks_;
};

/// The version of the library that was loaded.
std::string library_version();

}  // namespace stretto::ucx
