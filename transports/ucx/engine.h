// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The UCX worker of one actor and its endpoints: all that moves bytes.
///
/// Thread rule of all classes here: one thread at a time (see worker.h, which hands the engine around). No call blocks.

#include "context.h"

#include <utility>

namespace stretto::ucx {

class Engine;

/// One posted operation at a time, and who hears how it ended. Lives longer than what it was posted for.
class Operation {
 public:
  using Ended = void (*)(void* owner, Result result);
  Operation(Ended ended, void* owner) : ended_(ended), owner_(owner) {}
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  bool running() const { return running_; }

 private:
  friend class Engine;
  friend class Endpoint;
  Ended ended_;
  void* owner_;
  Engine* engine_ = nullptr;
  bool running_ = false;
};

/// What arrives: the header as the sender gave it, and its payload: bytes, valid during the call, or, of a rendezvous,
/// a descriptor of bytes that are still with the sender. Null where the header came alone.
struct Arrival {
  std::span<const std::byte> header;
  void* payload;
  uint64_t bytes;
  bool rendezvous;
};

class Receiver {
 public:
  Receiver() = default;
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  virtual ~Receiver() = default;
  /// Called from within Engine::progress. True keeps a rendezvous' descriptor for Engine::fetch or Engine::drop.
  virtual bool arrived(const Arrival& arrival) noexcept = 0;
};

/// Owns a ucp_worker.
class Engine {
 public:
  /// Throws what UCX refuses. `receiver` hears all messages from the first progress on.
  Engine(const Context& context, Receiver& receiver);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();
  ucp_worker_h raw() const { return raw_; }
  /// What a peer needs to make an endpoint to this engine.
  std::vector<std::byte> address() const;
  /// The longest header of a message.
  uint64_t most_header_bytes() const { return most_header_bytes_; }
  /// Readable once something is to be progressed, if `arm` said so before.
  int event_descriptor() const { return event_descriptor_; }
  /// Gets everything on; calls Receiver and Operation::Ended. The number of things done.
  unsigned progress() { return ucp_worker_progress(raw_); }
  /// False: there is something to be progressed first. True: the next event makes the descriptor readable.
  bool arm();
  /// Operations that were posted and have not ended.
  uint64_t running() const { return running_; }
  /// Brings the bytes of a kept rendezvous. They have arrived when `operation` ends. `device`: the registration of `to`
  /// where that lies in memory of a CUDA device.
  void fetch(Operation& operation, void* descriptor, void* to, uint64_t bytes, const Registration* device = nullptr);
  /// Gives up a kept rendezvous; its sender's operation ends well.
  void drop(void* descriptor) { ucp_am_data_release(raw_, descriptor); }

 private:
  friend class Endpoint;
  void start(Operation& operation, ucp_request_param_t& parameters);
  void settle(Operation& operation, ucs_status_ptr_t request);
  static void end(Operation& operation, ucs_status_t status);
  static void sent(void* request, ucs_status_t status, void* operation);
  ucp_worker_h raw_ = nullptr;
  int event_descriptor_ = -1;
  uint64_t most_header_bytes_ = 0;
  uint64_t running_ = 0;
};

/// Access to a peer's registered memory. Owns a ucp_rkey; made on one endpoint and used on it alone.
class RemoteKey {
 public:
  RemoteKey() = default;
  explicit RemoteKey(ucp_rkey_h raw) : raw_(raw) {}
  RemoteKey(RemoteKey&& other) noexcept : raw_(other.raw_) { other.raw_ = nullptr; }
  RemoteKey& operator=(RemoteKey&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~RemoteKey() {
    if (raw_ != nullptr) ucp_rkey_destroy(raw_);
  }
  ucp_rkey_h raw() const { return raw_; }
  /// Where this process can read the peer's `address` by itself; null where it cannot.
  const std::byte* mapped_at(uint64_t address) const {
    void* local = nullptr;
    const bool mapped = raw_ != nullptr && ucp_rkey_ptr(raw_, address, &local) == UCS_OK;
    return mapped ? static_cast<const std::byte*>(local) : nullptr;
  }

 private:
  ucp_rkey_h raw_ = nullptr;
};

/// The way to one peer. UCX reports its failure once; from then on all that is posted ends at once with that result.
class Endpoint {
 public:
  using Failed = void (*)(void* owner, Result result);
  /// Throws Code::unavailable where the two have no transport in common. `failed` is called from within progress.
  Endpoint(Engine& engine, std::span<const std::byte> address, Failed failed, void* owner);
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;
  /// Closed before, or the engine ends first.
  ~Endpoint() = default;

  RemoteKey unpack(std::span<const std::byte> key) const;
  enum class Protocol { eager, rendezvous };
  /// All that is given stays untouched until the operation ends. `device`: the registration of a payload that lies in
  /// memory of a CUDA device.
  void send(Operation& operation, std::span<const std::byte> header, const void* payload, uint64_t bytes,
            Protocol protocol, const Registration* device = nullptr);
  /// A header alone, faster: it arrives as what it is.
  void say(Operation& operation, std::span<const std::byte> header);
  void get(Operation& operation, void* to, uint64_t bytes, uint64_t from, const RemoteKey& key);
  void put(Operation& operation, const void* from, uint64_t bytes, uint64_t to, const RemoteKey& key);
  /// Ends once all that was posted before has reached the peer's memory.
  void flush(Operation& operation);
  /// Once. Politely: ends after all that was posted. By force: what is posted ends with Code::cancelled, soon.
  void close(Operation& operation, bool by_force);

 private:
  static void failed(void* self, ucp_ep_h endpoint, ucs_status_t status);
  Engine& engine_;
  Failed failed_;
  void* owner_;
  ucp_ep_h raw_ = nullptr;
};

}  // namespace stretto::ucx
