// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "collective.h"

#include "reference/elements.h"

#include <algorithm>
#include <cstring>

namespace stretto::testing {
namespace {

double combined(int32_t reduction, double a, double b) {
  switch (reduction) {
    case STRETTO_REDUCE_SUM: return a + b;
    case STRETTO_REDUCE_PRODUCT: return a * b;
    case STRETTO_REDUCE_MIN: return std::min(a, b);
    case STRETTO_REDUCE_MAX: return std::max(a, b);
    default: throw Error(Code::internal, "rendezvous: a reduction of no kind that there is");
  }
}

std::vector<std::byte> reduced(const CollectiveInfo& collective, const std::vector<Part>& parts) {
  const bool narrow = collective.dtype == kF16 || collective.dtype == kBF16;
  const DType held = narrow ? kF32 : collective.dtype;
  std::vector<std::byte> whole(input_bytes(collective));
  for (uint64_t i = 0; i < collective.input_elements; ++i) {
    const auto at = [&](const Part& part) {
      return element(collective.dtype, static_cast<const std::byte*>(part.input), i);
    };
    double total = at(parts[0]);
    for (size_t member = 1; member < parts.size(); ++member)
      total = rounded(held, combined(collective.reduction, total, at(parts[member])));
    set_element(collective.dtype, whole.data(), i, total);
  }
  return whole;
}

void put(const Part& part, const std::byte* from, uint64_t bytes) {
  if (bytes != 0) std::memcpy(part.result, from, bytes);
}

}  // namespace

uint64_t input_bytes(const CollectiveInfo& collective) { return collective.input_elements * collective.dtype.bytes(); }

uint64_t result_bytes(const CollectiveInfo& collective) {
  const uint64_t bytes = input_bytes(collective);
  if (collective.kind == STRETTO_ALL_GATHER) return bytes * collective.members.size();
  return collective.kind == STRETTO_REDUCE_SCATTER ? bytes / collective.members.size() : bytes;
}

void perform(const CollectiveInfo& collective, const std::vector<Part>& parts) {
  const uint64_t bytes = input_bytes(collective);
  std::vector<std::byte> whole;
  switch (collective.kind) {
    case STRETTO_ALL_REDUCE:
    case STRETTO_REDUCE_SCATTER: whole = reduced(collective, parts); break;
    case STRETTO_ALL_GATHER:
      for (const auto& part : parts) {
        const auto* from = static_cast<const std::byte*>(part.input);
        whole.insert(whole.end(), from, from + bytes);
      }
      break;
    case STRETTO_BROADCAST: {
      const auto* from = static_cast<const std::byte*>(parts.at(collective.root).input);
      whole.assign(from, from + bytes);
    }
  }
  const bool scatters = collective.kind == STRETTO_REDUCE_SCATTER;
  const uint64_t piece = result_bytes(collective);
  for (size_t member = 0; member < parts.size(); ++member)
    put(parts[member], whole.data() + (scatters ? member * piece : 0), piece);
}

}  // namespace stretto::testing
