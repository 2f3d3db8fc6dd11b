// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/rehearsal.h"

#include <algorithm>
#include <map>
#include <set>

namespace stretto::testing {
namespace {

class Stage {
 public:
  Stage(const Plan& plan, int64_t executions)
      : plan_(plan),
        executions_(executions),
        most_offset_(plan.max_offset()),
        done_(plan.steps.size(), 0),
        lanes_(plan.lanes.size()),
        servers_(plan.resources.size(), 0),
        joint_(plan.steps.size()),
        followers_(plan.steps.size()),
        running_(plan.steps.size(), false),
        began_(plan.steps.size(), 0) {
    result_.ends.assign(static_cast<size_t>(executions), 0);
    left_.assign(static_cast<size_t>(executions), static_cast<int64_t>(plan.steps.size()));
    join();
    for (uint32_t step = 0; step < plan.steps.size(); ++step) {
      for (const auto& wait : plan.steps[step].waits) followers_[wait.from].push_back(step);
      if (plan.steps[step].lane < 0) drivers_.push_back(step);
    }
  }

  Rehearsal play() {
    for (uint32_t step = 0; step < plan_.steps.size(); ++step) look_.insert(step);
    advance();
    while (!events_.empty()) {
      now_ = events_.begin()->first;
      while (!events_.empty() && events_.begin()->first <= now_) {
        const uint32_t head = events_.begin()->second;
        events_.erase(events_.begin());
        finish(head);
      }
      advance();
    }
    result_.completes = std::all_of(left_.begin(), left_.end(), [](int64_t left) { return left == 0; });
    return std::move(result_);
  }

 private:
  struct LaneState {
    int64_t round = 0;
    uint32_t position = 0;
  };

  void join() {
    for (uint32_t step = 0; step < plan_.steps.size(); ++step) joint_[step] = {step};
    const auto unite = [&](uint32_t a, uint32_t b) {
      auto all = joint_[a];
      all.insert(joint_[b].begin(), joint_[b].end());
      for (const uint32_t member : all) joint_[member] = all;
    };
    std::map<int32_t, uint32_t> groups;
    for (const auto& channel : plan_.channels)
      for (const auto& reader : channel.readers)
        if (channel.rendezvous) unite(channel.send_step, reader.receive_step);
    for (uint32_t step = 0; step < plan_.steps.size(); ++step)
      if (plan_.steps[step].group >= 0) unite(groups.try_emplace(plan_.steps[step].group, step).first->second, step);
  }

  /// The execution that a round works on at an offset; -1: none.
  int64_t execution_of(int64_t round, int32_t offset) const {
    const int64_t source = round - offset;
    return source < 0 ? -1 : rounds_[static_cast<size_t>(source)];
  }

  /// The execution that a step would run for next.
  int64_t next_of(uint32_t step) const { return done_[step]; }

  bool waits_over(uint32_t step, int64_t execution) const {
    return std::all_of(plan_.steps[step].waits.begin(), plan_.steps[step].waits.end(), [&](const Wait& wait) {
      return wait.by == Wait::By::order || done_[wait.from] > execution - wait.tokens;
    });
  }

  bool at_head(uint32_t step) const {
    const auto& each = plan_.steps[step];
    if (each.lane < 0) return next_of(step) < executions_;
    const auto& lane = lanes_[static_cast<size_t>(each.lane)];
    return lane.round < static_cast<int64_t>(rounds_.size()) && lane.position == each.position &&
           execution_of(lane.round, each.offset) >= 0;
  }

  /// A group is issued as one when the lane stands at its first step.
  bool member_ready(uint32_t step) const {
    if (running_[step] || !waits_over(step, next_of(step))) return false;
    const int32_t group = plan_.steps[step].group;
    if (group < 0) return at_head(step);
    const auto& lane = plan_.lanes[static_cast<size_t>(plan_.steps[step].lane)].steps;
    return std::any_of(lane.begin(), lane.end(),
                       [&](uint32_t other) { return plan_.steps[other].group == group && at_head(other); });
  }

  void give_rounds() {
    while (submitted_ < executions_) {
      const int64_t last = submitted_ - plan_.inflight;
      if (last >= 0 && left_[static_cast<size_t>(last)] > 0) {
        const auto needed = round_of_[static_cast<size_t>(last)] + most_offset_ + 1;
        while (static_cast<int64_t>(rounds_.size()) < needed) give_blank();
        return;
      }
      // The ticket is given when its step ends; the step itself waits for the window.
      if (done_[plan_.ticket_step] <= submitted_) return;
      round_of_.push_back(static_cast<int64_t>(rounds_.size()));
      rounds_.push_back(submitted_++);
    }
    const auto all = (round_of_.empty() ? 0 : round_of_.back() + 1) + most_offset_;
    while (static_cast<int64_t>(rounds_.size()) < all) give_blank();
  }

  void give_blank() {
    rounds_.push_back(-1);
    ++result_.blank_rounds;
  }

  void pass_blanks() {
    for (uint32_t number = 0; number < lanes_.size(); ++number) {
      auto& lane = lanes_[number];
      const auto& steps = plan_.lanes[number].steps;
      while (!steps.empty() && lane.round < static_cast<int64_t>(rounds_.size()) &&
             execution_of(lane.round, plan_.steps[steps[lane.position]].offset) < 0)
        step_on(number);
      if (!steps.empty()) look_.insert(steps[lane.position]);
    }
  }

  void step_on(uint32_t number) {
    auto& lane = lanes_[number];
    if (++lane.position < plan_.lanes[number].steps.size()) return;
    lane.position = 0;
    ++lane.round;
  }

  void advance() {
    for (size_t before = SIZE_MAX; before != rounds_.size();) {
      before = rounds_.size();
      give_rounds();
    }
    pass_blanks();
    look_.insert(drivers_.begin(), drivers_.end());
    while (!look_.empty()) {
      const uint32_t step = *look_.begin();
      look_.erase(look_.begin());
      const auto& members = joint_[step];
      if (std::all_of(members.begin(), members.end(), [&](uint32_t member) { return member_ready(member); }))
        queue_.emplace_back(*members.begin());
      for (const uint32_t member : members) look_.erase(member);
    }
    serve();
  }

  /// First ready, first served; what finds no room stays in the queue.
  void serve() {
    std::vector<uint32_t> waiting;
    for (const uint32_t head : queue_) {
      const auto& members = joint_[head];
      if (running_[head]) continue;
      const bool room = std::all_of(members.begin(), members.end(), [&](uint32_t member) {
        const int32_t resource = plan_.steps[member].resource;
        return resource < 0 || servers_[static_cast<size_t>(resource)] <
                                   static_cast<int64_t>(plan_.resources[static_cast<size_t>(resource)].capacity);
      });
      if (room)
        start(head);
      else
        waiting.push_back(head);
    }
    queue_ = std::move(waiting);
    std::vector<uint32_t> unique;
    for (const uint32_t head : queue_)
      if (std::find(unique.begin(), unique.end(), head) == unique.end()) unique.push_back(head);
    queue_ = std::move(unique);
  }

  void start(uint32_t head) {
    double seconds = 0;
    for (const uint32_t member : joint_[head]) {
      running_[member] = true;
      began_[member] = now_;
      seconds = std::max(seconds, plan_.steps[member].seconds);
      if (plan_.steps[member].resource >= 0) ++servers_[static_cast<size_t>(plan_.steps[member].resource)];
    }
    events_.emplace(now_ + seconds, head);
  }

  void finish(uint32_t head) {
    for (const uint32_t member : joint_[head]) {
      const auto& step = plan_.steps[member];
      const int64_t execution = next_of(member);
      running_[member] = false;
      ++done_[member];
      if (step.resource >= 0) --servers_[static_cast<size_t>(step.resource)];
      if (step.lane >= 0) step_on(static_cast<uint32_t>(step.lane));
      result_.runs.push_back({member, execution, began_[member], now_});
      --left_[static_cast<size_t>(execution)];
      auto& end = result_.ends[static_cast<size_t>(execution)];
      end = std::max(end, now_);
      result_.makespan = std::max(result_.makespan, now_);
      for (const uint32_t follower : followers_[member]) look_.insert(joint_[follower].begin(), joint_[follower].end());
    }
  }

  const Plan& plan_;
  int64_t executions_;
  int32_t most_offset_;
  Rehearsal result_;
  std::vector<int64_t> done_;                     // by step: runs ended
  std::vector<LaneState> lanes_;                  // by lane
  std::vector<int64_t> servers_;                  // by resource: runs under way
  std::vector<std::set<uint32_t>> joint_;         // by step: all that run as one with it
  std::vector<std::vector<uint32_t>> followers_;  // by step: what waits for it
  std::vector<bool> running_;                     // by step
  std::vector<double> began_;                     // by step
  std::vector<int64_t> left_;                     // by execution: runs to come
  std::vector<uint32_t> drivers_;                 // steps
  std::vector<int64_t> rounds_;                   // by round: the execution that came in, or -1
  std::vector<int64_t> round_of_;                 // by execution
  std::set<uint32_t> look_;                       // steps that may start now
  std::vector<uint32_t> queue_;                   // ready, in the order in which they were
  std::multimap<double, uint32_t> events_;        // ends
  int64_t submitted_ = 0;
  double now_ = 0;
};

}  // namespace

double Rehearsal::period(int32_t most_offset) const {
  const auto last = std::max<int64_t>(1, static_cast<int64_t>(ends.size()) - 1 - most_offset);
  const auto first = std::min(last - 1, std::max<int64_t>(last / 2, most_offset));
  return (ends[static_cast<size_t>(last)] - ends[static_cast<size_t>(first)]) / static_cast<double>(last - first);
}

Rehearsal rehearse(const Plan& plan, int64_t executions) { return Stage(plan, executions).play(); }

}  // namespace stretto::testing
