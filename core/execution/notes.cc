// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/notes.h"

namespace stretto {

Notes::Notes(const Plan& plan, uint32_t actor) : window_(plan.inflight + 1ULL), index_(plan.rings.size(), 0) {
  uint32_t count = 0;
  for (size_t ring = 0; ring < plan.rings.size(); ++ring)
    if (plan.rings[ring].actor == actor) index_[ring] = count++;
  entries_ = std::vector<Entry>(count * window_);
}

void Notes::shape(uint32_t ring, const Note& note) {
  Entry& at = entry(ring, note.execution);
  at.shape = note;
  at.shaped.store(note.execution + 1, std::memory_order_release);
  spot_.wake_all();
}

void Notes::settle(uint32_t ring, const Note& note) {
  {
    const std::scoped_lock lock(settling_);
    Entry& at = entry(ring, note.execution);
    if (at.settled.load(std::memory_order_relaxed) == note.execution + 1) return;
    at.status = note;
    at.settled.store(note.execution + 1, std::memory_order_release);
  }
  spot_.wake_all();
}

bool Notes::settled(uint32_t ring, int64_t execution) const {
  return entry(ring, execution).settled.load(std::memory_order_acquire) == execution + 1;
}

bool Notes::shaped(uint32_t ring, int64_t execution) const {
  return settled(ring, execution) || entry(ring, execution).shaped.load(std::memory_order_acquire) == execution + 1;
}

Note Notes::get(uint32_t ring, int64_t execution) const {
  if (settled(ring, execution)) return entry(ring, execution).status;
  if (!shaped(ring, execution))
    throw Error(Code::internal, "the note of ring " + std::to_string(ring) + " is not there for execution " +
                                    std::to_string(execution));
  return entry(ring, execution).shape;
}

Note Notes::await_shaped(uint32_t ring, int64_t execution) {
  spot_.wait([&] { return aborted_.load() || shaped(ring, execution); }, Deadline::max());
  if (aborted_.load()) throw Error(Code::cancelled, "the run was aborted");
  return get(ring, execution);
}

Note Notes::await_settled(uint32_t ring, int64_t execution) {
  spot_.wait([&] { return aborted_.load() || settled(ring, execution); }, Deadline::max());
  if (aborted_.load()) throw Error(Code::cancelled, "the run was aborted");
  return entry(ring, execution).status;
}

void Notes::abort() {
  aborted_.store(true);
  spot_.wake_all();
}

}  // namespace stretto
