// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "announcement.h"

#include <cstring>

namespace stretto::ucx {
namespace {

constexpr uint64_t kMagic = 0x327863752d747473;  // "stt-ucx2": change the digit with the layout

struct Head {
  uint64_t magic;
  Protocol protocol;
  uint32_t end_count;
  uint64_t piece_bytes;
  uint64_t address_bytes;
};
struct Row {
  uint32_t channel;
  uint32_t writes;
  uint32_t slots;
  uint32_t note_bytes;
  uint64_t slot_bytes;
  uint32_t reader_count;
  uint32_t reach;
  uint64_t memory_count;
};
struct SlotRow {
  uint64_t address;
  uint64_t key_bytes;
};
static_assert(std::has_unique_object_representations_v<Head> && std::has_unique_object_representations_v<Row> &&
              std::has_unique_object_representations_v<SlotRow>);

void append(std::vector<std::byte>& bytes, const void* data, size_t count) {
  const auto* from = static_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), from, from + count);
}

void append(std::vector<std::byte>& bytes, uint32_t channel, bool writes, const AnnouncedEnd& end) {
  const Row row{channel,
                writes ? 1U : 0U,
                end.slots,
                end.note_bytes,
                end.slot_bytes,
                end.reader_count,
                static_cast<uint32_t>(end.reach),
                end.memory.size()};
  append(bytes, &row, sizeof row);
  for (const auto& slot : end.memory) {
    const SlotRow slot_row{slot.address, slot.key.size()};
    append(bytes, &slot_row, sizeof slot_row);
    append(bytes, slot.key.data(), slot.key.size());
  }
}

/// Takes pieces off the front.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, uint32_t actor) : bytes_(bytes), actor_(actor) {}
  std::vector<std::byte> take(uint64_t count) {
    if (count > bytes_.size()) fail();
    std::vector<std::byte> piece(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(count));
    bytes_ = bytes_.subspan(count);
    return piece;
  }
  template <class Plain>
  Plain take() {
    const auto piece = take(sizeof(Plain));
    Plain plain{};
    std::memcpy(&plain, piece.data(), sizeof plain);
    return plain;
  }
  bool empty() const { return bytes_.empty(); }
  [[noreturn]] void fail() const {
    throw Error(Code::invalid_argument, "actor " + std::to_string(actor_) +
                                            " announced something else than UCX addresses; all actors must use the "
                                            "same version of this transport");
  }

 private:
  std::span<const std::byte> bytes_;
  uint32_t actor_;
};

}  // namespace

std::vector<std::byte> to_bytes(const Announcement& announcement) {
  std::vector<std::byte> bytes;
  const Head head{kMagic, announcement.protocol,
                  static_cast<uint32_t>(announcement.written.size() + announcement.read.size()),
                  announcement.piece_bytes, announcement.address.size()};
  append(bytes, &head, sizeof head);
  append(bytes, announcement.address.data(), announcement.address.size());
  for (const auto& [channel, end] : announcement.written) append(bytes, channel, true, end);
  for (const auto& [channel, end] : announcement.read) append(bytes, channel, false, end);
  return bytes;
}

Announcement announcement_from(std::span<const std::byte> bytes, uint32_t actor) {
  Cursor cursor(bytes, actor);
  const auto head = cursor.take<Head>();
  if (head.magic != kMagic) cursor.fail();
  Announcement announcement;
  announcement.protocol = head.protocol;
  announcement.piece_bytes = head.piece_bytes;
  announcement.address = cursor.take(head.address_bytes);
  for (uint32_t i = 0; i < head.end_count; ++i) {
    const auto row = cursor.take<Row>();
    if (row.reach > static_cast<uint32_t>(Reach::staged)) cursor.fail();
    AnnouncedEnd end{row.slots, row.note_bytes, row.slot_bytes, row.reader_count, static_cast<Reach>(row.reach), {}};
    for (uint64_t slot = 0; slot < row.memory_count; ++slot) {
      const auto slot_row = cursor.take<SlotRow>();
      end.memory.push_back({slot_row.address, cursor.take(slot_row.key_bytes)});
    }
    (row.writes != 0 ? announcement.written : announcement.read).emplace(row.channel, std::move(end));
  }
  if (!cursor.empty()) cursor.fail();
  return announcement;
}

const AnnouncedEnd& matching_end(const std::map<uint32_t, AnnouncedEnd>& ends, const ChannelInfo& channel,
                                 uint32_t actor) {
  const auto wrong = [&](const std::string& what) {
    return Error(Code::invalid_argument, "channel '" + channel.name + "': actor " + std::to_string(actor) + " " + what);
  };
  const auto found = ends.find(channel.id);
  if (found == ends.end()) throw wrong("did not open its end");
  const auto& end = found->second;
  if (end.slots != channel.slots || end.slot_bytes != channel.slot_bytes || end.note_bytes != channel.note_bytes ||
      end.reader_count != channel.readers.size())
    throw wrong("opened its end with other slots, sizes or readers");
  if (end.memory.empty()) throw wrong("bound no memory to its end");
  return end;
}

}  // namespace stretto::ucx
