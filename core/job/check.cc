// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/reference.h"
#include "job/schema.h"
#include "loader/literal.h"
#include "loader/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto {

namespace {

std::string in_quotes(std::string_view text) { return fmt::format("'{}'", excerpt(text)); }

std::vector<std::string> names_of(const JobTable& schema) {
  std::vector<std::string> names;
  for (const auto& key : schema.keys) names.emplace_back(key.option.name);
  return names;
}

const JobKey* find(const JobTable& schema, std::string_view name) {
  const auto found =
      std::find_if(schema.keys.begin(), schema.keys.end(), [&](const auto& key) { return name == key.option.name; });
  return found == schema.keys.end() ? nullptr : &*found;
}

[[noreturn]] void reject_key(const WrittenEntry& entry, const JobTable& schema) {
  const auto names = names_of(schema);
  const auto meant = nearest(entry.key, names);
  reject(entry.place,
         fmt::format("found the unknown key {} in {}, expected one of {}{}", in_quotes(entry.key), schema.what,
                     fmt::join(names, ", "), meant ? fmt::format("; did you mean '{}'?", *meant) : ""));
}

[[noreturn]] void reject_value(const Written& written, const std::string& key, const std::string& expected) {
  reject(written.place, fmt::format("{}: found {}, expected {}", in_quotes(key), shown(written), expected));
}

const Written::Table& table_of(const Written& written, const std::string& key, const char* expected) {
  const auto* table = written.as<Written::Table>();
  if (table == nullptr) reject_value(written, key, expected);
  return *table;
}

/// What further messages name must be fit to stand in them.
void check_line(std::string_view text, size_t longest, const Place& place, const std::string& what) {
  if (longest == JobKey::kAnyText) return;
  if (text.size() > longest)
    reject(place, fmt::format("{}: found a text of {} bytes, expected {} at most", what, text.size(), longest));
  if (escaped(text) != text)
    reject(place, fmt::format("{}: found {}, expected a text without control characters", what, in_quotes(text)));
}

void check_key(const WrittenEntry& entry, const std::string& of, size_t longest = kLongestName) {
  check_line(entry.key, longest, entry.place, fmt::format("a key of {}", in_quotes(of)));
}

void check_option(const Written& written, const JobKey& key) {
  const bool scalar_or_list = written.as<Written::Table>() == nullptr && written.as<Written::Date>() == nullptr;
  if (!scalar_or_list) reject_value(written, key.option.name, expectation(key.option));
  const auto argument = to_argument(written, in_quotes(key.option.name));
  try {
    converted(argument.value, key.option);
  } catch (const Error& error) {
    reject(written.place, fmt::format("'{}': {}", key.option.name, error.what()));
  }
  if (const auto* text = written.as<std::string>())
    check_line(*text, key.longest, written.place, in_quotes(key.option.name));
}

void check_arguments_table(const Written& written, const std::string& key, size_t longest) {
  for (const auto& entry : table_of(written, key, "a table of arguments")) {
    check_key(entry, key, longest);
    to_argument(entry.value, in_quotes(entry.key));
  }
}

void check_actors(const Written& written, const std::string& key) {
  const char* expected = "the name of an actor, or a list of these";
  if (written.as<std::string>() != nullptr) return;
  const auto* list = written.as<Written::List>();
  if (list == nullptr) reject_value(written, key, expected);
  for (const auto& item : *list)
    if (item.as<std::string>() == nullptr) reject_value(item, key, expected);
}

void check_ports(const Written& written, const std::string& key) {
  for (const auto& entry : table_of(written, key, "a table: { port = \"what it reads\" }")) {
    check_key(entry, key);
    const auto& [port, place, value] = entry;
    const char* expected = "the name of an input or a node, or a list of these";
    if (value.as<std::string>() != nullptr) continue;
    const auto* list = value.as<Written::List>();
    if (list == nullptr) reject_value(value, port, expected);
    for (const auto& item : *list)
      if (item.as<std::string>() == nullptr) reject_value(item, port, expected);
  }
}

void check_source(const Written& written, const std::string& key) {
  const char* expected = "the name of an input or a node, or a table of these by field name";
  if (written.as<std::string>() != nullptr) return;
  for (const auto& [field, place, value] : table_of(written, key, expected))
    if (value.as<std::string>() == nullptr) reject_value(value, field, "the name of an input or a node");
}

void check_values(const Written& written, const std::string& key) {
  const char* expected = "a list of values by execution, or { file = \"x.npy\" }";
  if (written.as<Written::List>() != nullptr) return;
  static const std::array keys{JobKey{Form::option, Option(Type::text, "file", "an .npy file")}};
  static const JobTable schema{"a feed", keys};
  const auto& table = table_of(written, key, expected);
  for (const auto& entry : table) {
    if (entry.key != "file") reject_key(entry, schema);
    if (entry.value.as<std::string>() == nullptr) reject_value(entry.value, entry.key, "the path of an .npy file");
  }
  if (table.empty()) reject(written.place, fmt::format("'{}': found an empty table, expected {}", key, expected));
}

/// Literals in lists of any depth.
void check_literals(const Written& written, const std::string& key) {
  if (const auto* list = written.as<Written::List>()) {
    for (const auto& item : *list) check_literals(item, key);
  } else if (written.as<Written::Table>() != nullptr || written.as<Written::Date>() != nullptr) {
    reject_value(written, key, "a boolean, a number, a text, or lists of these");
  }
}

void check_expected(const Written& written, const std::string& key) {
  const auto* fields = written.as<Written::Table>();
  if (fields == nullptr) return check_literals(written, key);
  for (const auto& field : *fields) check_literals(field.value, field.key);
}

void check_table(const Written& written, const std::string& key, const JobTable& schema);

void check_named(const Written& written, const JobKey& key) {
  const std::string name = key.option.name;
  for (const auto& entry : table_of(written, name, "a table of tables")) {
    check_key(entry, name);
    if (key.form == Form::named_tables)
      check_table(entry.value, name + "." + entry.key, *key.table);
    else
      check_arguments_table(entry.value, name + "." + entry.key, key.longest);
  }
}

void check_value(const Written& written, const JobKey& key) {
  const std::string name = key.option.name;
  switch (key.form) {
    case Form::option: return check_option(written, key);
    case Form::table: return check_table(written, name, *key.table);
    case Form::named_tables:
    case Form::named_arguments: return check_named(written, key);
    case Form::entries: {
      const auto* list = written.as<Written::List>();
      if (list == nullptr) reject_value(written, name, fmt::format("entries that start with [[{}]]", name));
      for (const auto& item : *list) check_table(item, name, *key.table);
      return;
    }
    case Form::arguments: return check_arguments_table(written, name, key.longest);
    case Form::actors: return check_actors(written, name);
    case Form::ports: return check_ports(written, name);
    case Form::values: return check_values(written, name);
    case Form::source: return check_source(written, name);
    case Form::expected: return check_expected(written, name);
  }
}

void check_table(const Written& written, const std::string& key, const JobTable& schema) {
  for (const auto& entry : table_of(written, key, "a table")) {
    const auto* known = find(schema, entry.key);
    if (known == nullptr) reject_key(entry, schema);
    check_value(entry.value, *known);
  }
  for (const auto& known : schema.keys)
    if (known.option.required != 0 && written.find(known.option.name) == nullptr)
      reject(written.place, fmt::format("{} without '{}', expected {} = … ({})", schema.what, known.option.name,
                                        known.option.name, known.option.help));
}

}  // namespace

void check_written(const Written& root, const std::string& name, const JobTable& schema) {
  check_table(root, name, schema);
}

void check_job(const Written& root) { check_written(root, "the job", job_schema()); }

Argument to_argument(const Written& written, const std::string& what) {
  const auto source = written.place.source();
  if (const auto* flag = written.as<bool>()) return {*flag, source};
  if (const auto* number = written.as<int64_t>()) return {*number, source};
  if (const auto* number = written.as<double>()) return {*number, source};
  if (const auto* text = written.as<std::string>()) return {*text, source};
  const auto* list = written.as<Written::List>();
  if (list == nullptr)
    reject(written.place,
           fmt::format("{}: found {}, expected a boolean, a number, a text, or a list of numbers or texts", what,
                       shown(written)));
  std::vector<int64_t> integers;
  std::vector<double> reals;
  std::vector<std::string> texts;
  for (const auto& item : *list) {
    if (const auto* number = item.as<int64_t>()) {
      integers.push_back(*number);
      reals.push_back(static_cast<double>(*number));
    } else if (const auto* real = item.as<double>()) {
      reals.push_back(*real);
    } else if (const auto* text = item.as<std::string>()) {
      texts.push_back(*text);
    } else {
      reject(item.place, fmt::format("{}: found {} in a list, expected numbers or texts", what, shown(item)));
    }
  }
  if (!reals.empty() && !texts.empty())
    reject(written.place, fmt::format("{}: found numbers and texts in one list, expected one of the two", what));
  if (!texts.empty()) return {texts, source};
  if (integers.size() == list->size()) return {integers, source};
  return {reals, source};
}

const JobTable* Section::table(std::string_view key) const {
  const auto* known = find(*schema_, key);
  return known == nullptr ? nullptr : known->table;
}

Section Section::section(std::string_view key) const {
  const auto* schema = table(key);
  if (schema == nullptr) throw Error(Code::internal, fmt::format("{} has no table '{}'", schema_->what, key));
  return {written(key), *schema};
}

Place Section::place(std::string_view key) const {
  const auto* value = written(key);
  return value == nullptr ? place() : value->place;
}

std::optional<Literal> Section::setting(std::string_view key) const {
  const auto* known = find(*schema_, key);
  if (known == nullptr || known->form != Form::option)
    throw Error(Code::internal, fmt::format("{} has no setting '{}'", schema_->what, key));
  if (const auto* value = written(key)) return converted(to_argument(*value, std::string(key)).value, known->option);
  if (known->option.fallback != nullptr) return fallback_of(known->option);
  return std::nullopt;
}

}  // namespace stretto
