// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/courier.h"

namespace stretto {

Courier::Courier(DeviceHandle& device, LaneHandle& lane)
    : lane_(lane), reached_(device.open_semaphore()), acted_(device.open_semaphore()) {}

void Courier::at_lane(std::function<void()> action) {
  lane_.signal(reached_, ++lane_value_);
  push({lane_value_, 0, std::move(action)});
}

void Courier::in_order(std::function<void()> action) { push({0, 0, std::move(action)}); }

void Courier::block_lane() {
  push({0, ++host_value_, nullptr});
  lane_.wait(acted_, host_value_);
}

void Courier::push(Item item) {
  const std::scoped_lock lock(mutex_);
  items_.push_back(std::move(item));
  changed_.notify_one();
}

void Courier::finish() {
  const std::scoped_lock lock(mutex_);
  finished_ = true;
  changed_.notify_one();
}

void Courier::abort() {
  const std::scoped_lock lock(mutex_);
  aborted_ = true;
  changed_.notify_one();
}

void Courier::run() {
  for (;;) {
    Item item{};
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return aborted_ || finished_ || !items_.empty(); });
      if (aborted_ || items_.empty()) return;
      item = std::move(items_.front());
      items_.pop_front();
    }
    if (item.lane_value != 0) reached_.host_wait(item.lane_value, Deadline::max());
    if (item.action) item.action();
    if (item.host_value != 0) acted_.host_signal(item.host_value);
  }
}

}  // namespace stretto
