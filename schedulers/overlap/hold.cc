// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/hold.h"

#include "overlap/follow.h"
#include "overlap/moves.h"

namespace stretto::overlap {

namespace {

class Holder {
 public:
  Holder(const TimedGraph& graph, const Task& task, Candidate candidate)
      : graph_(graph),
        judge_(graph, task.objective, task.limits, most_offset_of(graph)),
        effort_(task.improving / 4),
        enough_(candidate.score.value * (1 + kRounding)),
        found_(std::move(candidate)),
        held_(held(found_.retimed)) {}

  Candidate run() {
    for (bool shorter = true; shorter && spent() < effort_;) {
      shorter = false;
      for (uint32_t lane = 0; lane < graph_.lanes().size(); ++lane)
        for (size_t place = 0; place < found_.retimed.lanes[lane].size(); ++place)
          shorter = pulled(lane, place) || shorter;
    }
    return std::move(found_);
  }

 private:
  /// Seconds from the start of a write to the end of each read of it, over all slots, in the middle of a run.
  double held(const Retimed& retimed) {
    const Timetable table(graph_, retimed, judge_.executions());
    work_ += table.work();
    const int32_t middle = judge_.executions() / 2;
    double sum = 0;
    for (const auto& arc : graph_.arcs())
      if (arc.ring >= 0)
        sum += table.end_of(arc.from, middle) - (table.end_of(arc.to, middle) - graph_.seconds(arc.to));
    return sum;
  }

  bool pulled(uint32_t lane, size_t place) {
    if (spent() >= effort_) return false;
    const auto& units = found_.retimed.lanes[lane];
    if (units.size() < 2) return false;
    const uint32_t unit = units[place];
    const uint32_t before = units[(place + units.size() - 1) % units.size()];
    return taken({lane, unit, unit, Move::Way::first_sooner}) || taken({lane, before, unit, Move::Way::second_ahead});
  }

  bool taken(const Move& move) {
    auto order = moved(graph_, found_.retimed.order(), move);
    if (!order) return false;
    Order following = *order;
    follow(graph_, following);
    return better(following) || (following != *order && better(*order));
  }

  bool better(const Order& order) {
    work_ += graph_.arcs().size();
    auto retimed = retime(graph_, order, judge_.most_offset());
    if (!retimed) return false;
    const double seconds = held(*retimed);
    if (seconds >= held_ * (1 - kRounding)) return false;
    const Score score = judge_.score(*retimed);
    if (score.value > enough_) return false;
    found_ = {std::move(*retimed), score};
    held_ = seconds;
    return true;
  }

  uint64_t spent() const { return work_ + judge_.work(); }

  const TimedGraph& graph_;
  Judge judge_;
  uint64_t effort_;
  double enough_;
  uint64_t work_ = 0;
  Candidate found_;
  double held_;
};

}  // namespace

Candidate hold_less(const TimedGraph& graph, const Task& task, Candidate candidate) {
  return Holder(graph, task, std::move(candidate)).run();
}

}  // namespace stretto::overlap
