// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Plugins live as long as the process, catalogues do not: who tells a plugin to shut down, and what stays for it.

#include <memory>
#include <utility>

namespace stretto {

/// One catalogue's use of one plugin. The last use in the process to end calls the plugin's `shutdown`.
/// Any thread.
class PluginUse {
 public:
  /// `shutdown` may be null.
  explicit PluginUse(void (*shutdown)());
  PluginUse(PluginUse&& other) noexcept : shutdown_(std::exchange(other.shutdown_, nullptr)) {}
  PluginUse& operator=(PluginUse&&) = delete;
  ~PluginUse();

 private:
  void (*shutdown_)();
};

/// Keeps `what` until the process ends: plugins may go on using the host and the tables that they were given.
void keep_for_plugins(std::shared_ptr<void> what);

}  // namespace stretto
