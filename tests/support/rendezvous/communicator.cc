// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "communicator.h"

#include <algorithm>
#include <cstring>

namespace stretto::testing {
namespace {

std::string describe(uint32_t actor, const Operation& operation) {
  if (operation.collective != nullptr)
    return "actor " + std::to_string(actor) + " takes part in collective " + std::to_string(operation.collective->id) +
           " '" + operation.collective->name + "' of " + std::to_string(input_bytes(*operation.collective)) + " bytes" +
           (operation.captured ? ", captured" : "");
  return "actor " + std::to_string(actor) + (operation.sends ? " sends " : " receives ") +
         std::to_string(operation.bytes) + " bytes of channel " + std::to_string(operation.channel) + " '" +
         operation.name + (operation.sends ? "' to actor " : "' from actor ") + std::to_string(operation.peer) +
         (operation.captured ? ", captured" : "");
}

Operation* first_open(Transition& transition, bool sends, uint32_t peer) {
  for (auto& operation : transition.operations)
    if (!operation.met && operation.collective == nullptr && operation.sends == sends && operation.peer == peer)
      return &operation;
  return nullptr;
}

Operation* open_collective(Transition* transition) {
  if (transition != nullptr)
    for (auto& operation : transition->operations)
      if (!operation.met && operation.collective != nullptr) return &operation;
  return nullptr;
}

/// Sets may overlap: who stands at the collective of another set may still come.
bool same_set(const CollectiveInfo& a, const CollectiveInfo& b) { return a.members == b.members; }

bool alike(const CollectiveInfo& a, const CollectiveInfo& b) {
  return a.id == b.id && a.kind == b.kind && a.reduction == b.reduction && a.dtype == b.dtype && a.root == b.root &&
         a.input_elements == b.input_elements && a.members == b.members;
}

bool all_met(const Transition& transition) {
  return std::all_of(transition.operations.begin(), transition.operations.end(),
                     [](const Operation& operation) { return operation.met; });
}

}  // namespace

void Communicator::issue(uint32_t actor, const std::shared_ptr<Transition>& transition) {
  const std::lock_guard lock(mutex_);
  actors_[actor].issued.push_back(transition);
}

// What an actor works on: the first of its transitions, once its lane has come to it.
Transition* Communicator::head(uint32_t actor) {
  auto& [issued, aborted] = actors_[actor];
  // The memory of an aborted actor may be gone.
  return aborted || issued.empty() || !issued.front()->reached ? nullptr : issued.front().get();
}

bool Communicator::meet_peer(uint32_t actor, Operation& operation) {
  Transition* theirs = head(operation.peer);
  Operation* other = theirs == nullptr ? nullptr : first_open(*theirs, !operation.sends, actor);
  if (other == nullptr) return false;
  if (other->channel != operation.channel || other->bytes != operation.bytes || other->captured != operation.captured) {
    break_down("rendezvous: " + describe(actor, operation) + ", and meets that " + describe(operation.peer, *other));
    return false;
  }
  const Operation& from = operation.sends ? operation : *other;
  const Operation& to = operation.sends ? *other : operation;
  if (from.bytes != 0) std::memmove(to.memory, from.memory, from.bytes);
  operation.met = other->met = true;
  return true;
}

// All members stand at their parts, or nobody moves.
bool Communicator::meet_members(uint32_t actor, const Operation& operation) {
  std::vector<Operation*> all;
  for (const uint32_t member : operation.collective->members) {
    Operation* theirs = open_collective(head(member));
    if (theirs == nullptr || !same_set(*theirs->collective, *operation.collective)) return false;
    if (!alike(*theirs->collective, *operation.collective) || theirs->captured != operation.captured) {
      break_down("rendezvous: " + describe(actor, operation) + ", and meets that " + describe(member, *theirs));
      return false;
    }
    all.push_back(theirs);
  }
  std::vector<Part> parts;
  for (auto* each : all) {
    parts.push_back({each->input, each->memory});
    each->met = true;
  }
  perform(*operation.collective, parts);
  return true;
}

// Whom an operation waits for.
std::vector<uint32_t> Communicator::missing_for(const Operation& operation) {
  if (operation.collective == nullptr) return {operation.peer};
  std::vector<uint32_t> missing;
  for (const uint32_t member : operation.collective->members)
    if (const Operation* theirs = open_collective(head(member));
        theirs == nullptr || !same_set(*theirs->collective, *operation.collective))
      missing.push_back(member);
  return missing;
}

// Everything that can meet does; an actor whose transition is complete goes on to the next one.
void Communicator::settle() {
  for (bool moved = true; moved && broken_.empty();) {
    moved = false;
    for (auto& [number, actor] : actors_) {
      Transition* mine = head(number);
      if (mine == nullptr) continue;
      for (auto& operation : mine->operations)
        if (operation.collective != nullptr)
          moved = (!operation.met && broken_.empty() && meet_members(number, operation)) || moved;
        // A later operation with a peer may not overtake an earlier one.
        else if (!operation.met && &operation == first_open(*mine, operation.sends, operation.peer) && broken_.empty())
          moved = meet_peer(number, operation) || moved;
    }
    for (auto& [number, actor] : actors_) {
      Transition* mine = head(number);
      if (mine == nullptr || !all_met(*mine)) continue;
      const auto done = actor.issued.front();
      actor.issued.pop_front();
      done->complete.store(true, std::memory_order_release);
      if (done->bell != nullptr) done->bell->ring();
      moved = true;
    }
  }
}

// Actors that stand at transitions of which each waits for the next one's will stand for ever.
void Communicator::find_circle(uint32_t actor) {
  std::vector<uint32_t> path;
  std::vector<uint32_t> finished;
  const auto visit = [&](const auto& self, uint32_t at) -> bool {
    if (std::find(path.begin(), path.end(), at) != path.end()) {
      path.erase(path.begin(), std::find(path.begin(), path.end(), at));
      return true;
    }
    if (std::find(finished.begin(), finished.end(), at) != finished.end()) return false;
    const Transition* standing = head(at);
    if (standing != nullptr) {
      path.push_back(at);
      for (const auto& operation : standing->operations)
        if (!operation.met)
          for (const uint32_t missing : missing_for(operation))
            if (self(self, missing)) return true;
      path.pop_back();
    }
    finished.push_back(at);
    return false;
  };
  if (!visit(visit, actor)) return;
  std::string text = "rendezvous: each waits for the next:";
  for (const uint32_t member : path)
    for (const auto& operation : head(member)->operations)
      if (!operation.met) {
        text += " " + describe(member, operation) + ";";
        break;
      }
  break_down(text);
}

void Communicator::reach(uint32_t actor, const std::shared_ptr<Transition>& transition) {
  const std::lock_guard lock(mutex_);
  transition->reached = true;
  settle();
  if (broken_.empty()) find_circle(actor);
  changed_.notify_all();
  if (!broken_.empty()) throw Error(Code::internal, broken_);
}

void Communicator::await(uint32_t actor, const Transition& transition) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return !broken_.empty() || actors_[actor].aborted || transition.complete.load(std::memory_order_acquire);
  });
  if (transition.complete.load(std::memory_order_acquire)) return;
  if (!broken_.empty()) throw Error(Code::internal, broken_);
  throw Error(Code::cancelled, "the transport was aborted");
}

void Communicator::break_down(const std::string& message) {
  broken_ = message;
  for (auto& [number, actor] : actors_)
    for (auto& transition : actor.issued)
      if (transition->bell != nullptr) transition->bell->fail(message);
  changed_.notify_all();
}

void Communicator::abort(uint32_t actor) {
  const std::lock_guard lock(mutex_);
  actors_[actor].aborted = true;
  changed_.notify_all();
}

}  // namespace stretto::testing
