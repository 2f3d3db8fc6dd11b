// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "control_word.h"

#include <algorithm>

namespace stretto::ucx {

ControlWord::ControlWord(Kind kind, uint32_t actor, uint32_t channel, uint32_t note_bytes)
    : bytes_(sizeof(Header) + note_bytes + kMostPayload),
      length_(sizeof(Header) + note_bytes),
      note_bytes_(note_bytes) {
  const Header header{static_cast<uint32_t>(kind), actor, channel, 0, 0, 0};
  std::memcpy(bytes_.data(), &header, sizeof header);
}

void ControlWord::set(int64_t execution, const void* note) {
  edit([&](Header& header) {
    header.execution = static_cast<uint32_t>(execution);
    header.done_channel = 0;
  });
  length_ = sizeof(Header) + note_bytes_;
  if (note != nullptr)
    std::copy_n(static_cast<const std::byte*>(note), note_bytes_, bytes_.begin() + sizeof(Header));
  else
    std::fill_n(bytes_.begin() + sizeof(Header), note_bytes_, std::byte{});
}

void ControlWord::set(Kind kind) {
  edit([&](Header& header) { header.kind = static_cast<uint32_t>(kind); });
}

void ControlWord::add(const Released& released) {
  edit([&](Header& header) {
    header.done_channel = released.channel + 1;
    header.done_execution = static_cast<uint32_t>(released.execution);
  });
}

void ControlWord::add(const std::byte* payload, uint64_t bytes) {
  std::copy_n(payload, bytes, bytes_.begin() + static_cast<ptrdiff_t>(length_));
  length_ += bytes;
}

void ControlWord::set_number(uint64_t number) {
  length_ = sizeof(Header) + note_bytes_;
  add(reinterpret_cast<const std::byte*>(&number), sizeof number);
}

}  // namespace stretto::ucx
