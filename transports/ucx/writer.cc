// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "channel.h"

#include <algorithm>

namespace stretto::ucx {

/// One slot's way to one reader.
struct WriterEnd::Delivery {
  Delivery(Slot& slot, size_t reader, const ControlWord& word, const ControlWord& landed_word)
      : slot(slot),
        reader(reader),
        message([](void* self, Result result) { static_cast<Delivery*>(self)->sent(result); }, this),
        put([](void* self, Result result) { static_cast<Delivery*>(self)->written(result); }, this),
        flush([](void* self, Result result) { static_cast<Delivery*>(self)->flushed(result); }, this),
        landed([](void* self, Result result) { static_cast<Delivery*>(self)->told(result); }, this),
        word(word),
        landed_word(landed_word) {}
  void sent(Result result);
  void written(Result result);
  void flushed(Result result);
  void told(Result result);
  void pieces_ended(Result result);
  Peer& peer() const;

  Slot& slot;
  const size_t reader;
  Operation message;
  Operation put;
  Operation flush;
  Operation landed;
  ControlWord word;
  ControlWord landed_word;
  Way way = Way::host;
  std::unique_ptr<Outgoing> pieces;  // where that is the way
  std::atomic<uint64_t> done{0};
};

struct WriterEnd::Slot {
  explicit Slot(WriterEnd& writer)
      : end(writer),
        announce([](void* self) { static_cast<Slot*>(self)->end.announce(*static_cast<Slot*>(self)); }, this) {}
  WriterEnd& end;
  Command announce;
  std::atomic<uint64_t> sent{0};
  // Operations that still look at the slot or its word. Raised before, lowered after.
  std::atomic<uint32_t> under_way{0};
  int64_t execution = -1;
  uint64_t bytes = 0;
  std::vector<std::unique_ptr<Delivery>> deliveries;
  ParkingSpot spot{};
};

WriterEnd::WriterEnd(ChannelInfo info, Wiring& wires) : End(std::move(info), wires) {
  const ControlWord word(Kind::message, wires.actor, channel().id, channel().note_bytes);
  const ControlWord landed(Kind::landed, wires.actor, channel().id);
  for (uint32_t i = 0; i < channel().slots; ++i) {
    auto& slot = *slots_.emplace_back(std::make_unique<Slot>(*this));
    for (size_t reader = 0; reader < channel().readers.size(); ++reader)
      slot.deliveries.push_back(std::make_unique<Delivery>(slot, reader, word, landed));
  }
}

WriterEnd::~WriterEnd() = default;

void WriterEnd::connect(std::vector<Reading> readers) {
  readers_ = std::move(readers);
  for (const auto& slot : slots_)
    for (const auto& delivery : slot->deliveries) {
      delivery->way = way_between(wiring().reach, readers_[delivery->reader].reach);
      if (delivery->way != Way::pieces) continue;
      delivery->pieces = std::make_unique<Outgoing>(
          wiring(), channel(), delivery->peer(),
          [](void* self, Result result) { static_cast<Delivery*>(self)->pieces_ended(result); }, delivery.get());
    }
}

void WriterEnd::drop_keys() {
  for (auto& reader : readers_) reader.ring = {};
}

void WriterEnd::acquire(int64_t execution, Deadline deadline) {
  Slot& slot = *slots_[place_of(execution, !readers_.empty())];
  const uint64_t slots = channel().slots;
  const uint64_t wanted = mark_of(execution) > slots ? mark_of(execution) - slots : 0;
  for (const auto& delivery : slot.deliveries) {
    const Peer& peer = delivery->peer();
    const auto done = [&] { return delivery->done.load(std::memory_order_acquire) >= wanted; };
    const bool ended = wait(
        slot.spot, [&] { return done() || peer.gone() || failed_.load(std::memory_order_acquire); }, deadline);
    if (failed_.load(std::memory_order_acquire)) throw error(failure_code_, "a slot could not be sent: " + failure_);
    if (!ended)
      throw error(Code::timed_out, "actor " + std::to_string(peer.actor()) + " still holds " + named(wanted) +
                                       ", whose slot execution " + std::to_string(execution) + " needs; all " +
                                       std::to_string(slots) + " slots are in use");
    if (!done()) throw gone(peer);
  }
  // Its readers have it; only UCX may not have said so yet.
  if (!wait(
          slot.spot, [&] { return slot.under_way.load(std::memory_order_acquire) == 0; }, deadline))
    throw error(Code::timed_out, "the slot of " + named(wanted) + " is still being sent from");
}

void WriterEnd::send(int64_t execution, uint64_t bytes, const void* note, Deadline /*deadline*/) {
  Slot& slot = *slots_[place_of(execution, !readers_.empty())];
  if (bytes > channel().slot_bytes)
    throw error(Code::overloaded, "a message of " + std::to_string(bytes) + " bytes does not fit into a slot of " +
                                      std::to_string(channel().slot_bytes));
  const uint64_t mark = mark_of(execution);
  const uint64_t before = slot.sent.load(std::memory_order_relaxed);
  if (before != (mark > channel().slots ? mark - channel().slots : 0))
    throw error(Code::invalid_argument,
                "execution " + std::to_string(execution) + " was sent out of turn: its slot has " + named(before));
  for (const auto& delivery : slot.deliveries)
    if (delivery->done.load(std::memory_order_acquire) < before)
      throw error(Code::invalid_argument,
                  "execution " + std::to_string(execution) + " was sent without its slot acquired: actor " +
                      std::to_string(delivery->peer().actor()) + " still holds " + named(before));
  if (slot.under_way.load(std::memory_order_acquire) != 0)
    throw error(Code::invalid_argument,
                "execution " + std::to_string(execution) + " was sent without its slot acquired");
  for (const auto& delivery : slot.deliveries) delivery->word.set(execution, note);
  slot.execution = execution;
  slot.bytes = bytes;
  slot.sent.store(mark, std::memory_order_relaxed);
  slot.under_way.store(static_cast<uint32_t>(slot.deliveries.size()), std::memory_order_relaxed);
  wiring().worker.post(slot.announce);
}

void WriterEnd::wake() noexcept {
  for (const auto& slot : slots_) slot->spot.wake_all();
}

void WriterEnd::announce(Slot& slot) {
  latest_ = slot.execution;
  const bool one_sided = wiring().protocol == Protocol::get || wiring().protocol == Protocol::put;
  for (const auto& delivery : slot.deliveries) {
    if (aborted() || delivery->peer().gone()) {
      delivery->sent({Code::cancelled, ""});
      continue;
    }
    if (const auto released = delivery->peer().take_release()) delivery->word.add(*released);
    // What lies in a device's memory can't be put behind a header, nor can UCX put there what came so.
    const bool touched = wiring().reach == Reach::host && delivery->way != Way::device;
    const bool eager = slot.bytes == 0 || (touched && slot.bytes <= wiring().eager_bytes);
    const bool promise = !eager && (delivery->way == Way::pieces || (delivery->way == Way::host && one_sided));
    delivery->word.set(promise ? Kind::promise : Kind::message);
    const bool fits = eager && slot.bytes <= ControlWord::kMostPayload;
    if (fits) delivery->word.add(memory(slot.execution), slot.bytes);
    if (promise) delivery->word.add(reinterpret_cast<const std::byte*>(&slot.bytes), sizeof slot.bytes);
    if (fits || promise)
      delivery->peer().endpoint().say(delivery->message, delivery->word.bytes());
    else
      delivery->peer().endpoint().send(delivery->message, delivery->word.bytes(), memory(slot.execution), slot.bytes,
                                       eager ? Endpoint::Protocol::eager : Endpoint::Protocol::rendezvous,
                                       eager ? nullptr : device(slot.execution));
  }
}

Peer& WriterEnd::Delivery::peer() const { return *slot.end.readers_[reader].peer; }

void WriterEnd::Delivery::sent(Result result) {
  if (!result.ok() && result.code != Code::cancelled) peer().lose(result);
  if (slot.under_way.fetch_sub(1, std::memory_order_release) == 1) slot.spot.wake_all();
}

size_t WriterEnd::place_of_reader(uint32_t actor) const {
  const auto& readers = channel().readers;
  return static_cast<size_t>(std::find(readers.begin(), readers.end(), actor) - readers.begin());
}

void WriterEnd::on_done(uint32_t actor, uint32_t low) {
  const size_t reader = place_of_reader(actor);
  if (readers_.empty() || reader == readers_.size()) return;
  const int64_t execution = whole(low, latest_);
  Slot& slot = slot_of(execution);
  slot.deliveries[reader]->done.store(mark_of(execution), std::memory_order_release);
  slot.spot.wake_all();
}

void WriterEnd::on_wanted(uint32_t actor, uint32_t low) {
  const size_t reader = place_of_reader(actor);
  if (readers_.empty() || reader == readers_.size() || aborted()) return;
  const int64_t execution = whole(low, latest_);
  Slot& slot = slot_of(execution);
  Delivery& delivery = *slot.deliveries[reader];
  if (delivery.peer().gone() || (delivery.pieces != nullptr && delivery.pieces->running())) return;
  slot.under_way.fetch_add(1, std::memory_order_relaxed);
  if (delivery.pieces != nullptr)
    return delivery.pieces->begin(execution, memory(execution), slot.bytes, device(execution));
  const auto& to = readers_[reader].ring.at(execution);
  delivery.peer().endpoint().put(delivery.put, memory(execution), slot.bytes, to.address, to.key);
}

// A put ends when its bytes may be overwritten here. Only a flush says that they are there; UCX's fence orders puts
// among each other, and not with the active message that says so.
void WriterEnd::Delivery::written(Result result) {
  if (!result.ok() || slot.end.aborted() || peer().gone()) return told(result);
  peer().endpoint().flush(flush);
}

void WriterEnd::Delivery::flushed(Result result) {
  if (!result.ok() || slot.end.aborted() || peer().gone()) return told(result);
  landed_word.set(slot.execution);
  peer().endpoint().say(landed, landed_word.bytes());
}

void WriterEnd::Delivery::told(Result result) { sent(result); }

void WriterEnd::Delivery::pieces_ended(Result result) {
  if (!result.ok() && result.code != Code::cancelled && !peer().gone()) slot.end.fail(result);
  if (slot.under_way.fetch_sub(1, std::memory_order_release) == 1) slot.spot.wake_all();
}

void WriterEnd::fail(Result result) {
  if (failed_.load(std::memory_order_relaxed)) return;
  failure_code_ = result.code;
  failure_ = result.text;
  failed_.store(true, std::memory_order_release);
  wake();
}

}  // namespace stretto::ucx
