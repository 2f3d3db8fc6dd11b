// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "launch/crew.h"
#include "trace/recording.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

/// The watching thread: hears the actors, notices who dies, and who does not get on.

namespace stretto {

void Crew::watch() {
  const int period = static_cast<int>(std::clamp(options_.progress.count() * 1000 / 4, 5.0, 60'000.0));
  while (!stop_) {
    std::vector<pollfd> entries{{wake_.get(), POLLIN, 0}};
    std::vector<Member*> of{nullptr};
    for (Member& member : members_) {
      if (member.phase == Phase::dead) continue;
      entries.push_back({member.link->descriptor(), POLLIN, 0});
      of.push_back(&member);
      if (member.pid < 0) continue;
      entries.push_back({member.pidfd.get(), POLLIN, 0});
      of.push_back(&member);
    }
    poll(entries.data(), entries.size(), period);
    if (stop_) return;
    for (size_t i = 1; i < entries.size(); ++i)
      if (entries[i].revents != 0 && of[i]->phase != Phase::dead) hear(*of[i]);
    check_progress();
  }
}

void Crew::hear(Member& member) {
  pollfd entry{member.link->descriptor(), POLLIN, 0};
  std::optional<Message> message;
  try {
    if (poll(&entry, 1, 0) > 0)
      message = member.link->receive(std::chrono::steady_clock::now() + std::chrono::seconds(5));
  } catch (const Error&) {  // half a message of one who died
  }
  Phase next = Phase::dead;
  std::optional<Error> death;
  if (!message) {
    const std::string how = end_of(member, std::chrono::seconds(1));
    death = Error(Code::disconnected, fmt::format("actor '{}' {}", member.name, how));
  } else if (message->type == "failed") {
    next = Phase::ended;
    death = Error(static_cast<Code>(message->body.at("code").get<int>()),
                  fmt::format("actor '{}': {}", member.name, message->body.at("text").get<std::string>()));
    if (death->code() == Code::disconnected)
      if (Member* dead = anybody_dead())
        death =
            Error(Code::disconnected, fmt::format("actor '{}' {}", dead->name, end_of(*dead, std::chrono::seconds(1))));
  } else {
    next = Phase::ended;
    for (const auto& entry_of : message->body.at("times"))
      times_[entry_of.at(0).get<size_t>()] = {entry_of.at(1), entry_of.at(2), entry_of.at(3), entry_of.at(4)};
  }
  if (message)
    for (auto& trace : unpack_traces(message->bytes)) traces_.push_back(std::move(trace));
  if (death && !(next == Phase::dead && member.phase == Phase::ended)) die(*death);
  const std::scoped_lock lock(mutex_);
  member.phase = next;
  changed_.notify_all();
}

/// A transport may see the end of a peer before its process is gone for us: a moment is given for that.
Crew::Member* Crew::anybody_dead() {
  std::vector<pollfd> entries;
  std::vector<Member*> of;
  for (Member& member : members_) {
    if (member.pid < 0 || member.phase == Phase::dead) continue;
    entries.push_back({member.pidfd.get(), POLLIN, 0});
    of.push_back(&member);
  }
  constexpr int kMoment = 500;  // ms
  if (entries.empty() || poll(entries.data(), entries.size(), kMoment) <= 0) return nullptr;
  for (size_t i = 0; i < entries.size(); ++i)
    if (entries[i].revents != 0) return of[i];
  return nullptr;
}

void Crew::die(const Error& error) {
  abort();
  died_(error);
}

void Crew::check_progress() {
  if (page_->aborted()) return;
  uint64_t progress = page_->rounds();
  bool due = false;
  const uint64_t rounds = page_->rounds();
  for (uint32_t lane = 0; lane < plan_->lanes.size(); ++lane) {
    const uint64_t completed = page_->completed(lane);
    progress += completed;
    due = due || completed < rounds * plan_->lanes[lane].steps.size();
  }
  const auto now = std::chrono::steady_clock::now();
  if (!due || progress != seen_progress_) {
    seen_progress_ = progress;
    progress_since_ = now;
    return;
  }
  if (now - progress_since_ < options_.progress) return;

  // The culprit is whoever has a step at the head of a lane whose waits are all over.
  const auto done_in_round = [&](const Step& step, int64_t round) {
    if (step.lane < 0 || round < 0) return true;
    const auto lane = static_cast<uint32_t>(step.lane);
    return page_->completed(lane) > static_cast<uint64_t>(round) * plan_->lanes[lane].steps.size() + step.position;
  };
  std::string culprits;
  std::string waiting;
  for (uint32_t lane = 0; lane < plan_->lanes.size(); ++lane) {
    const auto& steps = plan_->lanes[lane].steps;
    if (steps.empty() || page_->completed(lane) >= rounds * steps.size()) continue;
    const auto round = static_cast<int64_t>(page_->completed(lane) / steps.size());
    const Step& step = plan_->steps[steps[page_->completed(lane) % steps.size()]];
    const bool ready = std::all_of(step.waits.begin(), step.waits.end(), [&](const Wait& wait) {
      return done_in_round(plan_->steps[wait.from], round - wait.rounds);
    });
    auto& list = ready ? culprits : waiting;
    list +=
        fmt::format("{}actor '{}' with step '{}'", list.empty() ? "" : ", ", plan_->actors[step.actor].name, step.name);
  }
  die(Error(Code::timed_out, fmt::format("no step completed for {:g} s (run.progress): {}", options_.progress.count(),
                                         culprits.empty() ? waiting : culprits)));
}

}  // namespace stretto
