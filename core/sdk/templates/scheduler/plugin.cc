// The scheduler "@NAME@": one lane per actor, all of them in one order of all steps. Since every actor follows the same
// order, nothing can deadlock; the core verifies that all the same.
#include <stretto/scheduler.h>

#include <algorithm>
#include <map>
#include <queue>

namespace {

class Scheduler : public stretto::Scheduler {
 public:
  void schedule(const stretto::Problem& problem, stretto::Answer& answer) const override {
    std::map<uint32_t, uint32_t> lanes;
    for (const uint32_t number : ordered(problem)) {
      const uint32_t actor = problem.steps[number]->actor;
      if ((problem.actors[actor]->flags & STRETTO_ACTOR_DRIVER) != 0) continue;  // the driver has no lanes
      auto lane = lanes.find(actor);
      if (lane == lanes.end()) lane = lanes.emplace(actor, answer.lane(actor, "all")).first;
      answer.step(lane->second, number);
    }
  }

 private:
  // By the node that needs a step, then by number; a step whose places without tokens are not over yet waits. The steps
  // of one joint transition stay together: they run as one.
  static std::vector<uint32_t> ordered(const stretto::Problem& problem) {
    const auto count = static_cast<uint32_t>(problem.steps.size());
    std::vector<uint32_t> unit(count);
    std::vector<std::vector<uint32_t>> members(count);
    std::map<int32_t, uint32_t> joints;
    for (uint32_t step = 0; step < count; ++step) {
      const int32_t joint = problem.steps[step]->joint;
      unit[step] = joint < 0 ? step : joints.emplace(joint, step).first->second;
      members[unit[step]].push_back(step);
    }
    std::vector<std::vector<uint32_t>> after(count);
    std::vector<uint32_t> missing(count);
    for (const auto* place : problem.places) {
      if (place->tokens > 0 || unit[place->from] == unit[place->to]) continue;
      after[unit[place->from]].push_back(unit[place->to]);
      ++missing[unit[place->to]];
    }
    using Key = std::pair<int32_t, uint32_t>;
    const auto key_of = [&](uint32_t step) { return Key(problem.steps[step]->consumer, step); };
    std::priority_queue<Key, std::vector<Key>, std::greater<>> ready;
    for (uint32_t step = 0; step < count; ++step)
      if (unit[step] == step && missing[step] == 0) ready.push(key_of(step));
    std::vector<uint32_t> order;
    while (!ready.empty()) {
      const uint32_t next = ready.top().second;
      ready.pop();
      order.insert(order.end(), members[next].begin(), members[next].end());
      for (const uint32_t to : after[next])
        if (--missing[to] == 0) ready.push(key_of(to));
    }
    if (order.size() != count)
      throw stretto::Error(stretto::Code::invalid_argument, "the steps wait for each other in a circle");
    return order;
  }
};

}  // namespace

STRETTO_PLUGIN("@NAME@", "0.1.0",
               stretto::scheduler_component<Scheduler>("@NAME@", "one lane per actor, in one order of all steps"))
