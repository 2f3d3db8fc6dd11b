// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "trace/recording.h"

#include <cstring>

namespace stretto {

namespace {

struct LaneHeader {
  uint64_t lane;
  uint64_t count;
  uint64_t dropped;
};
static_assert(std::is_trivially_copyable_v<StepTrace>);

void append(std::vector<std::byte>& into, std::span<const std::byte> bytes) {
  into.insert(into.end(), bytes.begin(), bytes.end());
}

void take(std::span<const std::byte>& from, void* to, size_t bytes) {
  if (bytes > from.size()) throw Error(Code::internal, "a trace on the control connection is cut off");
  if (bytes > 0) std::memcpy(to, from.data(), bytes);
  from = from.subspan(bytes);
}

}  // namespace

void pack(uint32_t lane, const LaneRecording& recording, std::vector<std::byte>& into) {
  const LaneHeader header{lane, recording.steps().size(), recording.dropped()};
  append(into, std::as_bytes(std::span(&header, 1)));
  append(into, std::as_bytes(recording.steps()));
}

std::vector<LaneTrace> unpack_traces(std::span<const std::byte> bytes) {
  std::vector<LaneTrace> traces;
  while (!bytes.empty()) {
    LaneHeader header{};
    take(bytes, &header, sizeof header);
    if (header.count > bytes.size() / sizeof(StepTrace))
      throw Error(Code::internal, "a trace on the control connection is cut off");
    LaneTrace trace{static_cast<uint32_t>(header.lane), header.dropped, std::vector<StepTrace>(header.count)};
    take(bytes, trace.steps.data(), header.count * sizeof(StepTrace));
    traces.push_back(std::move(trace));
  }
  return traces;
}

}  // namespace stretto
