// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A program whose stderr is a terminal, as it is when a person runs it.

#include "stretto/device.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace stretto::testing {

/// Killed when destroyed. One thread.
class Terminal {
 public:
  explicit Terminal(const std::vector<std::string>& arguments) : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) throw std::runtime_error("no terminal");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, ptsname(master_), O_RDWR | O_NOCTTY, 0);
    std::vector<char*> raw;
    for (const auto& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
    raw.push_back(nullptr);
    const int failure = posix_spawn(&process_, raw[0], &actions, nullptr, raw.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) throw std::runtime_error("cannot start " + arguments[0]);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (!ended_) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    close(master_);
  }

  /// Reads until the text has appeared: true; false at the deadline, or when the program has closed its terminal.
  bool shows(const std::string& text, Deadline deadline) {
    while (seen_.find(text) == std::string::npos)
      if (!read_some(deadline)) return false;
    return true;
  }
  void signal(int number) const { kill(process_, number); }
  /// Reads to the end; the exit code, or 128 + n after signal n.
  int wait(Deadline deadline) {
    while (read_some(deadline)) {
    }
    int status = 0;
    waitpid(process_, &status, 0);
    ended_ = true;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  /// All that was shown so far.
  const std::string& seen() const { return seen_; }

 private:
  bool read_some(Deadline deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd entry{master_, POLLIN, 0};
    if (left.count() <= 0 || poll(&entry, 1, static_cast<int>(left.count())) <= 0) return false;
    char buffer[1024];
    const ssize_t count = read(master_, buffer, sizeof buffer);
    if (count <= 0) return false;  // EIO: nobody has it open any more
    seen_.append(buffer, static_cast<size_t>(count));
    return true;
  }

  int master_;
  pid_t process_ = -1;
  bool ended_ = false;
  std::string seen_;
};

inline Deadline in_a_minute() { return std::chrono::steady_clock::now() + std::chrono::minutes(1); }

}  // namespace stretto::testing
