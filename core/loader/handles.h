// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Owners of what plugins make, for the executor: thin, move-only wrappers over the C tables.
/// Every call throws Error with the plugin's own code and message. The rules of each call (thread, blocking) stand in
/// abi.h. Settings must be complete: check_arguments against the component's schema comes before.
/// A handle that was default-constructed or moved from is empty: it may be assigned to and destroyed, nothing else.

#include "stretto/catalogue.h"
#include "stretto/device.h"
#include "stretto/op.h"
#include "stretto/transport.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace stretto {

/// A timeline semaphore. Any thread. Must be destroyed before its device.
class SemaphoreHandle {
 public:
  SemaphoreHandle() = default;
  /// Raises the counter to at least `value`. Never blocks.
  void host_signal(uint64_t value);
  /// Blocks until the counter is at least `value`. Throws Code::timed_out, or Code::cancelled after abort.
  void host_wait(uint64_t value, Deadline deadline);
  stretto_semaphore* raw() { return raw_.get(); }

 private:
  friend class DeviceHandle;
  struct Close {
    const stretto_device_api* api;
    void operator()(stretto_semaphore* semaphore) const noexcept;
  };
  SemaphoreHandle(const stretto_device_api* api, stretto_semaphore* raw) : raw_(raw, Close{api}) {}
  std::unique_ptr<stretto_semaphore, Close> raw_;
};

/// Work of one lane that was recorded. The thread of the lane. Destroyed after its lane.
class CaptureHandle {
 public:
  CaptureHandle() = default;
  /// Enqueues all of it on its lane.
  void launch();

 private:
  friend class LaneHandle;
  struct Close {
    const stretto_device_api* api;
    void operator()(stretto_capture* capture) const noexcept;
  };
  std::unique_ptr<stretto_capture, Close> raw_;
};

/// One in-order queue; one thread at a time. Destroying waits until the lane is empty, or the device aborted.
class LaneHandle {
 public:
  LaneHandle() = default;
  void signal(SemaphoreHandle& semaphore, uint64_t value);
  void wait(SemaphoreHandle& semaphore, uint64_t value);
  void copy(void* destination, const void* source, uint64_t bytes);
  /// Records what `enqueue` has ops and copies put on this lane. May block. Throws what that throws. Only of a device
  /// with STRETTO_DEVICE_CAPTURES.
  template <class Enqueue>
  CaptureHandle capture(Enqueue&& enqueue) {
    begin_capture();
    try {
      enqueue();
    } catch (...) {
      give_up_capture();
      throw;
    }
    return end_capture();
  }
  /// While one lane of the device records; the rules stand in abi.h.
  void mark(uint64_t mark);
  void follow(LaneHandle& other, uint64_t mark);
  /// What ops and stream-ordered transports are given. Valid as long as the lane.
  const stretto_native& native() const { return native_; }

 private:
  friend class DeviceHandle;
  friend class LaneRange;
  struct Close {
    const stretto_device_api* api;
    void operator()(stretto_lane* lane) const noexcept;
  };
  LaneHandle(const stretto_device_api* api, stretto_lane* raw);
  void begin_capture();
  CaptureHandle end_capture();
  void give_up_capture() noexcept;
  std::unique_ptr<stretto_lane, Close> raw_;
  stretto_native native_{};
};

/// Tells a profiler what this thread does or enqueues on a lane for as long as this lives. One thread; ranges nest.
class LaneRange {
 public:
  /// `name` outlives the lane.
  LaneRange(LaneHandle& lane, const std::string& name, int64_t execution);
  LaneRange(const LaneRange&) = delete;
  LaneRange& operator=(const LaneRange&) = delete;
  ~LaneRange();

 private:
  LaneHandle& lane_;
};

/// One opened device. Any thread. Must outlive its lanes, semaphores and memory.
class DeviceHandle {
 public:
  DeviceHandle() = default;
  /// Throws Code::unavailable, with the device's own reason, where there is no such device here.
  static DeviceHandle open(const LoadedComponent& component, int index, const Arguments& settings);
  bool blocking() const;
  bool host_accessible() const;
  /// Aligned to 64 bytes at least. Throws Code::overloaded where there is no room.
  void* allocate(uint64_t bytes);
  void free(void* memory) noexcept;
  /// Makes host memory reachable by lane copies; nothing to do for devices that need no such thing.
  void pin(void* memory, uint64_t bytes);
  void unpin(void* memory) noexcept;
  /// priority 1: communication, 0: computation. `name` is for traces.
  LaneHandle open_lane(const std::string& name, int priority);
  SemaphoreHandle open_semaphore();
  /// Only with STRETTO_DEVICE_EXPORTS, as the three below; see abi.h. Given back by `free`.
  void* allocate_exported(uint64_t bytes, Exported& exported);
  void* import_memory(const Exported& exported);
  void release_memory(void* memory) noexcept;
  SemaphoreHandle open_semaphore_at(std::atomic<uint64_t>& word);
  /// Ends every wait, present and future, with Code::cancelled. Any thread; never blocks.
  void abort() noexcept;
  /// Throws the asynchronous error that ended the device, if there is one. Never blocks.
  void status();
  const stretto_device_api* api() const { return raw_.get_deleter().api; }
  stretto_device* raw() const { return raw_.get(); }

 private:
  struct Close {
    const stretto_device_api* api;
    std::unique_ptr<RawSettings> settings;  // the plugin may read them until it is closed
    void operator()(stretto_device* device) const noexcept;
  };
  std::unique_ptr<stretto_device, Close> raw_;
};

/// One actor's end of one channel. Copyable, owns nothing: the end lives until its transport is destroyed.
class EndHandle {
 public:
  EndHandle() = default;
  /// Where a slot lies in this process (SHARES_SLOTS). After connect.
  void* slot(uint32_t index);
  /// The host's memory of a slot, to be registered; transports that need no such thing ignore it. Before connect.
  void bind(uint32_t slot, void* memory, uint64_t bytes);
  void acquire(int64_t execution, Deadline deadline);
  void send(int64_t execution, uint64_t bytes, const void* note, Deadline deadline);
  /// Returns the bytes of the message.
  uint64_t receive(int64_t execution, void* note, Deadline deadline);
  void release(int64_t execution);
  void lane_send(const stretto_native& lane, const void* memory, uint64_t bytes);
  void lane_receive(const stretto_native& lane, void* memory, uint64_t bytes);
  /// `input` is null where the member has none.
  void lane_collective(const stretto_native& lane, const void* input, void* result);
  /// Of channels with words: before connect, after it, after it.
  void offer_memory(const Exported& exported);
  Exported offered_memory();
  std::atomic<uint64_t>& word(uint32_t index);

 private:
  friend class TransportHandle;
  EndHandle(const stretto_transport_api* api, stretto_end* raw) : api_(api), raw_(raw) {}
  const stretto_transport_api* api_ = nullptr;
  stretto_end* raw_ = nullptr;
};

struct TransportRequest {
  uint32_t actor;
  uint32_t actor_count;
  const Arguments& settings;
  const stretto_native& device;          ///< of this actor; must outlive the transport
  const DeviceHandle* opened = nullptr;  ///< the same; null: the actor has none. As long
};

/// One actor's instance of a transport. Must outlive its ends. `abort` from any thread, the rest as abi.h says.
class TransportHandle {
 public:
  TransportHandle() = default;
  static TransportHandle open(const LoadedComponent& component, const TransportRequest& request);
  EndHandle writer(const ChannelInfo& channel);
  EndHandle reader(const ChannelInfo& channel);
  /// Only with STRETTO_TRANSPORT_COLLECTIVES.
  EndHandle collective(const CollectiveInfo& collective);
  /// One round of connecting; `theirs` is empty in round 0. Blocks until `deadline` at most. Returns whether this actor
  /// is done. The bytes of `mine` are copied; its descriptors stay the transport's. Those of `theirs` become the
  /// transport's.
  bool connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline deadline);
  /// Host memory for one slot that will be bound; the transport's own, until it is closed. Before connecting. Only with
  /// STRETTO_TRANSPORT_ALLOCATES.
  void* allocate(uint64_t bytes);
  void group_begin();
  void group_end();
  /// Ends every wait, present and future, with Code::cancelled. Any thread; never blocks.
  void abort() noexcept;
  uint32_t flags() const;  ///< STRETTO_TRANSPORT_…

 private:
  struct Close {
    const stretto_transport_api* api;
    std::unique_ptr<RawSettings> settings;  // the plugin may read them until it is closed
    void operator()(stretto_transport* transport) const noexcept;
  };
  const stretto_transport_api* api() const { return raw_.get_deleter().api; }
  std::unique_ptr<stretto_transport, Close> raw_;
};

/// Why a transport with collectives can't do one; empty where it can. Pure.
std::string refusal_of(const LoadedComponent& component, const CollectiveInfo& collective);

/// Why a transport with these settings keeps no slots in the memory of a device that its actors share; empty where it
/// does. Pure.
std::string refusal_of_device_slots(const LoadedComponent& component, const Arguments& settings);

/// The prepared state of one node on one lane; one thread at a time.
class KernelHandle {
 public:
  KernelHandle() = default;
  /// Computes, or enqueues on the lane it was prepared for. Throws what the op reports; allocates nothing otherwise.
  void launch(const stretto_launch& launch);

 private:
  friend class OpHandle;
  struct Release {
    const stretto_op* op;
    std::unique_ptr<RawSettings> args;  // the op may read them until it is released
    void operator()(void* state) const noexcept;
  };
  std::unique_ptr<void, Release> state_;
};

/// Which of a collective's calls one is; of other ops none of none.
struct Membership {
  uint32_t member = 0;
  uint32_t count = 0;
};

/// One op of a library. Copyable, owns nothing; any thread.
class OpHandle {
 public:
  /// Throws Code::invalid_argument with the nearest name where the library has no such op.
  static OpHandle find(const LoadedComponent& library, const std::string& op);
  /// `inputs` flat by port, `port_counts` by port. `args` must be complete. Pure.
  /// Throws Code::invalid_argument with the op's reason when the call makes no sense.
  Inference infer(const std::vector<Spec>& inputs, std::span<const uint32_t> port_counts, const Arguments& args,
                  Membership membership = {}) const;
  /// Makes the state of one node on one lane; may allocate and block.
  KernelHandle prepare(const std::vector<Spec>& inputs, std::span<const uint32_t> port_counts, const Arguments& args,
                       const stretto_native& lane, Membership membership = {}) const;
  const stretto_op& raw() const { return *raw_; }

 private:
  explicit OpHandle(const stretto_op* raw) : raw_(raw) {}
  const stretto_op* raw_;
};

}  // namespace stretto
