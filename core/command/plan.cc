// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/describe.h"
#include "command/print.h"
#include "command/progress.h"
#include "command/ready.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

Ready prepare_visibly(const Invocation& invocation) {
  Progress progress(invocation.quiet);
  progress.say("compiling");
  return prepare(invocation);
}

/// What the plan was made with: "transport shm 0.1.0 {spin = …}".
std::string components_text(const Plan& plan) {
  TextTable table({{""}, {""}, {""}});
  for (const ComponentUse& use : plan.components)
    table.add({use.kind + (use.variant.empty() ? "" : " for " + use.variant), use.name,
               fmt::format("plugin {} {}", use.plugin, use.version)});
  return table.text("  ");
}

}  // namespace

int check_command(const Invocation& invocation) {
  const Ready ready = prepare_visibly(invocation);
  const Plan& plan = ready.plan;
  if (invocation.json) {
    print_json({{"ok", true},
                {"plan", hash(plan)},
                {"nodes", plan.nodes.size()},
                {"actors", plan.driver()},
                {"channels", plan.channels.size()},
                {"steps", plan.steps.size()}});
  } else if (!invocation.quiet) {
    fmt::print("ok: {} nodes on {} actors, {} channels, {} steps, hash {}\n", plan.nodes.size(), plan.driver(),
               plan.channels.size(), plan.steps.size(), hash(plan).substr(0, 12));
    if (invocation.verbose) fmt::print("{}", components_text(plan));
  }
  return kDone;
}

int plan_command(const Invocation& invocation) {
  const Ready ready = prepare_visibly(invocation);
  if (invocation.save.empty()) {
    fmt::print("{}", invocation.json ? to_json(ready.plan) + "\n" : describe(ready.plan, invocation.verbose));
    return kDone;
  }
  std::ofstream file(invocation.save, std::ios::binary);
  file << save(ready);
  if (!file.flush())
    throw Error(Code::invalid_argument, fmt::format("cannot write '{}': {}", invocation.save, std::strerror(errno)));
  if (invocation.json)
    print_json({{"saved", invocation.save}, {"plan", hash(ready.plan)}});
  else if (!invocation.quiet)
    fmt::print(stderr, "saved {}: `stretto run {}` runs it\n", invocation.save, invocation.save);
  return kDone;
}

}  // namespace stretto
