// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "layout.h"

#include <algorithm>
#include <bit>
#include <unistd.h>

namespace stretto::shm {
namespace {

uint64_t page() { return static_cast<uint64_t>(sysconf(_SC_PAGESIZE)); }

/// Adds and multiplies, and remembers whether a result ever left 63 bits.
class Size {
 public:
  Size(uint64_t value) : value_(value), fits_(value <= INT64_MAX) {}  // NOLINT(google-explicit-constructor): a number
  Size operator+(Size other) const {
    return combined(other, __builtin_add_overflow(value_, other.value_, &other.value_));
  }
  Size operator*(Size other) const {
    return combined(other, __builtin_mul_overflow(value_, other.value_, &other.value_));
  }
  Size rounded_up(uint64_t unit) const {
    Size size = *this + (unit - 1);
    size.value_ -= size.value_ % unit;
    return size;
  }
  uint64_t of(const ChannelInfo& channel) const {
    if (!fits_)
      throw Error(Code::overloaded,
                  "channel '" + channel.name + "': " + std::to_string(channel.slots) + " slots of " +
                      std::to_string(channel.slot_bytes) +
                      " bytes do not fit into 63 bits of shared memory; give it fewer or smaller slots");
    return value_;
  }

 private:
  Size combined(Size result, bool overflow) const {
    result.fits_ = fits_ && result.fits_ && !overflow && result.value_ <= INT64_MAX;
    return result;
  }
  uint64_t value_;
  bool fits_;
};

/// Devices pin whole pages: a slot of less than a page lies within one, a larger one has its pages to itself.
uint64_t unit_of(const ChannelInfo& channel) {
  return channel.slot_bytes >= page() ? page() : std::bit_ceil(std::max(channel.slot_bytes, kSeparation));
}

}  // namespace

Strides strides_of(const ChannelInfo& channel) {
  const uint64_t released = (Size(sizeof(Published)) + channel.note_bytes).rounded_up(kSeparation).of(channel);
  const uint64_t control = (Size(released) + Size(sizeof(Released)) * channel.readers.size()).of(channel);
  const uint64_t shared =
      channel.words == 0 ? 0 : (Size(ChannelView::kExportBytes) + Size(kSeparation) * channel.words).of(channel);
  return {control, released, Size(channel.slot_bytes).rounded_up(unit_of(channel)).of(channel), shared};
}

Layout lay_out(const std::vector<const ChannelInfo*>& channels) {
  Layout layout;
  uint64_t end = 0;
  for (const auto* channel : channels) {
    layout.channels.push_back({end, 0});
    const Strides strides = strides_of(*channel);
    end = (Size(end) + Size(strides.control) * channel->slots + strides.shared).of(*channel);
  }
  if (!channels.empty()) end = Size(end).rounded_up(page()).of(*channels.back());
  layout.payload_begin = end;
  for (size_t i = 0; i < channels.size(); ++i) {
    const auto& channel = *channels[i];
    layout.channels[i].payload = Size(end).rounded_up(unit_of(channel)).of(channel);
    end = (Size(layout.channels[i].payload) + Size(strides_of(channel).payload) * channel.slots).of(channel);
  }
  if (!channels.empty()) end = Size(end).rounded_up(page()).of(*channels.back());
  layout.bytes = end;
  return layout;
}

}  // namespace stretto::shm
