// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "pieces.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace stretto::ucx {

/// One piece.
struct Incoming::Part {
  Part(Incoming& all, uint64_t number)
      : all(all),
        number(number),
        waiter([](void* self) { static_cast<Part*>(self)->all.start(*static_cast<Part*>(self)); }, this),
        fetch([](void* self, Result result) { go_on(self, &Incoming::fetched, result); }, this),
        copy([](void* self, Result result) { go_on(self, &Incoming::copied, result); }, this) {}
  static void go_on(void* self, void (Incoming::*next)(Part&, Result), Result result) {
    auto& part = *static_cast<Part*>(self);
    (part.all.*next)(part, result);
  }
  std::byte* target() const { return all.to_ + number * all.wiring_.piece_bytes; }

  Incoming& all;
  const uint64_t number;
  Waiter waiter;
  Operation fetch;
  Copy copy;
  void* rendezvous = nullptr;          // that is still with the writer
  const std::byte* brought = nullptr;  // or what came with the message
  std::byte* piece = nullptr;          // of the stage
  bool awaited = false;
};

Incoming::Incoming(const Wiring& wiring, const Peer& writer, uint64_t most_bytes, Ended ended, void* owner)
    : wiring_(wiring), writer_(writer), ended_(ended), owner_(owner) {
  const uint64_t most = pieces_of(most_bytes, wiring.piece_bytes);
  for (uint64_t number = 0; number < most; ++number) parts_.push_back(std::make_unique<Part>(*this, number));
}

Incoming::~Incoming() = default;

void Incoming::begin(std::byte* to, uint64_t bytes, const Registration* device) {
  running_ = true;
  result_ = {};
  to_ = to;
  device_ = device;
  bytes_ = bytes;
  count_ = pieces_of(bytes, wiring_.piece_bytes);
  landed_ = 0;
  for (uint64_t number = 0; number < count_; ++number) parts_[number]->awaited = true;
}

void Incoming::begin(std::byte* to, std::span<const std::byte> brought) {
  begin(to, brought.size(), nullptr);
  Part& only = *parts_.front();
  only.awaited = false;
  only.brought = brought.data();
  ++under_way_;
  start(only);
}

uint64_t Incoming::length(const Part& part) const {
  return std::min(wiring_.piece_bytes, bytes_ - part.number * wiring_.piece_bytes);
}

Incoming::Taken Incoming::take_up(uint64_t number, void* rendezvous, uint64_t bytes) {
  if (given_up()) return Taken::given_up;
  if (!running_ || number >= count_) return Taken::unexpected;
  Part& part = *parts_[number];
  if (!part.awaited || bytes != length(part)) return Taken::unexpected;
  part.awaited = false;
  part.rendezvous = rendezvous;
  ++under_way_;
  start(part);
  return Taken::kept;
}

void Incoming::start(Part& part) {
  if (given_up()) {
    if (part.rendezvous != nullptr) wiring_.engine.drop(std::exchange(part.rendezvous, nullptr));
    return end(part, {Code::cancelled, ""});
  }
  if (wiring_.in != nullptr && (part.piece = wiring_.in->take()) == nullptr) return wiring_.in->queue(part.waiter);
  if (part.brought != nullptr) {
    std::memcpy(part.piece, std::exchange(part.brought, nullptr), length(part));
    return fetched(part, {});
  }
  wiring_.engine.fetch(part.fetch, std::exchange(part.rendezvous, nullptr),
                       part.piece != nullptr ? part.piece : part.target(), length(part),
                       part.piece == nullptr ? device_ : nullptr);
}

void Incoming::fetched(Part& part, Result result) {
  if (!result.ok() || part.piece == nullptr) return end(part, result);
  wiring_.in->copy(part.copy, part.target(), part.piece, length(part));
}

void Incoming::copied(Part& part, Result result) { end(part, result); }

void Incoming::end(Part& part, Result result) {
  if (part.piece != nullptr) wiring_.in->give(std::exchange(part.piece, nullptr));
  --under_way_;
  if (result.ok())
    ++landed_;
  else if (result_.ok())
    result_ = result;
  settle();
}

void Incoming::fail(Result result) {
  if (!running_) return;
  if (result_.ok()) result_ = result;
  settle();
}

void Incoming::settle() {
  if (!running_ || under_way_ != 0 || (result_.ok() && landed_ < count_)) return;
  running_ = false;
  ended_(owner_, result_);
}

void Incoming::drop() {
  for (const auto& part : parts_)
    if (part->rendezvous != nullptr) wiring_.engine.drop(std::exchange(part->rendezvous, nullptr));
}

}  // namespace stretto::ucx
