// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/search.h"

#include "overlap/follow.h"
#include "overlap/list_schedule.h"
#include "overlap/moves.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace stretto::overlap {

namespace {

constexpr double kRounding = 1e-9;  // relative: below it two times are the same

bool better(const Score& a, const Score& b) { return a.value < b.value * (1 - kRounding); }

class Search {
 public:
  Search(const TimedGraph& graph, const Task& task)
      : graph_(graph), task_(task), judge_(graph, task.objective, task.limits, most_offset_of(graph)) {}

  Candidate run() {
    std::vector<Candidate> starts;
    for (const auto& list : task_.lists) add(straight(graph_, list), starts);
    for (const Rule rule : kRules) construct(rule, starts);
    std::stable_sort(starts.begin(), starts.end(),
                     [](const Candidate& a, const Candidate& b) { return better(a.score, b.score); });
    const Judge wide = judge_;
    best_ = starts.front();
    improve_all(starts);
    best_.score = Judge(wide).score(best_.retimed);
    return std::move(best_);
  }

 private:
  /// From the best few that differ, with offsets not much larger than the best one's. What one leaves of the effort is
  /// the next one's.
  void improve_all(const std::vector<Candidate>& starts) {
    constexpr int kTried = 3;
    constexpr int32_t kMoreOffset = 3;
    const int32_t most = std::min(judge_.most_offset(), best_.retimed.most_offset() + kMoreOffset);
    judge_ = Judge(graph_, task_.objective, task_.limits, most);
    best_.score = judge_.score(best_.retimed);
    work_ = 0;
    double last = -1;
    int tried = 0;
    for (const auto& start : starts) {
      if (start.retimed.most_offset() > most || start.score.value == last || spent() >= task_.improving) continue;
      if (++tried > kTried) return;
      last = start.score.value;
      improve({start.retimed, judge_.score(start.retimed)});
    }
  }

  void construct(Rule rule, std::vector<Candidate>& starts) {
    constexpr int32_t kMostRuns = 200'000;
    const auto affordable = kMostRuns / static_cast<int32_t>(graph_.unit_count() + 1);
    const int32_t executions = std::clamp(affordable, 6, 3 * std::min(judge_.executions(), 48));
    const auto& list = task_.lists.front();
    const auto begun = list_schedule(graph_, executions, urgencies(graph_, rule, executions, list));
    Order order = fold(graph_, steady_phases(graph_, executions, begun, list));
    add(retime(graph_, order, judge_.most_offset()), starts);
    follow(graph_, order);
    add(retime(graph_, order, judge_.most_offset()), starts);
  }

  void add(std::optional<Retimed> retimed, std::vector<Candidate>& starts) {
    if (!retimed) return;
    const Score score = judge_.score(*retimed);
    starts.push_back({std::move(*retimed), score});
  }

  using Ban = std::tuple<uint32_t, uint32_t, uint32_t>;

  void improve(Candidate current) {
    constexpr int kPatience = 60;
    constexpr int kBanned = 9;
    std::map<Ban, int> banned;  // until which turn
    int idle = 0;
    for (int turn = 0; idle < kPatience && spent() < task_.improving; ++turn) {
      std::optional<Candidate> next;
      Move taken;
      for (const Move& move : moves_of(current.retimed, Timetable(graph_, current.retimed, judge_.executions()))) {
        const auto made = make(current.retimed, move);
        if (!made) continue;
        const auto ban = banned.find({move.lane, move.first, move.second});
        const bool allowed = ban == banned.end() || ban->second <= turn || better(made->score, best_.score);
        if (!allowed || (next && !better(made->score, next->score))) continue;
        next = made;
        taken = move;
        if (better(next->score, current.score)) break;
      }
      if (!next) return;
      current = std::move(*next);
      banned[{taken.lane, taken.second, taken.first}] = turn + kBanned;
      ++idle;
      if (!better(current.score, best_.score)) continue;
      best_ = current;
      idle = 0;
    }
  }

  /// The better of two: the other lanes as they were, and following.
  std::optional<Candidate> make(const Retimed& from, const Move& move) {
    auto order = moved(graph_, from.order(), move);
    if (!order) return std::nullopt;
    std::optional<Candidate> found;
    const auto consider = [&](const Order& each) {
      work_ += graph_.arcs().size();
      auto retimed = retime(graph_, each, judge_.most_offset());
      if (!retimed) return;
      const Score score = judge_.score(*retimed);
      if (!found || better(score, found->score)) found = Candidate{std::move(*retimed), score};
    };
    Order following = *order;
    follow(graph_, following);
    consider(following);
    if (following != *order) consider(*order);
    return found;
  }

  uint64_t spent() const { return work_ + judge_.work(); }

  const TimedGraph& graph_;
  const Task& task_;
  Judge judge_;
  Candidate best_;
  uint64_t work_ = 0;
};

}  // namespace

Retimed straight(const TimedGraph& graph, const std::vector<uint32_t>& list) {
  Order order;
  order.lanes.resize(graph.lanes().size());
  for (const uint32_t unit : list)
    for (const uint32_t lane : graph.lanes_of(unit)) order.lanes[lane].push_back({unit, 0});
  auto retimed = retime(graph, order, 0);
  if (!retimed) throw Error(Code::invalid_argument, "no order of the steps satisfies the constraints");
  return std::move(*retimed);
}

Candidate search(const TimedGraph& graph, const Task& task) { return Search(graph, task).run(); }

}  // namespace stretto::overlap
