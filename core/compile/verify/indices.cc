// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/schedule.h"
#include "compile/verify/verify.h"

#include <cmath>

namespace stretto::compiling {

namespace {

constexpr uint32_t kMostTokens = 65536;  // a ring's slots are its waits' tokens
constexpr uint32_t kMostInflight = 4096;
constexpr size_t kMostSteps = 1U << 30;  // three vertices each are numbered with 32 bits

class Indices {
 public:
  explicit Indices(const Plan& plan) : plan_(plan) {}

  void check() {
    const auto& p = plan_;
    if (p.actors.empty()) inconsistent("it has no actors, not even the driver");
    if (p.steps.size() > kMostSteps) inconsistent("it has {} steps; {} are possible", p.steps.size(), kMostSteps);
    if (p.inflight == 0 || p.inflight > kMostInflight)
      inconsistent("inflight is {}; 1 to {} are possible", p.inflight, kMostInflight);
    component(p.scheduler, "scheduler", [] { return "the scheduler"; });
    in(p.ticket_step, p.steps, "the ticket's step");
    for (const auto& actor : p.actors) check_actor(actor);
    for (const auto& value : p.values) check_value(value);
    for (const auto& node : p.nodes) check_node(node);
    for (const auto& collective : p.collectives) check_collective(collective);
    for (const auto& input : p.inputs) {
      in(input.value, p.values, "the value of an input");
      all_in(input.channels, p.channels, "the channel of an input");
    }
    for (const auto& output : p.outputs)
      for (const auto& field : output.fields) {
        in(field.value, p.values, "the value of an output");
        in(field.channel, p.channels, "the channel of an output");
      }
    for (const auto& ring : p.rings) check_ring(ring);
    for (const auto& channel : p.channels) check_channel(channel);
    for (const auto& step : p.steps) check_step(step);
    for (const auto& lane : p.lanes) {
      in(lane.actor, p.actors, "the actor of a lane");
      all_in(lane.steps, p.steps, "the step of a lane");
    }
    if (p.issue_orders.size() != p.actors.size())
      inconsistent("it has {} issue orders for {} actors", p.issue_orders.size(), p.actors.size());
    for (const auto& capture : p.captures) all_in(capture.steps, p.steps, "a captured step");
    for (const auto& order : p.issue_orders) all_in(order, p.steps, "the step of an issue order");
    for (const auto& resource : p.resources)
      if (resource.capacity == 0) inconsistent("the resource '{}' has capacity 0", resource.name);
  }

 private:
  template <class Table>
  static void in(uint64_t index, const Table& table, const char* what) {
    if (index >= table.size()) inconsistent("{} has number {}; there are {}", what, index, table.size());
  }
  /// -1 stands for none.
  template <class Table>
  static void in_or_none(int32_t index, const Table& table, const char* what) {
    if (index != -1) in(static_cast<uint32_t>(index), table, what);
  }
  template <class Table>
  static void all_in(std::span<const uint32_t> indices, const Table& table, const char* what) {
    for (const uint32_t index : indices) in(index, table, what);
  }

  /// `what` says whose it is, in messages.
  template <class What>
  void component(uint64_t index, const char* kind, const What& what) const {
    in(index, plan_.components, "a component");
    if (plan_.components[index].kind != kind)
      inconsistent("{} is component '{}', which is of kind {}, not {}", what(), plan_.components[index].name,
                   plan_.components[index].kind, kind);
  }

  void check_actor(const PlanActor& actor) const {
    const bool driver = &actor == &plan_.actors.back();
    if (driver != (actor.device < 0))
      inconsistent("actor '{}' {}", actor.name, driver ? "is the driver and has a device" : "has no device");
    if (actor.device < -1 || actor.device_index < 0) inconsistent("actor '{}' has a negative device", actor.name);
    if (!driver)
      component(static_cast<uint32_t>(actor.device), "device", [&] { return fmt::format("actor '{}'", actor.name); });
  }

  void check_value(const PlanValue& value) const {
    in_or_none(value.node, plan_.nodes, "the node of a value");
    in_or_none(value.input, plan_.inputs, "the input of a value");
    in(value.actor, plan_.actors, "the actor of a value");
    const auto& spec = value.spec;
    if (!dtype_named(to_text(spec.dtype))) inconsistent("value '{}' has a dtype that is none", value.name);
    if (spec.shape.size() > STRETTO_MAX_RANK)
      inconsistent("value '{}' has {} dimensions; {} is the most", value.name, spec.shape.size(), STRETTO_MAX_RANK);
    for (const int64_t dimension : spec.shape)
      if (dimension < -1) inconsistent("value '{}' has a dimension of {}", value.name, dimension);
    const auto bytes = bytes_of(spec.dtype, spec.shape);
    if (spec.max_bytes > INT64_MAX || (bytes && *bytes != spec.max_bytes))
      inconsistent("value '{}', {}, is said to have {} bytes at most", value.name, to_text(spec), spec.max_bytes);
    if (value.static_shape && !bytes) inconsistent("value '{}' is static and has a dynamic dimension", value.name);
  }

  void check_node(const PlanNode& node) const {
    in(node.actor, plan_.actors, "the actor of a node");
    component(node.ops, "ops", [&] { return fmt::format("the op library of node '{}'", node.name); });
    all_in(node.inputs, plan_.values, "a value that a node reads");
    all_in(node.results, plan_.values, "a value that a node makes");
    if (node.workspace_bytes > INT64_MAX) inconsistent("node '{}' has a workspace beyond 63 bits", node.name);
    uint64_t inputs = 0;
    for (const uint32_t count : node.port_counts) inputs += count;
    in_or_none(node.collective, plan_.collectives, "the collective of a node");
    if (inputs != node.inputs.size())
      inconsistent("node '{}' reads {} values, but its ports take {}", node.name, node.inputs.size(), inputs);
  }

  void check_collective(const PlanCollective& collective) const {
    if (collective.transport < -1) inconsistent("collective '{}' has a negative transport", collective.name);
    if (collective.transport >= 0)
      component(static_cast<uint32_t>(collective.transport), "transport",
                [&] { return fmt::format("the transport of collective '{}'", collective.name); });
    all_in(collective.nodes, plan_.nodes, "a member of a collective");
  }

  void check_ring(const Ring& ring) const {
    in(ring.value, plan_.values, "the value of a ring");
    in(ring.actor, plan_.actors, "the actor of a ring");
    in_or_none(ring.channel, plan_.channels, "the channel of a ring");
    in_or_none(ring.alias, plan_.rings, "the ring behind a view");
    const auto& value = plan_.values[ring.value];
    if (ring.slots == 0 || ring.slots > kMostTokens || ring.slots < ring.min_slots || ring.slots > ring.max_slots)
      inconsistent("'{}' has {} slots on '{}'; {} to {} are possible", value.name, ring.slots,
                   plan_.actors[ring.actor].name, std::max(1U, ring.min_slots), std::min(kMostTokens, ring.max_slots));
    if (ring.slot_bytes != value.spec.max_bytes)
      inconsistent("a slot of '{}' has {} bytes; the value has up to {}", value.name, ring.slot_bytes,
                   value.spec.max_bytes);
  }

  void check_channel(const Channel& channel) const {
    in(channel.value, plan_.values, "the value of a channel");
    component(channel.transport, "transport",
              [&] { return fmt::format("the transport of channel '{}'", channel.name); });
    in(channel.writer, plan_.actors, "the writer of a channel");
    in(channel.ring, plan_.rings, "the ring of a channel");
    in(channel.send_step, plan_.steps, "the SEND of a channel");
    for (const auto& reader : channel.readers) {
      in(reader.actor, plan_.actors, "the reader of a channel");
      in(reader.ring, plan_.rings, "the ring of a reader");
      in(reader.receive_step, plan_.steps, "the RECEIVE of a reader");
    }
  }

  void check_step(const Step& step) const {
    in(step.actor, plan_.actors, "the actor of a step");
    in_or_none(step.node, plan_.nodes, "the node of a step");
    in_or_none(step.channel, plan_.channels, "the channel of a step");
    if (step.joint < -1 || step.joint >= plan_.joint_of(static_cast<uint32_t>(plan_.collectives.size())))
      inconsistent("the joint transition of a step has number {}; there are {}", step.joint,
                   plan_.joint_of(static_cast<uint32_t>(plan_.collectives.size())));
    in_or_none(step.lane, plan_.lanes, "the lane of a step");
    in_or_none(step.group, plan_.steps, "the group of a step");
    in_or_none(step.resource, plan_.resources, "the resource of a step");
    all_in(step.inputs, plan_.rings, "a ring that a step reads");
    all_in(step.results, plan_.rings, "a ring that a step writes");
    all_in(step.acquires, plan_.channels, "a channel that a step acquires");
    all_in(step.releases, plan_.channels, "a channel that a step releases");
    all_in(step.header_waits, plan_.steps, "a step whose header is awaited");
    for (const auto& access : step.accesses) switch (access.kind) {
        case Access::Kind::ring: in(access.index, plan_.rings, "a ring that a step touches"); break;
        case Access::Kind::state: in(access.index, plan_.nodes, "a state that a step touches"); break;
        case Access::Kind::workspace: in(access.index, plan_.steps, "a workspace"); break;
      }
    for (const auto& wait : step.waits) {
      in(wait.from, plan_.steps, "a step that is waited for");
      if (wait.tokens < 0 || wait.tokens > static_cast<int32_t>(kMostTokens))
        inconsistent("'{}' waits with {} tokens", step.name, wait.tokens);
    }
    if (step.offset < 0 || step.offset > kMostOffset)
      inconsistent("'{}' has the offset {}; 0 to {} are possible", step.name, step.offset, kMostOffset);
    if (!std::isfinite(step.seconds) || step.seconds < 0)
      inconsistent("'{}' is predicted to take {} s", step.name, step.seconds);
  }

  const Plan& plan_;
};

}  // namespace

void verify_indices(const Plan& plan) { Indices(plan).check(); }

}  // namespace stretto::compiling
