// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The fake GPU behind the fake CUDA, cuBLASLt and NCCL libraries: queues for streams, run by one thread in an order
/// drawn by lot among the legal ones, memory that the host cannot touch, and every access checked by vector clocks.
/// What is wrong is said on stderr, labelled FAKE, and ends the context, as an illegal address would.

#include "async_device/memory.h"
#include "graph.h"
#include "ledger.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>

namespace stretto::fake {

/// Where a stream stood when it came to an event.
struct Recording {
  bool happened = false;
  Clock clock{};
};
struct Event {
  std::shared_ptr<Recording> last;       ///< null: never recorded, or in a capture
  std::shared_ptr<Recorder> recorder{};  ///< not null: last recorded there …
  int32_t number = -1;                   ///< … as this one
};

/// What somebody tells of an order that the calls of CUDA do not show: what it is of (a semaphore, a channel), and how
/// far that has come. Who hears of a value knows what the one who told it knew, and nothing that was told later.
struct Word {
  uint64_t of;
  uint64_t value;
};

/// Names exported memory to other processes.
using ExportHandle = std::array<std::byte, 64>;

/// As many as CUDA has for a process on each device, which reads this once.
size_t hardware_queues();

/// Any thread. Calls throw Error; after a violation all do.
class Machine {
 public:
  static Machine& instance();

  Stream* open(int device);
  /// A branch of a graph: in no hardware queue.
  Stream* open_branch(int device);
  void close(Stream* stream);
  bool idle(Stream* stream);
  void enqueue(Stream* stream, Operation operation);
  /// What is enqueued from here on is recorded, on this stream and those that come to wait for it. Kernels, copies,
  /// memsets, events of the capture and what is called in every launch alone may be; anything else is a violation.
  void begin_capture(Stream* stream);
  Graph end_capture(Stream* stream);
  /// Whether the stream records, and this is called in every launch instead.
  bool recorded(Stream* stream, const std::function<void(Stream*)>& call);
  /// `branches`: streams for all branches but the first, which runs on `stream`.
  void play(const Graph& graph, Stream* stream, const std::vector<Stream*>& branches);

  Event* make_event();
  void destroy(Event* event);
  void record(Event* event, Stream* stream);
  bool happened(Event* event);
  void wait(Stream* stream, Event* event);

  /// The counter's word: waits compare by the sign of the difference, as cuStreamWaitValue64 does.
  void wait_value(Stream* stream, const std::atomic<uint64_t>* word, uint64_t value);
  void write_value(Stream* stream, std::atomic<uint64_t>* word, uint64_t value);

  void* allocate(uint64_t bytes, int device);
  /// Blocks until every stream of the memory's device is empty, as cudaFree does.
  void free(void* memory);
  /// In the order of the stream.
  void free(void* memory, Stream* stream);
  /// Whether all of it is one device's, and was allocated as one.
  bool owns(const void* memory, uint64_t bytes);
  /// `gpu` is the same number in every process, `device` this one's.
  ExportHandle export_block(void* memory, int gpu);
  /// Throws Code::invalid_argument where CUDA refuses: this process's own, or what is there no more.
  void* import_block(const ExportHandle& handle, int gpu, int device);
  void close_import(void* memory);
  void pin(void* memory, uint64_t bytes);
  /// A violation where it no longer is memory, or enqueued work uses it.
  void unpin(void* memory);
  /// Whether a pinned range begins there.
  bool pinned(void* memory);
  /// Where the host finds the bytes. Throws Code::internal where they are no memory of a device, nor pinned.
  void* translate(const void* memory, uint64_t bytes);

  /// Between operations that NCCL joins: what one has done is known to the other.
  void give(Stream* stream, Clock& meeting);
  void take(Stream* stream, const Clock& meeting);
  /// The same for who is in another process, with what it knows.
  void give(const Clock& known, Clock& meeting);
  Clock take(const Clock& meeting);
  /// An abort has ended what the stream waited for.
  void end(Stream* stream);

  // --- what host threads say to each other, told from outside
  /// Each host thread has a clock of its own, and knows, and passes on, what is told here and nothing else: neither an
  /// event that it has seen happen nor a word in pinned memory makes an order. So what is in order does not depend on
  /// how the threads run. False: all threads are one agent, as at first.
  void tell_threads_apart(bool apart);
  void host_tells(Word word);
  void host_hears(Word word);
  /// In the order of the stream.
  void stream_tells(Stream* stream, Word word);
  void stream_hears(Stream* stream, Word word);
  /// The calling thread relies on what was told of this value: a violation, unless it has heard it.
  void host_needs(Word word, const std::string& what);
  void forget(uint64_t of);
  /// The calling thread reads or writes.
  void host_touches(const Access& access, const std::string& what);

  /// Between the two no operation starts: the host is as far ahead of the streams as it may be.
  void hold();
  void release();

  /// Ends the context. The first one counts.
  void violation(const std::string& what);
  /// What was wrong; empty: nothing.
  std::string violated();
  /// Streams, events, pinned ranges and blocks that nobody has given back.
  size_t leaks();
  /// Forgets what was wrong, every access, and what streams still hold: for a test that planted it.
  void forgive();
  /// From now on what is wrong is not said on stderr: for a test that plants it.
  void expect_violations();

 private:
  Machine();
  void run();
  bool step(std::unique_lock<std::mutex>& lock);
  /// Enqueued work that touches these bytes, or waits for a word there or writes it; null: there is none.
  const Operation* user_of(const void* memory, uint64_t bytes) const;
  /// A stream that has work is in one of the hardware queues of its device, of which there are as many as
  /// CUDA_DEVICE_MAX_CONNECTIONS says: in a free one, or where there is none in one drawn by lot.
  void take_queue(Stream& stream);
  bool queues_shared_ = false;  ///< ever
  /// Whether what another stream enqueued earlier stands before its next operation, in one hardware queue.
  bool held_up(const Stream& stream) const;
  void record(const std::shared_ptr<Recording>& recording, Stream* stream);
  void wait(Stream* stream, const std::shared_ptr<Recording>& recording);
  void check();
  /// Of the calling thread, or of all.
  struct Host {
    Agent agent;
    Clock& clock;
  };
  Host host();
  /// What the host comes to know by looking at a stream.
  void learn(const Clock& clock);
  void hear(Clock& clock, Word word) const;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread::id runner_;
  std::mt19937_64 random_;
  std::set<Stream*> streams_;
  uint64_t enqueued_ = 0;
  std::set<Event*> events_;
  struct Block {
    uint64_t bytes;
    int device;
    std::shared_ptr<Ledger> ledger{};  ///< of an exported or imported block
    bool imported = false;
    uint32_t opened = 0;  ///< how often, here
  };
  void bury(void* memory, uint64_t bytes);
  static void refuse_shared(const Block& block);
  /// Checks an access, and keeps it where all that have the memory see it. Returns what is wrong.
  std::optional<std::string> touch(const Access& access, Agent agent, const Clock& now, const std::string& what);
  std::vector<std::shared_ptr<Ledger>> ledgers();
  /// What streams say to those of other processes: see ledger.h.
  void tell_processes(const void* word, uint64_t value, const Clock& clock);
  bool raised_by_streams(const void* word);
  /// False: no stream of a process that shares memory with this one has raised the word.
  bool hear_processes(const void* word, uint64_t value, Clock& clock);
  std::map<void*, Block> blocks_;
  std::deque<std::pair<void*, uint64_t>> buried_;  ///< freed, and still known to be, so that a late access is told as
                                                   ///< what it is
  uint64_t buried_bytes_ = 0;
  bool expected_ = false;
  const Operation* under_way_ = nullptr;
  std::map<void*, uint64_t> pinned_;  ///< bytes
  testing::HiddenMemory memory_;
  AccessLog log_;
  bool apart_ = false;  ///< host threads are told apart
  bool held_ = false;
  bool stopping_ = false;                       ///< no operation starts any more: something is wrong
  uint64_t era_ = 0;                            ///< counts calls of `forgive`: clocks of threads from before are void
  Clock host_;                                  ///< of all threads, where they are not told apart
  using Told = std::map<uint64_t, Clock>;       ///< by value
  std::map<uint64_t, Told> told_;               ///< by what it is of
  std::map<const void*, Clock> words_;          ///< that streams write; who waits for another one, waits for the host
  std::vector<std::weak_ptr<Ledger>> ledgers_;  ///< of blocks
  WordNames names_{};
  const Agent host_agent_ = make_host();
  Agent last_agent_ = host_agent_;
  std::string violated_;
};

}  // namespace stretto::fake
