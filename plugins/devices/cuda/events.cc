// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <algorithm>

namespace stretto::cuda {
namespace {

constexpr size_t kFirst = 32;

cudaEvent_t make_event() {
  cudaEvent_t event = nullptr;
  STRETTO_CUDA(cudaEventCreateWithFlags, &event, cudaEventDisableTiming);
  return event;
}

bool query(cudaEvent_t event) {
  const cudaError_t result = cudaEventQuery(event);
  if (result == cudaErrorNotReady) {
    cudaGetLastError();
    return false;
  }
  check("cudaEventQuery", result);
  return true;
}

}  // namespace

Events::Events() {
  entries_.reserve(kFirst);
  for (size_t i = 0; i < kFirst; ++i) entries_.push_back({0, make_event()});
}

Events::~Events() {
  for (const auto& entry : entries_) cudaEventDestroy(entry.event);
}

void Events::record(cudaStream_t stream, uint64_t value) {
  if (count_ == entries_.size()) retire();
  if (count_ == entries_.size()) grow();
  Entry& entry = at(count_);
  STRETTO_CUDA(cudaEventRecord, entry.event, stream);
  entry.value = value;
  ++count_;
  recorded_ = value;
}

void Events::retire() {
  while (count_ != 0 && query(at(0).event)) {
    passed_ = at(0).value;
    oldest_ = (oldest_ + 1) % entries_.size();
    --count_;
  }
}

void Events::grow() {
  std::rotate(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(oldest_), entries_.end());
  oldest_ = 0;
  const size_t wanted = 2 * entries_.size();
  entries_.reserve(wanted);
  while (entries_.size() < wanted) entries_.push_back({0, make_event()});
}

size_t Events::find(uint64_t value) const {
  size_t low = 0;
  size_t high = count_;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (at(middle).value < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

cudaEvent_t Events::event(uint64_t value) const { return value <= passed_ ? nullptr : at(find(value)).event; }

bool Events::happened(uint64_t value) {
  if (value <= passed_) return true;
  if (!query(at(find(value)).event)) return false;
  passed_ = value;
  while (count_ != 0 && at(0).value <= passed_) {
    oldest_ = (oldest_ + 1) % entries_.size();
    --count_;
  }
  return true;
}

}  // namespace stretto::cuda
