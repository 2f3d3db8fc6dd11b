// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/lower.h"

#include <fmt/format.h>
#include <map>

namespace stretto::compiling {

namespace {

// Stated rates of one core and one link of a present-day server: they rank steps; a cost file replaces them.
constexpr double kFlopsPerSecond = 2e10;
constexpr double kBytesPerSecond = 1e10;
constexpr double kLaunchSeconds = 2e-6;
constexpr double kLinkBytesPerSecond = 5e9;
constexpr double kLinkLatencySeconds = 1e-5;

double seconds_of(const Work& work) {
  if (work.seconds > 0) return work.seconds;
  return kLaunchSeconds + work.flops / kFlopsPerSecond + work.bytes / kBytesPerSecond;
}

class Resources {
 public:
  explicit Resources(std::vector<PlanResource>& resources) : resources_(resources) {}
  int32_t of(const std::string& name) {
    const auto [known, fresh] = index_.try_emplace(name, static_cast<int32_t>(resources_.size()));
    if (fresh) resources_.push_back({name, 1});
    return known->second;
  }

 private:
  std::vector<PlanResource>& resources_;
  std::map<std::string, int32_t> index_;
};

}  // namespace

void predict_costs(const std::vector<PlanActor>& actors, const Checked& checked, const Cut& cut, Marked& marked) {
  Resources resources(marked.resources);
  for (auto& step : marked.steps) {
    const auto& actor = actors[step.actor].name;
    if (step.node >= 0) {
      step.seconds = seconds_of(checked.work[static_cast<uint32_t>(step.node)]);
      step.resource = resources.of("device of " + actor);
    } else if (step.kind == StepKind::copy) {
      const auto bytes = static_cast<double>(cut.rings[step.results[0]].slot_bytes);
      step.seconds = kLaunchSeconds + bytes / kBytesPerSecond;
      step.resource = resources.of("copy engine of " + actor);
    } else if (step.channel >= 0) {
      const auto& channel = cut.channels[static_cast<uint32_t>(step.channel)];
      step.seconds = kLinkLatencySeconds;
      const bool moves = !channel.shares_slots && (step.kind == StepKind::receive || channel.rendezvous);
      if (moves) step.seconds += static_cast<double>(cut.rings[channel.ring].slot_bytes) / kLinkBytesPerSecond;
      if (moves && step.kind == StepKind::receive) step.resource = resources.of("link into " + actor);
    }
  }
}

}  // namespace stretto::compiling
