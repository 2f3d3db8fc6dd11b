// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "semaphore.h"

#include "lane.h"
#include "rest.h"

#include <algorithm>

namespace stretto::cuda {

void Shared::abort() noexcept {
  aborted_.store(true, std::memory_order_seq_cst);
  end_waits();
}

void Shared::end_waits() noexcept {
  words.end_all();
  const std::lock_guard lock(mutex_);
  for (auto* semaphore : semaphores_) semaphore->end();
}

void Shared::join(LaneSemaphore& semaphore) {
  const std::lock_guard lock(mutex_);
  semaphores_.push_back(&semaphore);
}

void Shared::leave(LaneSemaphore& semaphore) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase(semaphores_, &semaphore);
}

Timeline::Timeline(Shared& shared) : shared_(shared), word_(shared.words.take()) { shared_.join(*this); }

Timeline::~Timeline() {
  shared_.leave(*this);
  word_.store(Words::kEnd, std::memory_order_release);
}

void Timeline::expect_raiser(const void* raiser) {
  if (raiser_ == nullptr) raiser_ = raiser;
  if (raiser_ != raiser)
    throw Error(Code::invalid_argument,
                "a semaphore of a CUDA device is raised by the host or by one lane; another one raises it already");
}

void Timeline::host_signal(uint64_t value) {
  {
    const std::lock_guard lock(mutex_);
    expect_raiser(this);
    if (word_.load(std::memory_order_relaxed) >= value) return;
    word_.store(value, std::memory_order_release);
  }
  parked_.wake_all();
}

void Timeline::lane_signal(const StreamLane& lane, cudaStream_t stream, uint64_t value) {
  {
    const std::lock_guard lock(mutex_);
    expect_raiser(&lane);
    if (value <= events_.recorded()) return;
    events_.record(stream, value);
    if (word_awaited_ > word_written_) {
      STRETTO_CUDA(shared_.driver.cuStreamWriteValue64, stream, word_address(), value, CU_STREAM_WRITE_VALUE_DEFAULT);
      word_written_ = value;
    }
    issued_.store(value, std::memory_order_release);
  }
  parked_.wake_all();
}

void Timeline::lane_wait(const StreamLane& lane, cudaStream_t stream, uint64_t value) {
  const std::lock_guard lock(mutex_);
  if (word_.load(std::memory_order_acquire) >= value) return;
  if (events_.recorded() >= value) {
    cudaEvent_t event = raiser_ == &lane ? nullptr : events_.event(value);
    if (event != nullptr) STRETTO_CUDA(cudaStreamWaitEvent, stream, event, 0U);
    return;
  }
  word_awaited_ = std::max(word_awaited_, value);
  STRETTO_CUDA(shared_.driver.cuStreamWaitValue64, stream, word_address(), value, CU_STREAM_WAIT_VALUE_GEQ);
}

Timeline::Seen Timeline::look(uint64_t value) {
  const std::lock_guard lock(mutex_);
  if (word_.load(std::memory_order_acquire) >= value) return Seen::there;
  if (events_.recorded() < value) return Seen::open;
  return events_.happened(value) ? Seen::there : Seen::issued;
}

void Timeline::host_wait(uint64_t value, Deadline deadline) {
  use_device(shared_.index);
  Rest rest(shared_.spin);
  for (;;) {
    const Seen seen = look(value);
    // After the look: an abort raises the flag before the words, so a word that it raised is not taken for a value.
    if (shared_.aborted()) throw Error(Code::cancelled, "the wait for a semaphore ended: its device was aborted");
    if (seen == Seen::there) return;
    if (seen == Seen::issued) {
      if (!rest.until(deadline)) too_late(value);
      continue;
    }
    const bool moved = parked_.wait(
        [&] {
          return shared_.aborted() || word_.load(std::memory_order_acquire) >= value ||
                 issued_.load(std::memory_order_acquire) >= value;
        },
        deadline);
    if (!moved) too_late(value);
  }
}

void Timeline::too_late(uint64_t value) {
  throw Error(Code::timed_out, "a semaphore did not reach " + std::to_string(value) +
                                   " before the deadline; it was raised to " +
                                   std::to_string(std::max(word_.load(), issued_.load())) +
                                   (issued_.load() >= value ? ", by a lane that has not come to it" : ""));
}

}  // namespace stretto::cuda
