// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory of a GPU that other actors on it use in place: by its address in the process that allocated it, by CUDA's
/// inter-process handle in every other one.

#include "driver.h"
#include "stretto/device.h"

#include <mutex>
#include <set>

namespace stretto::cuda {

/// One GPU's. Any thread; the GPU must be the calling thread's. The driver keeps what one process has opened alive for
/// as long as it is open, so a reader that outlives its writer reads on, though nothing new.
class Exports {
 public:
  /// Of the GPU `device`, by whose UUID processes tell that they mean the same one: numbers may differ with
  /// CUDA_VISIBLE_DEVICES.
  Exports(const Driver& driver, int device);
  /// "GPU-8c9d…", as nvidia-smi has it.
  std::string gpu() const;
  /// Whether CUDA exports memory to other processes here, in words. Tries it on the first GPU, and leaves nothing open.
  static std::string between_processes();
  /// How much to allocate for `bytes` that are to be exported: CUDA exports whole blocks of 2 MiB, and whatever else
  /// lay in one would be exported with it.
  static uint64_t rounded(uint64_t bytes);
  /// Where CUDA can't export it, says so to other processes alone.
  Exported tell(void* memory) const;
  /// Throws Code::unavailable for another GPU's memory, or where CUDA won't open it; Code::invalid_argument for what
  /// `tell` did not make.
  void* open(const Exported& exported);
  /// Ignores what was not opened from another process.
  void close(void* memory) noexcept;

 private:
  const int index_;
  CUuuid gpu_{};
  std::mutex mutex_;
  std::multiset<void*> opened_;
};

}  // namespace stretto::cuda
