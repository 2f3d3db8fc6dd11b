// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "plant.h"

#include <algorithm>

namespace stretto::testing {

namespace {

template <class List, class Pick>
void erase_if(List& list, const Pick& pick) {
  List kept;
  for (const auto& each : list)
    if (!pick(each)) kept.push_back(each);
  list = kept;
}

template <class List>
void erase_at(List& list, size_t at) {
  size_t i = 0;
  erase_if(list, [&](const auto&) { return i++ == at; });
}

/// Calls `body` with a copy of the plan for each step, and the step in it.
template <class Body>
void each_step(const Plan& plan, const Body& body) {
  for (uint32_t number = 0; number < plan.steps.size(); ++number)
    if (plan.steps[number].lane >= 0) body(plan.steps[number], number);
}

void renumber(Plan& plan, int32_t lane) {
  const auto& steps = plan.lanes[static_cast<size_t>(lane)].steps;
  for (uint32_t i = 0; i < steps.size(); ++i) plan.steps[steps[i]].position = i;
}

void give_back_early(const Plan& plan, const Take& take) {
  each_step(plan, [&](const Step& step, uint32_t number) {
    for (size_t i = 0; i < step.releases.size(); ++i) {
      Plan unread = plan;
      erase_at(unread.steps[number].releases, i);
      if (step.position > 0) {
        Plan early = unread;
        const uint32_t before = plan.lanes[static_cast<size_t>(step.lane)].steps[step.position - 1];
        early.steps[before].releases.push_back(step.releases[i]);
        take(early, step.name + " gives back a step too early");
      }
      take(unread, step.name + " does not give back");
    }
  });
}

void halve_slots(const Plan& plan, const Take& take) {
  for (uint32_t number = 0; number < plan.rings.size(); ++number) {
    if (plan.rings[number].slots < 2 || plan.rings[number].alias >= 0) continue;
    Plan wrong = plan;
    for (uint32_t ring = 0; ring < plan.rings.size(); ++ring)
      if (ring == number || plan.rings[ring].alias == static_cast<int32_t>(number)) {
        wrong.rings[ring].slots /= 2;
        wrong.rings[ring].min_slots = 1;
      }
    take(wrong, "half the slots of " + plan.values[plan.rings[number].value].name);
  }
}

/// Moves a step to a lane of its own; its waits by lane stay.
void move_away(Plan& plan, uint32_t number) {
  Step& moved = plan.steps[number];
  const int32_t old = moved.lane;
  auto& steps = plan.lanes[static_cast<size_t>(old)].steps;
  steps.erase(std::find(steps.begin(), steps.end(), number));
  renumber(plan, old);
  plan.lanes.push_back({moved.actor, "elsewhere", {number}});
  moved.lane = static_cast<int32_t>(plan.lanes.size()) - 1;
  moved.position = 0;
  for (auto& step : plan.steps)
    erase_if(step.waits,
             [&](const Wait& wait) { return wait.by == Wait::By::order && plan.steps[wait.from].lane != step.lane; });
}

}  // namespace

void drop_waits(const Plan& plan, const Take& take) {
  each_step(plan, [&](const Step& step, uint32_t number) {
    for (size_t i = 0; i < step.waits.size(); ++i) {
      if (step.waits[i].by != Wait::By::lane) continue;
      Plan wrong = plan;
      erase_at(wrong.steps[number].waits, i);
      take(wrong, step.name + " without its wait for " + plan.steps[step.waits[i].from].name);
    }
  });
}

void reuse_early(const Plan& plan, const Take& take) {
  each_step(plan, [&](const Step& step, uint32_t number) {
    for (size_t i = 0; i < step.waits.size(); ++i) {
      if (step.waits[i].by != Wait::By::lane || step.waits[i].tokens == 0) continue;
      Plan wrong = plan;
      ++wrong.steps[number].waits[i].tokens;
      ++wrong.steps[number].waits[i].rounds;
      take(wrong, step.name + " waits for " + plan.steps[step.waits[i].from].name + " of one execution earlier");
    }
    for (size_t i = 0; i < step.acquires.size(); ++i) {
      Plan wrong = plan;
      erase_at(wrong.steps[number].acquires, i);
      take(wrong, step.name + " asks for no slot");
    }
  });
  give_back_early(plan, take);
  halve_slots(plan, take);
}

void swap_rendezvous(const Plan& plan, const Take& take) {
  for (size_t lane = 0; lane < plan.lanes.size(); ++lane) {
    const auto& steps = plan.lanes[lane].steps;
    int32_t last = -1;
    for (size_t i = 0; i < steps.size(); ++i) {
      if (plan.steps[steps[i]].joint < 0) continue;
      if (last >= 0) {
        Plan wrong = plan;
        const uint32_t first = steps[static_cast<size_t>(last)], second = steps[i];
        std::swap(wrong.lanes[lane].steps[static_cast<size_t>(last)], wrong.lanes[lane].steps[i]);
        renumber(wrong, static_cast<int32_t>(lane));
        for (auto& order : wrong.issue_orders)
          for (auto& step : order)
            if (step == first || step == second) step = step == first ? second : first;
        take(wrong, plan.steps[first].name + " and " + plan.steps[second].name + " change places");
      }
      last = static_cast<int32_t>(i);
    }
  }
}

void move_stateful(const Plan& plan, const Take& take) {
  each_step(plan, [&](const Step& step, uint32_t number) {
    if (step.node < 0 || !plan.actors[step.actor].blocking) return;
    if (plan.lanes[static_cast<size_t>(step.lane)].steps.size() < 2) return;
    Plan wrong = plan;
    auto& node = wrong.nodes[static_cast<size_t>(step.node)];
    if (!node.stateful)
      wrong.steps[number].accesses.push_back({Access::Kind::state, true, static_cast<uint32_t>(step.node)});
    node.stateful = true;
    move_away(wrong, number);
    take(wrong, step.name + " has a state and a lane of its own");
  });
}

void share_workspaces(const Plan& plan, const Take& take) {
  Plan own = plan;
  std::vector<uint32_t> computes;
  each_step(plan, [&](const Step& step, uint32_t number) {
    if (step.node < 0) return;
    computes.push_back(number);
    own.nodes[static_cast<size_t>(step.node)].workspace_bytes = 64;
    erase_if(own.steps[number].accesses, [](const Access& each) { return each.kind == Access::Kind::workspace; });
    own.steps[number].accesses.push_back({Access::Kind::workspace, true, number});
  });
  for (const uint32_t a : computes)
    for (const uint32_t b : computes) {
      if (a >= b || plan.steps[a].actor != plan.steps[b].actor) continue;
      Plan wrong = own;
      for (auto& access : wrong.steps[b].accesses)
        if (access.kind == Access::Kind::workspace) access.index = a;
      take(wrong, plan.steps[a].name + " and " + plan.steps[b].name + " share a workspace");
    }
}

}  // namespace stretto::testing
