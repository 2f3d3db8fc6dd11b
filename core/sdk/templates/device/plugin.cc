// The device "@NAME@": the host's processors. A lane is the thread that calls; every call does its work before it
// returns. Its memory is of the kind "host", so that all ops for host memory work on it.
#include <stretto/device.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace {

using stretto::Code;
using stretto::Deadline;
using stretto::Error;

// What all semaphores of one device share.
struct Bell {
  std::mutex mutex;
  std::condition_variable rung;
  bool aborted = false;
};

class Semaphore : public stretto::Semaphore {
 public:
  explicit Semaphore(Bell& bell) : bell_(bell) {}

  void host_signal(uint64_t value) override {
    const std::lock_guard lock(bell_.mutex);
    value_ = std::max(value_, value);
    bell_.rung.notify_all();
  }

  void host_wait(uint64_t value, Deadline deadline) override {
    std::unique_lock lock(bell_.mutex);
    const auto over = [&] { return bell_.aborted || value_ >= value; };
    const bool in_time =
        deadline == Deadline::max() ? (bell_.rung.wait(lock, over), true) : bell_.rung.wait_until(lock, deadline, over);
    if (bell_.aborted) throw Error(Code::cancelled, "the device was aborted");
    if (!in_time) throw Error(Code::timed_out, "a semaphore did not get there before the deadline");
  }

 private:
  Bell& bell_;
  uint64_t value_ = 0;
};

class Lane : public stretto::Lane {
 public:
  explicit Lane(int index) : index_(index) {}
  void signal(stretto::Semaphore& semaphore, uint64_t value) override { semaphore.host_signal(value); }
  void wait(stretto::Semaphore& semaphore, uint64_t value) override { semaphore.host_wait(value, Deadline::max()); }
  void copy(void* destination, const void* source, uint64_t bytes) override {
    if (bytes != 0 && destination != source) std::memcpy(destination, source, bytes);
  }
  stretto_native native() override { return {sizeof(stretto_native), index_, "host", 0, 0}; }

 private:
  int index_;
};

class Device : public stretto::Device {
 public:
  explicit Device(const stretto::DeviceOpen& request) : index_(request.index) {
    if (index_ < 0) throw Error(Code::invalid_argument, "device index " + std::to_string(index_) + " is negative");
  }
  static int count(std::string& /*reason*/) { return 1; }  // 0, with the reason, where there is none

  void abort() noexcept override {
    const std::lock_guard lock(bell_.mutex);
    bell_.aborted = true;
    bell_.rung.notify_all();
  }
  void* allocate(uint64_t bytes) override {
    // Room for the rounding up is asked for first, so that it cannot overflow.
    void* memory = bytes > (uint64_t{1} << 62) ? nullptr : std::aligned_alloc(64, (bytes / 64 + 1) * 64);
    if (memory == nullptr) throw Error(Code::overloaded, "no room for " + std::to_string(bytes) + " bytes");
    return std::memset(memory, 0, bytes);  // the pages are there from now on
  }
  void free(void* memory) noexcept override { std::free(memory); }
  std::unique_ptr<stretto::Lane> open_lane(const char* /*name*/, int /*priority*/) override {
    return std::make_unique<Lane>(index_);
  }
  std::unique_ptr<stretto::Semaphore> open_semaphore() override { return std::make_unique<Semaphore>(bell_); }

 private:
  int index_;
  Bell bell_;
};

}  // namespace

STRETTO_PLUGIN("@NAME@", "0.1.0",
               stretto::device_component<Device>({"@NAME@", "the host's processors, one thread per lane", "host",
                                                  STRETTO_DEVICE_BLOCKING | STRETTO_DEVICE_HOST_ACCESSIBLE}))
