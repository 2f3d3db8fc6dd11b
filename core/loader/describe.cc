// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/describe.h"

#include "loader/text.h"

#include <array>
#include <cmath>
#include <span>

namespace stretto {

namespace {

using Json = nlohmann::json;

struct Flag {
  uint32_t bit;
  const char* name;
};
constexpr std::array<Flag, 4> kDeviceFlags{{{STRETTO_DEVICE_BLOCKING, "blocking"},
                                            {STRETTO_DEVICE_HOST_ACCESSIBLE, "host accessible"},
                                            {STRETTO_DEVICE_EXPORTS, "exports"},
                                            {STRETTO_DEVICE_CAPTURES, "captures"}}};
constexpr std::array<Flag, 16> kTransportFlags{{{STRETTO_TRANSPORT_STREAM_ORDERED, "stream ordered"},
                                                {STRETTO_TRANSPORT_SHARES_SLOTS, "shares slots"},
                                                {STRETTO_TRANSPORT_MULTI_READER, "multi reader"},
                                                {STRETTO_TRANSPORT_DYNAMIC, "dynamic"},
                                                {STRETTO_TRANSPORT_CARRIES_NOTE, "carries note"},
                                                {STRETTO_TRANSPORT_RENDEZVOUS, "rendezvous"},
                                                {STRETTO_TRANSPORT_GLOBAL_ORDER, "global order"},
                                                {STRETTO_TRANSPORT_PROCESSES, "processes"},
                                                {STRETTO_TRANSPORT_HOSTS, "hosts"},
                                                {STRETTO_TRANSPORT_THREADS, "threads"},
                                                {STRETTO_TRANSPORT_ALLOCATES, "allocates"},
                                                {STRETTO_TRANSPORT_COLLECTIVES, "collectives"},
                                                {STRETTO_TRANSPORT_DEVICE_SLOTS, "device slots"},
                                                {STRETTO_TRANSPORT_STAGES, "stages"},
                                                {STRETTO_TRANSPORT_GROUPS, "groups"},
                                                {STRETTO_TRANSPORT_CAPTURABLE, "capturable"}}};
constexpr std::array<Flag, 2> kOpFlags{{{STRETTO_OP_STATEFUL, "stateful"}, {STRETTO_OP_CAPTURABLE, "capturable"}}};
constexpr std::array<Flag, 2> kPortFlags{{{STRETTO_PORT_LIST, "list"}, {STRETTO_PORT_OPTIONAL, "optional"}}};

Json names_of(uint32_t flags, std::span<const Flag> known) {
  Json names = Json::array();
  for (const auto& flag : known)
    if ((flags & flag.bit) != 0) names.push_back(flag.name);
  return names;
}

const char* type_name(int32_t type) {
  switch (type) {
    case STRETTO_BOOLEAN: return "boolean";
    case STRETTO_INTEGER: return "integer";
    case STRETTO_REAL: return "real";
    case STRETTO_TEXT: return "text";
    case STRETTO_BYTES: return "bytes";
    case STRETTO_SECONDS: return "seconds";
    case STRETTO_DTYPE: return "dtype";
    case STRETTO_INTEGERS: return "integers";
    case STRETTO_REALS: return "reals";
    case STRETTO_TEXTS: return "texts";
    default: return "unknown";
  }
}

const char* completion_name(int32_t completion) {
  switch (completion) {
    case STRETTO_COMPLETES_ON_POST: return "on post";
    case STRETTO_COMPLETES_ON_COPY: return "on copy";
    default: return "on match";
  }
}

Json options_of(const stretto_option* const* options, uint32_t count) {
  Json list = Json::array();
  for (const auto* option : std::span(options, count)) list.push_back(to_json(*option));
  return list;
}

Json ports_of(const stretto_port* const* ports, uint32_t count) {
  Json list = Json::array();
  for (const auto* port : std::span(ports, count))
    list.push_back({{"name", port->name}, {"help", port->help}, {"flags", names_of(port->flags, kPortFlags)}});
  return list;
}

/// Having no device is an answer, not a failure: the reason arrives with STRETTO_OK or with a code.
void add_devices(Json& into, const stretto_device_api& api) {
  std::string reason;
  const stretto_sink sink{sizeof(stretto_sink), &reason, [](void* context, const char* text, size_t length) {
                            static_cast<std::string*>(context)->assign(text, length);
                          }};
  int32_t count = 0;
  const int32_t code = api.count(&count, &sink);
  into["devices"] = code == STRETTO_OK ? count : 0;
  if (code != STRETTO_OK || count == 0) into["reason"] = reason;
}

/// What the component says of this machine. A failure is a finding too.
void add_findings(Json& into, const stretto_component& component) {
  if (component.examine == nullptr) return;
  std::vector<std::string> texts;
  const stretto_sink findings{sizeof(stretto_sink), &texts, [](void* context, const char* text, size_t length) {
                                static_cast<std::vector<std::string>*>(context)->emplace_back(text, length);
                              }};
  try {
    checked("examine", component.examine, &findings);
  } catch (const Error& error) {
    texts.emplace_back(error.what());
  }
  into["findings"] = Json::array();
  for (const auto& text : texts) into["findings"].push_back(escaped(text));
}

/// What a component states of its speed; nothing of what it leaves to the core.
void add_rates(Json& into, std::initializer_list<std::pair<const char*, double>> rates) {
  for (const auto& [name, rate] : rates)
    if (rate > 0) into["rates"][name] = rate;
}

void add_kind(Json& into, const stretto_device_api& api) {
  into["memory_kind"] = api.memory_kind;
  into["flags"] = names_of(api.flags, kDeviceFlags);
  add_rates(into, {{"flops", api.flops},
                   {"bandwidth", api.bandwidth},
                   {"copy_bandwidth", api.copy_bandwidth},
                   {"launch", api.launch}});
  add_devices(into, api);
}

void add_kind(Json& into, const stretto_transport_api& api) {
  into["memory_kinds"] = Json::array();
  for (const char* kind : std::span(api.memory_kinds, api.memory_kind_count)) into["memory_kinds"].push_back(kind);
  into["flags"] = names_of(api.flags, kTransportFlags);
  into["send_completes"] = completion_name(api.send_completion);
  into["eager_bytes"] = api.eager_bytes;
  add_rates(into, {{"latency", api.latency}, {"bandwidth", api.bandwidth}});
}

void add_kind(Json& into, const stretto_op_library_api& api) {
  into["memory_kind"] = api.memory_kind;
  into["ops"] = Json::array();
  for (const auto* op : std::span(api.ops, api.op_count)) {
    Json flags = names_of(op->flags, kOpFlags);
    if (op->collective != 0) flags.push_back("collective");
    into["ops"].push_back({{"name", op->name},
                           {"summary", op->summary},
                           {"flags", std::move(flags)},
                           {"inputs", ports_of(op->inputs, op->input_count)},
                           {"results", ports_of(op->results, op->result_count)},
                           {"args", options_of(op->args, op->arg_count)}});
  }
}

}  // namespace

Json to_json(const stretto_option& option) {
  Json json{{"name", option.name}, {"type", type_name(option.type)}, {"help", option.help}};
  if (option.fallback != nullptr) json["default"] = option.fallback;
  if (option.choices != nullptr) json["choices"] = option.choices;
  if (!std::isnan(option.minimum)) json["minimum"] = option.minimum;
  if (!std::isnan(option.maximum)) json["maximum"] = option.maximum;
  if (option.required != 0) json["required"] = true;
  return json;
}

Json to_json(const stretto_component& component) {
  const auto kind = static_cast<stretto_kind>(component.kind);
  Json json{{"kind", to_text(kind)},
            {"name", component.name},
            {"summary", component.summary},
            {"options", options_of(component.options, component.option_count)}};
  switch (kind) {
    case STRETTO_DEVICE: add_kind(json, *static_cast<const stretto_device_api*>(component.api)); break;
    case STRETTO_TRANSPORT: add_kind(json, *static_cast<const stretto_transport_api*>(component.api)); break;
    case STRETTO_OP_LIBRARY: add_kind(json, *static_cast<const stretto_op_library_api*>(component.api)); break;
    case STRETTO_SCHEDULER: break;
  }
  add_findings(json, component);
  return json;
}

Json to_json(const AdoptedPlugin& plugin) {
  Json json{{"plugin", plugin.name}, {"version", plugin.version}, {"abi_version", STRETTO_ABI_VERSION}};
  json["components"] = Json::array();
  for (const auto& component : plugin.components) json["components"].push_back(to_json(component->raw));
  return json;
}

}  // namespace stretto
