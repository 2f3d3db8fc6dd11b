// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>
#include <utility>

namespace stretto {

/// Owns one file descriptor; −1: none. One thread.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.take()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Descriptor moved(std::move(other));  // what was owned until now is closed with it
    std::swap(number_, moved.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return number_; }
  /// The caller owns it from now on.
  int take() { return std::exchange(number_, -1); }
  void close() {
    if (number_ >= 0) ::close(take());
  }

 private:
  int number_ = -1;
};

}  // namespace stretto
