// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "staging.h"

#include <utility>

namespace stretto::ucx {
namespace {

/// What the device refuses is the copy's result, not this thread's end.
template <class Call>
void try_copy(Copy& copy, Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    copy.fail(error);
  }
}

}  // namespace

void Stage::Chain::append(const Chain& more) {
  if (more.empty()) return;
  (first == nullptr ? first : last->next_) = more.first;
  last = more.last;
}

Copy& Stage::Chain::take() {
  Copy& oldest = *first;
  first = std::exchange(oldest.next_, nullptr);
  return oldest;
}

Stage::Stage(const OpenedDevice& device, Context& context, Worker& worker, const char* name, uint32_t pieces,
             uint64_t piece_bytes)
    : worker_(worker) {
  for (uint32_t i = 0; i < pieces; ++i) {
    free_.push_back(static_cast<std::byte*>(context.allocate(piece_bytes)));
    pinned_.emplace_back(device, free_.back(), piece_bytes);
  }
  lane_ = std::make_unique<CopyLane>(device, name);
  thread_ = without_signals([this] { work(); });
}

Stage::~Stage() { stop(); }

void Stage::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  lane_.reset();  // after an abort the device may still copy
  pinned_.clear();
}

std::byte* Stage::take() {
  if (free_.empty()) return nullptr;
  std::byte* piece = free_.back();
  free_.pop_back();
  return piece;
}

void Stage::give(std::byte* piece) {
  free_.push_back(piece);
  while (!free_.empty() && first_ != nullptr) {
    Waiter& waiter = *first_;
    first_ = std::exchange(waiter.next_, nullptr);
    if (first_ == nullptr) last_ = nullptr;
    waiter.queued_ = false;
    waiter.run_(waiter.owner_);
  }
}

void Stage::queue(Waiter& waiter) {
  if (std::exchange(waiter.queued_, true)) return;
  (last_ == nullptr ? first_ : last_->next_) = &waiter;
  last_ = &waiter;
}

void Stage::copy(Copy& copy, void* to, const void* from, uint64_t bytes) {
  copy.to_ = to;
  copy.from_ = from;
  copy.bytes_ = bytes;
  copy.code_ = Code::ok;
  copy.text_.clear();
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      handed_.append({&copy, &copy});
      changed_.notify_one();
      return;
    }
  }
  copy.fail({Code::cancelled, "the transport was closed"});
  copy.end();
}

void Stage::work() {
  Chain under_way;
  for (;;) {
    Chain handed;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !under_way.empty() || !handed_.empty() || stopping_; });
      handed = std::exchange(handed_, {});
    }
    for (Copy* each = handed.first; each != nullptr; each = each->next_)
      try_copy(*each, [&] { each->enqueued_ = lane_->copy(each->to_, each->from_, each->bytes_); });
    under_way.append(handed);
    if (under_way.empty()) return;
    Copy& oldest = under_way.take();
    if (oldest.code_ == Code::ok) try_copy(oldest, [&] { lane_->await(oldest.enqueued_); });
    worker_.post(oldest.command_);
  }
}

}  // namespace stretto::ucx
