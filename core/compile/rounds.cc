// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/rounds.h"

#include "compile/joint.h"
#include "compile/rows.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace stretto::compiling {

namespace {

uint32_t root(std::vector<uint32_t>& parent, uint32_t step) {
  while (parent[step] != step) step = parent[step] = parent[parent[step]];
  return step;
}

void unite(std::vector<uint32_t>& parent, uint32_t a, uint32_t b) {
  a = root(parent, a);
  b = root(parent, b);
  parent[std::max(a, b)] = std::min(a, b);
}

}  // namespace

RoundGraph::RoundGraph(const Plan& plan, bool issue_orders)
    : plan_(plan),
      step_count_(static_cast<uint32_t>(plan.steps.size())),
      apart_(plan.steps.size(), false),
      joint_(plan.steps.size()),
      run_of_(plan.steps.size(), -1) {
  for (uint32_t run = 0; run < plan.captures.size(); ++run)
    for (const uint32_t step : plan.captures[run].steps) run_of_[step] = static_cast<int32_t>(run);
  merge_joints(plan);
  add_lanes(plan);
  add_waits(plan);
  add_meetings(plan);
  add_sizes(plan);
  add_channels(plan);
  add_notes(plan);
  if (issue_orders) add_issue_orders(plan);
  add_runs();
}

uint32_t RoundGraph::vertex(uint32_t step, Moment moment) const {
  if (moment == Moment::begin && apart_[step]) return 3 * step_count_ + joint_[step];
  if (moment == Moment::complete || moment == Moment::begin) return joint_[step];
  return static_cast<uint32_t>(moment) * step_count_ + step;
}

uint32_t RoundGraph::end_of(uint32_t step) const {
  return run_of_[step] < 0 ? vertex(step, Moment::complete) : run_vertex(run_of_[step], Moment::complete);
}

uint32_t RoundGraph::run_vertex(int32_t run, Moment moment) const {
  const auto ends = moment == Moment::complete ? static_cast<uint32_t>(plan_.captures.size()) : 0;
  return of_steps() + ends + static_cast<uint32_t>(run);
}

uint32_t RoundGraph::step_of(uint32_t vertex) const {
  return of_run(vertex) ? steps_of(vertex).front() : vertex % step_count_;
}

RoundGraph::Moment RoundGraph::moment_of(uint32_t vertex) const {
  if (!of_run(vertex)) return static_cast<Moment>(vertex / step_count_);
  return vertex - of_steps() < plan_.captures.size() ? Moment::begin : Moment::complete;
}

std::vector<uint32_t> RoundGraph::steps_of(uint32_t vertex) const {
  std::vector<uint32_t> steps;
  if (of_run(vertex)) return plan_.captures[(vertex - of_steps()) % plan_.captures.size()].steps;
  if (moment_of(vertex) == Moment::issue || moment_of(vertex) == Moment::note) return {step_of(vertex)};
  for (uint32_t step = 0; step < step_count_; ++step)
    if (joint_[step] == step_of(vertex)) steps.push_back(step);
  return steps;
}

void RoundGraph::merge_joints(const Plan& plan) {
  std::vector<uint32_t> parent(step_count_);
  std::iota(parent.begin(), parent.end(), 0U);
  std::unordered_map<int32_t, uint32_t> groups;
  for (uint32_t step = 0; step < step_count_; ++step) {
    if (plan.steps[step].group < 0) continue;
    grouped_ = apart_[step] = true;
    unite(parent, groups.try_emplace(plan.steps[step].group, step).first->second, step);
  }
  for (const auto& channel : plan.channels) {
    if (!channel.rendezvous) continue;
    for (const auto& reader : channel.readers) {
      const uint32_t send = channel.send_step, receive = reader.receive_step;
      if (plan.steps[send].group < 0 && plan.steps[receive].group < 0)
        unite(parent, send, receive);
      else
        apart_[send] = apart_[receive] = true;
    }
  }
  std::unordered_map<int32_t, uint32_t> collectives;
  for (uint32_t number = 0; number < step_count_; ++number) {
    const auto& step = plan.steps[number];
    if (step.kind == StepKind::collective)
      unite(parent,
            collectives.try_emplace(plan.nodes[static_cast<uint32_t>(step.node)].collective, number).first->second,
            number);
  }
  for (uint32_t step = 0; step < step_count_; ++step) joint_[step] = root(parent, step);
}

/// What leads into a run leads to its begin, and what leads out of it comes from its end; but for its messages, which
/// leave and arrive meanwhile.
void RoundGraph::keep_to_runs(Arc& arc) const {
  const int32_t from = run_of_[arc.from_step], to = run_of_[arc.to_step];
  const bool handed_over = arc.by == By::issue && moment_of(arc.from) == Moment::issue;
  const bool inside = from == to && arc.tokens == 0 && !handed_over;
  if (inside || arc.by == By::message) return;
  const auto runs = [&](uint32_t vertex) {
    return moment_of(vertex) == Moment::complete || moment_of(vertex) == Moment::begin;
  };
  if (to >= 0 && runs(arc.to)) arc.to = run_vertex(to, Moment::begin);
  if (from >= 0 && runs(arc.from)) arc.from = run_vertex(from, Moment::complete);
}

void RoundGraph::add_runs() {
  for (uint32_t step = 0; step < step_count_; ++step) {
    const int32_t run = run_of_[step];
    if (run < 0) continue;
    arcs_.push_back({run_vertex(run, Moment::begin), vertex(step, Moment::begin), 0, By::lane, step, step});
    arcs_.push_back({vertex(step, Moment::complete), run_vertex(run, Moment::complete), 0, By::lane, step, step});
  }
}

void RoundGraph::add(Arc arc) {
  if (!plan_.captures.empty()) keep_to_runs(arc);
  if (arc.from == arc.to && arc.tokens >= 1) return;  // every transition follows its own earlier runs
  arcs_.push_back(arc);
}

/// A blocking SEND of a rendezvous has published its note before its peer arrives. In a group it does so as it begins.
bool RoundGraph::posts_first(const Plan& plan, uint32_t step) const {
  const auto& each = plan.steps[step];
  return plan.actors[each.actor].blocking && each.kind == StepKind::send && each.joint >= 0 && !apart_[step];
}

void RoundGraph::add_lanes(const Plan& plan) {
  for (uint32_t step = 0; step < step_count_; ++step)
    if (apart_[step] && joint_[step] == step)
      add({vertex(step, Moment::begin), vertex(step, Moment::complete), 0, By::lane, step, step});
  for (const auto& lane : plan.lanes) {
    for (size_t i = 0; i < lane.steps.size(); ++i) {
      const uint32_t next = lane.steps[i];
      const uint32_t previous = lane.steps[i == 0 ? lane.steps.size() - 1 : i - 1];
      const int32_t tokens = i == 0 ? 1 : 0;
      if (i > 0 && joint_[previous] == joint_[next]) continue;  // a group has no before and after
      const uint32_t ended = vertex(previous, Moment::complete);
      add({ended, vertex(next, Moment::begin), tokens, By::lane, previous, next});
      if (!posts_first(plan, next)) continue;
      add({ended, vertex(next, Moment::issue), tokens, By::lane, previous, next});
      add({vertex(next, Moment::issue), vertex(next, Moment::complete), 0, By::issue, next, next});
    }
  }
}

void RoundGraph::add_waits(const Plan& plan) {
  for (uint32_t step = 0; step < step_count_; ++step)
    for (const auto& wait : plan.steps[step].waits) {
      if (wait.by != Wait::By::lane) continue;
      const uint32_t ended = vertex(wait.from, Moment::complete);
      add({ended, vertex(step, Moment::begin), wait.rounds, By::wait, wait.from, step});
      if (posts_first(plan, step)) add({ended, vertex(step, Moment::issue), wait.rounds, By::wait, wait.from, step});
    }
}

/// Where a step of a group takes part: each of the two ends after the other has begun.
void RoundGraph::add_meetings(const Plan& plan) {
  for (uint32_t c = 0; c < plan.channels.size(); ++c) {
    const auto& channel = plan.channels[c];
    if (!channel.rendezvous || !apart_[channel.send_step]) continue;
    const auto meet = [&](uint32_t from, uint32_t to) {
      add({vertex(from, Moment::begin), vertex(to, Moment::complete), 0, By::message, from, to,
           static_cast<int32_t>(c)});
    };
    for (const auto& reader : channel.readers) {
      meet(channel.send_step, reader.receive_step);
      meet(reader.receive_step, channel.send_step);
    }
  }
}

/// Of the dynamic values that a group on a blocking device receives: what meets a step of it ends after their SENDs
/// have told the sizes. (An issuing thread awaits them as it issues each RECEIVE, before the group can begin.)
void RoundGraph::add_sizes(const Plan& plan) {
  for (uint32_t receive = 0; receive < step_count_; ++receive) {
    const auto& step = plan.steps[receive];
    if (step.group < 0 || !awaits_size(plan, receive)) continue;
    const auto& brings = plan.channels[static_cast<uint32_t>(step.channel)];
    const auto told = plan.actors[brings.writer].blocking ? Moment::begin : Moment::note;
    for (const uint32_t member : group_of(plan, receive)) {
      if (member == receive) continue;
      const auto& channel = plan.channels[static_cast<uint32_t>(plan.steps[member].channel)];
      if (!channel.rendezvous) continue;
      for (const auto& reader : channel.readers) {
        const uint32_t counterpart = channel.send_step == member ? reader.receive_step : channel.send_step;
        add({vertex(brings.send_step, told), vertex(counterpart, Moment::complete), 0, By::header, brings.send_step,
             counterpart, step.channel});
      }
    }
  }
}

void RoundGraph::add_channels(const Plan& plan) {
  const auto by_channel = [&](Numbers Step::*channels) {
    return Rows(plan.channels.size(), [&](auto&& names) {
      for (uint32_t step = 0; step < step_count_; ++step)
        for (const uint32_t channel : plan.steps[step].*channels) names(channel, step);
    });
  };
  const Rows releasing = by_channel(&Step::releases);
  const Rows acquiring = by_channel(&Step::acquires);
  const auto on_lane = [&](uint32_t step) { return plan.steps[step].lane >= 0; };
  const auto rounds = [&](int32_t tokens, uint32_t from, uint32_t to) {
    return tokens + plan.steps[to].offset - plan.steps[from].offset;
  };
  for (uint32_t c = 0; c < plan.channels.size(); ++c) {
    const auto& channel = plan.channels[c];
    if (!channel.rendezvous && on_lane(channel.send_step))
      for (const auto& reader : channel.readers)
        if (on_lane(reader.receive_step))
          add({vertex(channel.send_step, Moment::complete), vertex(reader.receive_step, Moment::complete),
               rounds(0, channel.send_step, reader.receive_step), By::message, channel.send_step, reader.receive_step,
               static_cast<int32_t>(c)});
    const auto slots = static_cast<int32_t>(plan.rings[channel.ring].slots);
    // The window has let the execution end that this would wait for, in however many rounds.
    if (slots >= static_cast<int32_t>(plan.inflight)) continue;
    for (const uint32_t from : releasing[c])
      for (const uint32_t to : acquiring[c])
        if (on_lane(from) && on_lane(to))
          add({vertex(from, Moment::complete), vertex(to, Moment::begin), rounds(slots, from, to), By::release, from,
               to, static_cast<int32_t>(c)});
  }
}

void RoundGraph::add_notes(const Plan& plan) {
  std::vector<int32_t> writer(plan.rings.size(), -1);
  for (uint32_t step = 0; step < step_count_; ++step)
    for (const uint32_t ring : plan.steps[step].results) writer[ring] = static_cast<int32_t>(step);
  const auto rounds = [&](uint32_t from, uint32_t to) { return plan.steps[to].offset - plan.steps[from].offset; };
  // The note of a RECEIVE, and where it comes from. Without a lane of its own, the host's part of the channel brings
  // it. An asynchronous writer tells the shape when it issues the SEND, but the status only when that has ended.
  const auto add_header = [&](uint32_t receive, uint32_t number, uint32_t to, bool status) {
    if (plan.steps[receive].kind == StepKind::collective) {  // its shape is static: it is the status that is awaited
      add({vertex(receive, Moment::complete), to, rounds(receive, number), By::header, receive, number});
      return;
    }
    const auto& channel = plan.channels[static_cast<uint32_t>(plan.steps[receive].channel)];
    const uint32_t from = channel.stream_ordered ? channel.send_step : receive;
    Moment moment = Moment::complete;
    if (channel.stream_ordered && !plan.actors[channel.writer].blocking)
      moment = status ? Moment::complete : Moment::note;
    else if (channel.stream_ordered)
      moment = posts_first(plan, from) ? Moment::issue : Moment::begin;
    add({vertex(from, moment), to, rounds(from, number), By::header, from, number, plan.steps[receive].channel});
  };
  for (uint32_t number = 0; number < step_count_; ++number) {
    const auto& step = plan.steps[number];
    if (step.lane < 0 || plan.actors[step.actor].blocking) continue;
    const uint32_t issue = vertex(number, Moment::issue);
    const uint32_t note = vertex(number, Moment::note);
    add({issue, vertex(number, Moment::begin), 0, By::issue, number, number});
    const bool stateful = step.node >= 0 && plan.nodes[static_cast<uint32_t>(step.node)].stateful;
    for (const uint32_t receive : step.header_waits) add_header(receive, number, issue, stateful);
    if (step.kind == StepKind::receive) {
      add_header(number, number, note, false);
      continue;
    }
    add({issue, note, 0, By::issue, number, number});
    for (const uint32_t ring : step.inputs) {
      if (writer[ring] < 0) continue;
      const auto from = static_cast<uint32_t>(writer[ring]);
      add({vertex(from, Moment::note), note, rounds(from, number), By::header, from, number});
    }
  }
}

void RoundGraph::add_issue_orders(const Plan& plan) {
  for (const auto& order : plan.issue_orders)
    for (size_t i = 0; i < order.size(); ++i) {
      const uint32_t previous = order[i == 0 ? order.size() - 1 : i - 1];
      add({vertex(previous, Moment::issue), vertex(order[i], Moment::issue), i == 0 ? 1 : 0, By::issue, previous,
           order[i]});
    }
}

}  // namespace stretto::compiling
