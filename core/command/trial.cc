// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/trial.h"

#include "job/reference.h"

#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sys/prctl.h>
#include <unistd.h>

namespace stretto {

namespace {

using nlohmann::json;

void say(const json& line) {
  const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

void try_component(Trial& trial, const LoadedComponent& component) {
  try_tables(trial, component);
  switch (component.kind) {
    case STRETTO_DEVICE: return try_device(trial, component);
    case STRETTO_TRANSPORT: return try_transport(trial, component);
    case STRETTO_SCHEDULER: return try_scheduler(trial, component);
    case STRETTO_OP_LIBRARY: return try_ops(trial, component);
  }
}

}  // namespace

void claim(bool holds, const std::string& otherwise) {
  if (!holds) throw ClaimBroken(otherwise);
}

void claim_throws(Code code, const std::string& what, const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    claim(error.code() == code, what + " failed with another code: " + error.what());
    claim(!std::string(error.what()).empty(), what + " failed without a message");
    return;
  }
  throw ClaimBroken(what + " did not fail");
}

void Trial::check(const std::string& claim, const std::function<void()>& body) {
  say({{"check", claim}, {"state", "begins"}});
  json verdict{{"check", claim}, {"state", "holds"}};
  try {
    body();
  } catch (const NotTried& why) {
    verdict["state"] = "not tried";
    verdict["reason"] = why.what();
  } catch (const std::exception& error) {
    verdict["state"] = "broken";
    verdict["reason"] = error.what();
  }
  say(verdict);
}

void try_tables(Trial& trial, const LoadedComponent& component) {
  const std::string who = std::string(to_text(component.kind)) + " " + component.name;
  const auto check_options = [](const std::string& owner, const stretto_option* const* options, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      claim(is_name(options[i]->name), owner + ": '" + options[i]->name + "' is no bare key of TOML");
      claim(options[i]->help != nullptr && *options[i]->help != 0, owner + ": '" + options[i]->name + "' has no help");
    }
  };
  trial.check(who + ": its tables say what people must know", [&] {
    const stretto_component& raw = *component.raw;
    claim(is_name(raw.name), std::string("'") + raw.name + "' is no bare key of TOML");
    claim(raw.summary != nullptr && *raw.summary != 0, "it has no summary");
    check_options("options", raw.options, raw.option_count);
    if (component.kind != STRETTO_OP_LIBRARY) return;
    const auto& api = *static_cast<const stretto_op_library_api*>(raw.api);
    claim(api.op_count > 0, "it has no ops");
    for (uint32_t i = 0; i < api.op_count; ++i) {
      const stretto_op& op = *api.ops[i];
      claim(is_name(op.name), std::string("the op '") + op.name + "' is no bare key of TOML");
      claim(op.summary != nullptr && *op.summary != 0, std::string("op ") + op.name + " has no summary");
      claim(op.result_count > 0, std::string("op ") + op.name + " has no result");
      check_options(std::string("op ") + op.name, op.args, op.arg_count);
    }
  });
}

int trial_main(const std::filesystem::path& program, const std::filesystem::path& file,
               std::vector<std::filesystem::path> folders) {
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) return 1;
  // The folder of this file alone comes first: whatever has its names elsewhere must not be tried in its place.
  folders.insert(folders.begin(), file.parent_path());
  Catalogue catalogue(folders);
  Trial trial(catalogue, program);
  std::vector<const LoadedComponent*> components;
  trial.check("it loads", [&] {
    for (const stretto_kind kind : {STRETTO_DEVICE, STRETTO_TRANSPORT, STRETTO_SCHEDULER, STRETTO_OP_LIBRARY})
      for (const LoadedComponent* component : catalogue.all(kind))
        if (component->path == file) components.push_back(component);
    for (const LoadReport& report : catalogue.reports())
      if (report.path == file && !report.error.empty()) throw ClaimBroken(report.error);
    claim(!components.empty(), "it has no components");
  });
  for (const LoadedComponent* component : components) try_component(trial, *component);
  say({{"state", "over"}});
  return 0;
}

}  // namespace stretto
