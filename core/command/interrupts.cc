// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/interrupts.h"

#include "command/command.h"

#include <csignal>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace stretto {

Interrupts::Interrupts() : stop_(eventfd(0, EFD_CLOEXEC)) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = Descriptor(signalfd(-1, &set, SFD_CLOEXEC));
  thread_ = std::thread([this] { listen(); });
}

Interrupts::~Interrupts() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void Interrupts::watch(Runtime* runtime) {
  const std::scoped_lock lock(mutex_);
  runtime_ = runtime;
}

void Interrupts::listen() {
  for (;;) {
    pollfd entries[2] = {{signals_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    poll(entries, 2, -1);
    if (entries[1].revents != 0) return;
    signalfd_siginfo info{};
    if (read(signals_.get(), &info, sizeof info) != sizeof info) continue;
    const std::scoped_lock lock(mutex_);
    // Before the actors run there is nothing to close: they go with this process.
    if (interrupted_.exchange(true) || runtime_ == nullptr) {
      [[maybe_unused]] const ssize_t said = write(STDERR_FILENO, "stretto: interrupted\n", 21);
      _exit(kInterrupted);
    }
    runtime_->abort(Code::cancelled, "interrupted");
  }
}

}  // namespace stretto
