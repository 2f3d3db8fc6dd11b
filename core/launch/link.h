// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The control path between the driver and one actor: messages over a Unix socket, with file descriptors.

#include "loader/descriptor.h"
#include "stretto/device.h"

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace stretto {

struct Message {
  std::string type;  ///< "hello", "ready", "connect", "run", "running", "failed", "ended", "abort", "bye"
  nlohmann::json body = nlohmann::json::object();
  std::vector<std::byte> bytes;
  std::vector<int> descriptors;  ///< sent: the caller's; received: to be closed by the receiver
};

/// One end. `send` from any thread; `receive` from one.
class Link {
 public:
  explicit Link(Descriptor socket) : socket_(std::move(socket)) {}
  /// Two connected ends, closed on exec.
  static std::pair<Descriptor, Descriptor> make_pair();
  /// Blocks while the peer does not read. Throws Code::disconnected.
  void send(const Message& message);
  /// Blocks for a whole message; nothing when the peer has gone. Throws Code::timed_out, Code::internal on garbage.
  std::optional<Message> receive(Deadline deadline = Deadline::max());
  int descriptor() const { return socket_.get(); }

 private:
  bool await_readable(Deadline deadline);
  bool read_exactly(void* data, size_t bytes, Deadline deadline, std::vector<int>* descriptors);
  Descriptor socket_;
  std::mutex sending_;
};

}  // namespace stretto
