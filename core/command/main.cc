// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/command.h"
#include "launch/actor.h"
#include "loader/probe.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

namespace {

using stretto::Invocation;

/// Beside the executable in a build tree, or where an installation puts them. Both, as far as they exist.
std::vector<std::filesystem::path> plugin_folders(const std::filesystem::path& program,
                                                  const std::vector<std::string>& given) {
  std::vector<std::filesystem::path> folders(given.begin(), given.end());
  if (const char* named = std::getenv("STRETTO_PLUGINS")) {
    std::string all = named;
    for (size_t at = 0; at <= all.size();) {
      const size_t colon = std::min(all.find(':', at), all.size());
      if (colon > at) folders.emplace_back(all.substr(at, colon - at));
      at = colon + 1;
    }
  }
  const auto here = program.parent_path();
  for (const auto& folder :
       {here / "../../plugins/build", here / "../lib/stretto", here / "../lib/x86_64-linux-gnu/stretto"})
    if (std::filesystem::is_directory(folder)) folders.push_back(std::filesystem::weakly_canonical(folder));
  return folders;
}

int exit_code(stretto::Code code) {
  switch (code) {
    case stretto::Code::invalid_argument: return stretto::kWrongJob;
    case stretto::Code::unavailable:
    case stretto::Code::unimplemented: return stretto::kMissing;
    default: return stretto::kRunFailed;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::error_code no_link;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", no_link);
  if (argc == 2 && std::string_view(argv[1]) == "actor") return stretto::actor_main();
  if (argc == 4 && std::string_view(argv[1]) == "plugin" && std::string_view(argv[2]) == "probe")
    return stretto::probe_main(argv[3]);

  CLI::App app("stretto runs compiled graphs of tensor operations and hides communication behind computation.");
  app.require_subcommand(1);
  app.set_version_flag("--version", STRETTO_VERSION);
  std::vector<std::string> folders;
  stretto::Overlays overlays;
  std::string job;
  std::string save;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  int (*chosen)(const Invocation&) = nullptr;

  const auto add = [&](CLI::App& parent, const char* name, const char* help, int (*command)(const Invocation&)) {
    CLI::App* sub = parent.add_subcommand(name, help);
    sub->add_option("--plugins", folders, "Folders to search for plugins first")->type_name("DIR");
    sub->add_option("--with", overlays.files, "Lay further TOML over the job")->type_name("FILE");
    sub->add_option("--set", overlays.sets, "Set one key: compile.scheduler=serial")->type_name("KEY=VALUE");
    sub->add_flag("--json", json, "Results as JSON");
    sub->add_flag("-q,--quiet", quiet, "No progress, no notes");
    sub->add_flag("-v,--verbose", verbose, "Say more");
    sub->callback([&chosen, command] { chosen = command; });
    return sub;
  };
  const auto with_job = [&](CLI::App* sub) {
    sub->add_option("job", job, "The job file")->required()->type_name("JOB");
    return sub;
  };
  with_job(add(app, "run", "Run a job, or a plan that `plan --save` wrote", stretto::run_command));
  with_job(add(app, "check", "Do all of compilation, run nothing", stretto::check_command));
  with_job(add(app, "plan", "Show the compiled plan, lane by lane", stretto::plan_command))
      ->add_option("--save", save, "Write the plan to a file, for `run`")
      ->type_name("FILE");
  CLI::App* plugin = app.add_subcommand("plugin", "What plugins there are");
  plugin->require_subcommand(1);
  add(*plugin, "list", "All components found", stretto::plugin_list_command);
  add(*plugin, "info", "One component: its options and ops", stretto::plugin_info_command)
      ->add_option("name", job, "The component's name")
      ->required()
      ->type_name("NAME");
  add(app, "doctor", "What this machine has, and what is missing", stretto::doctor_command);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? stretto::kDone : stretto::kWrongJob;
  }
  try {
    stretto::Catalogue catalogue(plugin_folders(program, folders));
    return chosen({catalogue, program, overlays, job, save, json, quiet, verbose});
  } catch (const stretto::Error& error) {
    std::fprintf(stderr, "stretto: %s\n", error.what());
    return exit_code(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stretto: %s\n", error.what());
    return stretto::kRunFailed;
  }
}
