// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/place.h"

#include "compile/reject.h"
#include "loader/text.h"

#include <unordered_map>

namespace stretto::compiling {

std::vector<PlanActor> place(const Graph& graph, Components& components, bool processes) {
  std::vector<PlanActor> actors;
  actors.reserve(graph.actors.size() + 1);
  std::unordered_map<std::string, const ActorSpec*> seen;
  for (const auto& actor : graph.actors) {
    if (actor.name.empty()) reject(actor.source, "an actor has no name");
    const auto [earlier, fresh] = seen.try_emplace(actor.name, &actor);
    if (!fresh)
      reject(actor.source, "there are two actors '{}'; the other one: {}", actor.name,
             to_prefix(earlier->second->source));
    if (actor.device_index < 0)
      reject(actor.source, "actor '{}' asks for device {} of '{}'; devices are numbered from 0", actor.name,
             actor.device_index, actor.device);
    if (!actor.launch.empty() && !processes)
      reject(actor.source,
             "actor '{}' is launched through '{}', and actors are threads; run them as processes or drop `launch`",
             actor.name, excerpt(actor.launch.front()));
    const uint32_t device = located(
        actor.source, [&] { return fmt::format("actor '{}'", actor.name); },
        [&] { return components.use(STRETTO_DEVICE, actor.device); });
    const auto& api = api_of<stretto_device_api>(components.loaded(device));
    actors.push_back({actor.name,
                      static_cast<int32_t>(device),
                      actor.device_index,
                      actor.any_order,
                      (api.flags & STRETTO_DEVICE_BLOCKING) != 0,
                      (api.flags & STRETTO_DEVICE_HOST_ACCESSIBLE) != 0,
                      api.memory_kind,
                      {},
                      actor.launch});
  }
  PlanActor driver;
  driver.name = "driver";
  driver.memory_kind = "host";
  actors.push_back(std::move(driver));
  return actors;
}

}  // namespace stretto::compiling
