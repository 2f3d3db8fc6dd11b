// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "announcement.h"

#include <cstring>
#include <type_traits>

namespace stretto::shm {
namespace {

constexpr uint64_t kMagic = 0x326d68732d747473;  // "stt-shm2": change the digit with the layout

struct Head {
  uint64_t magic;
  Nonce nonce;
  uint64_t bytes;
  uint64_t payload_begin;
  uint64_t channel_count;
};
struct Row {
  uint64_t id;
  Announcement::Entry entry;
};
static_assert(std::has_unique_object_representations_v<Head> && std::has_unique_object_representations_v<Row>);

}  // namespace

std::vector<std::byte> to_bytes(const Announcement& announcement) {
  std::vector<std::byte> bytes(sizeof(Head) + announcement.channels.size() * sizeof(Row));
  const Head head{kMagic, announcement.nonce, announcement.bytes, announcement.payload_begin,
                  announcement.channels.size()};
  std::memcpy(bytes.data(), &head, sizeof head);
  std::byte* at = bytes.data() + sizeof head;
  for (const auto& [id, entry] : announcement.channels) {
    const Row row{id, entry};
    std::memcpy(at, &row, sizeof row);
    at += sizeof row;
  }
  return bytes;
}

Announcement announcement_from(std::span<const std::byte> bytes, uint32_t actor) {
  const auto malformed = [&](const std::string& what) {
    return Error(Code::invalid_argument, "actor " + std::to_string(actor) + " announced " + what +
                                             "; all actors must use the same version of this transport");
  };
  Head head{};
  if (bytes.size() < sizeof head) throw malformed(std::to_string(bytes.size()) + " bytes");
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.magic != kMagic) throw malformed("another kind of shared memory");
  bytes = bytes.subspan(sizeof head);
  if (bytes.size() % sizeof(Row) != 0 || bytes.size() / sizeof(Row) != head.channel_count)
    throw malformed(std::to_string(head.channel_count) + " channels in " + std::to_string(bytes.size()) + " bytes");
  Announcement announcement{head.nonce, head.bytes, head.payload_begin, {}};
  for (; !bytes.empty(); bytes = bytes.subspan(sizeof(Row))) {
    Row row{};
    std::memcpy(&row, bytes.data(), sizeof row);
    announcement.channels.emplace(static_cast<uint32_t>(row.id), row.entry);
  }
  return announcement;
}

Placement placement_in(const Announcement& announcement, const ChannelInfo& channel) {
  const auto wrong = [&](const std::string& what) {
    return Error(Code::invalid_argument,
                 "channel '" + channel.name + "': its writer, actor " + std::to_string(channel.writer) + ", " + what);
  };
  const auto found = announcement.channels.find(channel.id);
  if (found == announcement.channels.end()) throw wrong("did not open it");
  const auto& entry = found->second;
  if (entry.slots != channel.slots || entry.slot_bytes != channel.slot_bytes ||
      entry.note_bytes != channel.note_bytes || entry.reader_count != channel.readers.size() ||
      entry.words != channel.words)
    throw wrong("opened it with other slots, sizes, readers or words than its reader");
  const Strides strides = strides_of(channel);
  const auto inside = [](uint64_t begin, uint64_t stride, uint64_t count, uint64_t end) {
    return begin <= end && (stride == 0 || count <= (end - begin) / stride);
  };
  if (announcement.payload_begin > announcement.bytes || entry.placement.control % kSeparation != 0 ||
      entry.placement.payload % kSeparation != 0 || entry.placement.payload < announcement.payload_begin ||
      strides.shared > announcement.payload_begin ||
      !inside(entry.placement.control, strides.control, channel.slots, announcement.payload_begin - strides.shared) ||
      !inside(entry.placement.payload, strides.payload, channel.slots, announcement.bytes))
    throw wrong("placed it outside of its memory");
  return entry.placement;
}

}  // namespace stretto::shm
