// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/adopt.h"

#include "loader/literal.h"
#include "loader/table.h"
#include "loader/text.h"

#include <cmath>
#include <fmt/format.h>
#include <set>
#include <span>

namespace stretto {

namespace {

/// Checks a name that jobs and messages use. `what` says whose: "component 3 of the plugin".
std::string checked_name(const char* name, const std::string& what) {
  if (name == nullptr) refuse(fmt::format("{}: the name is NULL", what));
  if (*name == '\0') refuse(fmt::format("{}: the name is empty", what));
  const std::string text = name;
  if (!is_utf8(text)) refuse(fmt::format("{}: the name {} is not UTF-8", what, escaped(text)));
  if (escaped(text) != text) refuse(fmt::format("{}: the name '{}' has control characters", what, escaped(text)));
  return text;
}

/// A text that only people read: missing is empty.
const char* readable(const char* text, const std::string& what) {
  if (text == nullptr) return "";
  if (!is_utf8(text)) refuse(fmt::format("{}: the text '{}' is not UTF-8", what, escaped(text)));
  return text;
}

template <class T>
std::span<const T* const> listed(const T* const* items, uint32_t count, const char* what, const std::string& owner) {
  if (count > 0 && items == nullptr)
    refuse(fmt::format("{}: {} {} are declared, but the array is NULL", owner, count, what));
  return {items, count};
}

const stretto_option* const* adopt_options(AdoptedComponent& into, const stretto_option* const* theirs, uint32_t count,
                                           const char* what, const std::string& owner) {
  auto& list = into.option_lists.emplace_back();
  std::set<std::string> names;
  for (const auto* theirs_one : listed(theirs, count, what, owner)) {
    auto option = taken(theirs_one, owner);
    const auto name = checked_name(option.name, fmt::format("{}: one of its {}", owner, what));
    if (!names.insert(name).second) refuse(fmt::format("{}: two of its {} are named '{}'", owner, what, name));
    option.help = readable(option.help, owner);
    check_schema(option, owner);
    list.push_back(&into.options.emplace_back(option));
  }
  return list.data();
}

const stretto_port* const* adopt_ports(AdoptedComponent& into, const stretto_port* const* theirs, uint32_t count,
                                       const char* what, const std::string& owner) {
  auto& list = into.port_lists.emplace_back();
  std::set<std::string> names;
  for (const auto* theirs_one : listed(theirs, count, what, owner)) {
    auto port = taken(theirs_one, owner);
    const auto name = checked_name(port.name, fmt::format("{}: one of its {}", owner, what));
    if (!names.insert(name).second) refuse(fmt::format("{}: two of its {} are named '{}'", owner, what, name));
    port.help = readable(port.help, owner);
    list.push_back(&into.ports.emplace_back(port));
  }
  return list.data();
}

/// A rate that is no rate would make every prediction senseless.
void check_rate(double rate, const char* name, const std::string& owner) {
  if (!std::isfinite(rate) || rate < 0)
    refuse(
        fmt::format("{}: its rate `{}` is {}; expected more than 0, or 0 for the host's default", owner, name, rate));
}

void adopt_device(AdoptedComponent& into, const void* theirs, const std::string& owner) {
  auto& api = into.device = taken(static_cast<const stretto_device_api*>(theirs), owner);
  checked_name(api.memory_kind, owner + ": its memory kind");
  demand(api.count, "count", owner);
  demand(api.open, "open", owner);
  demand(api.close, "close", owner);
  demand(api.abort, "abort", owner);
  demand(api.allocate, "allocate", owner);
  demand(api.lane_open, "lane_open", owner);
  demand(api.lane_close, "lane_close", owner);
  demand(api.lane_native, "lane_native", owner);
  demand(api.semaphore_open, "semaphore_open", owner);
  demand(api.semaphore_close, "semaphore_close", owner);
  demand(api.lane_signal, "lane_signal", owner);
  demand(api.lane_wait, "lane_wait", owner);
  demand(api.host_signal, "host_signal", owner);
  demand(api.host_wait, "host_wait", owner);
  demand(api.lane_copy, "lane_copy", owner);
  stand_in<"free">(api.free);
  stand_in<"pin">(api.pin);
  stand_in<"unpin">(api.unpin);
  stand_in<"status">(api.status);
  stand_in<"range_push">(api.range_push);
  stand_in<"range_pop">(api.range_pop);
  if ((api.flags & STRETTO_DEVICE_EXPORTS) != 0) {
    if ((api.flags & STRETTO_DEVICE_BLOCKING) != 0)
      refuse(fmt::format("{}: it says EXPORTS and BLOCKING, which exclude each other", owner));
    demand(api.allocate_exported, "allocate_exported", owner);
    demand(api.import_memory, "import_memory", owner);
    demand(api.release_memory, "release_memory", owner);
    demand(api.semaphore_at, "semaphore_at", owner);
  }
  if ((api.flags & STRETTO_DEVICE_CAPTURES) != 0) {
    demand(api.capture_begin, "capture_begin", owner);
    demand(api.capture_end, "capture_end", owner);
    demand(api.capture_launch, "capture_launch", owner);
    demand(api.capture_close, "capture_close", owner);
    demand(api.capture_mark, "capture_mark", owner);
    demand(api.capture_follow, "capture_follow", owner);
    if ((api.flags & STRETTO_DEVICE_BLOCKING) != 0)
      refuse(fmt::format("{}: it says CAPTURES and BLOCKING; only what is enqueued can be recorded", owner));
  }
  stand_in<"capture_begin">(api.capture_begin);
  stand_in<"capture_end">(api.capture_end);
  stand_in<"capture_launch">(api.capture_launch);
  stand_in<"capture_close">(api.capture_close);
  stand_in<"capture_mark">(api.capture_mark);
  stand_in<"capture_follow">(api.capture_follow);
  check_rate(api.capture, "capture", owner);
  check_rate(api.captured, "captured", owner);
  check_rate(api.flops, "flops", owner);
  check_rate(api.bandwidth, "bandwidth", owner);
  check_rate(api.copy_bandwidth, "copy_bandwidth", owner);
  check_rate(api.launch, "launch", owner);
  into.raw.api = &api;
}

void adopt_transport(AdoptedComponent& into, const void* theirs, const std::string& owner) {
  auto& api = into.transport = taken(static_cast<const stretto_transport_api*>(theirs), owner);
  for (const char* kind : listed(api.memory_kinds, api.memory_kind_count, "memory kinds", owner))
    checked_name(kind, owner + ": one of its memory kinds");
  if (api.send_completion < STRETTO_COMPLETES_ON_POST || api.send_completion > STRETTO_COMPLETES_ON_MATCH)
    refuse(fmt::format("{}: send_completion is {}; expected a stretto_completion, {} to {}", owner, api.send_completion,
                       int{STRETTO_COMPLETES_ON_POST}, int{STRETTO_COMPLETES_ON_MATCH}));
  demand(api.open, "open", owner);
  demand(api.writer, "writer", owner);
  demand(api.reader, "reader", owner);
  demand(api.connect, "connect", owner);
  demand(api.abort, "abort", owner);
  demand(api.close, "close", owner);
  stand_in<"slot">(api.slot);
  stand_in<"bind">(api.bind);
  stand_in<"acquire">(api.acquire);
  stand_in<"send">(api.send);
  stand_in<"receive">(api.receive);
  stand_in<"release">(api.release);
  stand_in<"lane_send">(api.lane_send);
  stand_in<"lane_receive">(api.lane_receive);
  if ((api.flags & STRETTO_TRANSPORT_GROUPS) != 0) {
    demand(api.group_begin, "group_begin", owner);
    demand(api.group_end, "group_end", owner);
  }
  stand_in<"group_begin">(api.group_begin);
  stand_in<"group_end">(api.group_end);
  if ((api.flags & STRETTO_TRANSPORT_ALLOCATES) != 0) demand(api.allocate, "allocate", owner);
  check_rate(api.latency, "latency", owner);
  check_rate(api.bandwidth, "bandwidth", owner);
  if ((api.flags & STRETTO_TRANSPORT_COLLECTIVES) != 0) {
    demand(api.collective, "collective", owner);
    demand(api.lane_collective, "lane_collective", owner);
    if ((api.flags & STRETTO_TRANSPORT_STREAM_ORDERED) == 0)
      refuse(fmt::format("{}: it says COLLECTIVES and is not STREAM_ORDERED, which they need", owner));
  }
  if ((api.flags & STRETTO_TRANSPORT_DEVICE_SLOTS) != 0) {
    demand(api.offer_memory, "offer_memory", owner);
    demand(api.offered_memory, "offered_memory", owner);
    demand(api.word, "word", owner);
  }
  stand_in<"collective">(api.collective);
  stand_in<"lane_collective">(api.lane_collective);
  into.raw.api = &api;
}

void adopt_scheduler(AdoptedComponent& into, const void* theirs, const std::string& owner) {
  auto& api = into.scheduler = taken(static_cast<const stretto_scheduler_api*>(theirs), owner);
  demand(api.schedule, "schedule", owner);
  into.raw.api = &api;
}

void adopt_library(AdoptedComponent& into, const void* theirs, const std::string& owner) {
  auto& api = into.library = taken(static_cast<const stretto_op_library_api*>(theirs), owner);
  checked_name(api.memory_kind, owner + ": its memory kind");
  std::set<std::string> names;
  for (const auto* theirs_one : listed(api.ops, api.op_count, "ops", owner)) {
    auto op = taken(theirs_one, owner);
    const auto name = checked_name(op.name, owner + ": one of its ops");
    if (!names.insert(name).second) refuse(fmt::format("{}: two of its ops are named '{}'", owner, name));
    const auto op_owner = fmt::format("{}, op '{}'", owner, name);
    op.summary = readable(op.summary, op_owner);
    if (op.collective < 0 || op.collective > STRETTO_BROADCAST)
      refuse(fmt::format("{}: it is a collective of the kind {}; this stretto knows {} to {}", op_owner, op.collective,
                         int{STRETTO_ALL_REDUCE}, int{STRETTO_BROADCAST}));
    if (op.collective != 0 && (op.input_count != 1 || op.result_count != 1 || (op.flags & STRETTO_OP_STATEFUL) != 0))
      refuse(fmt::format(
          "{}: it is a collective with {} inputs and {} results{}; a collective has one of each and no "
          "state",
          op_owner, op.input_count, op.result_count, (op.flags & STRETTO_OP_STATEFUL) != 0 ? ", and stateful" : ""));
    demand(op.infer, "infer", op_owner);
    demand(op.prepare, "prepare", op_owner);
    demand(op.launch, "launch", op_owner);
    demand(op.release, "release", op_owner);
    op.inputs = adopt_ports(into, op.inputs, op.input_count, "inputs", op_owner);
    op.results = adopt_ports(into, op.results, op.result_count, "results", op_owner);
    op.args = adopt_options(into, op.args, op.arg_count, "args", op_owner);
    into.op_pointers.push_back(&into.ops.emplace_back(op));
  }
  api.ops = into.op_pointers.data();
  into.raw.api = &api;
}

}  // namespace

std::unique_ptr<AdoptedComponent> adopt(const stretto_component* component) {
  auto into = std::make_unique<AdoptedComponent>();
  auto& raw = into->raw = taken(component, "a component");
  const auto name = checked_name(raw.name, "a component");
  if (raw.kind < STRETTO_TRANSPORT || raw.kind > STRETTO_OP_LIBRARY)
    refuse(fmt::format("component '{}' has the kind {}; this stretto knows {} to {}", name, raw.kind,
                       int{STRETTO_TRANSPORT}, int{STRETTO_OP_LIBRARY}));
  const auto kind = static_cast<stretto_kind>(raw.kind);
  const auto owner = fmt::format("{} '{}'", to_text(kind), name);
  raw.summary = readable(raw.summary, owner);
  raw.options = adopt_options(*into, raw.options, raw.option_count, "options", owner);
  switch (kind) {
    case STRETTO_DEVICE: adopt_device(*into, raw.api, owner); break;
    case STRETTO_TRANSPORT: adopt_transport(*into, raw.api, owner); break;
    case STRETTO_SCHEDULER: adopt_scheduler(*into, raw.api, owner); break;
    case STRETTO_OP_LIBRARY: adopt_library(*into, raw.api, owner); break;
  }
  return into;
}

AdoptedPlugin adopt(const stretto_plugin* plugin) {
  if (plugin == nullptr) refuse("its query reported success and gave no plugin");
  // The version stands at one place in every version of the struct: it decides before anything else is read.
  if (plugin->size >= sizeof plugin->size + sizeof plugin->abi_version && plugin->abi_version != STRETTO_ABI_VERSION)
    refuse(fmt::format("it was built for ABI version {}; this stretto has version {}: build it against this SDK",
                       plugin->abi_version, STRETTO_ABI_VERSION));
  const auto raw = taken(plugin, "the plugin");
  AdoptedPlugin adopted;
  adopted.name = checked_name(raw.name, "the plugin");
  adopted.version = checked_name(raw.version, "the plugin's version");
  adopted.shutdown = raw.shutdown;
  std::set<std::string> names;
  for (const auto* component : listed(raw.components, raw.component_count, "components", "the plugin")) {
    auto one = adopt(component);
    const auto kind = static_cast<stretto_kind>(one->raw.kind);
    const auto variant = one->variant();
    if (!names.insert(fmt::format("{}\n{}\n{}", to_text(kind), one->raw.name, variant)).second)
      refuse(fmt::format("two of its components are {} '{}'{}", to_text(kind), one->raw.name,
                         variant.empty() ? "" : fmt::format(" for '{}' devices", variant)));
    adopted.components.push_back(std::move(one));
  }
  if (adopted.components.empty()) refuse("it offers no components");
  return adopted;
}

}  // namespace stretto
