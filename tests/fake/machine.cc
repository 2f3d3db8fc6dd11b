// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#include "stretto/error.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace stretto::fake {
namespace {

uint64_t seed() {
  const char* text = std::getenv("STRETTO_FAKE_SEED");  // NOLINT(concurrency-mt-unsafe): nothing sets the environment
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

/// A thread of the host, where threads are told apart.
struct HostThread {
  Agent agent = 0;
  uint64_t era = 0;
  Clock clock{};
};

bool has_work(const Stream& stream) { return stream.running || !stream.operations.empty(); }

/// What cuStreamWaitValue64 can wait for is less, by the sign of the difference, than this: it ends every wait.
constexpr uint64_t kEndOfWaits = INT64_MAX;

}  // namespace

size_t hardware_queues() {
  static const size_t number = [] {
    const char* text =
        std::getenv("CUDA_DEVICE_MAX_CONNECTIONS");  // NOLINT(concurrency-mt-unsafe): nothing sets it now
    const int stated = text == nullptr ? 0 : std::atoi(text);
    return static_cast<size_t>(stated < 1 || stated > 32 ? 8 : stated);
  }();
  return number;
}

Machine& Machine::instance() {
  static auto* machine = new Machine;  // its thread runs until the process ends
  return *machine;
}

Machine::Machine() : random_(seed()) {
  std::thread runner([this] { run(); });
  runner_ = runner.get_id();
  runner.detach();
}

void Machine::check() {
  if (!violated_.empty()) throw Error(Code::internal, violated_);
}

void Machine::violation(const std::string& what) {
  std::unique_lock lock(mutex_);
  // Whoever sees a violation gives memory back, so what is under way ends first. It may be this that found it, or wait
  // for what the caller holds, as for a communicator.
  stopping_ = true;
  if (std::this_thread::get_id() != runner_)
    changed_.wait_for(lock, std::chrono::seconds(1), [&] { return under_way_ == nullptr; });
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

Stream* Machine::open_branch(int device) {
  Stream* stream = open(device);
  stream->queue = -1;
  return stream;
}

void Machine::close(Stream* stream) {
  std::unique_lock lock(mutex_);
  const bool empty = stream->operations.empty() && !stream->running;
  if (!empty && violated_.empty()) {
    lock.unlock();
    violation("a stream was destroyed with work in it");
    lock.lock();
  }
  changed_.wait(lock, [&] { return !stream->running; });
  streams_.erase(stream);
  learn(stream->clock);
  delete stream;  // it is empty, or nothing starts any more
  // All that was done is known to the host, and so comes before all that will be. Else clocks would grow with each run.
  // Not to other processes, which may come upon what was done here.
  if (!streams_.empty() || apart_ || !ledgers().empty()) return;
  log_ = {};
  host_ = {};
  for (auto& [word, clock] : words_) clock = {};
}

bool Machine::idle(Stream* stream) {
  const std::lock_guard lock(mutex_);
  check();
  const bool empty = stream->operations.empty() && !stream->running;
  if (empty) learn(stream->clock);
  return empty;
}

void Machine::enqueue(Stream* stream, Operation operation) {
  const std::lock_guard lock(mutex_);
  check();
  if (!streams_.contains(stream)) throw Error(Code::internal, "FAKE CUDA: a stream that is none: " + operation.what);
  if (stream->recorder != nullptr) return stream->recorder->add(stream, std::move(operation));
  const Host issuer = host();
  issuer.clock.tick(issuer.agent);
  operation.issued = issuer.clock;
  operation.number = ++enqueued_;
  if (stream->queue >= 0 && !has_work(*stream)) take_queue(*stream);
  stream->operations.push_back(std::move(operation));
  changed_.notify_all();
}

void Machine::begin_capture(Stream* stream) {
  const std::lock_guard lock(mutex_);
  check();
  if (stream->recorder != nullptr) throw Error(Code::internal, "FAKE CUDA: a capture inside a capture");
  stream->recorder = std::make_shared<Recorder>(stream);
}

Graph Machine::end_capture(Stream* stream) {
  const std::lock_guard lock(mutex_);
  const auto recorder = stream->recorder;
  if (recorder == nullptr || recorder->streams().front() != stream)
    throw Error(Code::internal, "FAKE CUDA: the end of a capture that was not begun there");
  for (auto* each : recorder->streams()) each->recorder.reset();
  Graph graph = recorder->end();
  check();
  return graph;
}

bool Machine::recorded(Stream* stream, const std::function<void(Stream*)>& call) {
  const std::lock_guard lock(mutex_);
  if (stream->recorder == nullptr) return false;
  stream->recorder->add(stream, call);
  return true;
}

// Each branch begins behind what the stream has before the launch, and the stream goes on behind all.
void Machine::play(const Graph& graph, Stream* stream, const std::vector<Stream*>& branches) {
  const auto on = [&](uint32_t branch) { return branch == 0 ? stream : branches[branch - 1]; };
  std::vector<std::shared_ptr<Recording>> events;
  for (uint32_t i = 0; i < graph.events; ++i) events.push_back(std::make_shared<Recording>());
  const auto join = [&](Stream* before, Stream* behind) {
    const auto event = std::make_shared<Recording>();
    record(event, before);
    wait(behind, event);
  };
  for (auto* branch : branches) join(stream, branch);
  for (const auto& item : graph.items) {
    if (item.record >= 0)
      record(events[static_cast<size_t>(item.record)], on(item.branch));
    else if (item.wait >= 0)
      wait(on(item.branch), events[static_cast<size_t>(item.wait)]);
    else if (item.call != nullptr)
      item.call(on(item.branch));
    else
      enqueue(on(item.branch), item.operation);
  }
  for (auto* branch : branches) join(branch, stream);
}

void Machine::take_queue(Stream& stream) {
  std::vector<bool> taken(hardware_queues(), false);
  for (const auto* other : streams_)
    if (other->device == stream.device && other->queue >= 0 && has_work(*other))
      taken[static_cast<size_t>(other->queue)] = true;
  const auto free = std::find(taken.begin(), taken.end(), false);
  if (free == taken.end()) queues_shared_ = true;
  stream.queue =
      static_cast<int>(free == taken.end() ? random_() % taken.size() : static_cast<size_t>(free - taken.begin()));
}

bool Machine::held_up(const Stream& stream) const {
  return queues_shared_ && stream.queue >= 0 && std::ranges::any_of(streams_, [&](const Stream* other) {
           return other != &stream && other->device == stream.device && other->queue == stream.queue &&
                  (other->running ||
                   (!other->operations.empty() && other->operations.front().number < stream.operations.front().number));
         });
}

// One operation at a time, of a stream drawn by lot among those whose next one may start.
bool Machine::step(std::unique_lock<std::mutex>& lock) {
  if (held_ || stopping_) return false;
  std::vector<Stream*> could;
  for (auto* stream : streams_) {
    if (stream->operations.empty() || stream->running || held_up(*stream)) continue;
    Operation& next = stream->operations.front();
    if (next.ready != nullptr && !next.ready()) continue;
    could.push_back(stream);
    if (next.word != nullptr && !next.heard && !apart_) next.heard = host_;
  }
  if (could.empty()) return false;
  Stream* stream = could[random_() % could.size()];
  Operation operation = std::move(stream->operations.front());
  stream->operations.pop_front();
  stream->running = true;
  under_way_ = &operation;
  stream->clock.merge(operation.issued);
  if (operation.heard && !raised_by_streams(operation.word)) stream->clock.merge(*operation.heard);
  stream->clock.tick(stream->agent);
  std::string conflict;
  for (const auto& access : operation.accesses)
    if (const auto found = touch(access, stream->agent, stream->clock, operation.what); found && conflict.empty())
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
  stream->running = false;
  under_way_ = nullptr;
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
  events_.erase(event);
  delete event;  // what streams have in their queues are its recordings
}

void Machine::record(Event* event, Stream* stream) {
  auto recording = std::make_shared<Recording>();
  {
    const std::lock_guard lock(mutex_);
    event->recorder = stream->recorder;
    event->last = stream->recorder != nullptr ? nullptr : recording;
    if (stream->recorder != nullptr) {
      event->number = stream->recorder->record(stream);
      return;
    }
  }
  record(recording, stream);
}

void Machine::record(const std::shared_ptr<Recording>& recording, Stream* stream) {
  enqueue(stream, {"cudaEventRecord", {}, nullptr, [this, recording, stream] {
                     const std::lock_guard lock(mutex_);
                     recording->happened = true;
                     recording->clock = stream->clock;
                   }});
}

bool Machine::happened(Event* event) {
  const std::lock_guard lock(mutex_);
  check();
  if (event->recorder != nullptr) throw Error(Code::internal, "FAKE CUDA: an event of a capture was asked for");
  if (event->last == nullptr) return true;
  if (!event->last->happened) return false;
  learn(event->last->clock);
  return true;
}

void Machine::wait(Stream* stream, Event* event) {
  std::shared_ptr<Recording> recording;
  {
    const std::lock_guard lock(mutex_);
    if (event->recorder != nullptr || stream->recorder != nullptr) {
      if (event->recorder == nullptr)
        throw Error(Code::internal, "FAKE CUDA: a capture waits for an event outside of it");
      if (event->recorder->over())
        throw Error(Code::internal, "FAKE CUDA: an event of a capture that is over is awaited");
      if (stream->recorder != nullptr && stream->recorder != event->recorder)
        throw Error(Code::internal, "FAKE CUDA: a capture waits for another one");
      event->recorder->wait(stream, event->number);
      stream->recorder = event->recorder;
      return;
    }
    recording = event->last;
  }
  if (recording != nullptr) wait(stream, recording);  // never recorded: nothing to wait for, as CUDA has it
}

void Machine::wait(Stream* stream, const std::shared_ptr<Recording>& recording) {
  enqueue(stream, {"cudaStreamWaitEvent",
                   {},
                   [recording] { return recording->happened; },
                   [this, stream, recording] {
                     const std::lock_guard lock(mutex_);
                     stream->clock.merge(recording->clock);
                   }});
}

void Machine::wait_value(Stream* stream, const std::atomic<uint64_t>* word, uint64_t value) {
  translate(word, sizeof *word);
  // Another process's stream may write the word after its abort has raised it.
  const auto ended = std::make_shared<bool>(false);
  Operation wait{"cuStreamWaitValue64",
                 {},
                 [word, value, ended] {
                   const uint64_t found = word->load(std::memory_order_acquire);
                   if (found == kEndOfWaits) *ended = true;
                   return static_cast<int64_t>(found - value) >= 0;
                 },
                 [this, stream, word, value, ended] {
                   const std::lock_guard lock(mutex_);
                   const auto writer = words_.find(word);
                   if (!hear_processes(word, value, stream->clock) && writer != words_.end())
                     stream->clock.merge(writer->second);
                   if (*ended || word->load(std::memory_order_acquire) == kEndOfWaits) stream->clock.end();
                 }};
  wait.word = word;
  enqueue(stream, std::move(wait));
}

void Machine::write_value(Stream* stream, std::atomic<uint64_t>* word, uint64_t value) {
  translate(word, sizeof *word);
  Operation write{"cuStreamWriteValue64", {}, nullptr, [this, stream, word, value] {
                    const std::lock_guard lock(mutex_);
                    learn(stream->clock);
                    if (!apart_) words_[word].merge(stream->clock);
                    tell_processes(word, value, stream->clock);
                    word->store(value, std::memory_order_release);
                  }};
  write.written = word;
  enqueue(stream, std::move(write));
}

Machine::Host Machine::host() {
  if (!apart_) return {host_agent_, host_};
  thread_local HostThread mine;
  if (mine.agent == 0 || mine.era != era_) mine = {++last_agent_, era_, {}};
  return {mine.agent, mine.clock};
}

void Machine::learn(const Clock& clock) {
  if (!apart_) host_.merge_known(clock);
}

void Machine::tell_threads_apart(bool apart) {
  const std::lock_guard lock(mutex_);
  apart_ = apart;
}

void Machine::host_tells(Word word) {
  const std::lock_guard lock(mutex_);
  const Host teller = host();
  teller.clock.tick(teller.agent);
  told_[word.of][word.value] = teller.clock;
}

// Of what was told of a higher value first, a lower one is part.
void Machine::hear(Clock& clock, Word word) const {
  const auto found = told_.find(word.of);
  if (found == told_.end()) return;
  const auto told = found->second.lower_bound(word.value);
  if (told != found->second.end()) clock.merge(told->second);
}

void Machine::host_hears(Word word) {
  const std::lock_guard lock(mutex_);
  Clock heard;
  hear(heard, word);
  host().clock.merge_known(heard);
}

void Machine::stream_tells(Stream* stream, Word word) {
  enqueue(stream, {"what a stream tells", {}, nullptr, [this, stream, word] {
                     const std::lock_guard lock(mutex_);
                     told_[word.of][word.value] = stream->clock;
                   }});
}

void Machine::stream_hears(Stream* stream, Word word) {
  enqueue(stream, {"what a stream hears", {}, nullptr, [this, stream, word] {
                     const std::lock_guard lock(mutex_);
                     hear(stream->clock, word);
                   }});
}

void Machine::host_needs(Word word, const std::string& what) {
  bool known = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = told_.find(word.of);
    const auto told = found == told_.end() ? Told::const_iterator() : found->second.find(word.value);
    known = found != told_.end() && told != found->second.end() && told->second.within(host().clock);
  }
  if (!known) violation(what + ", and nothing orders the two");
}

void Machine::forget(uint64_t of) {
  const std::lock_guard lock(mutex_);
  told_.erase(of);
}

void Machine::host_touches(const Access& access, const std::string& what) {
  std::optional<std::string> conflict;
  {
    const std::lock_guard lock(mutex_);
    const Host toucher = host();
    toucher.clock.tick(toucher.agent);
    conflict = touch(access, toucher.agent, toucher.clock, what);
  }
  if (conflict) violation(*conflict);
}

void Machine::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void Machine::release() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  changed_.notify_all();
}

void Machine::forgive() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return under_way_ == nullptr; });
  violated_.clear();
  stopping_ = false;
  log_ = {};
  for (const auto& ledger : ledgers()) ledger->clear();
  // Clocks too: they know of every stream that there ever was, and each operation has a copy of one.
  host_ = {};
  ++era_;
  told_.clear();
  for (auto& [word, clock] : words_) clock = {};
  for (auto* event : events_)
    if (event->last != nullptr) event->last->clock = {};
  for (auto* stream : streams_) {
    stream->operations.clear();
    stream->clock = {};
  }
}

void Machine::expect_violations() {
  const std::lock_guard lock(mutex_);
  expected_ = true;
}

void Machine::give(Stream* stream, Clock& meeting) {
  const std::lock_guard lock(mutex_);
  meeting.merge(stream->clock);
}

void Machine::take(Stream* stream, const Clock& meeting) {
  const std::lock_guard lock(mutex_);
  stream->clock.merge(meeting);
}

void Machine::give(const Clock& known, Clock& meeting) {
  const std::lock_guard lock(mutex_);
  meeting.merge(known);
}

Clock Machine::take(const Clock& meeting) {
  const std::lock_guard lock(mutex_);
  return meeting;
}

void Machine::end(Stream* stream) {
  const std::lock_guard lock(mutex_);
  stream->clock.end();
}

}  // namespace stretto::fake
