// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One COMPUTE step's node, prepared on its lane: launches it, and turns what goes wrong into poison.

#include "execution/notes.h"
#include "execution/slots.h"

#include <optional>

namespace stretto {

/// Used by the one thread that issues the step's lane.
class NodeKernel {
 public:
  /// Prepares the op; may block and allocate. All references outlive this.
  NodeKernel(const Plan& plan, const Step& step, Catalogue& catalogue, const stretto_native& lane, DeviceHandle& device,
             Slots& slots, Notes& notes, ControlPage& page);
  NodeKernel(const NodeKernel&) = delete;
  NodeKernel& operator=(const NodeKernel&) = delete;
  ~NodeKernel();

  /// Poisons the results if an input is known to be poisoned; else launches. Results are settled at once where the
  /// inputs are settled and the device is blocking, or where the launch failed on settled inputs; else they are shaped
  /// only. A launch that fails on inputs whose status is not known yet may have failed because of them: its results are
  /// shaped as doubtful, nothing launches on them, and `settle` finds whose error it was.
  /// Throws only what ends the actor (Code::cancelled, Code::disconnected, an error of the host).
  void run(int64_t execution);
  /// Has the op enqueue what it does in every execution of this phase: what a capture is to record. No note is read or
  /// made. Throws what the op reports, and Code::internal where it is not capturable.
  void enqueue(int64_t phase);
  /// In place of `run`, where all that the op does comes with a capture: shapes the results. False, and nothing done,
  /// where an input is known to be poisoned, or doubtful.
  bool pass(int64_t execution);
  /// After completion: settles the results from the inputs, which must be settled. Any thread.
  void settle(int64_t execution);

 private:
  struct Failure {
    Code code;
    std::string text;
  };
  std::optional<Failure> attempt(int64_t execution);
  void launch(int64_t execution);
  void take_input(size_t index, const Note& note);
  void launch_on_inputs(int64_t execution);
  Note record(const Failure& failure, int64_t execution);
  Note doubtful_note(size_t index, int64_t execution) const;
  void poison(const Note& cause);
  Note note_of_result(size_t index, int64_t execution) const;
  std::string too_large(int64_t execution) const;

  const Plan& plan_;
  const Step& step_;
  const PlanNode& node_;
  DeviceHandle& device_;
  Slots& slots_;
  Notes& notes_;
  ControlPage& page_;
  bool blocking_;
  const stretto_native& lane_;
  bool capturable_ = false;
  KernelHandle kernel_;
  void* workspace_ = nullptr;
  /// By execution modulo the window: how it failed on inputs of unknown status. Read only where the note is doubtful.
  std::vector<std::optional<Failure>> failures_;
  std::vector<stretto_tensor> inputs_, results_;
  std::vector<const stretto_tensor*> input_pointers_;
  std::vector<stretto_tensor*> result_pointers_;
};

}  // namespace stretto
