// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/overlay.h"

#include "job/nesting.h"
#include "loader/text.h"
#include "stretto/catalogue.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fnmatch.h>
#include <unordered_map>

namespace stretto {

namespace {

bool has_entries(std::string_view key) { return key == "input" || key == "node" || key == "output"; }

const std::string* name_of(const Written& entry) {
  const auto* name = entry.find("name");
  return name == nullptr ? nullptr : name->as<std::string>();
}

void merge_tables(Written& under, Written over) {
  auto* mine = under.as<Written::Table>();
  auto* theirs = over.as<Written::Table>();
  if (mine == nullptr || theirs == nullptr) {
    under = std::move(over);
    return;
  }
  for (auto& entry : *theirs) {
    if (auto* known = under.find(entry.key))
      merge_tables(*known, std::move(entry.value));
    else
      mine->push_back(std::move(entry));
  }
}

void merge_entries(Written& under, Written over, const std::string& kind) {
  auto* mine = under.as<Written::List>();
  auto* theirs = over.as<Written::List>();
  if (mine == nullptr || theirs == nullptr) {
    under = std::move(over);
    return;
  }
  std::unordered_map<std::string, size_t> by_name;
  for (size_t i = 0; i < mine->size(); ++i)
    if (const auto* name = name_of((*mine)[i])) by_name.emplace(*name, i);
  for (auto& entry : *theirs) {
    const auto* name = name_of(entry);
    if (name == nullptr)
      reject(entry.place, fmt::format("found an entry of [[{}]] without a name, expected name = …: entries of a "
                                      "further file merge by name",
                                      kind));
    const auto known = by_name.find(*name);
    if (known == by_name.end()) {
      by_name.emplace(*name, mine->size());
      mine->push_back(std::move(entry));
    } else {
      merge_tables((*mine)[known->second], std::move(entry));
    }
  }
}

/// One --set, taken apart.
struct Assignment {
  std::vector<std::string> path;
  Written value;
  Place place;
};

[[noreturn]] void reject_form(const std::string& text, const std::string& found) {
  throw Error(Code::invalid_argument,
              fmt::format("--set {}: found {}, expected KEY.KEY=VALUE, e.g. compile.inflight=5", excerpt(text), found));
}

/// "a.\"b c\".d" → a, b c, d. Stops at the first '=' outside quotes and moves `at` behind it.
std::vector<std::string> path_of(const std::string& text, size_t& at) {
  std::vector<std::string> path(1);
  for (; at < text.size(); ++at) {
    const char letter = text[at];
    if (letter == '"' || letter == '\'') {
      const auto end = text.find(letter, at + 1);
      if (end == std::string::npos) reject_form(text, "a quote that nothing closes");
      path.back() += text.substr(at + 1, end - at - 1);
      at = end;
    } else if (letter == '.') {
      path.emplace_back();
    } else if (letter == '=') {
      break;
    } else {
      path.back() += letter;
    }
  }
  if (at == text.size()) reject_form(text, "no '='");
  ++at;
  for (auto& part : path) {
    part.erase(0, part.find_first_not_of(" \t"));
    part.erase(part.find_last_not_of(" \t") + 1);
    if (part.empty()) reject_form(text, "an empty key");
  }
  if (std::ssize(path) > kMostKeyParts) reject_form(text, fmt::format("a key of {} parts", path.size()));
  return path;
}

void move_to(Written& written, const Place& place) {
  written.place = place;
  if (auto* list = written.as<Written::List>())
    for (auto& item : *list) move_to(item, place);
  if (auto* table = written.as<Written::Table>())
    for (auto& entry : *table) {
      entry.place = place;
      move_to(entry.value, place);
    }
}

Written value_of(const std::string& text) {
  try {
    auto parsed = parse_toml("value = " + text, "--set");
    auto& table = *parsed.as<Written::Table>();
    if (table.size() == 1 && table[0].key == "value" && table[0].value.as<Written::Date>() == nullptr)
      return std::move(table[0].value);
  } catch (const Error&) {  // a bare text
  }
  return {text, {}};
}

Assignment parse_assignment(const std::string& text) {
  if (!is_utf8(text)) reject_form(text, "bytes that are no UTF-8");
  Assignment assignment;
  size_t at = 0;
  assignment.path = path_of(text, at);
  // An '=' deep in the value must not lead into the path, so the key's own text goes into messages.
  std::string key = text.substr(0, at - 1);
  key.erase(key.find_last_not_of(" \t") + 1);
  assignment.place.file = std::make_shared<const std::string>("--set " + excerpt(key));
  assignment.value = value_of(text.substr(at));
  move_to(assignment.value, assignment.place);
  return assignment;
}

void assign(Written& target, const Assignment& assignment, size_t depth) {
  if (depth == assignment.path.size()) {
    target = assignment.value;
    return;
  }
  auto* table = target.as<Written::Table>();
  if (table == nullptr)
    reject(assignment.place,
           fmt::format("'{}' is {}, expected a table", excerpt(assignment.path[depth - 1]), shown(target)));
  const auto& key = assignment.path[depth];
  if (auto* known = target.find(key)) return assign(*known, assignment, depth + 1);
  table->push_back({key, assignment.place, {Written::Table{}, assignment.place}});
  assign(table->back().value, assignment, depth + 1);
}

/// The parts of a job that are found by name.
std::vector<std::pair<std::string, Written*>> named_parts(Written& root, const std::string& kind) {
  std::vector<std::pair<std::string, Written*>> parts;
  auto* section = root.find(kind);
  if (section == nullptr) return parts;
  if (auto* list = section->as<Written::List>())
    for (auto& entry : *list)
      if (const auto* name = name_of(entry)) parts.emplace_back(*name, &entry);
  if (auto* table = section->as<Written::Table>())
    for (auto& entry : *table) parts.emplace_back(entry.key, &entry.value);
  return parts;
}

void assign_by_name(Written& root, const Assignment& assignment, const std::string& kind) {
  const auto parts = named_parts(root, kind);
  const auto& pattern = assignment.path[1];
  bool any = false;
  for (const auto& [name, part] : parts) {
    if (name != pattern && fnmatch(pattern.c_str(), name.c_str(), 0) != 0) continue;
    assign(*part, assignment, 2);
    any = true;
  }
  if (any) return;
  std::vector<std::string> names;
  for (const auto& part : parts) names.push_back(part.first);
  const auto meant = nearest(pattern, names);
  std::string mend = "the job has none";
  if (meant)
    mend = fmt::format("did you mean '{}'?", *meant);
  else if (!names.empty() && names.size() <= 20)
    mend = fmt::format("there are {}", fmt::join(names, ", "));
  else if (!names.empty())
    mend = fmt::format("none of the {} fits", names.size());
  reject(assignment.place, fmt::format("found no {} named '{}'; {}", kind, excerpt(pattern), mend));
}

}  // namespace

void merge(Written& under, Written over) {
  auto* mine = under.as<Written::Table>();
  for (auto& entry : *over.as<Written::Table>()) {
    auto* known = under.find(entry.key);
    if (known == nullptr)
      mine->push_back(std::move(entry));
    else if (has_entries(entry.key))
      merge_entries(*known, std::move(entry.value), entry.key);
    else
      merge_tables(*known, std::move(entry.value));
  }
}

void set(Written& root, const std::string& text) {
  auto assignment = parse_assignment(text);
  constexpr std::array<std::pair<const char*, const char*>, 4> kPlurals{
      {{"actors", "actor"}, {"inputs", "input"}, {"nodes", "node"}, {"outputs", "output"}}};
  auto& first = assignment.path.front();
  for (const auto& [plural, kind] : kPlurals)
    if (first == plural) first = kind;
  const bool by_name = first == "actor" || has_entries(first);
  if (by_name && assignment.path.size() >= 3)
    assign_by_name(root, assignment, first);
  else if (by_name)
    reject(assignment.place, fmt::format("found no key, expected {}.NAME.KEY=VALUE", first));
  else
    assign(root, assignment, 0);
}

}  // namespace stretto
