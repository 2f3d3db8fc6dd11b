// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What libFuzzer calls. `./dev fuzz` builds and runs it.

#include "edits.h"
#include "job_to_plan.h"

#include <cstddef>
#include <cstring>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace {

std::string_view text_of(const uint8_t* data, size_t size) { return {reinterpret_cast<const char*>(data), size}; }

size_t put(const std::string& text, uint8_t* data, size_t most) {
  if (text.empty() || text.size() > most) return 0;
  std::memcpy(data, text.data(), text.size());
  return text.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  stretto::fuzz::job_to_plan(text_of(data, size));
  return 0;
}

/// Half of what is tried is a slip of the hand in a well-formed input, half is damage to its bytes.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  using namespace stretto::fuzz;
  if (seed % 2 == 0)
    if (const auto written = put(edited(text_of(data, size), seed / 2), data, most)) return written;
  // The mark of a drawn job stays, or its bytes would be read as a text.
  const size_t mark = text_of(data, size).starts_with(kDrawn) ? kDrawn.size() : 0;
  return mark + LLVMFuzzerMutate(data + mark, size - mark, most - mark);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* one, size_t one_size, const uint8_t* other,
                                            size_t other_size, uint8_t* out, size_t most, unsigned seed) {
  return put(stretto::fuzz::crossed(text_of(one, one_size), text_of(other, other_size), seed), out, most);
}
