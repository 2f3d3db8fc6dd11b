// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Another actor, as one instance sees it.

#include "engine.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

namespace stretto::ucx {

/// A slot's execution that was released here.
struct Released {
  uint32_t channel;
  int64_t execution;
};

/// Has a release that its writer does not know of yet.
class Releaser {
 public:
  Releaser() = default;
  Releaser(const Releaser&) = delete;
  Releaser& operator=(const Releaser&) = delete;
  virtual ~Releaser() = default;
  /// What is to be told, once. The engine's holder.
  virtual std::optional<Released> take_release() = 0;
};

/// Made while connecting; used by the engine's holder, except `gone`, `why` and `offer`, which any thread calls.
class Peer {
 public:
  /// `lost` is called once, when the peer is gone, by the engine's holder.
  Peer(uint32_t actor, std::function<void()> lost) : actor_(actor), lost_(std::move(lost)) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Throws Code::unavailable where no transport reaches it.
  void connect(Engine& engine, std::span<const std::byte> address) {
    endpoint_ = std::make_unique<Endpoint>(
        engine, address, [](void* self, Result result) { static_cast<Peer*>(self)->lose(result); }, this);
  }
  Endpoint& endpoint() const { return *endpoint_; }
  /// Starts to close the endpoint, by force where the peer is gone. Once; without endpoint it does nothing.
  void close(bool by_force) {
    if (endpoint_ != nullptr) endpoint_->close(closing_, by_force || gone());
  }
  /// Whoever says something to this peer next may tell it of that release too. It may not happen. `releaser` outlives
  /// this peer.
  void offer(Releaser& releaser) { offered_.store(&releaser, std::memory_order_release); }
  /// The release that was offered last, unless it was told.
  std::optional<Released> take_release() {
    Releaser* releaser = offered_.load(std::memory_order_acquire);
    return releaser == nullptr ? std::nullopt : releaser->take_release();
  }
  uint32_t actor() const { return actor_; }
  bool gone() const { return gone_.load(std::memory_order_seq_cst); }
  /// Once it is gone.
  const char* why() const { return why_.text; }
  /// Nothing comes from it and goes to it any more.
  void lose(Result result) {
    if (gone()) return;
    why_ = result;
    gone_.store(true, std::memory_order_seq_cst);
    lost_();
  }

 private:
  const uint32_t actor_;
  std::function<void()> lost_;
  std::unique_ptr<Endpoint> endpoint_;
  Operation closing_{[](void*, Result) {}, nullptr};
  Result why_;
  std::atomic<bool> gone_{false};
  std::atomic<Releaser*> offered_{nullptr};
};

}  // namespace stretto::ucx
