// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Devices: memory, lanes and timeline semaphores of one kind of hardware.
/// Derive from Device, Lane and Semaphore, and hand `device_component<MyDevice>(…)` to STRETTO_PLUGIN.

#include "stretto/plugin.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>

namespace stretto {

/// An absolute time on CLOCK_MONOTONIC; Deadline::max() is "none".
using Deadline = std::chrono::steady_clock::time_point;
/// Of an option of Type::seconds.
inline std::chrono::nanoseconds nanoseconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}
/// So long from now: seconds, rounded to the clock.
inline Deadline deadline_after(std::chrono::duration<double> patience) {
  return std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(patience);
}
inline Deadline deadline_from_raw(int64_t nanoseconds) {
  return nanoseconds == STRETTO_NO_DEADLINE ? Deadline::max() : Deadline(std::chrono::nanoseconds(nanoseconds));
}
inline int64_t to_raw(Deadline deadline) {
  return deadline == Deadline::max()
             ? STRETTO_NO_DEADLINE
             : std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count();
}

/// A counter that starts at 0 and only grows. Any thread.
class Semaphore {
 public:
  Semaphore() = default;
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  virtual ~Semaphore() = default;
  /// Raises the counter to at least `value`. Never blocks.
  virtual void host_signal(uint64_t value) = 0;
  /// Blocks until the counter is at least `value`. Throws Code::timed_out, or Code::cancelled after Device::abort.
  virtual void host_wait(uint64_t value, Deadline deadline) = 0;
};

/// Work of one lane that was recorded. Its lane is gone before it is destroyed.
class Capture {
 public:
  Capture() = default;
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  virtual ~Capture() = default;
  /// Enqueues all of it on its lane. Allocates nothing.
  virtual void launch() = 0;
};

/// One in-order queue. On a blocking device the one thread that calls is the lane, and calls block; else they enqueue
/// and return, and one thread at a time calls.
class Lane {
 public:
  Lane() = default;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  virtual ~Lane() = default;  ///< waits until the lane is empty, or the device aborted
  virtual void signal(Semaphore& semaphore, uint64_t value) = 0;
  virtual void wait(Semaphore& semaphore, uint64_t value) = 0;
  virtual void copy(void* destination, const void* source, uint64_t bytes) = 0;
  virtual stretto_native native() = 0;
  /// Of a device with STRETTO_DEVICE_CAPTURES: what ops and `copy` enqueue until end_capture is recorded, and not run.
  virtual void begin_capture() { throw Error(Code::unimplemented, "captures are not offered by this device"); }
  /// Called after a failure of what was recorded, too; whatever it throws, the recording is over. May allocate and
  /// block.
  virtual std::unique_ptr<Capture> end_capture() {
    throw Error(Code::unimplemented, "captures are not offered by this device");
  }
  /// While one lane of the device records: says how far this one has come; and what it records from here on comes after
  /// that mark of another one, which brings it in (abi.h).
  virtual void mark(uint64_t /*mark*/) { throw Error(Code::unimplemented, "captures are not offered by this device"); }
  virtual void follow(Lane& /*other*/, uint64_t /*mark*/) {
    throw Error(Code::unimplemented, "captures are not offered by this device");
  }
  /// For profilers: what the calling thread does or enqueues until the pop is step `name` of `execution`. Ranges nest;
  /// a push and its pop come from one thread; `name` outlives the lane. The default says nothing.
  virtual void range_push(const char* /*name*/, int64_t /*execution*/) noexcept {}
  virtual void range_pop() noexcept {}
};

/// Tells where exported memory lies: plain bytes that any process of this host may carry.
using Exported = std::array<std::byte, STRETTO_EXPORT_BYTES>;

/// One opened device. Owns nothing that it handed out; all of that is gone before the device is destroyed.
/// A derived class has a constructor `(const DeviceOpen&)` and a `static int count(std::string& reason)`.
class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;
  /// Ends every wait, present and future, with Code::cancelled. Any thread; never blocks.
  virtual void abort() noexcept = 0;
  /// At least 64-byte aligned. Throws Code::overloaded when there is no room.
  virtual void* allocate(uint64_t bytes) = 0;
  virtual void free(void* memory) noexcept = 0;
  virtual std::unique_ptr<Lane> open_lane(const char* name, int priority) = 0;
  /// Destroyed when every call with it has returned and no lane has work left that uses it.
  virtual std::unique_ptr<Semaphore> open_semaphore() = 0;
  /// Makes host memory reachable by lane copies. The default does nothing. Memory of less than a page lies within one,
  /// larger memory has its pages to itself; the same memory may be pinned several times.
  virtual void pin(void* /*memory*/, uint64_t /*bytes*/) {}
  virtual void unpin(void* /*memory*/) noexcept {}
  /// Throws the asynchronous error that ended the device, if there is one. Never blocks.
  virtual void status() {}
  /// With STRETTO_DEVICE_EXPORTS, these four; the rules stand in abi.h. The defaults throw Code::unimplemented.
  virtual void* allocate_exported(uint64_t /*bytes*/, Exported& /*exported*/) { exports_nothing(); }
  /// Throws Code::unavailable with the reason and the mend.
  virtual void* import_memory(const Exported& /*exported*/) { exports_nothing(); }
  virtual void release_memory(void* /*memory*/) noexcept {}
  virtual std::unique_ptr<Semaphore> open_semaphore_at(std::atomic<uint64_t>& /*word*/) { exports_nothing(); }

 private:
  [[noreturn]] static void exports_nothing() {
    throw Error(Code::unimplemented, "this device does not share its memory (EXPORTS)");
  }
};

struct DeviceOpen {
  int index;
  Settings settings;
};

/// Rough rates of one such device: they rank steps where nothing has been measured. 0: the core's default, which is one
/// core's.
struct DeviceRates {
  double flops = 0;           ///< per second
  double bandwidth = 0;       ///< bytes per second that ops read and write
  double copy_bandwidth = 0;  ///< bytes per second of Lane::copy, to and from the host
  double launch = 0;          ///< seconds that an op or a copy takes at least
  double capture = 0;         ///< seconds that Capture::launch takes at least
  double captured = 0;        ///< and each op or copy in it
};

struct DeviceInfo {
  const char* name;
  const char* summary;
  const char* memory_kind;
  uint32_t flags;  ///< STRETTO_DEVICE_…
  DeviceRates rates{};
};

namespace detail {
template <class T, class Raw>
T& as(Raw* raw) {
  return *reinterpret_cast<T*>(raw);
}
template <class Raw, class T>
Raw* raw_of(T* object) {
  return reinterpret_cast<Raw*>(object);
}

template <class Derived>
void add_findings(Component& component) {
  if constexpr (requires { Derived::findings(); })
    component.raw.examine = [](const stretto_sink* findings, const stretto_sink* sink) {
      return guard(sink, [&] {
        for (const std::string& finding : Derived::findings())
          findings->report(findings->context, finding.data(), finding.size());
      });
    };
}

inline void add_exports(stretto_device_api& api) {
  api.allocate_exported = [](stretto_device* device, uint64_t bytes, void** memory, void* exported,
                             const stretto_sink* sink) {
    return guard(sink, [&] {
      Exported told{};
      *memory = as<Device>(device).allocate_exported(bytes, told);
      std::memcpy(exported, told.data(), told.size());
    });
  };
  api.import_memory = [](stretto_device* device, const void* exported, void** memory, const stretto_sink* sink) {
    return guard(sink, [&] {
      Exported told{};
      std::memcpy(told.data(), exported, told.size());
      *memory = as<Device>(device).import_memory(told);
    });
  };
  api.release_memory = [](stretto_device* device, void* memory) { as<Device>(device).release_memory(memory); };
  api.semaphore_at = [](stretto_device* device, void* word, stretto_semaphore** semaphore, const stretto_sink* sink) {
    static_assert(sizeof(std::atomic<uint64_t>) == 8 && std::atomic<uint64_t>::is_always_lock_free);
    return guard(sink, [&] {
      *semaphore = raw_of<stretto_semaphore>(
          as<Device>(device).open_semaphore_at(*static_cast<std::atomic<uint64_t>*>(word)).release());
    });
  };
}

template <class Derived>
stretto_device_api make_device_api(const DeviceInfo& info) {
  stretto_device_api api{};
  api.size = sizeof api;
  api.flags = info.flags;
  api.memory_kind = info.memory_kind;
  api.count = [](int32_t* count, const stretto_sink* sink) {
    return guard(sink, [&] {
      std::string reason;
      *count = Derived::count(reason);
      if (*count == 0) report(sink, Code::ok, reason);
    });
  };
  api.open = [](const stretto_device_open* request, stretto_device** device, const stretto_sink* sink) {
    return guard(sink, [&] {
      Device* made = new Derived(DeviceOpen{request->index, Settings(request->settings)});
      *device = raw_of<stretto_device>(made);
    });
  };
  api.close = [](stretto_device* device) { delete &as<Device>(device); };
  api.abort = [](stretto_device* device) { as<Device>(device).abort(); };
  api.allocate = [](stretto_device* device, uint64_t bytes, void** memory, const stretto_sink* sink) {
    return guard(sink, [&] { *memory = as<Device>(device).allocate(bytes); });
  };
  api.free = [](stretto_device* device, void* memory) { as<Device>(device).free(memory); };
  api.pin = [](stretto_device* device, void* memory, uint64_t bytes, const stretto_sink* sink) {
    return guard(sink, [&] { as<Device>(device).pin(memory, bytes); });
  };
  api.unpin = [](stretto_device* device, void* memory) { as<Device>(device).unpin(memory); };
  api.lane_open = [](stretto_device* device, const char* name, int32_t priority, stretto_lane** lane,
                     const stretto_sink* sink) {
    return guard(sink, [&] { *lane = raw_of<stretto_lane>(as<Device>(device).open_lane(name, priority).release()); });
  };
  api.lane_close = [](stretto_lane* lane) { delete &as<Lane>(lane); };
  api.lane_native = [](stretto_lane* lane, stretto_native* native, const stretto_sink* sink) {
    return guard(sink, [&] { *native = as<Lane>(lane).native(); });
  };
  api.semaphore_open = [](stretto_device* device, stretto_semaphore** semaphore, const stretto_sink* sink) {
    return guard(sink, [&] { *semaphore = raw_of<stretto_semaphore>(as<Device>(device).open_semaphore().release()); });
  };
  api.semaphore_close = [](stretto_semaphore* semaphore) { delete &as<Semaphore>(semaphore); };
  api.lane_signal = [](stretto_lane* lane, stretto_semaphore* semaphore, uint64_t value, const stretto_sink* sink) {
    return guard(sink, [&] { as<Lane>(lane).signal(as<Semaphore>(semaphore), value); });
  };
  api.lane_wait = [](stretto_lane* lane, stretto_semaphore* semaphore, uint64_t value, const stretto_sink* sink) {
    return guard(sink, [&] { as<Lane>(lane).wait(as<Semaphore>(semaphore), value); });
  };
  api.host_signal = [](stretto_semaphore* semaphore, uint64_t value, const stretto_sink* sink) {
    return guard(sink, [&] { as<Semaphore>(semaphore).host_signal(value); });
  };
  api.host_wait = [](stretto_semaphore* semaphore, uint64_t value, int64_t deadline, const stretto_sink* sink) {
    return guard(sink, [&] { as<Semaphore>(semaphore).host_wait(value, deadline_from_raw(deadline)); });
  };
  api.lane_copy = [](stretto_lane* lane, void* destination, const void* source, uint64_t bytes,
                     const stretto_sink* sink) {
    return guard(sink, [&] { as<Lane>(lane).copy(destination, source, bytes); });
  };
  api.status = [](stretto_device* device, const stretto_sink* sink) {
    return guard(sink, [&] { as<Device>(device).status(); });
  };
  api.flops = info.rates.flops;
  api.bandwidth = info.rates.bandwidth;
  api.copy_bandwidth = info.rates.copy_bandwidth;
  api.launch = info.rates.launch;
  api.range_push = [](stretto_lane* lane, const char* name, int64_t execution) {
    as<Lane>(lane).range_push(name, execution);
  };
  api.range_pop = [](stretto_lane* lane) { as<Lane>(lane).range_pop(); };
  add_exports(api);
  api.capture_begin = [](stretto_lane* lane, const stretto_sink* sink) {
    return guard(sink, [&] { as<Lane>(lane).begin_capture(); });
  };
  api.capture_end = [](stretto_lane* lane, stretto_capture** capture, const stretto_sink* sink) {
    return guard(sink, [&] { *capture = raw_of<stretto_capture>(as<Lane>(lane).end_capture().release()); });
  };
  api.capture_mark = [](stretto_lane* lane, uint64_t mark, const stretto_sink* sink) {
    return guard(sink, [&] { as<Lane>(lane).mark(mark); });
  };
  api.capture_follow = [](stretto_lane* lane, stretto_lane* other, uint64_t mark, const stretto_sink* sink) {
    return guard(sink, [&] { as<Lane>(lane).follow(as<Lane>(other), mark); });
  };
  api.capture_launch = [](stretto_capture* capture, const stretto_sink* sink) {
    return guard(sink, [&] { as<Capture>(capture).launch(); });
  };
  api.capture_close = [](stretto_capture* capture) { delete &as<Capture>(capture); };
  api.capture = info.rates.capture;
  api.captured = info.rates.captured;
  return api;
}
}  // namespace detail

/// The component of one kind of device. A class that has `static std::vector<std::string> findings()` is asked by
/// `stretto doctor` what it found, one a text.
template <class Derived>
Component* device_component(const DeviceInfo& info, std::vector<Option> options = {}) {
  static const auto* api = new stretto_device_api(detail::make_device_api<Derived>(info));
  static auto* component = new Component(STRETTO_DEVICE, info.name, info.summary, std::move(options), api);
  detail::add_findings<Derived>(*component);
  return component;
}

}  // namespace stretto
