// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The page that the driver and all actors of a run share: round tickets, abort, progress, errors, and the notes of
/// channels whose transport carries none. Host memory behind a memfd, mapped once per process.

#include "execution/note.h"
#include "stretto/parking.h"
#include "stretto/plan.h"

#include <memory>
#include <mutex>
#include <string>

namespace stretto {

/// A memory file and its mapping. Owner of both.
class SharedMapping {
 public:
  static SharedMapping create(uint64_t bytes);
  /// Takes the descriptor. Throws Code::internal where it is smaller than `bytes`.
  static SharedMapping map(int descriptor, uint64_t bytes);
  SharedMapping(SharedMapping&& other) noexcept;
  SharedMapping& operator=(SharedMapping&&) = delete;
  ~SharedMapping();
  int descriptor() const { return descriptor_; }
  std::byte* data() const { return data_; }

 private:
  SharedMapping(int descriptor, std::byte* data, uint64_t bytes)
      : descriptor_(descriptor), data_(data), bytes_(bytes) {}
  int descriptor_;
  std::byte* data_;
  uint64_t bytes_;
};

/// By collective: the number on the board of its first member's note; the others' follow, in the order of the set.
/// Those that channels carry have none. One more at the end: how many numbers there are.
std::vector<uint32_t> boards_of_collectives(const Plan& plan);

/// Thread-safe; any process of the run. The layout follows from the plan, which all sides have compared by hash.
class ControlPage {
 public:
  static std::shared_ptr<ControlPage> create(const Plan& plan);
  static std::shared_ptr<ControlPage> map(const Plan& plan, int descriptor);
  int descriptor() const { return mapping_.descriptor(); }

  // --- rounds: the driver publishes, lanes await
  /// The driver: round `rounds()` works on this execution, or is blank (-1). The caller has made sure that every lane
  /// has left round `rounds() - kRounds`.
  void publish(int64_t execution);
  /// The driver: no round follows those published.
  void publish_last();
  uint64_t rounds() const;
  /// Blocks until the round is published: true. False when no such round will come, or after abort.
  bool await_round(uint64_t round);
  /// The execution that a published round brought in; -1: blank, or before the first.
  int64_t execution_of(int64_t round) const;
  static constexpr uint64_t kRounds = 4096;

  // --- abort
  void abort();
  bool aborted() const;

  // --- progress: steps that a lane has completed, counting skipped ones
  void set_completed(uint32_t lane, uint64_t steps);
  uint64_t completed(uint32_t lane) const;

  // --- errors: the first of an execution on a lane, kept until the execution has left the window
  /// Called by the lane's actor only, from any of its threads. Returns the poison to pass on: the first error's.
  Note record_error(uint32_t lane, int64_t execution, int32_t node, Code code, const std::string& text);
  /// The text of the error behind a poisoned note.
  std::string error_text(const Note& poison) const;

  // --- the board: notes of channels whose transport carries none, and of what members bring to a collective, whose
  // numbers stand behind those of the channels (boards_of_collectives)
  /// First what the writer knows when it issues (dtype, shape, bytes), later also the status. Never blocks.
  void post_shape(uint32_t channel, const Note& note);
  void post_settled(uint32_t channel, const Note& note);
  /// Blocks. Throws Code::cancelled after abort, Code::timed_out.
  Note await_shape(uint32_t channel, int64_t execution, Deadline deadline = Deadline::max());
  Note await_settled(uint32_t channel, int64_t execution, Deadline deadline = Deadline::max());

 private:
  struct Header;
  struct ErrorEntry;
  struct BoardEntry;
  struct Layout;
  ControlPage(const Plan& plan, SharedMapping mapping);
  BoardEntry& board(uint32_t channel, int64_t execution) const;
  ErrorEntry& error(uint32_t lane, int64_t execution) const;
  static Layout layout(const Plan& plan);

  SharedMapping mapping_;
  Header* header_;
  std::atomic<uint64_t>* lanes_;
  ErrorEntry* errors_;
  BoardEntry* board_;
  BoardEntry* board_end_;
  std::mutex recording_;
  uint64_t window_;  ///< executions whose errors and notes are kept
};

}  // namespace stretto
