// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "channel.h"

#include <cstring>

namespace stretto::shm {
namespace {

/// How an execution stands in a control word; 0 is "none yet".
uint64_t mark_of(int64_t execution) { return static_cast<uint64_t>(execution) + 1; }

std::string named(uint64_t mark) { return mark == 0 ? "no execution" : "execution " + std::to_string(mark - 1); }

}  // namespace

void End::attach(std::shared_ptr<Memory> memory, Placement placement) {
  memory_ = std::move(memory);
  view_ = ChannelView(memory_->data(), channel_, placement);
  if (offered_) std::memcpy(view_.exported(), offered_->data(), offered_->size());
}

void End::offer_memory(const Exported& exported) {
  if (channel_.words == 0) throw error(Code::invalid_argument, "it has no words, and so no slots in a device's memory");
  if (view_.mapped()) throw error(Code::invalid_argument, "memory was offered after it was connected");
  offered_ = exported;
}

Exported End::offered_memory() {
  if (channel_.words == 0 || !view_.mapped())
    throw error(Code::invalid_argument, "it has no words, or was asked for its memory before it is connected");
  Exported exported{};
  std::memcpy(exported.data(), view_.exported(), exported.size());
  return exported;
}

std::atomic<uint64_t>& End::word(uint32_t index) {
  if (!view_.mapped()) throw error(Code::invalid_argument, "it has no words before it is connected");
  if (index >= channel_.words)
    throw error(Code::invalid_argument,
                "word " + std::to_string(index) + " of " + std::to_string(channel_.words) + " was asked for");
  return view_.word(index);
}

void* End::slot(uint32_t index) {
  if (!view_.mapped()) throw error(Code::invalid_argument, "it has no slots before it is connected");
  if (index >= channel_.slots)
    throw error(Code::invalid_argument,
                "slot " + std::to_string(index) + " of " + std::to_string(channel_.slots) + " was asked for");
  return view_.payload(index);
}

uint64_t End::slot_of(int64_t execution) const {
  if (!view_.mapped()) throw error(Code::invalid_argument, "it was used before it is connected");
  if (execution < 0) throw error(Code::invalid_argument, "there is no execution " + std::to_string(execution));
  return static_cast<uint64_t>(execution) % channel_.slots;
}

Error End::error(Code code, const std::string& what) const {
  return {code, "channel '" + channel_.name + "': " + what};
}

void WriterEnd::acquire(int64_t execution, Deadline deadline) {
  const uint64_t slot = slot_of(execution);
  const uint64_t slots = channel().slots;
  const uint64_t wanted = mark_of(execution) > slots ? mark_of(execution) - slots : 0;
  for (size_t reader = 0; reader < channel().readers.size(); ++reader) {
    auto& released = view().released(slot, reader);
    if (!wait(
            released.writer, [&] { return released.execution.load(std::memory_order_acquire) >= wanted; }, deadline))
      throw error(Code::timed_out, "actor " + std::to_string(channel().readers[reader]) + " still holds " +
                                       named(wanted) + ", whose slot execution " + std::to_string(execution) +
                                       " needs; all " + std::to_string(slots) + " slots are in use");
  }
}

void WriterEnd::send(int64_t execution, uint64_t bytes, const void* note, Deadline /*deadline*/) {
  const uint64_t slot = slot_of(execution);
  if (bytes > channel().slot_bytes)
    throw error(Code::overloaded, "a message of " + std::to_string(bytes) + " bytes does not fit into a slot of " +
                                      std::to_string(channel().slot_bytes));
  auto& published = view().published(slot);
  const uint64_t before = published.execution.load(std::memory_order_relaxed);
  const uint64_t mark = mark_of(execution);
  if (before != (mark > channel().slots ? mark - channel().slots : 0))
    throw error(Code::invalid_argument,
                "execution " + std::to_string(execution) + " was sent out of turn: its slot has " + named(before));
  for (size_t reader = 0; reader < channel().readers.size(); ++reader)
    if (view().released(slot, reader).execution.load(std::memory_order_acquire) < before)
      throw error(Code::invalid_argument,
                  "execution " + std::to_string(execution) + " was sent without its slot acquired: actor " +
                      std::to_string(channel().readers[reader]) + " still holds " + named(before));
  if (note != nullptr)
    std::memcpy(view().note(slot), note, channel().note_bytes);
  else
    std::memset(view().note(slot), 0, channel().note_bytes);
  published.bytes = bytes;
  published.execution.store(mark, std::memory_order_release);
  published.readers.wake_all();
}

void WriterEnd::wake() noexcept {
  for (uint64_t slot = 0; view().mapped() && slot < channel().slots; ++slot)
    for (size_t reader = 0; reader < channel().readers.size(); ++reader)
      view().released(slot, reader).writer.wake_all();
}

uint64_t ReaderEnd::receive(int64_t execution, void* note, Deadline deadline) {
  const uint64_t slot = slot_of(execution);
  auto& published = view().published(slot);
  const uint64_t mark = mark_of(execution);
  uint64_t found = 0;
  const auto arrived = [&] { return (found = published.execution.load(std::memory_order_acquire)) >= mark; };
  if (!wait(published.readers, arrived, deadline))
    throw error(Code::timed_out, "actor " + std::to_string(channel().writer) + " has not sent execution " +
                                     std::to_string(execution) + "; its slot has " + named(found));
  if (found != mark)
    throw error(Code::invalid_argument,
                "execution " + std::to_string(execution) + " was released before; its slot has " + named(found));
  if (published.bytes > channel().slot_bytes)
    throw error(Code::internal, "a message of " + std::to_string(published.bytes) + " bytes in a slot of " +
                                    std::to_string(channel().slot_bytes));
  if (note != nullptr) std::memcpy(note, view().note(slot), channel().note_bytes);
  return published.bytes;
}

void ReaderEnd::release(int64_t execution) {
  const uint64_t slot = slot_of(execution);
  auto& released = view().released(slot, place_);
  const uint64_t mark = mark_of(execution);
  const uint64_t found = view().published(slot).execution.load(std::memory_order_acquire);
  if (found != mark)
    throw error(Code::invalid_argument,
                "execution " + std::to_string(execution) + " can't be released: its slot has " + named(found));
  if (released.execution.load(std::memory_order_relaxed) >= mark)
    throw error(Code::invalid_argument, "execution " + std::to_string(execution) + " was released twice");
  released.execution.store(mark, std::memory_order_release);
  released.writer.wake_all();
}

void ReaderEnd::wake() noexcept {
  for (uint64_t slot = 0; view().mapped() && slot < channel().slots; ++slot) view().published(slot).readers.wake_all();
}

}  // namespace stretto::shm
