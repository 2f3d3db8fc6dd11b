// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/slots.h"

#include <algorithm>
#include <queue>
#include <tuple>

namespace stretto::overlap {

namespace {

constexpr double kWorthASlot = 1e-4;  // share of the score that more slots must gain
constexpr double kNothing = 1e-6;     // share of the score that fewer slots may cost

/// Takes slots from the rings of each actor until they fit.
void fit(const Problem& problem, uint64_t memory, std::vector<uint32_t>& slots) {
  if (memory == 0) return;
  std::vector<uint64_t> bytes(problem.actors.size(), 0);
  // By slots that could be given up, then bytes of one, then number, so that the choice is one and the same everywhere.
  using Entry = std::tuple<uint32_t, uint64_t, uint32_t>;
  std::vector<std::priority_queue<Entry>> spare(problem.actors.size());
  const auto offer = [&](uint32_t number) {
    const auto& ring = *problem.rings[number];
    if (slots[number] > ring.min_slots && ring.slot_bytes > 0)
      spare[ring.actor].emplace(slots[number] - ring.min_slots, ring.slot_bytes, number);
  };
  for (uint32_t number = 0; number < slots.size(); ++number) {
    bytes[problem.rings[number]->actor] += slots[number] * problem.rings[number]->slot_bytes;
    offer(number);
  }
  for (uint32_t actor = 0; actor < bytes.size(); ++actor) {
    if ((problem.actors[actor]->flags & STRETTO_ACTOR_DRIVER) != 0) continue;
    while (bytes[actor] > memory) {
      if (spare[actor].empty())
        throw Error(Code::overloaded, "memory = " + std::to_string(memory) + ": the slots of actor '" +
                                          problem.actors[actor]->name + "' take " + std::to_string(bytes[actor]) +
                                          " bytes with as few as its channels allow; raise memory, or state fewer "
                                          "slots");
      const auto [count, size, number] = spare[actor].top();
      spare[actor].pop();
      --slots[number];
      bytes[actor] -= size;
      offer(number);
    }
  }
}

/// Takes back the slots that bring nothing.
class Trimmer {
 public:
  Trimmer(TimedGraph& graph, const SlotRange& range, const Task& task, Candidate& candidate)
      : graph_(graph),
        range_(range),
        judge_(graph, task.objective, task.limits, most_offset_of(graph)),
        effort_(task.improving),
        enough_(candidate.score.value * (1 + kNothing)),
        candidate_(candidate) {}

  /// Of all these rings together, else of each half.
  void lower(std::span<const uint32_t> rings) {
    if (rings.empty() || judge_.work() > effort_) return;
    auto fewer = graph_.slots();
    for (const uint32_t ring : rings) fewer[ring] = range_.least[ring];
    if (suffice(fewer)) return;
    if (rings.size() == 1) return bisect(rings[0]);
    lower(rings.first(rings.size() / 2));
    lower(rings.subspan(rings.size() / 2));
  }

 private:
  void bisect(uint32_t ring) {
    uint32_t least = range_.least[ring] + 1;
    while (least < graph_.slots(ring)) {
      auto fewer = graph_.slots();
      fewer[ring] = least + (graph_.slots(ring) - least) / 2;
      const uint32_t tried = fewer[ring];
      if (!suffice(fewer)) least = tried + 1;
    }
  }

  /// Whether the candidate stays as good with these slots; then they are the graph's.
  bool suffice(const std::vector<uint32_t>& slots) {
    const auto before = graph_.slots();
    graph_.set_slots(slots);
    if (auto retimed = retime(graph_, candidate_.retimed.order(), judge_.most_offset())) {
      const Score score = judge_.score(*retimed);
      if (score.value <= enough_) {
        candidate_ = {std::move(*retimed), score};
        return true;
      }
    }
    graph_.set_slots(before);
    return false;
  }

  TimedGraph& graph_;
  const SlotRange& range_;
  Judge judge_;
  uint64_t effort_;
  double enough_;
  Candidate& candidate_;
};

}  // namespace

SlotRange slot_range(const Problem& problem, const SlotOptions& options) {
  SlotRange range;
  for (const auto* ring : problem.rings) {
    const uint32_t cap = options.slots == 0 ? ring->max_slots : options.slots;
    const uint32_t most = std::clamp(cap, ring->min_slots, ring->max_slots);
    range.most.push_back(most);
    range.least.push_back(std::clamp(1 + options.lookahead, ring->min_slots, most));
  }
  fit(problem, options.memory, range.least);
  fit(problem, options.memory, range.most);
  for (size_t ring = 0; ring < range.most.size(); ++ring)
    range.most[ring] = std::max(range.most[ring], range.least[ring]);
  return range;
}

Candidate choose_slots(TimedGraph& graph, const Problem& problem, const SlotRange& range, const Task& task) {
  graph.set_slots(range.least);
  Candidate least = search(graph, task);
  if (range.most == range.least) return least;
  graph.set_slots(range.most);
  Candidate most = search(graph, task);
  if (most.score.value >= least.score.value * (1 - kWorthASlot)) {
    graph.set_slots(range.least);
    return least;
  }
  std::vector<uint32_t> rings;
  for (uint32_t ring = 0; ring < range.most.size(); ++ring)
    if (range.most[ring] > range.least[ring]) rings.push_back(ring);
  std::stable_sort(rings.begin(), rings.end(),
                   [&](uint32_t a, uint32_t b) { return problem.rings[a]->slot_bytes > problem.rings[b]->slot_bytes; });
  Trimmer(graph, range, task, most).lower(rings);
  return most;
}

}  // namespace stretto::overlap
