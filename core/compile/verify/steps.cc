// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/constraints.h"
#include "compile/joint.h"
#include "compile/verify/verify.h"

#include <algorithm>

namespace stretto::compiling {

namespace {

std::vector<uint32_t> sorted(std::span<const uint32_t> numbers) {
  std::vector<uint32_t> result(numbers.begin(), numbers.end());
  std::sort(result.begin(), result.end());
  return result;
}

/// In whatever order.
bool same(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end()) || sorted(a) == sorted(b);
}

bool is_just(std::span<const uint32_t> numbers, uint32_t number) {
  return numbers.size() == 1 && numbers.front() == number;
}

class Steps {
 public:
  explicit Steps(const Plan& plan) : plan_(plan), writers_(ring_writers(plan)) {}

  void check() {
    for (uint32_t number = 0; number < plan_.steps.size(); ++number) check_kind(number);
    check_nodes();
    check_channels();
    check_rings();
    for (const auto& step : plan_.steps) check_accesses(step);
    check_acquires();
    check_releases();
  }

 private:
  void require(bool right, const Step& step, const char* what) const {
    if (!right) inconsistent("'{}' (actor '{}') {}", step.name, plan_.actors[step.actor].name, what);
  }

  void check_kind(uint32_t number) const {
    const auto& step = plan_.steps[number];
    const bool driver = step.actor == plan_.driver();
    const bool ticket = number == plan_.ticket_step;
    const bool travels = step.kind == StepKind::send || step.kind == StepKind::receive;
    const bool collective = step.kind == StepKind::collective;
    require((step.channel >= 0) == travels, step, "needs a channel if and only if it sends or receives");
    require(travels || collective || step.joint < 0, step, "is joint with other steps and has no reason to be");
    require((step.node >= 0) == ((step.kind == StepKind::compute && !ticket) || collective), step,
            "needs a node if and only if it computes or is a collective");
    require(!driver || ticket || travels, step, "is no step that the driver has");
    require(!ticket || (driver && step.kind == StepKind::compute && step.inputs.empty() && step.results.empty()), step,
            "stands for the ticket and does something else");
    for (const uint32_t ring : step.inputs)
      require(plan_.rings[ring].actor == step.actor, step, "reads slots of another actor");
    for (const uint32_t ring : step.results)
      require(plan_.rings[ring].actor == step.actor, step, "writes slots of another actor");
    for (const uint32_t header : step.header_waits)
      require(plan_.steps[header].kind == StepKind::receive || plan_.steps[header].kind == StepKind::collective, step,
              "awaits the header of a step that receives nothing");
    if (step.node >= 0) check_compute(step);
    if (step.kind == StepKind::copy) check_copy(step);
    if (travels) check_travels(number);
  }

  void check_compute(const Step& step) const {
    const auto& node = plan_.nodes[static_cast<uint32_t>(step.node)];
    const auto reads = values_read(node, plan_.collectives);
    const bool by_transport =
        node.collective >= 0 && plan_.collectives[static_cast<uint32_t>(node.collective)].transport >= 0;
    require(by_transport == (step.kind == StepKind::collective), step,
            by_transport ? "computes what a transport does" : "is a collective that no transport does");
    require(step.joint == (by_transport ? plan_.joint_of(static_cast<uint32_t>(node.collective)) : -1), step,
            "must be joint with the other members' if and only if a transport does the collective");
    bool same =
        node.actor == step.actor && step.inputs.size() == reads.size() && step.results.size() == node.results.size();
    for (size_t i = 0; same && i < step.inputs.size(); ++i) same = plan_.rings[step.inputs[i]].value == reads[i];
    for (size_t i = 0; same && i < step.results.size(); ++i)
      same = plan_.rings[step.results[i]].value == node.results[i] && plan_.rings[step.results[i]].alias < 0;
    require(same, step, "does not read and make what its node does");
  }

  void check_copy(const Step& step) const {
    const bool one = step.inputs.size() == 1 && step.results.size() == 1 && step.inputs[0] != step.results[0];
    require(one && plan_.rings[step.inputs[0]].value == plan_.rings[step.results[0]].value &&
                plan_.rings[step.results[0]].alias < 0,
            step, "does not copy one value from one ring to another");
  }

  void check_travels(uint32_t number) const {
    const auto& step = plan_.steps[number];
    const auto& channel = plan_.channels[static_cast<uint32_t>(step.channel)];
    const bool sends = step.kind == StepKind::send;
    if (sends) {
      require(channel.send_step == number && step.actor == channel.writer && step.results.empty() &&
                  is_just(step.inputs, channel.ring),
              step, "is not the SEND of its channel");
    } else {
      const auto reader = std::find_if(channel.readers.begin(), channel.readers.end(),
                                       [&](const Channel::Reader& each) { return each.receive_step == number; });
      require(reader != channel.readers.end() && step.actor == reader->actor && step.inputs.empty() &&
                  is_just(step.results, reader->ring),
              step, "is no RECEIVE of its channel");
    }
    require(step.joint == (channel.rendezvous ? step.channel : -1), step,
            "must be joint with its counterpart if and only if their channel is a rendezvous");
  }

  void check_nodes() const {
    std::vector<uint32_t> computes(plan_.nodes.size(), 0);
    for (const auto& step : plan_.steps)
      if (step.node >= 0) ++computes[static_cast<uint32_t>(step.node)];
    for (uint32_t node = 0; node < computes.size(); ++node)
      if (computes[node] != 1) inconsistent("node '{}' has {} steps", plan_.nodes[node].name, computes[node]);
  }

  /// check_kind has seen that a step of a channel is the one that the channel names; now the other way round.
  void check_channels() const {
    for (uint32_t number = 0; number < plan_.channels.size(); ++number) {
      const auto& channel = plan_.channels[number];
      const auto belongs = [&](uint32_t step, StepKind kind) {
        return plan_.steps[step].kind == kind && plan_.steps[step].channel == static_cast<int32_t>(number);
      };
      bool right = belongs(channel.send_step, StepKind::send);
      for (const auto& reader : channel.readers) right = right && belongs(reader.receive_step, StepKind::receive);
      if (!right) inconsistent("channel '{}' has no SEND, or not a RECEIVE for each reader", channel.name);
    }
  }

  void check_rings() const {
    std::vector<uint32_t> writers(plan_.rings.size(), 0);
    for (const auto& step : plan_.steps)
      for (const uint32_t ring : step.results) ++writers[ring];
    for (uint32_t ring = 0; ring < plan_.rings.size(); ++ring) {
      const bool by_driver = plan_.values[plan_.rings[ring].value].node < 0 &&
                             plan_.rings[ring].actor == plan_.driver() && writers_[ring] >= 0;
      if (writers[ring] + (by_driver ? 1U : 0U) != 1)
        inconsistent("the slots of '{}' on '{}' are filled by {} steps", plan_.values[plan_.rings[ring].value].name,
                     plan_.actors[plan_.rings[ring].actor].name, writers[ring]);
    }
  }

  void check_accesses(const Step& step) {
    auto& wanted = wanted_;
    auto& declared = declared_;
    wanted.clear();
    declared.clear();
    const bool driver = step.actor == plan_.driver();
    for (const uint32_t ring : step.inputs) {
      const bool fills = driver && writers_[ring] >= 0 && &plan_.steps[static_cast<uint32_t>(writers_[ring])] == &step;
      wanted.emplace_back(ring, fills);
    }
    std::sort(wanted.begin(), wanted.end());  // a node may read one ring several times
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    for (const uint32_t ring : step.results) {
      const bool view = plan_.rings[ring].alias >= 0;
      if (!view || driver) wanted.emplace_back(ring, !view);
    }
    uint32_t states = 0, workspaces = 0;
    const auto* node = step.node < 0 ? nullptr : &plan_.nodes[static_cast<uint32_t>(step.node)];
    for (const auto& access : step.accesses) switch (access.kind) {
        case Access::Kind::ring: declared.emplace_back(access.index, access.write); break;
        case Access::Kind::state:
          ++states;
          require(access.write && static_cast<int32_t>(access.index) == step.node, step,
                  "touches another node's state");
          break;
        case Access::Kind::workspace:
          ++workspaces;
          require(access.write, step, "reads a workspace");
          break;
      }
    std::sort(wanted.begin(), wanted.end());
    std::sort(declared.begin(), declared.end());
    require(wanted == declared, step, "does not declare the slots that it reads and writes");
    require(states == (node != nullptr && node->stateful ? 1U : 0U), step, "does not declare its state");
    require(workspaces == (node != nullptr && node->workspace_bytes > 0 ? 1U : 0U), step,
            "does not declare its workspace");
  }

  /// Whoever writes slots that a transport may still be reading asks it first.
  void check_acquires() const {
    const Rows wanted(plan_.steps.size(), [&](auto&& acquires) {
      for (uint32_t channel = 0; channel < plan_.channels.size(); ++channel)
        if (plan_.channels[channel].gives_back())
          acquires(static_cast<uint32_t>(writers_[plan_.channels[channel].ring]), channel);
    });
    for (uint32_t step = 0; step < plan_.steps.size(); ++step)
      if (!same(plan_.steps[step].acquires, wanted[step]))
        missing_release("acquires", plan_.steps[step], wanted[step], plan_.steps[step].acquires,
                        "before it writes their slots");
  }

  /// Whoever reads slots in place gives them back; a copying transport gives them back when it has received.
  void check_releases() const {
    const Rows readers = ring_readers(plan_);
    for (const auto& channel : plan_.channels)
      for (const auto& reader : channel.readers)
        if (reader.actor != plan_.driver() && readers[reader.ring].empty())
          inconsistent("nothing on '{}' reads what channel '{}' brings", plan_.actors[reader.actor].name, channel.name);
    const Rows wanted(plan_.steps.size(), [&](auto&& releases) {
      for (uint32_t number = 0; number < plan_.channels.size(); ++number) {
        const auto& channel = plan_.channels[number];
        if (!channel.gives_back()) continue;
        for (const auto& reader : channel.readers) {
          if (reader.actor == plan_.driver()) continue;
          if (!channel.shares_slots)
            releases(reader.receive_step, number);
          else
            for (const uint32_t step : readers[reader.ring]) releases(step, number);
        }
      }
    });
    for (uint32_t step = 0; step < plan_.steps.size(); ++step)
      if (!same(plan_.steps[step].releases, wanted[step]))
        missing_release("releases", plan_.steps[step], wanted[step], plan_.steps[step].releases,
                        "once it has read their slots");
  }

  [[noreturn]] void missing_release(const char* verb, const Step& step, std::span<const uint32_t> wanted,
                                    std::span<const uint32_t> found, const char* when) const {
    const auto names = [&](std::span<const uint32_t> channels) {
      std::string text;
      for (const uint32_t channel : channels) text += (text.empty() ? "'" : ", '") + plan_.channels[channel].name + "'";
      return text.empty() ? std::string("nothing") : text;
    };
    inconsistent("'{}' (actor '{}') {} {}, but it must have {} {}", step.name, plan_.actors[step.actor].name, verb,
                 names(found), names(wanted), when);
  }

  const Plan& plan_;
  const std::vector<int32_t> writers_;
  std::vector<std::pair<uint32_t, bool>> wanted_;    // of one step: kept, as there are many
  std::vector<std::pair<uint32_t, bool>> declared_;  // the same
};

}  // namespace

void verify_steps(const Plan& plan) { Steps(plan).check(); }

}  // namespace stretto::compiling
