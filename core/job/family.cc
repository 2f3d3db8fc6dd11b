// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/family.h"

#include "stretto/catalogue.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto {

namespace {

/// As a sentence mentions it: "job.toml:4:8", or "the command line".
std::string mention(const Place& place) {
  auto text = to_prefix(place.source());
  return text.empty() ? "elsewhere" : text.substr(0, text.size() - 2);
}

void check_reference(const Referrer& referrer, const Resolved& resolved) {
  const auto& [reference, named] = resolved;
  const auto& name = reference.name;
  const bool actor = std::string_view(named->kind) == "actor";
  const bool bare = reference.pick == Reference::Pick::bare;
  if (!named->count && !bare)
    reject(reference.place, fmt::format("{}: found '{}', expected '{}': {} '{}' is no family", referrer.title,
                                        to_text(reference), name, named->kind, name));
  if (!named->count) return;
  const uint32_t last = *named->count - 1;
  if (bare && actor)
    reject(reference.place,
           fmt::format("{}: found '{}', a family of {} actors, expected '{}[*]' (one node on each), '{}[{}]' (on that "
                       "one) or '{}[:]' (a collective on all)",
                       referrer.title, name, *named->count, name, name, std::min(2U, last), name));
  if (bare)
    reject(reference.place,
           fmt::format("{}: found '{}', a family of {}, expected '{}[*]' (one per index), '{}[{}]' (that one) or "
                       "'{}[:]' (all, as a list)",
                       referrer.title, name, *named->count, name, name, std::min(2U, last), name));
  if (reference.pick == Reference::Pick::every && referrer.set)
    reject(reference.place, fmt::format("{}: found '{}', expected '{}[:]': a collective takes all of a family at once",
                                        referrer.title, to_text(reference), name));
  if (reference.pick == Reference::Pick::one && reference.index > last)
    reject(reference.place, fmt::format("{}: found '{}', expected an index from 0 to {}: '{}' has {}", referrer.title,
                                        to_text(reference), last, name, *named->count));
}

}  // namespace

Named& Names::add(const std::string& name, Named named) {
  check_name(name, named.kind, named.place);
  const auto [known, added] = names_.try_emplace(name, named);
  if (!added)
    reject(named.place, fmt::format("found a second '{}', expected another name: {} '{}' stands at {}", name,
                                    known->second.kind, name, mention(known->second.place)));
  return known->second;
}

Named& Names::find(const Reference& reference) {
  const auto found = names_.find(reference.name);
  if (found != names_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, named] : names_) names.push_back(name);
  std::sort(names.begin(), names.end());
  const auto meant = nearest(reference.name, names);
  std::string mend = "there is none";
  if (meant)
    mend = fmt::format("did you mean '{}'?", *meant);
  else if (!names.empty() && names.size() <= 20)
    mend = fmt::format("there are {}", fmt::join(names, ", "));
  else if (!names.empty())
    mend = fmt::format("none of the {} comes near", names.size());
  reject(reference.place, fmt::format("found '{}', expected the name of an {}; {}", reference.name, what_, mend));
}

std::string to_text(const Reference& reference) {
  switch (reference.pick) {
    case Reference::Pick::every: return reference.name + "[*]";
    case Reference::Pick::all: return reference.name + "[:]";
    case Reference::Pick::one: return fmt::format("{}[{}]", reference.name, reference.index);
    case Reference::Pick::bare: break;
  }
  return reference.name;
}

void settle_counts(std::span<const Referrer> nodes) {
  std::unordered_map<const Named*, std::vector<Named*>> dependents;
  std::vector<Named*> settled;
  const auto settle = [&](Named* named, std::optional<uint32_t> count) {
    if (named->counted) return;
    named->counted = true;
    named->count = count;
    settled.push_back(named);
  };
  for (const auto& node : nodes) {
    bool starred = false;
    for (const auto* resolved : node.references) {
      if (resolved->reference.pick != Reference::Pick::every) continue;
      starred = true;
      if (resolved->named->counted)
        settle(node.named, resolved->named->count);
      else
        dependents[resolved->named].push_back(node.named);
    }
    if (!starred) settle(node.named, std::nullopt);
  }
  while (!settled.empty()) {
    const auto* known = settled.back();
    settled.pop_back();
    for (auto* dependent : dependents[known]) settle(dependent, known->count);
  }
  for (const auto& node : nodes)
    if (!node.named->counted)
      reject(node.named->place, fmt::format("{}: found starred names that take their count from each other, expected "
                                            "one of a known count, e.g. on = \"x[*]\"",
                                            node.title));
}

std::optional<uint32_t> check_references(const Referrer& referrer) {
  const Resolved* first = nullptr;
  for (const auto* resolved : referrer.references) {
    check_reference(referrer, *resolved);
    if (resolved->reference.pick != Reference::Pick::every) continue;
    if (first == nullptr) first = resolved;
    if (*first->named->count != *resolved->named->count)
      reject(resolved->reference.place,
             fmt::format("{}: found '{}' of {}, expected {} as '{}' has: all starred names of one node or output share "
                         "one count",
                         referrer.title, to_text(resolved->reference), *resolved->named->count, *first->named->count,
                         to_text(first->reference)));
  }
  return first == nullptr ? std::nullopt : first->named->count;
}

}  // namespace stretto
