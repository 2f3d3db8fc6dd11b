// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The fake GPU behind the fake CUDA, cuBLASLt and NCCL libraries: queues for streams, run by one thread in an order
/// drawn by lot among the legal ones, memory that the host cannot touch, and every access checked by vector clocks.
/// What is wrong is said on stderr, labelled FAKE, and ends the context, as an illegal address would.

#include "async_device/memory.h"
#include "clock.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>

namespace stretto::fake {

/// One entry of a stream: starts once `ready` is true (null: at once); then its accesses are checked and `work` is
/// done.
struct Operation {
  std::string what;
  std::vector<Access> accesses{};
  std::function<bool()> ready{};
  std::function<void()> work{};
  Clock issued{};                ///< the host's, when it was enqueued
  const void* word = nullptr;    ///< that the host raises, if this waits for one
  std::optional<Clock> heard{};  ///< the host's, when the word was first seen raised: what it comes to know later is
                                 ///< not said by that word
};

struct Stream {
  Agent agent = 0;
  int device = 0;
  Clock clock;
  std::deque<Operation> operations;
  bool running = false;
  std::optional<std::vector<Operation>> recording{};  ///< what is enqueued meanwhile goes here
};

/// What was recorded last. Of no stream before that.
struct Event {
  uint64_t recorded = 0;  ///< how often
  uint64_t happened = 0;  ///< the last recording that has happened
  Clock clock;
};

/// Any thread. Calls throw Error; after a violation all do.
class Machine {
 public:
  static Machine& instance();

  Stream* open(int device);
  void close(Stream* stream);
  bool idle(Stream* stream);
  void enqueue(Stream* stream, Operation operation);
  /// What operations are enqueued from here on is recorded. Kernels, copies and memsets alone may be; anything else,
  /// such as an event, is a violation.
  void begin_capture(Stream* stream);
  std::vector<Operation> end_capture(Stream* stream);

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
  void pin(void* memory, uint64_t bytes);
  void unpin(void* memory);
  /// Whether a pinned range begins there.
  bool pinned(void* memory);
  /// Where the host finds the bytes. Throws Code::internal where they are no memory of a device, nor pinned.
  void* translate(const void* memory, uint64_t bytes);

  /// Between operations that NCCL joins: what one has done is known to the other.
  void give(Stream* stream, Clock& meeting);
  void take(Stream* stream, const Clock& meeting);

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
  void check();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::mt19937_64 random_;
  std::set<Stream*> streams_;
  std::set<Event*> events_;
  struct Block {
    uint64_t bytes;
    int device;
  };
  void bury(void* memory);
  std::map<void*, Block> blocks_;
  std::deque<void*> buried_;  ///< freed, and still known to be, so that a late access is told as what it is
  bool expected_ = false;
  bool busy_ = false;  ///< with an operation
  std::set<void*> pinned_;
  testing::HiddenMemory memory_;
  AccessLog log_;
  Clock host_;
  std::map<const void*, Clock> words_;  ///< that streams write; who waits for another one, waits for the host
  Agent last_agent_ = kHost;
  std::string violated_;
};

}  // namespace stretto::fake
