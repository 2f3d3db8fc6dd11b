// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory of the actor's device on its way from and to the peers: through pinned host memory, in pieces. For a UCX that
/// was built without CUDA, which touches host memory alone.
///
/// *Both ways at once.* A stage has a lane of the device, one out and one in, for its two copy engines, and pieces of
/// host memory that were registered with UCX and pinned when the actors connected: an execution allocates nothing. The
/// writer copies pieces out while others are on the wire, and the reader copies pieces in while others arrive.
///
/// *Nobody who has the engine waits for a device.* Its holder hands a copy to the stage's thread. That enqueues all
/// that it was handed, then waits for the oldest as the device has its host wait, and posts the command that goes on
/// with the piece. So the lane has its next copy before the last one has ended, and between transfers the thread is
/// parked. A staged payload costs no more lanes of the plan than one of host memory: this lane waits for nothing.
///
/// *No standstill.* Pieces are shared by all channels of the instance. A piece that goes out belongs to a transfer
/// whose RECEIVE has been issued (the writer copies nothing before `wanted`), until the reader has it or is gone; a
/// piece that comes in until it has been copied, which depends on nobody. So pieces that come in always become free,
/// hence so do those that go out. Who finds none queues up; a reader that has stopped (SIGSTOP) may hold up its
/// writer's other staged transfers, until it goes on or is gone.
///
/// *What goes wrong* stays that of one transfer: a copy that fails ends it with the device's words, a peer that goes
/// ends it as it would end one of host memory, and after an abort the copies that were handed over end with
/// Code::cancelled. UCX may write into a piece, and the device into a slot, until the transport is closed: both belong
/// to who gave them until then.

#include "device.h"
#include "worker.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

namespace stretto::ucx {

/// One copy at a time, and who hears how it ended: the engine's holder. Lives longer than what it was handed over for.
class Copy {
 public:
  /// The result's text stays until the next copy.
  using Ended = void (*)(void* owner, Result result);
  Copy(Ended ended, void* owner)
      : ended_(ended), owner_(owner), command_([](void* self) { static_cast<Copy*>(self)->end(); }, this) {}
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  /// How it went wrong; before it ends.
  void fail(const Error& error) {
    code_ = error.code();
    text_ = error.what();
  }

 private:
  friend class Stage;
  void end() { ended_(owner_, {code_, text_.c_str()}); }
  Ended ended_;
  void* owner_;
  Command command_;
  void* to_ = nullptr;
  const void* from_ = nullptr;
  uint64_t bytes_ = 0;
  uint64_t enqueued_ = 0;
  Code code_ = Code::ok;
  std::string text_;
  Copy* next_ = nullptr;
};

/// Queues up for a piece. Runs by the engine's holder, once a time that it queued up.
class Waiter {
 public:
  using Run = void (*)(void* owner);
  Waiter(Run run, void* owner) : run_(run), owner_(owner) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  bool queued() const { return queued_; }

 private:
  friend class Stage;
  Run run_;
  void* owner_;
  bool queued_ = false;
  Waiter* next_ = nullptr;
};

/// One way: its pieces, its lane and its thread. All calls but `stop` by the engine's holder; none blocks.
class Stage {
 public:
  /// `piece_bytes`: that a piece has room for. Throws Code::overloaded where there is no memory or none can be pinned,
  /// and what the device refuses.
  Stage(const OpenedDevice& device, Context& context, Worker& worker, const char* name, uint32_t pieces,
        uint64_t piece_bytes);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  /// Once nobody else uses the pieces.
  ~Stage();
  /// Waits for the copies that were handed over, ends the thread, and takes the device off the pieces, whose memory may
  /// go from now on. Copies handed over later end at once with Code::cancelled. While the worker still runs, or after
  /// it; by the thread that closes.
  void stop();
  /// Null: none is free.
  std::byte* take();
  /// Whoever waits is run.
  void give(std::byte* piece);
  /// Runs `waiter` once a piece is free, in the order of queuing.
  void queue(Waiter& waiter);
  /// Either side is a piece.
  void copy(Copy& copy, void* to, const void* from, uint64_t bytes);

 private:
  /// Copies in the order of handing over.
  struct Chain {
    Copy* first = nullptr;
    Copy* last = nullptr;
    bool empty() const { return first == nullptr; }
    void append(const Chain& more);
    Copy& take();
  };
  void work();
  Worker& worker_;
  std::deque<PinnedMemory> pinned_;
  std::vector<std::byte*> free_;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  Chain handed_;
  bool stopping_ = false;
  std::unique_ptr<CopyLane> lane_;
  std::thread thread_;
};

}  // namespace stretto::ucx
