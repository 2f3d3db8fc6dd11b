// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where the parts of a channel lie in its writer's memory. Pure arithmetic.
///
/// All control blocks come first, then, from a page on, all payloads: so readers can map those read-only.

#include "slot.h"
#include "stretto/transport.h"

namespace stretto::shm {

/// The distances between the parts of one channel; writer and readers compute them alike.
struct Strides {
  uint64_t control;   ///< from slot to slot: Published, note, one Released for each reader
  uint64_t released;  ///< from a slot's Published to its first Released
  uint64_t payload;   ///< from slot to slot; whole pages, or for a slot of less a power of two
  uint64_t shared;    ///< bytes behind the control of all slots: of channels with words, the export and the words
};
/// Throws Code::overloaded, naming the channel, where the sizes leave 63 bits.
Strides strides_of(const ChannelInfo& channel);

/// Offsets of one channel from the start of the memory.
struct Placement {
  uint64_t control;
  uint64_t payload;
};

struct Layout {
  std::vector<Placement> channels;  ///< in the order given
  uint64_t payload_begin = 0;       ///< a multiple of the page size
  uint64_t bytes = 0;               ///< a multiple of the page size
};
/// Throws Code::overloaded, naming the channel, where the sizes leave 63 bits.
Layout lay_out(const std::vector<const ChannelInfo*>& channels);

/// One channel in mapped memory. A view.
class ChannelView {
 public:
  ChannelView() = default;
  ChannelView(std::byte* memory, const ChannelInfo& channel, Placement placement)
      : control_(memory + placement.control), payload_(memory + placement.payload), strides_(strides_of(channel)) {
    shared_ = control_ + channel.slots * strides_.control;
  }
  bool mapped() const { return control_ != nullptr; }
  Published& published(uint64_t slot) const {
    return *reinterpret_cast<Published*>(control_ + slot * strides_.control);
  }
  std::byte* note(uint64_t slot) const { return control_ + slot * strides_.control + sizeof(Published); }
  Released& released(uint64_t slot, uint64_t reader) const {
    return *reinterpret_cast<Released*>(control_ + slot * strides_.control + strides_.released +
                                        reader * sizeof(Released));
  }
  std::byte* payload(uint64_t slot) const { return payload_ + slot * strides_.payload; }
  /// Of channels with words: STRETTO_EXPORT_BYTES bytes, and the words.
  std::byte* exported() const { return shared_; }
  std::atomic<uint64_t>& word(uint64_t index) const {
    return *reinterpret_cast<std::atomic<uint64_t>*>(shared_ + kExportBytes + index * kSeparation);
  }
  static constexpr uint64_t kExportBytes = (STRETTO_EXPORT_BYTES + kSeparation - 1) / kSeparation * kSeparation;

 private:
  std::byte* control_ = nullptr;
  std::byte* shared_ = nullptr;
  std::byte* payload_ = nullptr;
  Strides strides_{};
};

}  // namespace stretto::shm
