// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "channel.h"
#include "copy.h"

#include <algorithm>

namespace stretto::ucx {

/// What is known of the executions of one slot of the writer's ring.
struct ReaderEnd::Slot : Releaser {
  Slot(ReaderEnd& reader, const ControlWord& wanted, const ControlWord& done)
      : end(reader),
        want([](void* self) { static_cast<Slot*>(self)->end.want(*static_cast<Slot*>(self)); }, this),
        give_back([](void* self) { static_cast<Slot*>(self)->end.give_back(*static_cast<Slot*>(self)); }, this),
        transfer(
            [](void* self, Result result) { static_cast<Slot*>(self)->end.arrived(*static_cast<Slot*>(self), result); },
            this),
        wanted([](void* self, Result result) { static_cast<Slot*>(self)->told(result); }, this),
        done([](void* self, Result result) { static_cast<Slot*>(self)->said_done(result); }, this),
        wanted_word(wanted),
        done_word(done) {}
  void pieces_ended(Result result) {
    // Who waits hears that the writer is gone from the writer itself.
    if (result.ok() || !end.writer_->gone()) end.arrived(*this, result);
  }
  void told(Result result) {
    if (!result.ok() && result.code != Code::cancelled) end.writer_->lose(result);
  }
  void said_done(Result result) {
    told(result);
    if (result.ok()) end.give_back(*this);
  }
  std::optional<Released> take_release() override {
    const uint64_t mark = released.load(std::memory_order_acquire);
    if (mark == said) return {};
    said = mark;
    return Released{end.channel().id, static_cast<int64_t>(mark) - 1};
  }

  ReaderEnd& end;
  // By the receiving lane.
  uint64_t asked = 0;
  uint64_t copied = 0;
  Command want;
  // By the releasing lane.
  std::atomic<uint64_t> released{0};
  Command give_back;
  // By the engine's holder, up to the mark that makes it known.
  uint64_t expected = 0;  // a receive was issued
  uint64_t said = 0;      // the last "done"
  std::atomic<uint64_t> announced{0};
  uint64_t bytes = 0;
  std::vector<std::byte> note;
  std::vector<std::byte> eager;
  bool brought = false;        // the payload came with the message, and is kept in `eager` until it is wanted
  void* rendezvous = nullptr;  // or is kept by the sender
  Result result;
  const std::byte* in_place = nullptr;  // the writer's, for the receiving lane to copy
  std::atomic<uint64_t> received{0};    // or to be copied
  Operation transfer;
  Operation wanted;
  Operation done;
  ControlWord wanted_word;
  ControlWord done_word;
  std::unique_ptr<Incoming> pieces;  // where that is the way
  ParkingSpot spot{};
};

ReaderEnd::ReaderEnd(ChannelInfo info, Wiring& wires) : End(std::move(info), wires) {
  const ControlWord wanted(Kind::wanted, wires.actor, channel().id);
  const ControlWord done(Kind::done, wires.actor, channel().id);
  for (uint32_t i = 0; i < channel().slots; ++i) {
    auto& slot = *slots_.emplace_back(std::make_unique<Slot>(*this, wanted, done));
    slot.note.resize(channel().note_bytes);
    slot.eager.resize(std::min(wires.eager_bytes, channel().slot_bytes));
  }
}

ReaderEnd::~ReaderEnd() = default;

void ReaderEnd::connect(Peer& writer, Reach reach, RemoteRing ring) {
  writer_ = &writer;
  ring_ = std::move(ring);
  way_ = way_between(wiring().reach, reach);
  for (const auto& slot : slots_)
    if (way_ == Way::pieces)
      slot->pieces = std::make_unique<Incoming>(
          wiring(), writer, channel().slot_bytes,
          [](void* self, Result result) { static_cast<Slot*>(self)->pieces_ended(result); }, slot.get());
}

uint64_t ReaderEnd::receive(int64_t execution, void* note, Deadline deadline) {
  Slot& slot = *slots_[place_of(execution, writer_ != nullptr)];
  const uint64_t mark = mark_of(execution);
  uint64_t found = slot.received.load(std::memory_order_acquire);
  if (slot.asked > found && slot.asked != mark)
    throw error(Code::invalid_argument, "execution " + std::to_string(execution) + " can't be received before " +
                                            named(slot.asked) + ", whose receive ended at its deadline");
  if (slot.asked < mark) {
    slot.asked = mark;
    wiring().worker.post(slot.want);
  }
  const auto here = [&] { return (found = slot.received.load(std::memory_order_acquire)) >= mark; };
  const bool ended = wait(
      slot.spot, [&] { return here() || writer_->gone(); }, deadline);
  if (!ended)
    throw error(Code::timed_out, slot.announced.load(std::memory_order_acquire) == mark
                                     ? "execution " + std::to_string(execution) + " of actor " +
                                           std::to_string(channel().writer) + " is still under way"
                                     : "actor " + std::to_string(channel().writer) + " has not sent execution " +
                                           std::to_string(execution) + "; its slot has " + named(found));
  if (!here()) throw gone(*writer_);
  if (found != mark)
    throw error(Code::invalid_argument,
                "execution " + std::to_string(execution) + " was released before; its slot has " + named(found));
  if (!slot.result.ok())
    throw error(slot.result.code, "execution " + std::to_string(execution) + " did not arrive: " + slot.result.text);
  if (slot.in_place != nullptr && slot.copied < mark) {
    copy_payload(memory(execution), slot.in_place, slot.bytes);
    slot.copied = mark;
  }
  if (note != nullptr) std::copy(slot.note.begin(), slot.note.end(), static_cast<std::byte*>(note));
  return slot.bytes;
}

void ReaderEnd::release(int64_t execution) {
  Slot& slot = *slots_[place_of(execution, writer_ != nullptr)];
  const uint64_t mark = mark_of(execution);
  const uint64_t found = slot.received.load(std::memory_order_acquire);
  if (found != mark)
    throw error(Code::invalid_argument,
                "execution " + std::to_string(execution) + " can't be released: its slot has " + named(found));
  if (slot.released.load(std::memory_order_relaxed) >= mark)
    throw error(Code::invalid_argument, "execution " + std::to_string(execution) + " was released twice");
  slot.released.store(mark, std::memory_order_release);
  writer_->offer(slot);
  wiring().worker.post_soon(slot.give_back);
}

void ReaderEnd::wake() noexcept {
  for (const auto& slot : slots_) slot->spot.wake_all();
}

bool ReaderEnd::on_message(const Header& header, std::span<const std::byte> rest, const Arrival& arrival) {
  const int64_t execution = whole(header.execution, latest_);
  Slot& slot = slot_of(execution);
  const uint64_t mark = mark_of(execution);
  const auto note = rest.first(std::min(rest.size(), slot.note.size()));
  const auto payload = arrival.payload == nullptr
                           ? rest.subspan(note.size())
                           : std::span(static_cast<const std::byte*>(arrival.payload), arrival.bytes);
  const bool promise = static_cast<Kind>(header.kind) == Kind::promise;
  const bool brought = !arrival.rendezvous && !promise;
  uint64_t bytes = payload.size();
  const bool told = !promise || bytes == sizeof bytes;
  if (promise && told) std::memcpy(&bytes, payload.data(), sizeof bytes);
  if (execution < 0 || !told || note.size() != slot.note.size() || bytes > channel().slot_bytes ||
      (brought && bytes > slot.eager.size())) {
    writer_->lose({Code::internal, "it sent a message that does not fit its channel"});
    return false;
  }
  latest_ = execution;
  std::copy(note.begin(), note.end(), slot.note.begin());
  slot.bytes = bytes;
  slot.brought = brought;
  if (brought && slot.expected == mark && wiring().reach == Reach::staged) {
    // It may have to wait for a piece.
    std::ranges::copy(payload, slot.eager.begin());
    bring(slot, std::span(slot.eager).first(bytes));
    return false;
  }
  // What can be read in place needs no rendezvous.
  const bool kept = arrival.rendezvous && (ring_.empty() || ring_.at(execution).here == nullptr);
  slot.rendezvous = kept ? arrival.payload : nullptr;
  slot.announced.store(mark, std::memory_order_release);
  if (slot.expected == mark)
    bring(slot, payload);
  else if (brought)
    std::ranges::copy(payload, slot.eager.begin());
  return kept;
}

void ReaderEnd::want(Slot& slot) {
  slot.expected = slot.asked;
  if (slot.announced.load(std::memory_order_relaxed) == slot.expected)
    bring(slot, std::span(slot.eager).first(slot.brought ? slot.bytes : 0));
}

void ReaderEnd::bring(Slot& slot, std::span<const std::byte> payload) {
  const auto execution = static_cast<int64_t>(slot.expected) - 1;
  if (aborted() || writer_->gone()) return;
  slot.in_place = nullptr;
  if (slot.brought) {
    if (slot.bytes != 0 && wiring().reach == Reach::staged) return slot.pieces->begin(memory(execution), payload);
    std::ranges::copy(payload, memory(execution));
    return arrived(slot, {});
  }
  if (way_ == Way::pieces) {
    slot.pieces->begin(memory(execution), slot.bytes, device(execution));
    return ask(slot);
  }
  if (slot.rendezvous != nullptr)
    return wiring().engine.fetch(slot.transfer, std::exchange(slot.rendezvous, nullptr), memory(execution), slot.bytes,
                                 device(execution));
  if (!ring_.empty()) {
    const auto& from = ring_.at(execution);
    // UCX would copy here and now, and the engine serve no other channel meanwhile; the lane copies outside of it.
    slot.in_place = wiring().protocol == Protocol::automatic ? from.here : nullptr;
    if (slot.in_place != nullptr) return arrived(slot, {});
    return writer_->endpoint().get(slot.transfer, memory(execution), slot.bytes, from.address, from.key);
  }
  ask(slot);
}

void ReaderEnd::ask(Slot& slot) {
  slot.wanted_word.set(static_cast<int64_t>(slot.expected) - 1);
  writer_->endpoint().say(slot.wanted, slot.wanted_word.bytes());
}

bool ReaderEnd::on_piece(const Header& header, std::span<const std::byte> rest, const Arrival& arrival) {
  const int64_t execution = whole(header.execution, latest_);
  uint64_t number = 0;
  auto taken = Incoming::Taken::unexpected;
  if (execution >= 0 && rest.size() == sizeof number && arrival.rendezvous && way_ == Way::pieces) {
    std::memcpy(&number, rest.data(), sizeof number);
    Slot& slot = slot_of(execution);
    if (slot.expected == mark_of(execution)) taken = slot.pieces->take_up(number, arrival.payload, arrival.bytes);
  }
  if (taken == Incoming::Taken::unexpected)
    writer_->lose({Code::internal, "it sent a piece that does not fit its channel"});
  return taken == Incoming::Taken::kept;
}

void ReaderEnd::on_failed(uint32_t low) {
  const int64_t execution = whole(low, latest_);
  Slot& slot = slot_of(execution);
  if (slot.expected == mark_of(execution) && slot.pieces != nullptr)
    slot.pieces->fail({Code::internal, "its writer could not copy it out of its device"});
}

void ReaderEnd::on_landed(uint32_t low) {
  const int64_t execution = whole(low, latest_);
  Slot& slot = slot_of(execution);
  if (slot.expected == mark_of(execution)) arrived(slot, {});
}

void ReaderEnd::arrived(Slot& slot, Result result) {
  if (!result.ok() && result.code == Code::disconnected) writer_->lose(result);
  slot.result = result;
  slot.received.store(slot.expected, std::memory_order_release);
  slot.spot.wake_all();
}

void ReaderEnd::give_back(Slot& slot) {
  // The last one's operation may not have ended here, although the writer has it: then its end says this one.
  if (aborted() || writer_->gone() || slot.done.running()) return;
  const auto released = slot.take_release();
  if (!released) return;
  slot.done_word.set(released->execution);
  writer_->endpoint().say(slot.done, slot.done_word.bytes());
}

void ReaderEnd::drop_rendezvous() {
  for (const auto& slot : slots_) {
    if (slot->rendezvous != nullptr) wiring().engine.drop(std::exchange(slot->rendezvous, nullptr));
    if (slot->pieces != nullptr) slot->pieces->drop();
  }
}

}  // namespace stretto::ucx
