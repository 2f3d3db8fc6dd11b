// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The part of JSON Schema (draft 7) that a schema of jobs uses. An unknown keyword is an error, so that nothing passes
/// for want of looking.

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>

namespace stretto::testing {

class JsonSchema {
 public:
  explicit JsonSchema(const nlohmann::json& schema) : schema_(schema) {}
  /// Why the value is not valid: "/node/0: …"; empty where it is.
  std::string failure(const nlohmann::json& value) const { return check(schema_, value, ""); }

 private:
  using Json = nlohmann::json;

  static bool is_a(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    throw std::runtime_error("unknown type " + type);
  }

  static std::string check(const Json& schema, const Json& value, const std::string& at) {
    static const std::set<std::string> kSilent{"description", "default", "examples", "$schema", "title", "then"};
    if (schema.is_boolean()) return schema.get<bool>() ? "" : at + ": not allowed";
    for (const auto& [keyword, rule] : schema.items()) {
      if (kSilent.count(keyword) != 0) continue;
      const std::string wrong = check_one(schema, keyword, rule, value, at);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

  static std::string check_one(const Json& schema, const std::string& keyword, const Json& rule, const Json& value,
                               const std::string& at) {
    if (keyword == "type") return is_a(value, rule.get<std::string>()) ? "" : at + ": not of type " + rule.dump();
    if (keyword == "enum") return rule.end() != std::find(rule.begin(), rule.end(), value) ? "" : at + ": not one of";
    if (keyword == "const") return value == rule ? "" : at + ": not " + rule.dump();
    if (keyword == "pattern")
      return !value.is_string() || std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>()))
                 ? ""
                 : at + ": no match of " + rule.dump();
    if (keyword == "minimum") return !value.is_number() || value >= rule ? "" : at + ": below " + rule.dump();
    if (keyword == "maximum") return !value.is_number() || value <= rule ? "" : at + ": above " + rule.dump();
    if (keyword == "minItems") return !value.is_array() || value.size() >= rule ? "" : at + ": too few items";
    if (keyword == "items") return check_items(rule, value, at);
    if (keyword == "required") return check_required(rule, value, at);
    if (keyword == "properties" || keyword == "additionalProperties")
      return check_properties(schema, keyword, value, at);
    if (keyword == "anyOf") return check_any(rule, value, at);
    if (keyword == "allOf") return check_all(rule, value, at);
    if (keyword == "if")
      return check(rule, value, at).empty() && schema.contains("then") ? check(schema.at("then"), value, at) : "";
    throw std::runtime_error("unknown keyword " + keyword);
  }

  static std::string check_items(const Json& rule, const Json& value, const std::string& at) {
    if (!value.is_array()) return "";
    for (size_t i = 0; i < value.size(); ++i)
      if (const auto wrong = check(rule, value[i], at + "/" + std::to_string(i)); !wrong.empty()) return wrong;
    return "";
  }

  static std::string check_required(const Json& rule, const Json& value, const std::string& at) {
    if (!value.is_object()) return "";
    for (const auto& name : rule)
      if (!value.contains(name.get<std::string>())) return at + ": without " + name.dump();
    return "";
  }

  static std::string check_properties(const Json& schema, const std::string& keyword, const Json& value,
                                      const std::string& at) {
    if (!value.is_object()) return "";
    for (const auto& [name, item] : value.items()) {
      const bool known = schema.contains("properties") && schema.at("properties").contains(name);
      if (known != (keyword == "properties")) continue;
      const Json& rule = known ? schema.at("properties").at(name) : schema.at("additionalProperties");
      if (const auto wrong = check(rule, item, at + "/" + name); !wrong.empty()) return wrong;
    }
    return "";
  }

  static std::string check_any(const Json& rule, const Json& value, const std::string& at) {
    for (const auto& option : rule)
      if (check(option, value, at).empty()) return "";
    return at + ": fits none of the alternatives";
  }

  static std::string check_all(const Json& rule, const Json& value, const std::string& at) {
    for (const auto& each : rule)
      if (const auto wrong = check(each, value, at); !wrong.empty()) return wrong;
    return "";
  }

  const Json& schema_;
};

}  // namespace stretto::testing
