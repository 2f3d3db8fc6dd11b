// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/plugins.h"

#include "rehearsal/stand_ins.h"

#include <cstdlib>

namespace stretto::testing {

namespace {

std::filesystem::path folder(const char* variable) {
  const char* path = std::getenv(variable);
  if (path == nullptr) throw Error(Code::unavailable, std::string(variable) + " is not set; run it through meson test");
  return path;
}

}  // namespace

Catalogue& all_plugins() {
  static Catalogue all({folder("STRETTO_PLUGINS"), folder("STRETTO_TEST_PLUGINS")});
  static const bool added = [] {
    add_stand_ins(all);
    return true;
  }();
  (void)added;
  return all;
}

ComponentOptions options_of(const std::string& kind, const std::string& name,
                            const std::map<std::string, Literal>& set) {
  ComponentOptions options{kind, name, {}, {}};
  for (const auto& [option, value] : set) options.options[option] = {value, {}};
  return options;
}

}  // namespace stretto::testing
