// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "words.h"

#include "cuda_call.h"

#include <new>

namespace stretto::cuda {

Words::Words() { grow(); }

Words::~Words() {
  for (auto* block : blocks_) cudaFreeHost(block);
}

void Words::grow() {
  blocks_.reserve(blocks_.size() + 1);
  void* memory = nullptr;
  STRETTO_CUDA(cudaHostAlloc, &memory, kLines * sizeof(Line), cudaHostAllocPortable | cudaHostAllocMapped);
  auto* lines = static_cast<Line*>(memory);
  for (size_t i = 0; i < kLines; ++i) new (&lines[i]) Line{};
  blocks_.push_back(lines);
  used_ = 0;
}

Words::Word& Words::take() {
  const std::lock_guard lock(mutex_);
  if (used_ == kLines) grow();
  return blocks_.back()[used_++].word;
}

void Words::end_all() noexcept {
  const std::lock_guard lock(mutex_);
  for (auto* block : blocks_)
    for (size_t i = 0; i < (block == blocks_.back() ? used_ : kLines); ++i)
      block[i].word.store(kEnd, std::memory_order_release);
}

}  // namespace stretto::cuda
