// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What plugins are given of this program: its log, and other components.

#include "stretto/abi.h"

#include <functional>
#include <string>

namespace stretto {

/// The stretto_host of one catalogue. Plugins keep its address. Any thread.
class Host {
 public:
  /// Finds a component or throws Error.
  using Open = std::function<const stretto_component*(stretto_kind kind, const std::string& name)>;

  explicit Host(Open open);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() = default;
  const stretto_host& raw() const { return raw_; }

 private:
  stretto_host raw_;
  Open open_;
};

}  // namespace stretto
