// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "transport.h"

#include <algorithm>

namespace stretto::shm {
namespace {

Error wrong(const ChannelInfo& channel, const std::string& what) {
  return {Code::invalid_argument, "channel '" + channel.name + "': " + what};
}

/// The descriptors that came with the blobs are ours to close, whatever happens; `own` stays, should it be among them.
std::vector<std::vector<Descriptor>> adopt(std::span<const BlobView> theirs, int own) {
  std::vector<std::vector<Descriptor>> files(theirs.size());
  for (size_t actor = 0; actor < theirs.size(); ++actor)
    for (const int number : theirs[actor].descriptors)
      if (number != own) files[actor].emplace_back(number);
  return files;
}

}  // namespace

ShmTransport::ShmTransport(const TransportOpen& request)
    : actor_(request.actor), read_only_(request.settings.boolean("read_only")) {
  waiting_.spin = nanoseconds(request.settings.seconds("spin"));
}

void ShmTransport::offer_device_slots(const Settings& settings) {
  if (!settings.boolean("device_slots")) throw Error(Code::unimplemented, "device_slots = false");
}

ChannelEnd* ShmTransport::open_writer(const ChannelInfo& channel) {
  if (announced_) throw wrong(channel, "it was opened after connecting had begun");
  if (channel.writer != actor_)
    throw wrong(channel, "actor " + std::to_string(channel.writer) + " writes it, not actor " + std::to_string(actor_));
  if (channel.slots == 0) throw wrong(channel, "it has no slots; expected one or more");
  for (const auto& other : writers_)
    if (other->channel().id == channel.id)
      throw wrong(channel, "it has the number " + std::to_string(channel.id) + " of '" + other->channel().name + "'");
  const std::lock_guard lock(attaching_);
  return writers_.emplace_back(std::make_unique<WriterEnd>(channel, waiting_)).get();
}

ChannelEnd* ShmTransport::open_reader(const ChannelInfo& channel) {
  if (announced_) throw wrong(channel, "it was opened after connecting had begun");
  const auto place = std::find(channel.readers.begin(), channel.readers.end(), actor_);
  if (place == channel.readers.end())
    throw wrong(channel, "actor " + std::to_string(actor_) + " is not among its readers");
  const std::lock_guard lock(attaching_);
  return readers_
      .emplace_back(
          std::make_unique<ReaderEnd>(channel, waiting_, static_cast<uint64_t>(place - channel.readers.begin())))
      .get();
}

bool ShmTransport::connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline /*deadline*/) {
  if (round == 0) {
    announce(mine);
    return false;
  }
  if (round == 1) {
    attach_readers(theirs);
    if (memory_) memory_->close_file();
  }
  return true;
}

void ShmTransport::announce(Blob& mine) {
  announced_ = true;
  Announcement announcement;
  std::vector<const ChannelInfo*> channels;
  channels.reserve(writers_.size());
  for (const auto& writer : writers_) channels.push_back(&writer->channel());
  if (!channels.empty()) {
    const Layout layout = lay_out(channels);
    memory_ = Memory::create(layout.bytes);
    announcement.nonce = memory_->nonce();
    announcement.bytes = layout.bytes;
    announcement.payload_begin = layout.payload_begin;
    const std::lock_guard lock(attaching_);
    for (size_t i = 0; i < channels.size(); ++i) {
      const auto& channel = *channels[i];
      announcement.channels.emplace(
          channel.id, Announcement::Entry{channel.slots, channel.note_bytes, channel.slot_bytes, channel.readers.size(),
                                          channel.words, layout.channels[i]});
      writers_[i]->attach(memory_, layout.channels[i]);
    }
    mine.descriptors = {memory_->file().number()};
  }
  mine.bytes = to_bytes(announcement);
}

void ShmTransport::attach_readers(std::span<const BlobView> theirs) {
  const auto files = adopt(theirs, memory_ ? memory_->file().number() : -1);
  struct Source {
    Announcement announcement;
    std::shared_ptr<Memory> memory;
  };
  std::map<uint32_t, Source> sources;
  for (const auto& reader : readers_) {
    const auto& channel = reader->channel();
    const uint32_t writer = channel.writer;
    auto found = sources.find(writer);
    if (found == sources.end()) {
      if (writer >= theirs.size() || files[writer].size() != 1)
        throw wrong(channel, "its writer, actor " + std::to_string(writer) + ", announced no shared memory");
      Source source{announcement_from(theirs[writer].bytes, writer), nullptr};
      source.memory = Memory::attach(source.announcement.nonce, files[writer][0], source.announcement.bytes,
                                     read_only_ ? source.announcement.payload_begin : source.announcement.bytes);
      found = sources.emplace(writer, std::move(source)).first;
    }
    const Placement placement = placement_in(found->second.announcement, channel);
    const std::lock_guard lock(attaching_);
    reader->attach(found->second.memory, placement);
  }
}

void ShmTransport::abort() noexcept {
  waiting_.aborted.store(true, std::memory_order_seq_cst);
  const std::lock_guard lock(attaching_);
  for (const auto& writer : writers_) writer->wake();
  for (const auto& reader : readers_) reader->wake();
}

}  // namespace stretto::shm
