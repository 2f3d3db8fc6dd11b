// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "nccl_home.h"

#include "machine.h"
#include "stretto/error.h"

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace stretto::fake {
namespace {

/// What is said of one operation; a collective's members are all ranks.
struct Said {
  uint32_t sends;
  uint32_t peer;
  uint64_t bytes;
  uint64_t input_bytes;  ///< that follow
  uint32_t collective;   ///< its kind; 0: none
  int32_t reduction;
  stretto_dtype dtype;
  uint32_t root;
  uint64_t elements;
  uint64_t captured;
};
/// What follows: moments that are known, and a transition's operations, or the results of one.
struct Head {
  uint32_t operations;
  uint32_t failed;  ///< the results are a message
  uint64_t bytes;
  uint32_t moments;
  uint32_t ended;  ///< what is known is that an abort has ended the order
};
struct Moment {
  Agent agent;
  uint64_t tick;
};
struct Joined {
  int32_t rank;
  int32_t ranks;
};

bool write_all(int socket, const void* from, size_t bytes) {
  for (const auto* at = static_cast<const char*>(from); bytes != 0;) {
    const ssize_t written = send(socket, at, bytes, MSG_NOSIGNAL);
    if (written <= 0) return false;
    at += written;
    bytes -= static_cast<size_t>(written);
  }
  return true;
}

bool read_all(int socket, void* into, size_t bytes) {
  for (auto* at = static_cast<char*>(into); bytes != 0;) {
    const ssize_t got = recv(socket, at, bytes, 0);
    if (got <= 0) return false;
    at += got;
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

std::vector<Moment> moments_of(const Clock& clock) {
  std::vector<Moment> moments;
  for (const auto& [agent, tick] : clock.ticks()) moments.push_back({agent, tick});
  return moments;
}

/// What follows a head.
std::optional<Clock> read_clock(int socket, const Head& head) {
  std::vector<Moment> moments(head.moments);
  if (!read_all(socket, moments.data(), moments.size() * sizeof(Moment))) return std::nullopt;
  Clock clock;
  for (const auto& moment : moments) clock.know(moment.agent, moment.tick);
  if (head.ended != 0) clock.end();
  return clock;
}

/// In the abstract namespace: no file.
std::pair<sockaddr_un, socklen_t> address_of(int process) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const int length = std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "stretto-fake-nccl-%d", process);
  return {address, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + static_cast<size_t>(length))};
}

/// One guest's transition: what it brought, what it gets, and how it is told. Its lane waits far away.
class Guest final : public testing::Bell {
 public:
  Guest(int socket, Clock known) : socket_(socket), known_(std::move(known)) {}
  /// Before its lane is said to have come.
  void meet(std::vector<std::shared_ptr<Meeting>> meetings) {
    meetings_ = std::move(meetings);
    for (const auto& meeting : meetings_) Machine::instance().give(known_, meeting->known);
  }
  std::vector<std::byte>& room(uint64_t bytes) { return rooms_.emplace_back(std::max<uint64_t>(bytes, 1)); }
  void expect(const std::vector<std::byte>& result, uint64_t bytes) { results_.emplace_back(result.data(), bytes); }

  void ring() override {
    uint64_t bytes = 0;
    for (const auto& [from, size] : results_) bytes += size;
    Clock known;
    for (const auto& meeting : meetings_) known.merge(Machine::instance().take(meeting->known));
    const auto moments = moments_of(known);
    const Head head{0, 0, bytes, static_cast<uint32_t>(moments.size()), known.ended() ? 1U : 0U};
    if (!write_all(socket_, &head, sizeof head)) return;
    if (!write_all(socket_, moments.data(), moments.size() * sizeof(Moment))) return;
    for (const auto& [from, size] : results_)
      if (!write_all(socket_, from, size)) return;
  }
  void fail(const std::string& message) override {
    const Head head{0, 1, message.size(), 0, 0};
    if (write_all(socket_, &head, sizeof head)) write_all(socket_, message.data(), message.size());
  }

 private:
  const int socket_;
  const Clock known_;
  std::vector<std::shared_ptr<Meeting>> meetings_;
  std::deque<std::vector<std::byte>> rooms_;
  std::vector<std::pair<const std::byte*, uint64_t>> results_;
};

/// Reads one operation into the guest's rooms.
std::optional<testing::Operation> hear(int socket, Guest& guest, uint32_t ranks) {
  Said said{};
  if (!read_all(socket, &said, sizeof said)) return std::nullopt;
  auto& memory = guest.room(said.bytes);
  testing::Operation operation{said.sends != 0, said.peer, 0, "NCCL", memory.data(), said.bytes};
  operation.captured = said.captured != 0;
  if (said.sends == 0) guest.expect(memory, said.bytes);
  if (said.sends != 0 && !read_all(socket, memory.data(), said.bytes)) return std::nullopt;
  if (said.collective == 0) return operation;
  CollectiveInfo info{0,
                      static_cast<stretto_collective_kind>(said.collective),
                      said.reduction,
                      DType(said.dtype),
                      said.root,
                      said.elements,
                      {},
                      "NCCL"};
  for (uint32_t rank = 0; rank < ranks; ++rank) info.members.push_back(rank);
  operation.collective = std::make_shared<const CollectiveInfo>(std::move(info));
  if (said.input_bytes == 0) return operation;
  auto& input = guest.room(said.input_bytes);
  operation.input = input.data();
  if (!read_all(socket, input.data(), said.input_bytes)) return std::nullopt;
  return operation;
}

/// Serves one rank of another process to its end.
void serve(int socket) {
  Entry entry{};
  if (!read_all(socket, &entry, sizeof entry)) return;
  const auto shared = enter(entry);
  if (shared == nullptr) return;
  auto& all = communicators();
  Joined joined{};
  {
    std::unique_lock lock(all.mutex);
    if (!all.changed.wait_for(lock, std::chrono::minutes(2), [&] { return shared->awaited == 0; })) return;
    joined = {shared->rank_of({entry.key, entry.rank}), shared->ranks()};
  }
  if (!write_all(socket, &joined, sizeof joined) || entry.member == 0) return;
  const auto rank = static_cast<uint32_t>(joined.rank);
  for (Head head{}; read_all(socket, &head, sizeof head);) {
    auto known = read_clock(socket, head);
    if (!known) break;
    const auto guest = std::make_shared<Guest>(socket, std::move(*known));
    const auto transition = std::make_shared<testing::Transition>();
    transition->bell = guest;
    for (uint32_t i = 0; i < head.operations; ++i) {
      auto operation = hear(socket, *guest, static_cast<uint32_t>(joined.ranks));
      if (!operation) break;
      transition->operations.push_back(std::move(*operation));
    }
    if (transition->operations.size() != head.operations) break;
    guest->meet(meetings_of(*shared, joined.rank, transition->operations));
    shared->meeting.issue(rank, transition);
    try {
      shared->meeting.reach(rank, transition);
    } catch (const Error&) {  // all bells have been told
    }
  }
  shared->meeting.abort(rank);
}

}  // namespace

int home_of(const std::string& id) {
  int process = 0;
  std::sscanf(id.c_str(), "FAKE %d", &process);
  return process;
}

void keep_house() {
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto [address, length] = address_of(getpid());
  if (listening < 0 || bind(listening, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(listening, 64) != 0)
    throw Error(Code::internal, "FAKE NCCL: no socket for ranks of other processes");
  std::thread([listening] {
    for (;;) {
      const int guest = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
      if (guest < 0) continue;
      std::thread([guest] {
        serve(guest);
        shutdown(guest, SHUT_RDWR);  // not closed: a bell may still ring
      }).detach();
    }
  }).detach();
}

std::shared_ptr<Away> Away::enter(const Entry& entry) {
  const int process = home_of(entry.id);
  const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const std::shared_ptr<Away> away(new Away(made));
  const auto [address, length] = address_of(process);
  if (made < 0 || connect(made, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      !write_all(made, &entry, sizeof entry))
    throw Error(Code::disconnected, "FAKE NCCL: process " + std::to_string(process) + " is not there");
  std::thread([away] { away->listen(); }).detach();
  return away;
}

Away::~Away() { close(socket_); }

void Away::reach(const std::shared_ptr<testing::Transition>& transition, const std::shared_ptr<Meeting>& meeting) {
  std::vector<std::byte> bytes(sizeof(Head));
  const auto append = [&](const void* from, uint64_t size) {
    const auto* begin = static_cast<const std::byte*>(from);
    bytes.insert(bytes.end(), begin, begin + size);
  };
  const Clock known = Machine::instance().take(meeting->known);
  const auto moments = moments_of(known);
  const Head head{static_cast<uint32_t>(transition->operations.size()), 0, 0, static_cast<uint32_t>(moments.size()),
                  known.ended() ? 1U : 0U};
  std::memcpy(bytes.data(), &head, sizeof head);
  append(moments.data(), moments.size() * sizeof(Moment));
  for (const auto& operation : transition->operations) {
    Said said{operation.sends ? 1U : 0U,   operation.peer, operation.bytes, 0, 0, 0, {}, 0, 0,
              operation.captured ? 1U : 0U};
    if (const auto* collective = operation.collective.get()) {
      said.collective = static_cast<uint32_t>(collective->kind);
      said.reduction = collective->reduction;
      said.dtype = collective->dtype.raw();
      said.root = collective->root;
      said.elements = collective->input_elements;
      said.input_bytes = operation.input == nullptr ? 0 : testing::input_bytes(*collective);
    }
    append(&said, sizeof said);
    if (operation.sends) append(operation.memory, operation.bytes);
    append(operation.input, said.input_bytes);
  }
  {
    const std::lock_guard lock(mutex_);
    open_.push_back({transition, meeting});
  }
  write_all(socket_, bytes.data(), bytes.size());
}

void Away::leave() {
  {
    const std::lock_guard lock(mutex_);
    left_ = true;
  }
  shutdown(socket_, SHUT_RDWR);
}

/// What came for the oldest open transition.
bool Away::take(testing::Transition& transition, const std::vector<std::byte>& results) {
  size_t at = 0;
  for (auto& operation : transition.operations) {
    if (operation.sends) continue;
    if (operation.bytes > results.size() - at) return false;
    if (operation.bytes != 0) std::memcpy(operation.memory, results.data() + at, operation.bytes);
    at += operation.bytes;
  }
  transition.complete.store(true, std::memory_order_release);
  return true;
}

// Until the home closes, which it does where it ends, too: what is open then stays so, as with NCCL when a peer dies.
void Away::listen() {
  Joined joined{};
  if (!read_all(socket_, &joined, sizeof joined)) return;
  rank_ = joined.rank;
  ranks_ = joined.ranks;
  for (Head head{}; read_all(socket_, &head, sizeof head);) {
    const auto known = read_clock(socket_, head);
    std::vector<std::byte> results(head.bytes);
    if (!known || !read_all(socket_, results.data(), results.size())) return;
    if (head.failed != 0) {
      Machine::instance().violation("NCCL: " +
                                    std::string(reinterpret_cast<const char*>(results.data()), results.size()));
      return;
    }
    const std::lock_guard lock(mutex_);
    if (left_ || open_.empty()) return;
    Machine::instance().give(*known, open_.front().meeting->known);
    if (!take(*open_.front().transition, results)) return;
    open_.pop_front();
  }
}

}  // namespace stretto::fake
