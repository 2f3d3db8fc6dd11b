// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "launch/link.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace stretto {

namespace {

constexpr uint32_t kFrameMagic = 0x53545254;  // "STRT"
constexpr size_t kMaxDescriptors = 253;       // Linux's SCM_MAX_FD
constexpr uint64_t kMaxMessage = 1ULL << 32;

struct Frame {
  uint32_t magic;
  uint32_t descriptors;
  uint64_t json_bytes;
  uint64_t raw_bytes;
};

void write_all(int socket, const void* data, size_t bytes, const std::vector<int>& descriptors) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxDescriptors)> control{};
  const auto* from = static_cast<const char*>(data);
  bool first = true;
  while (bytes > 0) {
    iovec part{const_cast<char*>(from), bytes};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (first && !descriptors.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
      std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof(int) * descriptors.size());
    }
    const ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw Error(Code::disconnected, std::string("the control connection broke: ") + std::strerror(errno));
    first = false;
    from += sent;
    bytes -= static_cast<size_t>(sent);
  }
}

}  // namespace

std::pair<Descriptor, Descriptor> Link::make_pair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw Error(Code::overloaded, std::string("no socket for an actor: ") + std::strerror(errno));
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

void Link::send(const Message& message) {
  nlohmann::json body = message.body;
  body["type"] = message.type;
  const std::string text = body.dump();
  if (message.descriptors.size() > kMaxDescriptors)
    throw Error(Code::overloaded, "a message with " + std::to_string(message.descriptors.size()) + " descriptors");
  const Frame frame{kFrameMagic, static_cast<uint32_t>(message.descriptors.size()), text.size(), message.bytes.size()};
  const std::scoped_lock lock(sending_);
  write_all(socket_.get(), &frame, sizeof frame, message.descriptors);
  write_all(socket_.get(), text.data(), text.size(), {});
  write_all(socket_.get(), message.bytes.data(), message.bytes.size(), {});
}

bool Link::await_readable(Deadline deadline) {
  for (;;) {
    int timeout = -1;
    if (deadline != Deadline::max()) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
      timeout = static_cast<int>(std::clamp<int64_t>(left, 0, 1'000'000));
    }
    pollfd entry{socket_.get(), POLLIN, 0};
    const int ready = poll(&entry, 1, timeout);
    if (ready > 0) return true;
    if (ready == 0 && std::chrono::steady_clock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR) return true;  // the read says what is wrong
  }
}

bool Link::read_exactly(void* data, size_t bytes, Deadline deadline, std::vector<int>* descriptors) {
  auto* to = static_cast<char*>(data);
  while (bytes > 0) {
    if (!await_readable(deadline)) throw Error(Code::timed_out, "no answer over the control connection in time");
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxDescriptors)> control{};
    iovec part{to, bytes};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS || descriptors == nullptr) continue;
      const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      const size_t before = descriptors->size();
      descriptors->resize(before + count);
      std::memcpy(descriptors->data() + before, CMSG_DATA(header), count * sizeof(int));
    }
    to += got;
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

std::optional<Message> Link::receive(Deadline deadline) {
  Frame frame{};
  Message message;
  if (!read_exactly(&frame, sizeof frame, deadline, &message.descriptors)) return std::nullopt;
  if (frame.magic != kFrameMagic || frame.json_bytes > kMaxMessage || frame.raw_bytes > kMaxMessage ||
      frame.descriptors != message.descriptors.size())
    throw Error(Code::internal, "garbage on the control connection");
  std::string text(frame.json_bytes, '\0');
  message.bytes.resize(frame.raw_bytes);
  if (!read_exactly(text.data(), text.size(), deadline, nullptr)) return std::nullopt;
  if (!read_exactly(message.bytes.data(), message.bytes.size(), deadline, nullptr)) return std::nullopt;
  try {
    message.body = nlohmann::json::parse(text);
    message.type = message.body.at("type").get<std::string>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(Code::internal, std::string("garbage on the control connection: ") + error.what());
  }
  return message;
}

}  // namespace stretto
