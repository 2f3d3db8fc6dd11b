// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#include "stretto/error.h"

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace stretto::fake {
namespace {

uint64_t seed() {
  const char* text = std::getenv("STRETTO_FAKE_SEED");  // NOLINT(concurrency-mt-unsafe): nothing sets the environment
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

}  // namespace

Machine& Machine::instance() {
  static auto* machine = new Machine;  // its thread runs until the process ends
  return *machine;
}

Machine::Machine() : random_(seed()) {
  std::thread([this] { run(); }).detach();
}

void Machine::check() {
  if (!violated_.empty()) throw Error(Code::internal, violated_);
}

void Machine::violation(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (violated_.empty()) {
    violated_ = "FAKE CUDA: " + what;
    if (!expected_) std::fprintf(stderr, "%s\n", violated_.c_str());
  }
  changed_.notify_all();
}

std::string Machine::violated() {
  const std::lock_guard lock(mutex_);
  return violated_;
}

size_t Machine::leaks() {
  const std::lock_guard lock(mutex_);
  return streams_.size() + events_.size() + blocks_.size() + pinned_.size();
}

Stream* Machine::open(int device) {
  const std::lock_guard lock(mutex_);
  auto* stream = new Stream;
  stream->agent = ++last_agent_;
  stream->device = device;
  streams_.insert(stream);
  return stream;
}

void Machine::close(Stream* stream) {
  const bool empty = idle(stream);
  if (!empty && violated().empty()) violation("a stream was destroyed with work in it");
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
  if (empty) delete stream;  // else its operations may still be looked at
}

bool Machine::idle(Stream* stream) {
  const std::lock_guard lock(mutex_);
  check();
  const bool empty = stream->operations.empty() && !stream->running;
  if (empty) host_.merge(stream->clock);
  return empty;
}

void Machine::enqueue(Stream* stream, Operation operation) {
  const std::lock_guard lock(mutex_);
  check();
  if (!streams_.contains(stream)) throw Error(Code::internal, "FAKE CUDA: a stream that is none: " + operation.what);
  if (stream->recording) {
    if (operation.ready != nullptr || operation.accesses.empty())
      throw Error(Code::internal, "FAKE CUDA: in a capture: " + operation.what);
    stream->recording->push_back(std::move(operation));
    return;
  }
  host_.tick(kHost);
  operation.issued = host_;
  stream->operations.push_back(std::move(operation));
  changed_.notify_all();
}

void Machine::begin_capture(Stream* stream) {
  const std::lock_guard lock(mutex_);
  check();
  if (stream->recording) throw Error(Code::internal, "FAKE CUDA: a capture inside a capture");
  stream->recording.emplace();
}

std::vector<Operation> Machine::end_capture(Stream* stream) {
  const std::lock_guard lock(mutex_);
  if (!stream->recording) throw Error(Code::internal, "FAKE CUDA: the end of a capture that was not begun");
  auto recorded = std::move(*stream->recording);
  stream->recording.reset();
  check();
  return recorded;
}

// One operation at a time, of a stream drawn by lot among those whose next one may start.
bool Machine::step(std::unique_lock<std::mutex>& lock) {
  std::vector<Stream*> could;
  for (auto* stream : streams_) {
    if (stream->operations.empty() || stream->running) continue;
    Operation& next = stream->operations.front();
    if (next.ready != nullptr && !next.ready()) continue;
    could.push_back(stream);
    if (next.word != nullptr && !next.heard) next.heard = host_;
  }
  if (could.empty() || !violated_.empty()) return false;
  Stream* stream = could[random_() % could.size()];
  Operation operation = std::move(stream->operations.front());
  stream->operations.pop_front();
  stream->running = busy_ = true;
  stream->clock.merge(operation.issued);
  if (operation.heard && !words_.contains(operation.word)) stream->clock.merge(*operation.heard);
  stream->clock.tick(stream->agent);
  std::string conflict;
  for (const auto& access : operation.accesses)
    if (const auto found = log_.add(access, stream->agent, stream->clock, operation.what); found && conflict.empty())
      conflict = *found;
  const bool yields = random_() % 2 == 0;
  lock.unlock();
  if (yields) std::this_thread::yield();
  // What has ended the context is not done: who sees that gives its memory back.
  if (!conflict.empty()) violation(conflict);
  try {
    if (operation.work && conflict.empty()) operation.work();
  } catch (const std::exception& error) {
    violation(operation.what + ": " + error.what());
  }
  lock.lock();
  stream->running = busy_ = false;
  changed_.notify_all();
  return true;
}

void Machine::run() {
  std::unique_lock lock(mutex_);
  for (;;)
    // A word is raised by a plain store of the host's, which wakes nobody: it has to be looked at again.
    if (!step(lock)) changed_.wait_for(lock, std::chrono::microseconds(50));
}

Event* Machine::make_event() {
  const std::lock_guard lock(mutex_);
  return *events_.insert(new Event).first;
}

void Machine::destroy(Event* event) {
  const std::lock_guard lock(mutex_);
  events_.erase(event);  // not deleted: a stream may still have it in its queue
}

void Machine::record(Event* event, Stream* stream) {
  uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ++event->recorded;
  }
  enqueue(stream, {"cudaEventRecord", {}, nullptr, [this, event, stream, number] {
                     const std::lock_guard lock(mutex_);
                     event->happened = number;
                     event->clock = stream->clock;
                   }});
}

bool Machine::happened(Event* event) {
  const std::lock_guard lock(mutex_);
  check();
  if (event->happened != event->recorded) return false;
  host_.merge(event->clock);
  return true;
}

void Machine::wait(Stream* stream, Event* event) {
  uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = event->recorded;
  }
  if (number == 0) return;  // never recorded: nothing to wait for, as CUDA has it
  enqueue(stream, {"cudaStreamWaitEvent",
                   {},
                   [event, number] { return event->happened >= number; },
                   [this, stream, event] {
                     const std::lock_guard lock(mutex_);
                     stream->clock.merge(event->clock);
                   }});
}

void Machine::wait_value(Stream* stream, const std::atomic<uint64_t>* word, uint64_t value) {
  translate(word, sizeof *word);
  Operation wait{"cuStreamWaitValue64",
                 {},
                 [word, value] { return static_cast<int64_t>(word->load(std::memory_order_acquire) - value) >= 0; },
                 [this, stream, word] {
                   const std::lock_guard lock(mutex_);
                   const auto writer = words_.find(word);
                   if (writer != words_.end()) stream->clock.merge(writer->second);
                 }};
  wait.word = word;
  enqueue(stream, std::move(wait));
}

void Machine::write_value(Stream* stream, std::atomic<uint64_t>* word, uint64_t value) {
  translate(word, sizeof *word);
  enqueue(stream, {"cuStreamWriteValue64", {}, nullptr, [this, stream, word, value] {
                     const std::lock_guard lock(mutex_);
                     host_.merge(stream->clock);
                     words_[word].merge(stream->clock);
                     word->store(value, std::memory_order_release);
                   }});
}

void* Machine::allocate(uint64_t bytes, int device) {
  void* memory = memory_.allocate(bytes);
  const std::lock_guard lock(mutex_);
  blocks_[memory] = {bytes, device};
  return memory;
}

void Machine::bury(void* memory) {
  constexpr size_t kMost = 1000;  // each has two mappings, of which a process has some ten thousand
  memory_.free(memory);
  const std::lock_guard lock(mutex_);
  buried_.push_back(memory);
  if (buried_.size() <= kMost) return;
  memory_.forget(buried_.front());
  buried_.pop_front();
}

void Machine::free(void* memory) {
  if (memory == nullptr) return;
  std::unique_lock lock(mutex_);
  const auto found = blocks_.find(memory);
  if (found == blocks_.end()) throw Error(Code::internal, "FAKE CUDA: memory was freed that is none");
  const Block block = found->second;
  const auto idle = [&] {
    return !violated_.empty() || std::all_of(streams_.begin(), streams_.end(), [&](const Stream* stream) {
      return stream->device != block.device || (stream->operations.empty() && !stream->running);
    });
  };
  if (!changed_.wait_for(lock, std::chrono::seconds(20), idle)) {
    lock.unlock();
    violation("cudaFree waits for work that never ends");
    return;
  }
  for (const auto* stream : streams_)
    if (stream->device == block.device) host_.merge(stream->clock);
  log_.forget(memory, block.bytes);
  blocks_.erase(memory);
  lock.unlock();
  bury(memory);
}

void Machine::free(void* memory, Stream* stream) {
  uint64_t bytes = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(memory);
    if (found == blocks_.end()) throw Error(Code::internal, "FAKE CUDA: memory was freed that is none");
    bytes = found->second.bytes;
  }
  enqueue(stream, {"cudaFreeAsync", {{memory, bytes, true}}, nullptr, [this, memory, bytes] {
                     {
                       const std::lock_guard lock(mutex_);
                       blocks_.erase(memory);
                       log_.forget(memory, bytes);
                     }
                     bury(memory);
                   }});
}

void Machine::forgive() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !busy_; });
  violated_.clear();
  log_ = {};
  // Clocks too: they know of every stream that there ever was, and each operation has a copy of one.
  host_ = {};
  for (auto& [word, clock] : words_) clock = {};
  for (auto* event : events_) event->clock = {};
  for (auto* stream : streams_) {
    stream->operations.clear();
    stream->clock = {};
  }
}

void Machine::expect_violations() {
  const std::lock_guard lock(mutex_);
  expected_ = true;
}

void* Machine::translate(const void* memory, uint64_t bytes) { return memory_.translate(memory, bytes); }

bool Machine::owns(const void* memory, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  auto found = blocks_.upper_bound(const_cast<void*>(memory));
  if (found == blocks_.begin()) return false;
  --found;
  const auto* end = static_cast<const std::byte*>(found->first) + found->second.bytes;
  return static_cast<const std::byte*>(memory) + bytes <= end;
}

void Machine::pin(void* memory, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  memory_.pin(memory, bytes);
  pinned_.insert(memory);
  // Who raised a word that was here before says nothing of those to come.
  words_.erase(words_.lower_bound(memory), words_.lower_bound(static_cast<const std::byte*>(memory) + bytes));
}

void Machine::unpin(void* memory) {
  const std::lock_guard lock(mutex_);
  const auto found = pinned_.find(memory);
  if (found == pinned_.end()) throw Error(Code::invalid_argument, "FAKE CUDA: memory was unpinned that is not pinned");
  pinned_.erase(found);
  memory_.unpin(memory);
}

bool Machine::pinned(void* memory) {
  const std::lock_guard lock(mutex_);
  return pinned_.contains(memory);
}

void Machine::give(Stream* stream, Clock& meeting) {
  const std::lock_guard lock(mutex_);
  meeting.merge(stream->clock);
}

void Machine::take(Stream* stream, const Clock& meeting) {
  const std::lock_guard lock(mutex_);
  stream->clock.merge(meeting);
}

}  // namespace stretto::fake
