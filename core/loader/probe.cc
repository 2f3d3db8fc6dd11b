// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/probe.h"

#include "loader/child.h"
#include "loader/describe.h"
#include "loader/host.h"
#include "loader/library.h"
#include "loader/lifetime.h"
#include "loader/text.h"

#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace stretto {

namespace {

constexpr int kUnusable = 3;

std::string last_words(const ChildResult& child) {
  const auto text = child.diagnostics.substr(0, child.diagnostics.find_last_not_of('\n') + 1);
  return text.empty() ? "" : fmt::format("; its last words: {}", escaped(text.substr(text.rfind('\n') + 1)));
}

/// The plugin's own printing goes to stderr while this lives, so that stdout carries the answer alone.
class QuietStdout {
 public:
  QuietStdout() : kept_(dup(STDOUT_FILENO)) { dup2(STDERR_FILENO, STDOUT_FILENO); }
  QuietStdout(const QuietStdout&) = delete;
  QuietStdout& operator=(const QuietStdout&) = delete;
  ~QuietStdout() {
    std::fflush(stdout);
    dup2(kept_, STDOUT_FILENO);
    close(kept_);
  }

 private:
  int kept_;
};

nlohmann::json description_of(const std::filesystem::path& file) {
  const QuietStdout quiet;
  // Leaked with a purpose: the plugin may use its host until the process ends.
  auto host = std::make_shared<Host>([](stretto_kind kind, const std::string& name) -> const stretto_component* {
    throw Error(Code::unavailable,
                fmt::format("{} '{}' cannot be opened while a plugin is probed", to_text(kind), name));
  });
  keep_for_plugins(host);
  return to_json(load_plugin(file, host->raw()));
}

}  // namespace

ProbeReport probe(const std::filesystem::path& program, const std::filesystem::path& file, Deadline deadline) {
  const auto child = run_child({program.string(), "plugin", "probe", file.string()}, deadline);
  ProbeReport report{file, "", ""};
  if (child.late) {
    report.error = "did not answer before the deadline and was killed" + last_words(child);
  } else if (child.signal != 0) {
    report.error = fmt::format("crashed while it was loaded: signal {} ({}){}", child.signal, strsignal(child.signal),
                               last_words(child));
  } else {
    const auto answer = nlohmann::json::parse(child.output, nullptr, false);
    if (answer.is_discarded() || !answer.is_object())
      report.error =
          fmt::format("ended the process with exit code {} and no answer{}", child.exit_code, last_words(child));
    else if (answer.contains("error"))
      report.error = answer["error"].get<std::string>();
    else
      report.json = answer.dump();
  }
  return report;
}

int probe_main(const std::filesystem::path& file) {
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) return kUnusable;
  nlohmann::json answer;
  int exit_code = 0;
  try {
    answer = description_of(file);
  } catch (const std::exception& error) {
    answer["error"] = error.what();
    exit_code = kUnusable;
  }
  answer["file"] = file.string();
  fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  std::fflush(stdout);
  return exit_code;
}

}  // namespace stretto
