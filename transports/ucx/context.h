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

/// What the options of the transport change of UCX's own settings; an empty text leaves what UCX_* variables say.
struct ContextSettings {
  std::string tls;      ///< UCX_TLS
  std::string devices;  ///< UCX_NET_DEVICES
  double keepalive;     ///< seconds between looks at a silent peer
};

/// Owns a ucp_context. One thread at a time.
class Context {
 public:
  /// Throws Code::unavailable where none of the transports or devices exists here.
  explicit Context(const ContextSettings& settings);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();
  ucp_context_h raw() const { return raw_; }
  /// The transports and devices that it found, one a line.
  std::vector<std::string> resources() const;

 private:
  ucp_context_h raw_ = nullptr;
};

/// Owns the registration of memory that somebody else owns, and that outlives it. No bytes: registers nothing.
class Registration {
 public:
  Registration() = default;
  /// Throws Code::overloaded where memory cannot be registered.
  Registration(const Context& context, void* memory, uint64_t bytes);
  Registration(Registration&& other) noexcept;
  Registration& operator=(Registration&& other) noexcept;
  ~Registration();
  /// What a peer needs to reach it; empty where nothing is registered.
  std::vector<std::byte> key() const;

 private:
  ucp_context_h context_ = nullptr;
  ucp_mem_h raw_ = nullptr;
};

/// The version of the library that was loaded.
std::string library_version();

}  // namespace stretto::ucx
