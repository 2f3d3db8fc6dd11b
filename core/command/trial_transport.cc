// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/trial.h"
#include "loader/handles.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <thread>

namespace stretto {

namespace {

constexpr uint32_t kSlots = 2;
constexpr uint64_t kSlotBytes = 256;
constexpr uint32_t kNoteBytes = 48;

const stretto_transport_api& api_of(const LoadedComponent& component) {
  return *static_cast<const stretto_transport_api*>(component.raw->api);
}

bool accepts_host(const stretto_transport_api& api) {
  for (uint32_t i = 0; i < api.memory_kind_count; ++i)
    if (std::strcmp(api.memory_kinds[i], "host") == 0) return true;
  return false;
}

/// Two actors of this process with one channel between them.
class Pair {
 public:
  explicit Pair(const LoadedComponent& component)
      : settings_(check_arguments({}, component.raw->options, component.raw->option_count, "option", {})),
        native_{sizeof(stretto_native), 0, "host", 0, 0},
        writer_(TransportHandle::open(component, {0, 2, settings_, native_})),
        reader_(TransportHandle::open(component, {1, 2, settings_, native_})) {
    const ChannelInfo channel{7, kSlots, kNoteBytes, kSlotBytes, 0, {1}, "x → reader"};
    write = writer_.writer(channel);
    read = reader_.reader(channel);
    shares_ = (writer_.flags() & STRETTO_TRANSPORT_SHARES_SLOTS) != 0;
    own_.resize(2 * kSlots * kSlotBytes);
    for (uint32_t slot = 0; !shares_ && slot < kSlots; ++slot) {
      sent_[slot] = bound(write, writer_, slot, own_.data() + slot * kSlotBytes);
      received_[slot] = bound(read, reader_, slot, own_.data() + (kSlots + slot) * kSlotBytes);
    }
    connect();
  }
  std::byte* written(int64_t execution) { return memory(write, sent_, execution); }
  std::byte* arrived(int64_t execution) { return memory(read, received_, execution); }
  TransportHandle& reader() { return reader_; }
  TransportHandle& writer() { return writer_; }
  EndHandle write;
  EndHandle read;

 private:
  using Memory = std::array<std::byte*, kSlots>;

  /// Where a slot then lies: in the transport's memory, if it has some.
  static std::byte* bound(EndHandle& end, TransportHandle& transport, uint32_t slot, std::byte* own) {
    auto* memory = (transport.flags() & STRETTO_TRANSPORT_ALLOCATES) != 0
                       ? static_cast<std::byte*>(transport.allocate(kSlotBytes))
                       : own;
    end.bind(slot, memory, kSlotBytes);
    return memory;
  }

  std::byte* memory(EndHandle& end, const Memory& bound, int64_t execution) const {
    const auto slot = static_cast<uint32_t>(execution) % kSlots;
    return shares_ ? static_cast<std::byte*>(end.slot(slot)) : bound[slot];
  }

  void connect() {
    Blob mine[2];
    bool done = false;
    for (uint32_t round = 0; !done; ++round) {
      claim(round < 100, "connecting takes more than a hundred rounds");
      const std::vector<BlobView> theirs{{mine[0].bytes, mine[0].descriptors}, {mine[1].bytes, mine[1].descriptors}};
      const std::span<const BlobView> given = round == 0 ? std::span<const BlobView>() : std::span(theirs);
      Blob next[2];
      bool reader_done = false;
      // Each may wait for the other.
      std::exception_ptr failure;
      std::thread other([&] {
        try {
          reader_done = reader_.connect(round, given, next[1], soon());
        } catch (...) {
          failure = std::current_exception();
        }
      });
      bool writer_done = false;
      try {
        writer_done = writer_.connect(round, given, next[0], soon());
      } catch (...) {
        other.join();
        throw;
      }
      other.join();
      if (failure) std::rethrow_exception(failure);
      mine[0] = std::move(next[0]);
      mine[1] = std::move(next[1]);
      done = writer_done && reader_done;
    }
  }

  Arguments settings_;
  stretto_native native_;
  TransportHandle writer_;
  TransportHandle reader_;
  bool shares_ = false;
  std::vector<std::byte> own_;
  Memory sent_{};
  Memory received_{};
};

std::vector<std::byte> pattern(int64_t execution, size_t bytes) {
  std::vector<std::byte> all(bytes);
  for (size_t i = 0; i < bytes; ++i) all[i] = static_cast<std::byte>(static_cast<size_t>(execution) * 31 + i);
  return all;
}

void put(Pair& pair, int64_t execution) {
  pair.write.acquire(execution, soon());
  const auto bytes = pattern(execution, kSlotBytes);
  std::memcpy(pair.written(execution), bytes.data(), bytes.size());
  pair.write.send(execution, kSlotBytes, pattern(execution + 100, kNoteBytes).data(), soon());
}

void take(Pair& pair, int64_t execution, bool carries_note) {
  std::vector<std::byte> note(kNoteBytes);
  const uint64_t bytes = pair.read.receive(execution, note.data(), soon());
  claim(bytes == kSlotBytes, fmt::format("execution {}: {} bytes arrived of {}", execution, bytes, kSlotBytes));
  claim(std::memcmp(pair.arrived(execution), pattern(execution, kSlotBytes).data(), kSlotBytes) == 0,
        fmt::format("execution {}: other bytes arrived than were sent", execution));
  claim(!carries_note || note == pattern(execution + 100, kNoteBytes),
        fmt::format("execution {}: another note arrived than was sent", execution));
  pair.read.release(execution);
}

void try_messages(const LoadedComponent& component) {
  constexpr int64_t kMessages = 9;
  Pair pair(component);
  const bool carries_note = (api_of(component).flags & STRETTO_TRANSPORT_CARRIES_NOTE) != 0;
  std::exception_ptr failure;
  std::thread writer([&] {
    try {
      for (int64_t execution = 0; execution < kMessages; ++execution) put(pair, execution);
    } catch (...) {
      failure = std::current_exception();
      pair.reader().abort();
    }
  });
  try {
    for (int64_t execution = 0; execution < kMessages; ++execution) take(pair, execution, carries_note);
  } catch (...) {
    pair.writer().abort();
    writer.join();
    throw;
  }
  writer.join();
  if (failure) std::rethrow_exception(failure);
}

void try_deadlines(const LoadedComponent& component) {
  Pair pair(component);
  std::vector<std::byte> note(kNoteBytes);
  claim_throws(Code::timed_out, "receiving what nobody sends",
               [&] { pair.read.receive(0, note.data(), std::chrono::steady_clock::now()); });
}

void try_abort(const LoadedComponent& component) {
  Pair pair(component);
  std::string verdict;
  std::thread waiter([&] {
    std::vector<std::byte> note(kNoteBytes);
    try {
      pair.read.receive(0, note.data(), soon());
      verdict = "a RECEIVE ended without a message";
    } catch (const Error& error) {
      if (error.code() != Code::cancelled) verdict = std::string("a RECEIVE was ended by: ") + error.what();
    }
  });
  pair.reader().abort();
  waiter.join();
  claim(verdict.empty(), verdict);
  claim_throws(Code::cancelled, "receiving after an abort", [&] {
    std::vector<std::byte> note(kNoteBytes);
    pair.read.receive(0, note.data(), soon());
  });
}

}  // namespace

void try_transport(Trial& trial, const LoadedComponent& component) {
  const std::string who = "transport " + component.name + ": ";
  const auto& api = api_of(component);
  const auto direct = [&](void (*body)(const LoadedComponent&)) {
    return [&component, &api, body] {
      if ((api.flags & STRETTO_TRANSPORT_STREAM_ORDERED) != 0)
        throw NotTried("it is stream-ordered: only a job on its device tries it");
      if (!accepts_host(api)) throw NotTried("it takes no host memory");
      if ((api.flags & STRETTO_TRANSPORT_THREADS) == 0) throw NotTried("it does not reach actors of one process");
      body(component);
    };
  };
  trial.check(who + "messages arrive whole and in order, slots are used again", direct(try_messages));
  trial.check(who + "waits keep their deadlines", direct(try_deadlines));
  trial.check(who + "an abort ends every wait", direct(try_abort));
  for (const bool processes : {false, true})
    trial.check(who + "a job between " + (processes ? "processes" : "threads") + " gives the right bits", [&] {
      if (!accepts_host(api)) throw NotTried("it takes no host memory");
      if ((api.flags & (processes ? STRETTO_TRANSPORT_PROCESSES : STRETTO_TRANSPORT_THREADS)) == 0)
        throw NotTried(processes ? "it does not reach other processes" : "it does not reach actors of one process");
      TrialJob job;
      job.transport = component.name;
      job.processes = processes;
      run_trial_job(trial, job);
    });
}

}  // namespace stretto
