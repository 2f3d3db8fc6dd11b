// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/literal.h"
#include "loader/text.h"

#include <fmt/format.h>
#include <span>

namespace stretto {

namespace {

using Schema = std::span<const stretto_option* const>;

[[noreturn]] void reject_unknown(const std::string& name, Schema schema, const std::string& what,
                                 const Source& source) {
  std::vector<std::string> names;
  for (const auto* option : schema) names.emplace_back(option->name);
  std::string mend = "there is none at all";
  if (const auto meant = nearest(name, names))
    mend = fmt::format("did you mean '{}'?", *meant);
  else if (!names.empty())
    mend = fmt::format("there are {}", fmt::join(names, ", "));
  throw Error(Code::invalid_argument,
              fmt::format("{}there is no {} named '{}'; {}", to_prefix(source), what, excerpt(name), mend));
}

}  // namespace

Arguments check_arguments(const Arguments& given, const stretto_option* const* schema, uint32_t count,
                          const std::string& what, const Source& source) {
  const Schema options(schema, count);
  const auto position = [&](const Source& own) { return own.file.empty() && own.line == 0 ? source : own; };
  for (const auto& [name, argument] : given) {
    bool known = false;
    for (const auto* option : options) known = known || name == option->name;
    if (!known) reject_unknown(name, options, what, position(argument.source));
  }
  Arguments complete;
  for (const auto* option : options) {
    const auto found = given.find(option->name);
    if (found != given.end()) {
      try {
        complete[option->name] = {converted(found->second.value, *option), found->second.source};
      } catch (const Error& error) {
        throw Error(error.code(), fmt::format("{}'{}', {}: {}", to_prefix(position(found->second.source)), option->name,
                                              what, error.what()));
      }
    } else if (option->fallback != nullptr) {
      complete[option->name] = {fallback_of(*option), {}};
    } else if (option->required != 0) {
      throw Error(Code::invalid_argument,
                  fmt::format("{}'{}', {}, is missing: expected {}{}", to_prefix(source), option->name, what,
                              expectation(*option), *option->help == '\0' ? "" : fmt::format(" ({})", option->help)));
    }
  }
  return complete;
}

}  // namespace stretto
