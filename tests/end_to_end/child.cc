// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "child.h"

#include "leftovers.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace stretto::testing {
namespace {

int exit_status(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

Child::Child(const std::vector<std::string>& arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  std::vector<char*> pointers;
  for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const int error = posix_spawn(&process_, arguments[0].c_str(), &actions, &attributes, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  output_ = ends[0];
  if (error != 0) {
    close(output_);
    throw std::runtime_error("cannot start " + arguments[0]);
  }
}

Child::~Child() {
  if (!status_) {
    signal_group(SIGKILL);
    int status = 0;
    waitpid(process_, &status, 0);
  }
  close(output_);
}

std::optional<std::string> Child::line(Deadline deadline) {
  for (;;) {
    if (const size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{output_, POLLIN, 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
    char buffer[512];
    const ssize_t count = read(output_, buffer, sizeof buffer);
    if (count <= 0) return std::nullopt;
    read_.append(buffer, static_cast<size_t>(count));
  }
}

void Child::signal(int number) const { kill(process_, number); }
void Child::signal_group(int number) const { kill(-process_, number); }

std::optional<int> Child::wait(Deadline deadline) {
  while (!status_) {
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == process_)
      status_ = exit_status(status);
    else if (std::chrono::steady_clock::now() > deadline)
      return std::nullopt;
    else
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return status_;
}

void adopt_orphans() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

std::set<int> left_children(const std::set<int>& known, Deadline deadline) {
  for (;;) {
    std::set<int> left;
    for (const int child : children()) {
      int status = 0;
      if (known.count(child) == 0 && waitpid(child, &status, WNOHANG) == 0) left.insert(child);
    }
    if (left.empty() || std::chrono::steady_clock::now() > deadline) return left;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace stretto::testing
