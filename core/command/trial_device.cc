// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/trial.h"
#include "loader/handles.h"

#include <cstring>
#include <fmt/format.h>
#include <thread>

namespace stretto {

namespace {

class OpenedDevice {
 public:
  explicit OpenedDevice(const LoadedComponent& component)
      : settings_(check_arguments({}, component.raw->options, component.raw->option_count, "option", {})) {
    const auto& api = *static_cast<const stretto_device_api*>(component.raw->api);
    std::string reason;
    const stretto_sink sink{sizeof sink, &reason, [](void* to, const char* text, size_t length) {
                              static_cast<std::string*>(to)->assign(text, length);
                            }};
    int32_t count = 0;
    if (api.count(&count, &sink) != STRETTO_OK || count == 0)
      throw NotTried("there is no such device here: " + (reason.empty() ? "it gives no reason" : reason));
    device = DeviceHandle::open(component, 0, settings_);
  }
  DeviceHandle device;

 private:
  Arguments settings_;
};

void try_memory(DeviceHandle& device) {
  std::vector<std::byte*> blocks;
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{1}, uint64_t{4096}, uint64_t{3} << 20}) {
    auto* memory = static_cast<std::byte*>(device.allocate(bytes));
    claim(bytes == 0 || memory != nullptr, fmt::format("{} bytes are at no address", bytes));
    claim(reinterpret_cast<uintptr_t>(memory) % 64 == 0, fmt::format("{} bytes are not aligned to 64", bytes));
    if (device.host_accessible() && bytes > 0) std::memset(memory, 0x5A, bytes);
    blocks.push_back(memory);
  }
  for (auto* block : blocks) device.free(block);
  claim_throws(Code::overloaded, "allocating 2^62 bytes", [&] { device.allocate(uint64_t{1} << 62); });
}

void try_semaphore(DeviceHandle& device) {
  auto semaphore = device.open_semaphore();
  semaphore.host_wait(0, soon());
  claim_throws(Code::timed_out, "waiting for a value that nobody raises",
               [&] { semaphore.host_wait(1, std::chrono::steady_clock::now()); });
  semaphore.host_signal(5);
  semaphore.host_signal(2);
  semaphore.host_wait(5, soon());
  claim_throws(Code::timed_out, "waiting for more than was raised",
               [&] { semaphore.host_wait(6, std::chrono::steady_clock::now()); });
}

void try_lane(DeviceHandle& device) {
  constexpr uint64_t kBytes = 1000;
  auto lane = device.open_lane("first", 0);
  auto other = device.open_lane("second", 1);
  auto ready = device.open_semaphore();
  auto done = device.open_semaphore();
  std::vector<std::byte> from(kBytes, std::byte{0x17});
  std::vector<std::byte> to(kBytes);
  device.pin(from.data(), kBytes);
  device.pin(to.data(), kBytes);
  void* between = device.allocate(kBytes);
  lane.copy(between, from.data(), kBytes);
  lane.signal(ready, 1);
  // On a blocking device the calling thread is the lane: what it waits for must have happened.
  other.wait(ready, 1);
  other.copy(to.data(), between, kBytes);
  other.signal(done, 1);
  done.host_wait(1, soon());
  claim(to == from, "bytes that one lane brought in and another took out have changed");
  device.free(between);
  device.unpin(from.data());
  device.unpin(to.data());
  device.status();
}

void try_abort(DeviceHandle& device) {
  auto semaphore = device.open_semaphore();
  std::string verdict = "an abort did not end a wait";
  std::thread waiter([&] {
    try {
      semaphore.host_wait(1, soon());
      verdict = "a wait ended without a signal";
    } catch (const Error& error) {
      verdict = error.code() == Code::cancelled ? "" : std::string("a wait was ended by: ") + error.what();
    }
  });
  device.abort();
  waiter.join();
  claim(verdict.empty(), verdict);
  claim_throws(Code::cancelled, "a wait after an abort", [&] { semaphore.host_wait(1, soon()); });
}

}  // namespace

void try_device(Trial& trial, const LoadedComponent& component) {
  const std::string who = "device " + component.name + ": ";
  const auto opened = [&component](void (*body)(DeviceHandle&)) {
    return [&component, body] {
      OpenedDevice opened(component);
      body(opened.device);
    };
  };
  trial.check(who + "memory is aligned, and an absurd size is refused", opened(try_memory));
  trial.check(who + "semaphores only grow, and waits keep their deadlines", opened(try_semaphore));
  trial.check(who + "lanes copy, signal and wait", opened(try_lane));
  trial.check(who + "an abort ends every wait", opened(try_abort));
  trial.check(who + "a job on it gives the right bits", [&] {
    const OpenedDevice here(component);
    TrialJob job;
    job.device = component.name;
    run_trial_job(trial, job);
  });
}

}  // namespace stretto
