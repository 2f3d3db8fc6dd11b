// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/sysinfo.h>
#include <thread>

namespace stretto {

namespace {

constexpr stretto_kind kKinds[] = {STRETTO_DEVICE, STRETTO_TRANSPORT, STRETTO_SCHEDULER, STRETTO_OP_LIBRARY};

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
    default: return "texts";
  }
}

void print_options(const stretto_option* const* options, uint32_t count, const char* indent) {
  for (uint32_t i = 0; i < count; ++i) {
    const stretto_option& option = *options[i];
    fmt::print("{}{:<14} {:<9} {}{}{}\n", indent, option.name, type_name(option.type), option.help,
               option.fallback != nullptr ? fmt::format(" (default {})", option.fallback) : "",
               option.required != 0 ? " (required)" : "");
  }
}

void print_ops(const stretto_op_library_api& api) {
  for (uint32_t i = 0; i < api.op_count; ++i) {
    const stretto_op& op = *api.ops[i];
    const auto ports = [](const stretto_port* const* list, uint32_t count) {
      std::string names;
      for (uint32_t p = 0; p < count; ++p)
        names += fmt::format("{}{}{}", p != 0 ? ", " : "", list[p]->name,
                             (list[p]->flags & STRETTO_PORT_LIST) != 0 ? "…" : "");
      return names;
    };
    fmt::print("  {}({}) → {}: {}\n", op.name, ports(op.inputs, op.input_count), ports(op.results, op.result_count),
               op.summary);
    print_options(op.args, op.arg_count, "      ");
  }
}

}  // namespace

int plugin_list_command(const Invocation& invocation) {
  nlohmann::json list = nlohmann::json::array();
  for (const stretto_kind kind : kKinds)
    for (const LoadedComponent* component : invocation.catalogue.all(kind)) {
      list.push_back({{"kind", to_text(kind)},
                      {"name", component->name},
                      {"plugin", component->plugin},
                      {"version", component->version},
                      {"path", component->path.string()}});
      if (!invocation.json)
        fmt::print("{:<10} {:<10} {} {}  {}\n", to_text(kind), component->name, component->plugin, component->version,
                   component->raw->summary);
    }
  if (invocation.json) fmt::print("{}\n", list.dump(1));
  for (const LoadReport& report : invocation.catalogue.reports())
    if (!report.error.empty()) fmt::print(stderr, "stretto: {}: {}\n", report.path.string(), report.error);
  return kDone;
}

int plugin_info_command(const Invocation& invocation) {
  std::vector<std::string> names;
  bool found = false;
  for (const stretto_kind kind : kKinds)
    for (const LoadedComponent* component : invocation.catalogue.all(kind)) {
      names.push_back(component->name);
      if (component->name != invocation.job) continue;
      found = true;
      fmt::print("{} {}: {}\n  plugin {} {} ({})\n", to_text(kind), component->name, component->raw->summary,
                 component->plugin, component->version, component->path.string());
      print_options(component->raw->options, component->raw->option_count, "  ");
      if (kind == STRETTO_OP_LIBRARY) print_ops(*static_cast<const stretto_op_library_api*>(component->raw->api));
    }
  if (found) return kDone;
  const auto meant = nearest(invocation.job, names);
  throw Error(Code::unavailable, fmt::format("no component is named '{}'{}", invocation.job,
                                             meant ? fmt::format("; did you mean '{}'?", *meant) : ""));
}

int doctor_command(const Invocation& invocation) {
  struct sysinfo memory {};
  sysinfo(&memory);
  fmt::print("cores    {}\n", std::thread::hardware_concurrency());
  fmt::print("memory   {:.1f} GiB, {:.1f} GiB free\n",
             static_cast<double>(memory.totalram) * memory.mem_unit / (1ULL << 30),
             static_cast<double>(memory.freeram) * memory.mem_unit / (1ULL << 30));
  for (const auto& folder : invocation.catalogue.folders()) fmt::print("plugins  {}\n", folder.string());
  for (const LoadedComponent* component : invocation.catalogue.all(STRETTO_DEVICE)) {
    const auto& api = *static_cast<const stretto_device_api*>(component->raw->api);
    std::string reason;
    stretto_sink sink{sizeof sink, &reason, [](void* to, const char* text, size_t length) {
                        static_cast<std::string*>(to)->assign(text, length);
                      }};
    int32_t count = 0;
    if (api.count(&count, &sink) != STRETTO_OK) count = 0;
    fmt::print("device   {}: {}{}\n", component->name, count, count == 0 ? " (" + reason + ")" : "");
  }
  for (const stretto_kind kind : {STRETTO_TRANSPORT, STRETTO_SCHEDULER, STRETTO_OP_LIBRARY})
    for (const LoadedComponent* component : invocation.catalogue.all(kind))
      fmt::print("{:<8} {}\n", to_text(kind), component->name);
  for (const LoadReport& report : invocation.catalogue.reports())
    if (!report.error.empty()) fmt::print("failed   {}: {}\n", report.path.string(), report.error);
  return kDone;
}

}  // namespace stretto
