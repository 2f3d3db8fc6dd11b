// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/constraints.h"

#include <utility>

namespace stretto::compiling {

namespace {

using Kind = Constraint::Kind;

class Gathering {
 public:
  explicit Gathering(const Plan& plan) : plan_(plan), writer_(ring_writers(plan)), readers_(ring_readers(plan)) {}

  std::vector<Constraint> take() {
    constraints_.reserve(3 * readers_.all().size() + plan_.nodes.size());
    for (uint32_t ring = 0; ring < plan_.rings.size(); ++ring) add_ring(ring);
    for (uint32_t channel = 0; channel < plan_.channels.size(); ++channel) add_channel(channel);
    add_written_order();
    add_tickets();
    return std::move(constraints_);
  }

 private:
  bool by_driver(uint32_t step) const { return plan_.steps[step].actor == plan_.driver(); }

  void add_ring(uint32_t number) {
    const auto& ring = plan_.rings[number];
    const auto writer = static_cast<uint32_t>(writer_[number]);
    for (const uint32_t reader : readers_[number]) {
      if (reader == writer) continue;  // the driver fills a slot and sends it in one
      constraints_.push_back({Kind::data, writer, reader, 0, static_cast<int32_t>(number)});
      // Through a view, and for a SEND that only hands a shared slot over, giving back is the channel's affair.
      const auto& step = plan_.steps[reader];
      const bool hands_over =
          step.kind == StepKind::send && plan_.channels[static_cast<uint32_t>(step.channel)].shares_slots;
      if (ring.alias < 0 && !hands_over)
        constraints_.push_back(
            {Kind::reuse, reader, writer, static_cast<int32_t>(ring.slots), static_cast<int32_t>(number)});
    }
  }

  void add_channel(uint32_t number) {
    const auto& channel = plan_.channels[number];
    const auto c = static_cast<int32_t>(number);
    const auto& ring = plan_.rings[channel.ring];
    const auto give_back = [&](uint32_t step) {
      constraints_.push_back({Kind::release, step, static_cast<uint32_t>(writer_[channel.ring]),
                              static_cast<int32_t>(ring.slots), static_cast<int32_t>(channel.ring), c});
    };
    for (const auto& reader : channel.readers) {
      if (!channel.rendezvous)
        constraints_.push_back({Kind::message, channel.send_step, reader.receive_step, 0, -1, c});
      if (!channel.gives_back()) continue;
      if (!channel.shares_slots || reader.actor == plan_.driver())
        give_back(reader.receive_step);
      else
        for (const uint32_t step : readers_[reader.ring]) give_back(step);
    }
  }

  void add_written_order() {
    std::vector<uint32_t> compute(plan_.nodes.size());
    for (uint32_t step = 0; step < plan_.steps.size(); ++step)
      if (plan_.steps[step].node >= 0) compute[static_cast<uint32_t>(plan_.steps[step].node)] = step;
    const auto free = [&](uint32_t node) {
      return plan_.actors[plan_.nodes[node].actor].any_order || plan_.steps[compute[node]].kind == StepKind::collective;
    };
    std::vector<int32_t> last(plan_.actors.size(), -1);
    for (uint32_t node = 0; node < plan_.nodes.size(); ++node) {
      const uint32_t actor = plan_.nodes[node].actor;
      if (free(node)) continue;
      if (last[actor] >= 0)
        constraints_.push_back({Kind::written, static_cast<uint32_t>(last[actor]), compute[node], 0});
      last[actor] = static_cast<int32_t>(compute[node]);
    }
  }

  void add_tickets() {
    for (uint32_t number = 0; number < plan_.steps.size(); ++number) {
      const auto& step = plan_.steps[number];
      if (number == plan_.ticket_step) continue;
      const bool source = step.node >= 0 && step.inputs.empty();
      if (source || (by_driver(number) && step.kind == StepKind::send))
        constraints_.push_back({Kind::ticket, plan_.ticket_step, number, 0});
      if (by_driver(number) && step.kind == StepKind::receive)
        constraints_.push_back({Kind::window, number, plan_.ticket_step, static_cast<int32_t>(plan_.inflight)});
    }
  }

  const Plan& plan_;
  const std::vector<int32_t> writer_;
  const Rows readers_;
  std::vector<Constraint> constraints_;
};

}  // namespace

std::vector<int32_t> ring_writers(const Plan& plan) {
  std::vector<int32_t> writer(plan.rings.size(), -1);
  for (uint32_t number = 0; number < plan.steps.size(); ++number) {
    const auto& step = plan.steps[number];
    for (const uint32_t ring : step.results) writer[ring] = static_cast<int32_t>(number);
    if (step.actor != plan.driver() || step.kind != StepKind::send) continue;
    for (const auto& access : step.accesses)
      if (access.kind == Access::Kind::ring && access.write && writer[access.index] < 0)
        writer[access.index] = static_cast<int32_t>(number);
  }
  return writer;
}

Rows ring_readers(const Plan& plan) {
  return {plan.rings.size(), [&](auto&& reads) {
            std::vector<int64_t> last(plan.rings.size(), -1);  // a step may read one ring several times
            for (uint32_t step = 0; step < plan.steps.size(); ++step)
              for (const uint32_t ring : plan.steps[step].inputs)
                if (std::exchange(last[ring], step) != step) reads(ring, step);
          }};
}

std::vector<Constraint> constraints_of(const Plan& plan) { return Gathering(plan).take(); }

}  // namespace stretto::compiling
