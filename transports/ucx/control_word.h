// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A control word (message.h) as it is kept and sent.

#include "message.h"
#include "peer.h"

#include <cstring>

namespace stretto::ucx {

/// The header of a control word with the note behind it, and behind that a payload of a few bytes. Kept while it is
/// under way.
class ControlWord {
 public:
  ControlWord(Kind kind, uint32_t actor, uint32_t channel, uint32_t note_bytes = 0);
  /// For the next time. It says `done` of nothing.
  void set(int64_t execution, const void* note = nullptr);
  void set(Kind kind);
  void add(const Released& released);
  /// At most kMostPayload bytes.
  void add(const std::byte* payload, uint64_t bytes);
  /// Of a piece, in place of a payload.
  void set_number(uint64_t number);
  static constexpr uint64_t kMostPayload = 64;
  std::span<const std::byte> bytes() const { return {bytes_.data(), length_}; }

 private:
  template <class Change>
  void edit(Change&& change) {
    Header header;
    std::memcpy(&header, bytes_.data(), sizeof header);
    change(header);
    std::memcpy(bytes_.data(), &header, sizeof header);
  }
  std::vector<std::byte> bytes_;
  uint64_t length_;
  const uint32_t note_bytes_;
};

}  // namespace stretto::ucx
