// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/capability.h"
#include "compile/cut.h"
#include "compile/joint.h"
#include "compile/reject.h"

#include <algorithm>
#include <fmt/ranges.h>

namespace stretto::compiling {

namespace {

class Carrying {
 public:
  Carrying(const CompileOptions& options, const std::vector<PlanActor>& actors, Components& components,
           Checked& checked)
      : options_(options), actors_(actors), components_(components), checked_(checked) {}

  void decide(uint32_t number) {
    auto& collective = checked_.collectives[number];
    const auto& stated = *checked_.sets[number];
    const auto& name = stated.transport ? *stated.transport : options_.transport;
    if (collective.nodes.size() == 1) {
      collective.reason = "its set is one actor";
    } else if (name == "auto") {
      choose(number);
    } else {
      const auto& source = stated.transport ? stated.source : options_.transport_source;
      const uint32_t component = located(
          source.line != 0 ? source : stated.source, [&] { return fmt::format("node '{}'", stated.name); },
          [&] { return components_.use(STRETTO_TRANSPORT, name); });
      const auto objection = objection_of(components_.loaded(component), number);
      if (objection.empty())
        take(collective, component, stated.transport ? "stated by the node" : "compile.transport");
      else
        collective.reason = objection;
    }
  }

 private:
  void take(PlanCollective& collective, uint32_t component, std::string reason) {
    collective.transport = static_cast<int32_t>(component);
    collective.reason = std::move(reason);
    const Traits transport(components_.loaded(component));
    collective.global_order = transport.has(STRETTO_TRANSPORT_GLOBAL_ORDER);
    collective.capturable = transport.captures(components_.at(component).settings);
  }

  void choose(uint32_t number) {
    auto& collective = checked_.collectives[number];
    std::vector<std::string> objections;
    for (const auto* candidate : components_.catalogue().all(STRETTO_TRANSPORT)) {
      auto objection = objection_of(*candidate, number);
      if (objection.empty()) return take(collective, components_.use(*candidate), "auto: it has collectives");
      objections.push_back(std::move(objection));
    }
    collective.reason = fmt::format("auto: {}", fmt::join(objections, "; "));
  }

  /// Why the transport can't do it as one transition; empty where it can.
  std::string objection_of(const LoadedComponent& component, uint32_t number) const {
    const Traits transport(component);
    const auto& collective = checked_.collectives[number];
    const auto who = fmt::format("transport '{}' (plugin {})", transport.name(), transport.plugin());
    if (!transport.collectives()) return who + " has no COLLECTIVES";
    std::vector<const PlanActor*> members;
    for (const uint32_t node : collective.nodes) members.push_back(&actors_[checked_.nodes[node].actor]);
    for (const auto* member : members)
      if (!transport.accepts(member->memory_kind))
        return fmt::format("{} does not accept '{}' memory, which the device of '{}' has", who, member->memory_kind,
                           member->name);
    const Need need{members.front(), {members.begin() + 1, members.end()}, false, false, options_.processes};
    if (const auto missing = lacks(transport, need); !missing.empty()) return who + ": " + missing;
    if (const auto unlike = unlike_inputs(collective); !unlike.empty()) return who + ": " + unlike;
    const auto refusal = refusal_of(component, info_of(number, collective, checked_.nodes, checked_.values));
    return refusal.empty() ? refusal : fmt::format("{}: {}", who, refusal);
  }

  /// A transport moves inputs of one static shape into results of another.
  std::string unlike_inputs(const PlanCollective& collective) const {
    const auto& inputs = checked_.nodes[collective.nodes.front()].inputs;
    const auto& first = checked_.values[inputs.front()];
    for (const uint32_t input : inputs) {
      const auto& value = checked_.values[input];
      if (value.spec.dynamic())
        return fmt::format("the shape of '{}', {}, is dynamic", value.name, to_text(value.spec));
      if (value.spec.shape != first.spec.shape)
        return fmt::format("'{}' is {} and '{}' {}: they are not alike", first.name, to_text(first.spec), value.name,
                           to_text(value.spec));
    }
    return {};
  }

  const CompileOptions& options_;
  const std::vector<PlanActor>& actors_;
  Components& components_;
  Checked& checked_;
};

}  // namespace

void carry_collectives(const CompileOptions& options, const std::vector<PlanActor>& actors, Components& components,
                       Checked& checked) {
  Carrying carrying(options, actors, components, checked);
  for (uint32_t number = 0; number < checked.collectives.size(); ++number) carrying.decide(number);
}

}  // namespace stretto::compiling
