// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
// Ops that stand in for others in trials of schedules and of failures.
#include "ops.h"

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace stretto::tensor {
namespace {

int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

class BusyKernel final : public Kernel {
 public:
  BusyKernel(double seconds, bool spin) : nanoseconds_(static_cast<int64_t>(seconds * 1e9)), spin_(spin) {}
  void launch(const Launch& launch) override {
    const int64_t end = now() + nanoseconds_;
    copy_value(launch.input(0), launch.result(0));
    if (spin_) {
      while (now() < end) {
      }
      return;
    }
    const timespec until{static_cast<time_t>(end / 1'000'000'000), static_cast<long>(end % 1'000'000'000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
  }

 private:
  int64_t nanoseconds_;
  bool spin_;
};

class FailKernel final : public Kernel {
 public:
  FailKernel(std::span<const int64_t> at, std::string message)
      : at_(at.begin(), at.end()), message_(std::move(message)) {}
  void launch(const Launch& launch) override {
    if (std::ranges::find(at_, launch.execution()) != at_.end()) throw Error(Code::internal, message_);
    copy_value(launch.input(0), launch.result(0));
  }

 private:
  std::vector<int64_t> at_;
  std::string message_;
};

}  // namespace

std::unique_ptr<Kernel> Busy::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return std::make_unique<BusyKernel>(call.args().seconds("seconds"), call.args().boolean("spin"));
}

std::unique_ptr<Kernel> Fail::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return std::make_unique<FailKernel>(call.args().integers("at"), call.args().text("message"));
}

}  // namespace stretto::tensor
