// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/search.h"

#include "overlap/follow.h"
#include "overlap/list_schedule.h"
#include "overlap/modulo.h"
#include "overlap/moves.h"

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <tuple>
#include <utility>

namespace stretto::overlap {

namespace {

constexpr double kEndless = std::numeric_limits<double>::infinity();

bool better(const Score& a, const Score& b) { return a.value < b.value * (1 - kRounding); }

class Search {
 public:
  Search(const TimedGraph& graph, const Task& task)
      : graph_(graph), task_(task), judge_(graph, task.objective, task.limits, most_offset_of(graph)) {
    for (uint32_t unit = 0; unit < graph.unit_count(); ++unit) joint_ = joint_ || graph.steps_of(unit).size() > 1;
  }

  Candidate run() {
    std::vector<Candidate> starts;
    for (const auto& list : task_.lists) add(straight(graph_, list), starts);
    for (const Rule rule : kRules) construct(rule, starts);
    std::stable_sort(starts.begin(), starts.end(),
                     [](const Candidate& a, const Candidate& b) { return better(a.score, b.score); });
    // What is only a little above the limits may be brought below them.
    std::stable_sort(starts.begin() + 1, starts.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score.unlimited < b.score.unlimited; });
    return improve_all(starts);
  }

 private:
  /// From the best few that differ, each with offsets not much larger than its own. What one leaves of its part of the
  /// effort is the next one's.
  Candidate improve_all(const std::vector<Candidate>& starts) {
    constexpr double kParts[] = {0.4, 0.55, 0.7};
    constexpr int kPatience = 60;
    wide_ = judge_;
    best_ = starts.front();
    double last = -1;
    size_t tried = 0;
    for (const auto& start : starts) {
      if (tried == std::size(kParts) || good_enough()) break;
      if (start.score.unlimited == last) continue;
      last = start.score.unlimited;
      improve(start.retimed, kPatience, static_cast<uint64_t>(kParts[tried++] * static_cast<double>(task_.improving)));
    }
    kick();
    return std::move(best_);
  }

  /// Iterated local search (Lourenço, Martin, Stützle, 2003): from the best, a few moves by lot, then downhill again.
  void kick() {
    constexpr int kPatience = 40;
    constexpr int kFruitless = 24;
    std::minstd_rand lot(1);  // fixed by the standard, so that the answer is the same everywhere
    for (int fruitless = 0; fruitless < kFruitless && spent() < task_.improving && !good_enough(); ++fruitless) {
      Retimed kicked = best_.retimed;
      for (int i = 0; i < 3 + fruitless % 10; ++i) {
        const auto moves = suggested(kicked);
        if (moves.empty()) return;
        if (auto made = make(kicked, moves[lot() % moves.size()], kEndless)) kicked = std::move(made->retimed);
      }
      if (improve(kicked, kPatience, task_.improving)) fruitless = -1;
    }
  }

  bool good_enough() const {
    constexpr double kClose = 1e-3;
    return best_.score.value <= wide_->bound(task_.lists.front()) * (1 + kClose);
  }

  /// Whether it found a new best one. Offsets stay not much larger than those of the start.
  bool improve(const Retimed& start, int patience, uint64_t until) {
    constexpr int32_t kMoreOffset = 3;
    work_ += judge_.work();
    const int32_t most = std::min(wide_->most_offset(), start.most_offset() + kMoreOffset);
    judge_ = Judge(graph_, task_.objective, task_.limits, most);
    Candidate found = descend(start, patience, until);
    found.score = wide_->score(found.retimed);
    if (!better(found.score, best_.score)) return false;
    best_ = std::move(found);
    return true;
  }

  void construct(Rule rule, std::vector<Candidate>& starts) {
    constexpr int32_t kMostRuns = 100'000;
    const auto affordable = kMostRuns / static_cast<int32_t>(graph_.unit_count() + 1);
    const int32_t executions = std::clamp(affordable, 6, 3 * std::min(judge_.executions(), 48));
    const auto& list = task_.lists.front();
    const auto begun = list_schedule(graph_, executions, urgencies(graph_, rule, executions, list));
    for (const auto& phases : steady_phases(graph_, executions, begun, list)) add_both(fold(graph_, phases), starts);
    // One execution by itself: without offsets, but with the order that suits it best.
    const auto alone = list_schedule(graph_, 1, urgencies(graph_, rule, 1, list));
    for (const auto& phases : steady_phases(graph_, 1, alone, list)) add_both(fold(graph_, phases), starts);
    construct_modulo(alone, starts);
  }

  /// Lanes leave gaps that steps of unequal length do not fill, but it is the order that counts: some leeway is left.
  void construct_modulo(const std::vector<double>& alone, std::vector<Candidate>& starts) {
    constexpr double kLeeway[] = {1, 1.1, 1.3, 1.6};
    std::vector<uint32_t> list = task_.lists.front();
    std::stable_sort(list.begin(), list.end(), [&](uint32_t a, uint32_t b) { return alone[a] < alone[b]; });
    for (const double leeway : kLeeway) {
      const auto phases = modulo_schedule(graph_, leeway * busiest_lane(graph_), list);
      add_both(fold(graph_, mended(graph_, phases, list)), starts);
    }
  }

  void add_both(Order order, std::vector<Candidate>& starts) {
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

  Candidate descend(const Retimed& start, int patience, uint64_t until) {
    constexpr int kBanned = 9;
    Candidate current{start, judge_.score(start)};
    Candidate best = current;
    std::map<Ban, int> banned;  // until which turn
    int idle = 0;
    for (int turn = 0; idle < patience && spent() < until; ++turn) {
      std::optional<Candidate> next;
      Move taken;
      for (const Move& move : suggested(current.retimed)) {
        const auto made = make(current.retimed, move, next ? next->score.value : kEndless);
        if (!made) continue;
        const auto ban = banned.find({move.lane, move.first, move.second});
        const bool allowed = ban == banned.end() || ban->second <= turn || better(made->score, best.score);
        if (!allowed || (next && !better(made->score, next->score))) continue;
        next = made;
        taken = move;
        if (better(next->score, current.score)) break;
      }
      if (!next) break;
      current = std::move(*next);
      banned[{taken.lane, taken.second, taken.first}] = turn + kBanned;
      ++idle;
      if (!better(current.score, best.score)) continue;
      best = current;
      idle = 0;
    }
    return best;
  }

  /// By the longest chain of many executions, then by that of one alone.
  std::vector<Move> suggested(const Retimed& retimed) {
    auto moves = moves_of(retimed, timetable(retimed, judge_.executions()));
    for (const Move& move : moves_of(retimed, timetable(retimed, 1)))
      if (std::find(moves.begin(), moves.end(), move) == moves.end()) moves.push_back(move);
    return moves;
  }

  /// The best of the other lanes as they were, and following. Nothing where neither is below `bar`.
  std::optional<Candidate> make(const Retimed& from, const Move& move, double bar) {
    auto order = moved(graph_, from.order(), move);
    if (!order) return std::nullopt;
    std::optional<Candidate> found;
    const auto consider = [&](const Order& each) {
      work_ += graph_.arcs().size();
      auto retimed = retime(graph_, each, judge_.most_offset());
      if (!retimed) return;
      const Score score = judge_.score(*retimed, bar);
      if (score.value >= bar) return;
      bar = score.value;
      found = Candidate{std::move(*retimed), score};
    };
    Order following = *order;
    follow(graph_, following);
    consider(following);
    if (following != *order) consider(*order);
    if (joint_ && graph_.lanes()[move.lane].duty == Duty::compute)
      if (const auto free = with_transfers_free(*order)) consider(*free);
    return found;
  }

  /// The same order of computations, and all else in the order in which a list schedule comes to it.
  std::optional<Order> with_transfers_free(const Order& order) {
    const int32_t executions = judge_.executions();
    const auto& list = task_.lists.front();
    if (tails_.size() != size_t{graph_.unit_count()} * static_cast<size_t>(executions))
      tails_ = urgencies(graph_, Rule::longest_tail, executions, list);
    work_ += 3 * graph_.arcs().size() * static_cast<size_t>(executions);
    const auto begun = list_schedule(graph_, executions, tails_, &order);
    if (begun.empty()) return std::nullopt;
    return fold(graph_, steady_phases(graph_, executions, begun, list).back());
  }

  Timetable timetable(const Retimed& retimed, int32_t executions) {
    Timetable table(graph_, retimed, executions, true);
    work_ += table.work();
    return table;
  }

  uint64_t spent() const { return work_ + judge_.work(); }

  const TimedGraph& graph_;
  const Task& task_;
  Judge judge_;
  std::optional<Judge> wide_;  // of the largest offsets: what candidates of all starts are compared by
  Candidate best_;
  bool joint_ = false;         // whether the graph has joint transitions
  std::vector<double> tails_;  // urgencies for as many executions as judge_ looks at
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
