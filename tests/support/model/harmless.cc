// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#include <algorithm>
#include <map>

/// Which steps may be taken as early as possible.
///
/// The model looks at every order in which something could run too early. Where whatever must follow a step awaits it
/// by itself, on its own lane or by its own waits, there is no such order, however early the step runs.

namespace stretto::testing {

/// Whether `other` for an execution can't start before `id` for the one `tokens` earlier is over.
bool Machine::awaits(uint32_t id, uint32_t other, int tokens) const {
  const Step& from = plan_.steps[id];
  const Step& to = plan_.steps[other];
  const int rounds = tokens + to.offset - from.offset;
  if (from.lane == to.lane) return rounds > 0 || (rounds == 0 && from.position < to.position);
  for (const Wait& wait : to.waits) {
    const Step& awaited = plan_.steps[wait.from];
    if (wait.by != Wait::By::lane || awaited.lane != from.lane) continue;
    if (wait.rounds < rounds || (wait.rounds == rounds && from.position <= awaited.position)) return true;
  }
  return std::any_of(to.acquires.begin(), to.acquires.end(), [&](uint32_t channel) {
    const auto& releasing = releasing_[channel];
    return static_cast<int>(plan_.rings[plan_.channels[channel].ring].slots) <= tokens &&
           std::find(releasing.begin(), releasing.end(), id) != releasing.end();
  });
}

/// Whether the thread that issues `other` asks what `receive` brings only once it has awaited it.
bool Machine::awaits_headers(uint32_t receive, uint32_t other) const {
  const Step& step = plan_.steps[other];
  if (step.lane < 0 || plan_.actors[step.actor].blocking || step.actor != plan_.steps[receive].actor) return true;
  const uint32_t ring = plan_.steps[receive].results[0];
  const bool reads = std::find(step.inputs.begin(), step.inputs.end(), ring) != step.inputs.end();
  if (!stateful(other) && !(reads && plan_.values[plan_.rings[ring].value].spec.dynamic())) return true;
  return std::find(step.header_waits.begin(), step.header_waits.end(), receive) != step.header_waits.end();
}

void Machine::find_harmless() {
  harmless_.assign(plan_.steps.size(), true);
  std::map<uint32_t, uint32_t> users;  // by workspace: the first step that uses it
  const auto must_follow = [&](uint32_t id, uint32_t other, int tokens) {
    if (plan_.steps[id].lane >= 0 && !awaits(id, other, tokens)) harmless_[id] = false;
  };
  for (uint32_t id = 0; id < plan_.steps.size(); ++id) {
    const Step& step = plan_.steps[id];
    if (step.lane < 0) continue;
    for (const uint32_t ring : step.inputs)
      if (writer_[ring] >= 0) must_follow(static_cast<uint32_t>(writer_[ring]), id, 0);
    for (const uint32_t ring : step.results)
      if (plan_.rings[ring].alias < 0)
        for (const auto* users : {&readers_[ring], &transfers_[ring]})
          for (const uint32_t user : *users) must_follow(user, id, static_cast<int>(plan_.rings[ring].slots));
    if (before_[id] >= 0) must_follow(static_cast<uint32_t>(before_[id]), id, 0);
    for (const Access& access : step.accesses) {
      if (access.kind != Access::Kind::workspace) continue;
      const auto [known, fresh] = users.try_emplace(access.index, id);
      if (!fresh) harmless_[known->second] = harmless_[id] = false;
    }
  }
  for (const Channel& channel : plan_.channels)
    for (const auto& reader : channel.readers)
      for (uint32_t other = 0; other < plan_.steps.size(); ++other)
        if (!awaits_headers(reader.receive_step, other))
          harmless_[reader.receive_step] = harmless_[channel.send_step] = false;
}

}  // namespace stretto::testing
