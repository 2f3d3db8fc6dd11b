// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "copy.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <emmintrin.h>

namespace stretto::ucx {
namespace {

constexpr uint64_t kLine = 64;
constexpr uint64_t kRun = 4096;  // a page: beyond it the processor does not fetch ahead
constexpr uint64_t kRuns = 4;    // side by side: as many streams of memory at once

/// `to` is aligned to a line.
void copy_line(std::byte* to, const std::byte* from) {
  const auto* source = reinterpret_cast<const __m128i*>(from);
  auto* target = reinterpret_cast<__m128i*>(to);
  const __m128i parts[] = {_mm_loadu_si128(source), _mm_loadu_si128(source + 1), _mm_loadu_si128(source + 2),
                           _mm_loadu_si128(source + 3)};
  for (int i = 0; i < 4; ++i) _mm_stream_si128(target + i, parts[i]);
}

}  // namespace

void copy_payload(void* to, const void* from, uint64_t bytes) {
  if (bytes < kPastCaches)
    std::memcpy(to, from, bytes);
  else
    copy_past_caches(to, from, bytes);
}

void copy_past_caches(void* to, const void* from, uint64_t bytes) {
  auto* target = static_cast<std::byte*>(to);
  const auto* source = static_cast<const std::byte*>(from);
  const uint64_t head = std::min(bytes, -reinterpret_cast<uintptr_t>(target) % kLine);
  std::memcpy(target, source, head);
  uint64_t at = head;
  for (; at + kRuns * kRun <= bytes; at += kRuns * kRun)
    for (uint64_t line = at; line < at + kRun; line += kLine)
      for (uint64_t run = 0; run < kRuns; ++run) copy_line(target + line + run * kRun, source + line + run * kRun);
  _mm_sfence();  // what is written past the caches is not ordered by what makes it known
  std::memcpy(target + at, source + at, bytes - at);
}

}  // namespace stretto::ucx
