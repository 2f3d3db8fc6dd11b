// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How many threads OpenBLAS uses. The library knows one number for the whole process, so all its users must agree.

namespace stretto::blas {

/// Holds the number for as long as it lives. Any thread; blocks for as long as another one is made or destroyed.
class ThreadNumber {
 public:
  /// Throws Code::unavailable while users with another number live.
  explicit ThreadNumber(int threads);
  ThreadNumber(const ThreadNumber&) = delete;
  ThreadNumber& operator=(const ThreadNumber&) = delete;
  ~ThreadNumber();
};

}  // namespace stretto::blas
