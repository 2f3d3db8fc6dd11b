// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "worker.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <utility>

namespace stretto::ucx {
namespace {

constexpr std::chrono::microseconds kNap{50};
/// Naps get longer while lanes lend: each costs them two changes of threads, on a virtual machine half a hop's time.
constexpr std::chrono::microseconds kLongestNap{1600};
/// Waits that ended by lending during a nap of kNap, from which on the next nap follows.
constexpr uint64_t kQuick = 4;

int make_bell() {
  const int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell < 0) throw Error(Code::overloaded, std::string("eventfd: ") + std::strerror(errno));  // NOLINT
  return bell;
}

}  // namespace

std::thread without_signals(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

Worker::Worker(Engine& engine, std::chrono::nanoseconds spin) : engine_(engine), spin_(spin), bell_(make_bell()) {}

Worker::~Worker() {
  stop();
  close(bell_);
}

void Worker::start(std::function<void()> prepare) {
  thread_ = without_signals([this, prepare = std::move(prepare)] {
    prepare();
    work();
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_seq_cst);
  ring();
  thread_.join();
  run_commands();
}

void Worker::ring() noexcept {
  const uint64_t one = 1;
  [[maybe_unused]] const auto put = write(bell_, &one, sizeof one);  // full means that it rings already
}

void Worker::push(std::atomic<Command*>& queue, Command& command) {
  Command* head = queue.load(std::memory_order_relaxed);
  do {
    command.next_ = head;
  } while (!queue.compare_exchange_weak(head, &command, std::memory_order_seq_cst));
}

void Worker::post(Command& command) {
  if (!take()) {
    push(queue_, command);
    return run_or_leave();
  }
  run_all(queue_);
  command.run_(command.owner_);
  run_all(soon_);
  give();
  leave(true);
}

void Worker::post_soon(Command& command) {
  push(soon_, command);
  if (sleep_.load(std::memory_order_seq_cst) != Sleep::napping) run_or_leave();
}

/// Runs what is posted, unless somebody has the baton: its holder looks at the queues after giving it back.
void Worker::run_or_leave() {
  if (!take()) return;
  run_commands();
  give();
  leave(true);
}

bool Worker::posted() const {
  return queue_.load(std::memory_order_seq_cst) != nullptr || soon_.load(std::memory_order_seq_cst) != nullptr;
}

bool Worker::run_commands() {
  const bool ran = run_all(queue_);
  return run_all(soon_) || ran;
}

bool Worker::run_all(std::atomic<Command*>& queue) {
  if (queue.load(std::memory_order_relaxed) == nullptr) return false;
  Command* last = queue.exchange(nullptr, std::memory_order_seq_cst);
  Command* first = nullptr;
  while (last != nullptr) {
    Command* earlier = std::exchange(last->next_, first);
    first = std::exchange(last, earlier);
  }
  while (first != nullptr) {
    Command* next = first->next_;  // it may be posted anew by whoever it wakes
    first->run_(first->owner_);
    first = next;
  }
  return true;
}

void Worker::give() {
  running_.store(engine_.running() != 0, std::memory_order_relaxed);
  held_.store(false, std::memory_order_seq_cst);
  while (posted() && take()) {
    run_commands();
    running_.store(engine_.running() != 0, std::memory_order_relaxed);
    held_.store(false, std::memory_order_seq_cst);
  }
}

bool Worker::turn() {
  const bool ran = run_commands();
  const bool moved = engine_.progress() != 0;
  moved_.store(moved, std::memory_order_relaxed);
  return ran || moved;
}

void Worker::leave(bool done) {
  const Sleep sleep = sleep_.load(std::memory_order_seq_cst);
  if (sleep == Sleep::awake) return;
  // Armed, it hears of what comes in, but not of what is to be got on by progress alone. Napping, it hears of nothing,
  // and not for long: a lane that got what it waited for is likely to come back sooner.
  const bool running = running_.load(std::memory_order_relaxed);
  const bool needed = running || (sleep == Sleep::armed ? moved_.load(std::memory_order_relaxed) : !done);
  if (needed && sleep_.exchange(Sleep::awake, std::memory_order_seq_cst) != Sleep::awake) ring();
}

void Worker::work() {
  uint64_t lent = 0;
  auto nap = kNap;
  while (!stopping_.load(std::memory_order_seq_cst)) {
    const uint64_t now_lent = lent_.load(std::memory_order_relaxed);
    const bool quick = now_lent - std::exchange(lent, now_lent) >= kQuick * static_cast<uint64_t>(nap / kNap);
    nap = quick ? std::min(2 * nap, kLongestNap) : kNap;
    const bool lent_to = quick || lenders_.load(std::memory_order_seq_cst) != 0;
    if (lent_to && posted()) run_or_leave();
    if (lent_to || !take()) {
      doze(Sleep::napping, nap);
      continue;
    }
    const bool idle = spin_until_idle();
    const bool armed = idle && engine_.arm();
    if (armed) sleep_.store(Sleep::armed, std::memory_order_seq_cst);
    moved_.store(false, std::memory_order_relaxed);
    give();
    if (armed) doze(Sleep::armed, {});
  }
}

bool Worker::spin_until_idle() {
  Spin spin(spin_);
  for (;;) {
    if (stopping_.load(std::memory_order_relaxed)) return false;
    if (run_commands() || engine_.progress() != 0)
      spin.restart();
    else if (lenders_.load(std::memory_order_relaxed) != 0)
      return false;
    else if (!spin.again())
      return true;
  }
}

void Worker::doze(Sleep how, std::chrono::microseconds longest) {
  std::array<pollfd, 2> entries{{{bell_, POLLIN, 0}, {engine_.event_descriptor(), POLLIN, 0}}};
  if (how == Sleep::napping) {
    sleep_.store(how, std::memory_order_seq_cst);
    const timespec nap{0, std::chrono::nanoseconds(longest).count()};
    ppoll(entries.data(), 1, &nap, nullptr);
  } else {
    ppoll(entries.data(), 2, nullptr, nullptr);
  }
  sleep_.store(Sleep::awake, std::memory_order_seq_cst);
  uint64_t count = 0;
  if (entries[0].revents != 0) {
    [[maybe_unused]] const auto got = read(bell_, &count, sizeof count);
  }
}

}  // namespace stretto::ucx
