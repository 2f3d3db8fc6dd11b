// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/job_json_schema.h"

#include "job/schema.h"
#include "loader/describe.h"

#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

namespace stretto {

namespace {

using nlohmann::json;

constexpr const char* kReference = R"(^[A-Za-z0-9_-]+(\[(\*|:|[0-9]+)\])?(\.[A-Za-z0-9_-]+)?$)";
constexpr const char* kSize = "^[0-9.eE+-]+ *(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)?$";
constexpr const char* kDuration = "^[0-9.eE+-]+ *(ns|us|ms|s|min|h)?$";

json written_json(const Written& written) {
  if (const auto* flag = written.as<bool>()) return *flag;
  if (const auto* number = written.as<int64_t>()) return *number;
  if (const auto* number = written.as<double>()) return *number;
  if (const auto* text = written.as<std::string>()) return *text;
  json list = json::array();
  if (const auto* items = written.as<Written::List>())
    for (const auto& item : *items) list.push_back(written_json(item));
  return list;
}

void add_range(json& schema, const json& option) {
  for (const char* side : {"minimum", "maximum"})
    if (option.contains(side)) schema[side] = option.at(side);
}

json number(const char* type, const json& option) {
  json schema{{"type", type}};
  add_range(schema, option);
  return schema;
}

json list_of(json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

json choices_of(const json& option) {
  json list = json::array();
  std::string rest = option.at("choices").get<std::string>();
  for (size_t bar = rest.find('|'); bar != std::string::npos; bar = rest.find('|')) {
    list.push_back(rest.substr(0, bar));
    rest.erase(0, bar + 1);
  }
  list.push_back(rest);
  return list;
}

json text(const json& option) {
  json schema{{"type", "string"}};
  if (option.contains("choices")) schema["enum"] = choices_of(option);
  return schema;
}

json dtypes() {
  json names = json::array();
  for (const auto& known : kDTypes) names.push_back(known.name);
  return {{"type", "string"}, {"enum", names}};
}

json type_of(const json& option) {
  const auto type = option.at("type").get<std::string>();
  if (type == "boolean") return {{"type", "boolean"}};
  if (type == "integer") return number("integer", option);
  if (type == "real") return number("number", option);
  if (type == "bytes") return {{"anyOf", {number("integer", option), {{"type", "string"}, {"pattern", kSize}}}}};
  if (type == "seconds") return {{"anyOf", {number("number", option), {{"type", "string"}, {"pattern", kDuration}}}}};
  if (type == "dtype") return dtypes();
  if (type == "integers") return list_of(number("integer", option));
  if (type == "reals") return list_of(number("number", option));
  return type == "texts" ? list_of(text(option)) : text(option);
}

/// One option, as loader/describe.h has it.
json option_schema(const json& option) {
  json schema = type_of(option);
  schema["description"] = option.at("help");
  if (option.contains("default")) {
    const Written table = parse_toml("value = " + option.at("default").get<std::string>(), "a default");
    schema["default"] = written_json(*table.find("value"));
  }
  return schema;
}

/// Exactly these options. `complete`: those that are required must be there.
json options_schema(const json& options, bool complete) {
  json schema{{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
  json required = json::array();
  for (const json& option : options) {
    schema["properties"][option.at("name").get<std::string>()] = option_schema(option);
    if (option.value("required", false)) required.push_back(option.at("name"));
  }
  if (complete && !required.empty()) schema["required"] = required;
  return schema;
}

json described(json schema, const char* help) {
  schema["description"] = help;
  return schema;
}

/// A component of one kind and name, or an op; parts for several kinds of devices are one.
struct Known {
  std::map<std::string, std::map<std::string, json>> components;  ///< kind, name: options
  std::map<std::string, json> ops;                                ///< "blas.matmul"
};

Known known_of(const std::vector<FoundPlugin>& plugins) {
  Known known;
  for (const FoundPlugin& plugin : plugins) {
    if (!plugin.error.empty()) continue;
    for (const json& component : plugin.json.at("components")) {
      const auto name = component.at("name").get<std::string>();
      known.components[component.at("kind").get<std::string>()].try_emplace(name, component);
      if (!component.contains("ops")) continue;
      for (const json& op : component.at("ops"))
        known.ops.try_emplace(name + "." + op.at("name").get<std::string>(), op);
    }
  }
  return known;
}

class Schema {
 public:
  explicit Schema(Known known) : known_(std::move(known)) {}

  json table(const JobTable& job) const {
    json schema{{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
    json required = json::array();
    for (const JobKey& key : job.keys) {
      schema["properties"][key.option.name] = described(key_schema(key), key.option.help);
      if (key.option.required != 0) required.push_back(key.option.name);
    }
    if (!required.empty()) schema["required"] = required;
    return schema;
  }

 private:
  json key_schema(const JobKey& key) const {
    const std::string name = key.option.name;
    const json reference{{"type", "string"}, {"pattern", kReference}};
    switch (key.form) {
      case Form::option: return leaf(key);
      case Form::table: return table(*key.table);
      case Form::named_tables: return {{"type", "object"}, {"additionalProperties", table(*key.table)}};
      case Form::entries: return list_of(name == "node" ? node(table(*key.table)) : table(*key.table));
      case Form::arguments: return {{"type", "object"}};
      case Form::named_arguments: return components(name);
      case Form::actors: return {{"anyOf", {reference, list_of(reference)}}};
      case Form::ports:
        return {{"type", "object"}, {"additionalProperties", {{"anyOf", {reference, list_of(reference)}}}}};
      case Form::values:
        return {{"anyOf",
                 {{{"type", "array"}, {"minItems", 1}},
                  {{"type", "object"},
                   {"properties", {{"file", {{"type", "string"}}}}},
                   {"required", {"file"}},
                   {"additionalProperties", false}}}}};
      case Form::source: return {{"anyOf", {reference, {{"type", "object"}, {"additionalProperties", reference}}}}};
      case Form::expected: return json::object();
    }
    return json::object();
  }

  json leaf(const JobKey& key) const {
    json schema = option_schema(to_json(key.option));
    const std::string name = key.option.name;
    // Names of components are offered, not demanded: a plugin may be missing on this machine alone.
    std::string kind = name == "driver_transport" ? "transport" : name;
    if (known_.components.count(kind) != 0) {
      json names = json::array();
      for (const auto& [component, options] : known_.components.at(kind)) names.push_back(component);
      if (kind == "transport") names.push_back("auto");
      schema["examples"] = names;
    }
    return schema;
  }

  json components(const std::string& kind) const {
    json schema{{"type", "object"}, {"properties", json::object()}, {"additionalProperties", {{"type", "object"}}}};
    const auto found = known_.components.find(kind);
    if (found == known_.components.end()) return schema;
    for (const auto& [name, component] : found->second) {
      schema["properties"][name] = options_schema(component.at("options"), true);
      schema["properties"][name]["description"] = component.at("summary");
    }
    return schema;
  }

  /// What a node's `inputs` and `args` may hold depends on its `op`.
  json node(json schema) const {
    if (known_.ops.empty()) return schema;
    json names = json::array();
    for (const auto& [name, op] : known_.ops) {
      names.push_back(name);
      schema["allOf"].push_back({{"if", {{"properties", {{"op", {{"const", name}}}}}, {"required", {"op"}}}},
                                 {"then", {{"properties", op_properties(op)}}}});
    }
    schema["properties"]["op"]["anyOf"] = {{{"enum", names}}, {{"pattern", R"(^[^.]+\..+$)"}}};
    return schema;
  }

  static json op_properties(const json& op) {
    json ports{{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
    for (const json& port : op.at("inputs"))
      ports["properties"][port.at("name").get<std::string>()] = {{"description", port.at("help")}};
    // `--with` and `--set` may complete a node: what is required is checked when all has been laid together.
    return {
        {"inputs", ports}, {"args", options_schema(op.at("args"), false)}, {"op", {{"description", op.at("summary")}}}};
  }

  Known known_;
};

}  // namespace

json job_json_schema(const std::vector<FoundPlugin>& plugins) {
  json schema = Schema(known_of(plugins)).table(job_schema());
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = "A job of stretto";
  return schema;
}

}  // namespace stretto
