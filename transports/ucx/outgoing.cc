// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "pieces.h"

#include <algorithm>
#include <utility>

namespace stretto::ucx {

/// One piece on its way; then another one.
struct Outgoing::Flight {
  Flight(Outgoing& all, const ControlWord& word)
      : all(all),
        word(word),
        copy([](void* self, Result result) { go_on(self, &Outgoing::copied, result); }, this),
        message([](void* self, Result result) { go_on(self, &Outgoing::sent, result); }, this) {}
  static void go_on(void* self, void (Outgoing::*next)(Flight&, Result), Result result) {
    auto& flight = *static_cast<Flight*>(self);
    (flight.all.*next)(flight, result);
  }

  Outgoing& all;
  ControlWord word;
  Copy copy;
  Operation message;
  uint64_t number = 0;
  std::byte* piece = nullptr;  // of the stage; null where the slot is host memory
  bool idle = true;
};

Outgoing::Outgoing(const Wiring& wiring, const ChannelInfo& channel, Peer& reader, Ended ended, void* owner)
    : wiring_(wiring),
      reader_(reader),
      ended_(ended),
      owner_(owner),
      waiter_([](void* self) { static_cast<Outgoing*>(self)->go_on(); }, this),
      failed_word_(Kind::failed, wiring.actor, channel.id),
      failed_(
          [](void* self, Result /*result*/) {
            auto& all = *static_cast<Outgoing*>(self);
            --all.under_way_;
            all.go_on();
          },
          this) {
  const ControlWord word(Kind::piece, wiring.actor, channel.id);
  const uint64_t most = std::min<uint64_t>(wiring.pieces, pieces_of(channel.slot_bytes, wiring.piece_bytes));
  for (uint64_t i = 0; i < most; ++i) flights_.push_back(std::make_unique<Flight>(*this, word));
}

Outgoing::~Outgoing() = default;

void Outgoing::begin(int64_t execution, const std::byte* from, uint64_t bytes, const Registration* device) {
  running_ = true;
  result_ = {};
  from_ = from;
  device_ = device;
  bytes_ = bytes;
  count_ = pieces_of(bytes, wiring_.piece_bytes);
  next_ = 0;
  for (const auto& flight : flights_) flight->word.set(execution);
  failed_word_.set(execution);
  go_on();
}

const std::byte* Outgoing::at(const Flight& flight) const { return from_ + flight.number * wiring_.piece_bytes; }

uint64_t Outgoing::length(const Flight& flight) const {
  return std::min(wiring_.piece_bytes, bytes_ - flight.number * wiring_.piece_bytes);
}

/// Launches what can be. An operation that ends at once, within this call, comes back here: the outer one goes on.
void Outgoing::go_on() {
  if (!running_ || launching_) return;
  launching_ = true;
  while (next_ < count_ && !given_up()) {
    const auto idle = std::ranges::find_if(flights_, [](const auto& flight) { return flight->idle; });
    if (idle == flights_.end()) break;
    std::byte* piece = wiring_.out == nullptr ? nullptr : wiring_.out->take();
    if (wiring_.out != nullptr && piece == nullptr) {
      wiring_.out->queue(waiter_);
      break;
    }
    launch(**idle, piece);
  }
  launching_ = false;
  if (under_way_ != 0 || (next_ < count_ && !given_up())) return;
  running_ = false;
  ended_(owner_, next_ < count_ && result_.ok() ? Result{Code::cancelled, ""} : result_);
}

void Outgoing::launch(Flight& flight, std::byte* piece) {
  flight.idle = false;
  flight.number = next_++;
  flight.piece = piece;
  ++under_way_;
  if (piece != nullptr)
    wiring_.out->copy(flight.copy, piece, at(flight), length(flight));
  else
    send(flight, at(flight));
}

void Outgoing::copied(Flight& flight, Result result) {
  if (!result.ok() && result_.ok()) {
    result_ = result;
    if (result.code != Code::cancelled) tell_failure();
  }
  if (given_up()) return land(flight);
  send(flight, flight.piece);
}

void Outgoing::send(Flight& flight, const std::byte* from) {
  flight.word.set_number(flight.number);
  reader_.endpoint().send(flight.message, flight.word.bytes(), from, length(flight), Endpoint::Protocol::rendezvous,
                          flight.piece == nullptr ? device_ : nullptr);
}

void Outgoing::sent(Flight& flight, Result result) {
  if (!result.ok() && result_.ok()) result_ = result;
  if (!result.ok() && result.code != Code::cancelled) reader_.lose(result);
  land(flight);
}

void Outgoing::land(Flight& flight) {
  flight.idle = true;
  --under_way_;
  if (flight.piece != nullptr) wiring_.out->give(std::exchange(flight.piece, nullptr));
  go_on();
}

/// Else it would wait for pieces that never come.
void Outgoing::tell_failure() {
  if (wiring_.aborted || reader_.gone() || failed_.running()) return;
  ++under_way_;
  reader_.endpoint().say(failed_, failed_word_.bytes());
}

}  // namespace stretto::ucx
