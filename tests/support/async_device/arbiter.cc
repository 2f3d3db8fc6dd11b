// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "arbiter.h"

#include <algorithm>
#include <thread>

namespace stretto::testing {

std::shared_ptr<Queue> Arbiter::open(const std::string& name) {
  auto queue = std::make_shared<Queue>();
  queue->name = name;
  const std::lock_guard lock(mutex_);
  queues_.push_back(queue);
  return queue;
}

void Arbiter::close(Queue& queue) {
  const std::lock_guard lock(mutex_);
  queue.closing = true;
  event();
}

void Arbiter::enqueue(Queue& queue, Entry entry) {
  const std::lock_guard lock(mutex_);
  check_alive();
  queue.entries.push_back(std::move(entry));
  event();
}

void Arbiter::event() {
  last_event_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

void Arbiter::ring() {
  const std::lock_guard lock(mutex_);
  event();
}

bool Arbiter::ready(const Queue& queue) const {
  if (queue.entries.empty()) return false;
  const Entry& head = queue.entries.front();
  if (head.awaits != nullptr) return head.awaits->value >= head.value;
  return head.ready == nullptr || head.ready();
}

bool Arbiter::demanded(const Queue& queue) const {
  std::vector<const Queue*> seen;
  return demanded(queue, seen);
}

// A lane is demanded when it will raise what a host thread waits for, or what a demanded lane waits for.
bool Arbiter::demanded(const Queue& queue, std::vector<const Queue*>& seen) const {
  if (std::find(seen.begin(), seen.end(), &queue) != seen.end()) return false;
  seen.push_back(&queue);
  if (queue.closing) return true;
  for (const Entry& entry : queue.entries) {
    if (entry.raises == nullptr) continue;
    for (const Awaited& waiter : awaited_)
      if (waiter.counter == entry.raises.get() && waiter.counter->value < waiter.value) return true;
    for (const auto& other : queues_)
      if (!other->entries.empty() && other->entries.front().awaits == entry.raises && !ready(*other) &&
          demanded(*other, seen))
        return true;
  }
  return false;
}

const Queue* Arbiter::drawn() {
  std::vector<const Queue*> could, should;
  for (const auto& queue : queues_)
    if (ready(*queue)) could.push_back(queue.get());
  if (settings_.completion == Completion::latest) {
    for (const Queue* queue : could)
      if (demanded(*queue)) should.push_back(queue);
    if (should.empty() && std::chrono::steady_clock::now() - last_event_ < settings_.quiet) return nullptr;
    if (!should.empty()) could = should;
  }
  if (could.empty()) return nullptr;
  return could[random_() % could.size()];
}

bool Arbiter::may_run(const Queue& queue) {
  if (settings_.completion == Completion::fifo) return ready(queue);
  if (running_ != 0) return false;
  // A draw that nobody has taken up stands: else a fast thread would draw until it wins.
  if (drawn_ == nullptr || !ready(*drawn_)) {
    drawn_ = drawn();
    if (drawn_ != nullptr && drawn_ != &queue) changed_.notify_all();
  }
  return drawn_ == &queue;
}

void Arbiter::run(Queue& queue, Lock& lock) {
  Entry entry = std::move(queue.entries.front());
  queue.entries.pop_front();
  drawn_ = nullptr;
  ++running_;
  const bool breaks = ++ran_ == settings_.break_after;
  const bool yields = settings_.completion == Completion::random && random_() % 2 == 0;
  std::string failure;
  lock.unlock();
  if (yields) std::this_thread::yield();  // lets the issuing thread get ahead, or not
  if (breaks) {
    failure = "lane '" + queue.name + "' broke, as option 'break_after' asks";
  } else {
    try {
      if (entry.work != nullptr) entry.work();
    } catch (const std::exception& error) {
      failure = "lane '" + queue.name + "': " + error.what();
    }
  }
  entry.work = nullptr;
  entry.ready = nullptr;
  lock.lock();
  --running_;
  if (!failure.empty()) fail_locked(failure);
  if (failure.empty() && entry.raises != nullptr) raise_locked(*entry.raises, entry.value);
  event();
}

void Arbiter::serve(const std::shared_ptr<Queue>& queue) {
  Lock lock(mutex_);
  for (;;) {
    if (aborted_ || !error_.empty() || (queue->closing && queue->entries.empty())) break;
    if (may_run(*queue))
      run(*queue, lock);
    else if (settings_.completion == Completion::latest && running_ == 0 && ready(*queue))
      changed_.wait_until(lock, std::max(last_event_ + settings_.quiet,
                                         std::chrono::steady_clock::now() + std::chrono::microseconds(20)));
    else
      changed_.wait(lock);
  }
  queues_.remove(queue);
  if (drawn_ == queue.get()) drawn_ = nullptr;
  event();
}

void Arbiter::raise_locked(Counter& counter, uint64_t value) {
  if (value < counter.value) {
    fail_locked("a semaphore at " + std::to_string(counter.value) + " was signalled " + std::to_string(value) +
                "; it may only grow");
    return;
  }
  counter.value = value;
}

void Arbiter::raise(Counter& counter, uint64_t value) {
  const std::lock_guard lock(mutex_);
  raise_locked(counter, value);
  event();
}

void Arbiter::await(const std::shared_ptr<Counter>& counter, uint64_t value, Deadline deadline) {
  Lock lock(mutex_);
  const auto mine = awaited_.insert(awaited_.end(), {counter.get(), value});
  changed_.notify_all();
  const auto over = [&] { return aborted_ || !error_.empty() || counter->value >= value; };
  bool ended = true;
  if (deadline == Deadline::max())
    changed_.wait(lock, over);
  else
    ended = changed_.wait_until(lock, deadline, over);
  awaited_.erase(mine);
  check_alive();
  if (!ended)
    throw Error(Code::timed_out, "a semaphore did not reach " + std::to_string(value) +
                                     " before the deadline; it is at " + std::to_string(counter->value));
}

void Arbiter::fail_locked(const std::string& message) {
  if (error_.empty()) error_ = message;
  event();
}

void Arbiter::fail(const std::string& message) {
  const std::lock_guard lock(mutex_);
  fail_locked(message);
}

void Arbiter::abort() {
  const std::lock_guard lock(mutex_);
  aborted_ = true;
  event();
}

void Arbiter::status() const {
  const std::lock_guard lock(mutex_);
  if (!error_.empty()) throw Error(Code::internal, error_);
}

void Arbiter::check_alive() const {
  if (!error_.empty()) throw Error(Code::internal, error_);
  if (aborted_) throw Error(Code::cancelled, "the device was aborted");
}

}  // namespace stretto::testing
