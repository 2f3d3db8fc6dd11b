// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include "api_table.h"
#include "violations.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace stretto::testing {
namespace {

// The tables hold plain functions, so what these know is the process's.

std::mutex mutex;
std::atomic<Courier> courier{Courier::waits};
std::atomic<Words> words{Words::order};

void host_tells(uint64_t of, uint64_t value) {
  static auto* tell = of_the_fake<void(uint64_t, uint64_t)>("stretto_fake_host_tells");
  tell(of, value);
}

void host_hears(uint64_t of, uint64_t value) {
  static auto* hear = of_the_fake<void(uint64_t, uint64_t)>("stretto_fake_host_hears");
  hear(of, value);
}

uint64_t name_of(stretto_semaphore* semaphore) { return reinterpret_cast<uint64_t>(semaphore); }

/// The calls of the device `cpu`, whose lanes are threads.
struct WatchedThreads {
  inline static stretto_device_api own;  ///< the plugin's

  // Told before it is done, here and below: who sees it done finds it told.
  static int32_t lane_signal(stretto_lane* lane, stretto_semaphore* semaphore, uint64_t value,
                             const stretto_sink* sink) {
    host_tells(name_of(semaphore), value);
    return own.lane_signal(lane, semaphore, value, sink);
  }

  static int32_t lane_wait(stretto_lane* lane, stretto_semaphore* semaphore, uint64_t value, const stretto_sink* sink) {
    const int32_t code = own.lane_wait(lane, semaphore, value, sink);
    if (code == STRETTO_OK) host_hears(name_of(semaphore), value);
    return code;
  }

  static void stand_in(stretto_device_api& table) {
    own = table;
    table.lane_signal = lane_signal;
    table.lane_wait = lane_wait;
  }
};

/// The calls of the device `cuda`: a semaphore, raised or waited for by a lane or by the host.
struct WatchedDevice {
  inline static stretto_device_api own;  ///< the plugin's
  inline static std::map<stretto_lane*, uint64_t> streams;
  inline static std::set<stretto_semaphore*> raised_by_lanes;
  inline static std::set<stretto_semaphore*> at_words;
  inline static std::condition_variable issued;
  inline static size_t steps = 0;

  static uint64_t stream_of(stretto_lane* lane) {
    const std::lock_guard lock(mutex);
    return streams.at(lane);
  }

  static int32_t lane_open(stretto_device* device, const char* name, int32_t priority, stretto_lane** lane,
                           const stretto_sink* sink) {
    const int32_t code = own.lane_open(device, name, priority, lane, sink);
    if (code != STRETTO_OK) return code;
    stretto_native native{};
    native.size = sizeof native;
    const int32_t found = own.lane_native(*lane, &native, sink);
    const std::lock_guard lock(mutex);
    streams[*lane] = native.value;
    return found;
  }

  static int32_t lane_signal(stretto_lane* lane, stretto_semaphore* semaphore, uint64_t value,
                             const stretto_sink* sink) {
    static auto* tell = of_the_fake<void(uint64_t, uint64_t, uint64_t)>("stretto_fake_stream_tells");
    tell(stream_of(lane), name_of(semaphore), value);
    {
      const std::lock_guard lock(mutex);
      raised_by_lanes.insert(semaphore);
    }
    return own.lane_signal(lane, semaphore, value, sink);
  }

  static int32_t lane_wait(stretto_lane* lane, stretto_semaphore* semaphore, uint64_t value, const stretto_sink* sink) {
    static auto* hear = of_the_fake<void(uint64_t, uint64_t, uint64_t)>("stretto_fake_stream_hears");
    if (words == Words::are_not_awaited) {
      const std::lock_guard lock(mutex);
      if (at_words.contains(semaphore)) return STRETTO_OK;
    }
    if (courier == Courier::is_not_heard) {
      const std::lock_guard lock(mutex);
      if (!raised_by_lanes.contains(semaphore)) return STRETTO_OK;
    }
    const int32_t code = own.lane_wait(lane, semaphore, value, sink);
    if (code == STRETTO_OK) hear(stream_of(lane), name_of(semaphore), value);
    return code;
  }

  static int32_t host_signal(stretto_semaphore* semaphore, uint64_t value, const stretto_sink* sink) {
    host_tells(name_of(semaphore), value);
    return own.host_signal(semaphore, value, sink);
  }

  static int32_t host_wait(stretto_semaphore* semaphore, uint64_t value, int64_t deadline, const stretto_sink* sink) {
    if (courier == Courier::is_deaf) return STRETTO_OK;
    const int32_t code = own.host_wait(semaphore, value, deadline, sink);
    if (code == STRETTO_OK) host_hears(name_of(semaphore), value);
    return code;
  }

  static int32_t semaphore_at(stretto_device* device, void* word, stretto_semaphore** semaphore,
                              const stretto_sink* sink) {
    const int32_t code = own.semaphore_at(device, word, semaphore, sink);
    const std::lock_guard lock(mutex);
    if (code == STRETTO_OK) at_words.insert(*semaphore);
    return code;
  }

  static void semaphore_close(stretto_semaphore* semaphore) {
    static auto* forget = of_the_fake<void(uint64_t)>("stretto_fake_forget");
    forget(name_of(semaphore));
    {
      const std::lock_guard lock(mutex);
      raised_by_lanes.erase(semaphore);
      at_words.erase(semaphore);
    }
    own.semaphore_close(semaphore);
  }

  static void range_pop(stretto_lane* lane) {
    own.range_pop(lane);
    const std::lock_guard lock(mutex);
    ++steps;
    issued.notify_all();
  }

  static void stand_in(stretto_device_api& table) {
    own = table;
    table.lane_open = lane_open;
    table.lane_signal = lane_signal;
    table.lane_wait = lane_wait;
    table.host_signal = host_signal;
    table.host_wait = host_wait;
    table.semaphore_at = semaphore_at;
    table.semaphore_close = semaphore_close;
    table.range_pop = range_pop;
  }
};

/// One actor's instance of a transport, and its end of a channel.
struct Instance {
  uint32_t actor;
  bool driver;
};
struct End {
  uint32_t channel;
  uint32_t slots;
  std::vector<uint32_t> readers;
  Instance instance;
  std::string name;

  // Far below the addresses that name semaphores.
  uint64_t sent() const { return uint64_t{channel} << 16U; }
  uint64_t acquired() const { return sent() + 1; }
  uint64_t released(size_t reader) const { return sent() + 2 + reader; }
  uint64_t place() const {
    return static_cast<uint64_t>(std::find(readers.begin(), readers.end(), instance.actor) - readers.begin());
  }
};

uint64_t mark_of(int64_t execution) { return static_cast<uint64_t>(execution) + 1; }

/// The transport's calls: a message, sent and received, a slot, released and acquired.
struct WatchedTransport {
  inline static stretto_transport_api own;  ///< the plugin's
  inline static std::map<stretto_transport*, Instance> instances;
  inline static std::map<stretto_end*, End> ends;

  static End known(stretto_end* end) {
    const std::lock_guard lock(mutex);
    return ends.at(end);
  }

  static int32_t open(const stretto_transport_open* request, stretto_transport** transport, const stretto_sink* sink) {
    const int32_t code = own.open(request, transport, sink);
    const std::lock_guard lock(mutex);
    if (code == STRETTO_OK) instances[*transport] = {request->actor, request->actor + 1 == request->actor_count};
    return code;
  }

  static void meet(stretto_transport* transport, const stretto_channel& channel, stretto_end* end) {
    const std::lock_guard lock(mutex);
    ends[end] = {channel.id,
                 channel.slots,
                 {channel.readers, channel.readers + channel.reader_count},
                 instances.at(transport),
                 channel.name};
  }
  static int32_t writer(stretto_transport* transport, const stretto_channel* channel, stretto_end** end,
                        const stretto_sink* sink) {
    const int32_t code = own.writer(transport, channel, end, sink);
    if (code == STRETTO_OK) meet(transport, *channel, *end);
    return code;
  }
  static int32_t reader(stretto_transport* transport, const stretto_channel* channel, stretto_end** end,
                        const stretto_sink* sink) {
    const int32_t code = own.reader(transport, channel, end, sink);
    if (code == STRETTO_OK) meet(transport, *channel, *end);
    return code;
  }

  /// The driver uses a shared slot in place, on the host.
  static void driver_touches(stretto_end* raw, int64_t execution, uint64_t bytes, bool writes) {
    static auto* touch = of_the_fake<void(const void*, size_t, int, const char*)>("stretto_fake_host_touches");
    const End end = known(raw);
    if (!end.instance.driver || (own.flags & STRETTO_TRANSPORT_SHARES_SLOTS) == 0) return;
    void* memory = nullptr;
    const auto slot = static_cast<uint32_t>(static_cast<uint64_t>(execution) % end.slots);
    if (own.slot(raw, slot, &memory, nullptr) != STRETTO_OK) return;
    touch(memory, bytes, writes ? 1 : 0, ("the driver, by channel " + end.name + ",").c_str());
  }

  static int32_t acquire(stretto_end* raw, int64_t execution, int64_t deadline, const stretto_sink* sink) {
    const int32_t code = own.acquire(raw, execution, deadline, sink);
    const End end = known(raw);
    if (code != STRETTO_OK) return code;
    for (size_t reader = 0; reader < end.readers.size() && mark_of(execution) > end.slots; ++reader)
      host_hears(end.released(reader), mark_of(execution) - end.slots);
    host_tells(end.acquired(), mark_of(execution));
    return code;
  }

  static int32_t send(stretto_end* raw, int64_t execution, uint64_t bytes, const void* note, int64_t deadline,
                      const stretto_sink* sink) {
    static auto* need = of_the_fake<void(uint64_t, uint64_t, const char*)>("stretto_fake_host_needs");
    const End end = known(raw);
    need(end.acquired(), mark_of(execution), ("channel " + end.name + " sends a slot that it acquires").c_str());
    driver_touches(raw, execution, bytes, true);
    host_tells(end.sent(), mark_of(execution));
    return own.send(raw, execution, bytes, note, deadline, sink);
  }

  static int32_t receive(stretto_end* raw, int64_t execution, uint64_t* bytes, void* note, int64_t deadline,
                         const stretto_sink* sink) {
    const int32_t code = own.receive(raw, execution, bytes, note, deadline, sink);
    if (code != STRETTO_OK) return code;
    host_hears(known(raw).sent(), mark_of(execution));
    driver_touches(raw, execution, *bytes, false);
    return code;
  }

  static int32_t release(stretto_end* raw, int64_t execution, const stretto_sink* sink) {
    const End end = known(raw);
    host_tells(end.released(end.place()), mark_of(execution));
    return own.release(raw, execution, sink);
  }

  static void stand_in(stretto_transport_api& table) {
    own = table;
    table.open = open;
    table.writer = writer;
    table.reader = reader;
    table.acquire = acquire;
    table.send = send;
    table.receive = receive;
    table.release = release;
  }
};

}  // namespace

void watch(Catalogue& catalogue) {
  WatchedThreads::stand_in(api_table<stretto_device_api>(catalogue, STRETTO_DEVICE, "cpu"));
  WatchedDevice::stand_in(api_table<stretto_device_api>(catalogue, STRETTO_DEVICE, "cuda"));
  WatchedTransport::stand_in(api_table<stretto_transport_api>(catalogue, STRETTO_TRANSPORT, "shm"));
  of_the_fake<void(int)>("stretto_fake_tell_threads_apart")(1);
}

void leave_out(Courier what) { courier = what; }
void leave_out(Words what) { words = what; }

size_t issued_steps() {
  const std::lock_guard lock(mutex);
  return WatchedDevice::steps;
}

bool await_issued_steps(size_t count) {
  std::unique_lock lock(mutex);
  return WatchedDevice::issued.wait_for(lock, std::chrono::seconds(30), [&] { return WatchedDevice::steps >= count; });
}

}  // namespace stretto::testing
