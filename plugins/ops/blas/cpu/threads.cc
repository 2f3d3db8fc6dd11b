// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "threads.h"

#include "stretto/error.h"

#include <cblas.h>
#include <mutex>

namespace stretto::blas {
namespace {

// As global as what they guard: OpenBLAS' own number.
std::mutex mutex;
int users = 0;
int number = 0;

}  // namespace

ThreadNumber::ThreadNumber(int threads) {
  const std::lock_guard lock(mutex);
  if (users != 0 && threads != number)
    throw Error(Code::unavailable, "matmul with threads = " + std::to_string(threads) +
                                       ": another node of this process has threads = " + std::to_string(number) +
                                       ", and OpenBLAS has one number for a process; give all nodes the same, or run "
                                       "the actors as processes");
  if (users++ == 0 && number != threads) {
    openblas_set_num_threads(threads);
    number = threads;
  }
}

ThreadNumber::~ThreadNumber() {
  const std::lock_guard lock(mutex);
  --users;
}

}  // namespace stretto::blas
