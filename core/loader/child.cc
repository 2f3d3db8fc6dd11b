// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/child.h"

#include "loader/descriptor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace stretto {

namespace {

struct Pipe {
  Descriptor reader;
  Descriptor writer;
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      throw Error(Code::unavailable, fmt::format("no pipe could be made: {}", std::strerror(errno)));
    reader = Descriptor(ends[0]);
    writer = Descriptor(ends[1]);
  }
};

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&raw_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { posix_spawn_file_actions_destroy(&raw_); }
  posix_spawn_file_actions_t* raw() { return &raw_; }

 private:
  posix_spawn_file_actions_t raw_{};
};

pid_t spawned(const std::vector<std::string>& arguments, const Pipe& output, const Pipe& diagnostics) {
  SpawnActions actions;
  posix_spawn_file_actions_addopen(actions.raw(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(actions.raw(), output.writer.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(actions.raw(), diagnostics.writer.get(), STDERR_FILENO);
  std::vector<char*> raw;
  for (const auto& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  pid_t child = -1;
  const int failure = posix_spawn(&child, raw[0], actions.raw(), nullptr, raw.data(), environ);
  if (failure != 0)
    throw Error(Code::unavailable, fmt::format("{} cannot be started: {}", arguments[0], std::strerror(failure)));
  return child;
}

int milliseconds_until(Deadline deadline) {
  if (deadline == Deadline::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX));
}

/// Appends what can be read now; false once the writers are gone.
bool drain(int descriptor, std::string& into) {
  std::array<char, 4096> buffer{};
  const ssize_t count = read(descriptor, buffer.data(), buffer.size());
  if (count > 0) into.append(buffer.data(), static_cast<size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

/// Reads both streams until the child has closed them or ended, or the deadline passes; true then.
bool read_until_end(pid_t child, Pipe& output, Pipe& diagnostics, ChildResult& result, Deadline deadline) {
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  std::array<pollfd, 3> watched{
      {{output.reader.get(), POLLIN, 0}, {diagnostics.reader.get(), POLLIN, 0}, {process.get(), POLLIN, 0}}};
  for (;;) {
    const int ready = poll(watched.data(), watched.size(), milliseconds_until(deadline));
    if (ready == 0) return true;
    if (ready < 0) continue;
    if (watched[0].revents != 0 && !drain(watched[0].fd, result.output)) watched[0].fd = -1;
    if (watched[1].revents != 0 && !drain(watched[1].fd, result.diagnostics)) watched[1].fd = -1;
    const bool streams_ended = watched[0].fd < 0 && watched[1].fd < 0;
    // A grandchild may hold the streams open for ever: the child's own end is what counts.
    if (watched[2].revents != 0 && (streams_ended || (watched[0].revents == 0 && watched[1].revents == 0)))
      return false;
    if (watched[2].fd < 0 && streams_ended) return false;
  }
}

}  // namespace

ChildResult run_child(const std::vector<std::string>& arguments, Deadline deadline) {
  Pipe output;
  Pipe diagnostics;
  const pid_t child = spawned(arguments, output, diagnostics);
  output.writer.close();
  diagnostics.writer.close();
  ChildResult result;
  result.late = read_until_end(child, output, diagnostics, result, deadline);
  if (result.late) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

}  // namespace stretto
