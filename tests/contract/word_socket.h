// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Words of the connecting rounds between two processes: bytes and descriptors over a Unix socket (SOCK_SEQPACKET).
/// Calls block; they throw std::runtime_error when the other side is gone or silent for a minute.

#include "open_transport.h"

#include <array>
#include <cstring>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <utility>

namespace stretto::contract {

/// Owns one side.
class WordSocket {
 public:
  static constexpr size_t kMostBytes = 64 << 10;
  static constexpr size_t kMostDescriptors = 16;

  explicit WordSocket(int descriptor) : descriptor_(descriptor) {
    const timeval minute{60, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof minute);
    setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &minute, sizeof minute);
  }
  WordSocket(const WordSocket&) = delete;
  WordSocket& operator=(const WordSocket&) = delete;
  ~WordSocket() { ::close(descriptor_); }

  /// `flag` travels with it.
  void send(const Word& word, bool flag) const {
    std::vector<std::byte> bytes = word.bytes;
    bytes.push_back(static_cast<std::byte>(flag));
    iovec piece{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (!word.descriptors.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(word.descriptors.size() * sizeof(int));
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(word.descriptors.size() * sizeof(int));
      std::memcpy(CMSG_DATA(header), word.descriptors.data(), word.descriptors.size() * sizeof(int));
    }
    if (sendmsg(descriptor_, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("a word could not be sent");
  }

  /// The word, with descriptors that are the caller's, and the flag.
  std::pair<Word, bool> receive() const {
    Word word;
    word.bytes.resize(kMostBytes);
    iovec piece{word.bytes.data(), word.bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = recvmsg(descriptor_, &message, MSG_CMSG_CLOEXEC);
    if (count <= 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
      throw std::runtime_error("the other process sent no word");
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_type != SCM_RIGHTS) continue;
      word.descriptors.resize((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
      std::memcpy(word.descriptors.data(), CMSG_DATA(header), word.descriptors.size() * sizeof(int));
    }
    word.bytes.resize(static_cast<size_t>(count));
    const bool flag = word.bytes.back() != std::byte{0};
    word.bytes.pop_back();
    return {std::move(word), flag};
  }

 private:
  int descriptor_;
};

/// Connects this actor with one other, whose process does the same. Throws what fails.
inline void connect_over(const WordSocket& socket, OpenTransport& transport, int64_t deadline) {
  std::vector<Word> theirs;
  for (uint32_t round = 0;; ++round) {
    Word mine;
    bool done = false;
    const Outcome outcome = transport.connect(round, theirs, mine, done, deadline);
    if (outcome.code != Code::ok) throw Error(outcome.code, outcome.message);
    socket.send(mine, done);
    auto [word, other_done] = socket.receive();
    theirs.assign(2, Word{});
    theirs[1 - transport.actor()] = std::move(word);
    if (done && other_done) {
      for (const int descriptor : theirs[1 - transport.actor()].descriptors) ::close(descriptor);
      return;
    }
  }
}

/// The channels between the two, as both processes make them: 0 to the peer, 1 back.
inline std::vector<ChannelPlan> peer_channels() {
  constexpr uint64_t kMost = 20'000;
  return {{.slots = 2, .slot_bytes = kMost, .writer = 0, .readers = {1}},
          {.slots = 2, .slot_bytes = kMost, .writer = 1, .readers = {0}}};
}

}  // namespace stretto::contract
