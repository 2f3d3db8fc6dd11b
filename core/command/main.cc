// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/command_line.h"
#include "command/trial.h"
#include "launch/actor.h"
#include "loader/probe.h"
#include "stretto/catalogue.h"
#include "stretto/runtime.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <unistd.h>

extern char** environ;

namespace stretto {
namespace {

/// Those given, then those of the environment, then beside the executable: in a build tree, or where an installation
/// puts them.
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

std::vector<std::string> environment() {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) all.emplace_back(*variable);
  return all;
}

int fail(const char* what, int code) {
  std::fflush(stdout);
  std::fprintf(stderr, "stretto: %s\n", what);
  return code;
}

/// Results that could not be written are no results.
int flushed(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "stretto: cannot write the results: %s\n", std::strerror(errno));
  return code == kDone ? kRunFailed : code;
}

/// `catalogue`: made here, ended by the caller.
int code_of(const std::vector<std::string>& arguments, const std::filesystem::path& program,
            std::optional<Catalogue>& catalogue) {
  try {
    const auto parsed = parse_command_line(arguments);
    if (const auto* answer = std::get_if<Answer>(&parsed)) {
      std::fputs(answer->text.c_str(), stdout);
      return flushed(kDone);
    }
    const auto& chosen = std::get<Chosen>(parsed);
    catalogue.emplace(plugin_folders(program, chosen.request.plugin_folders));
    return flushed(chosen.command({chosen.request, *catalogue, program, environment()}));
  } catch (const Error& error) {
    return fail(error.what(), exit_code(error.code()));
  } catch (const std::exception& error) {
    return fail(error.what(), kRunFailed);
  }
}

int main_of(const std::vector<std::string>& arguments, const std::filesystem::path& program) {
  std::optional<Catalogue> catalogue;
  const int code = code_of(arguments, program, catalogue);
  // Neither the catalogue's end nor exit handlers: they may wait for what such a thread holds.
  if (threads_left_behind()) {
    std::fflush(nullptr);
    _exit(code);
  }
  return code;
}

}  // namespace

int exit_code(Code code) {
  switch (code) {
    case Code::invalid_argument: return kWrongJob;
    case Code::unavailable:
    case Code::unimplemented: return kMissing;
    default: return kRunFailed;
  }
}

}  // namespace stretto

int main(int argc, char** argv) {
  std::error_code no_link;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", no_link);
  // What stretto itself starts: no part of the command line that people see.
  if (argc == 2 && std::string_view(argv[1]) == "actor") return stretto::actor_main();
  if (argc == 4 && std::string_view(argv[1]) == "plugin" && std::string_view(argv[2]) == "probe")
    return stretto::probe_main(argv[3]);
  if (argc >= 4 && std::string_view(argv[1]) == "plugin" && std::string_view(argv[2]) == "trial")
    return stretto::trial_main(program, argv[3], {argv + 4, argv + argc});
  return stretto::main_of({argv + 1, argv + argc}, program);
}
