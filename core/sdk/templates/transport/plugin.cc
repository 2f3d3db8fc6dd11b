// The transport "@NAME@": between actors that are threads of one process. A channel's slots lie in a mailbox that its
// writer makes; readers use them in place.
#include <stretto/transport.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>

namespace {

using stretto::Code;
using stretto::Deadline;
using stretto::Error;

// The slots of one channel. Any thread.
class Mailbox {
 public:
  explicit Mailbox(const stretto::ChannelInfo& channel)
      : readers_(static_cast<uint32_t>(channel.readers.size())), note_bytes_(channel.note_bytes), slots_(channel.slots) {
    for (auto& slot : slots_) {
      slot.memory.reset(static_cast<std::byte*>(std::aligned_alloc(64, (channel.slot_bytes / 64 + 1) * 64)));
      if (slot.memory == nullptr) throw Error(Code::overloaded, "no room for the slots of " + channel.name);
      slot.note.resize(note_bytes_);
    }
  }

  void* memory(uint32_t index) const { return slots_.at(index).memory.get(); }

  void acquire(int64_t execution, Deadline deadline, const std::atomic<bool>& aborted) {
    std::unique_lock lock(mutex_);
    wait(lock, deadline, aborted, [&] { return of(execution).unread == 0; });
  }

  void send(int64_t execution, uint64_t bytes, const void* note) {
    const std::lock_guard lock(mutex_);
    Slot& slot = of(execution);
    slot.execution = execution;
    slot.bytes = bytes;
    slot.unread = readers_;
    if (note_bytes_ != 0) std::memcpy(slot.note.data(), note, note_bytes_);
    changed_.notify_all();
  }

  uint64_t receive(int64_t execution, void* note, Deadline deadline, const std::atomic<bool>& aborted) {
    std::unique_lock lock(mutex_);
    wait(lock, deadline, aborted, [&] { return of(execution).execution == execution; });
    if (note_bytes_ != 0) std::memcpy(note, of(execution).note.data(), note_bytes_);
    return of(execution).bytes;
  }

  void release(int64_t execution) {
    const std::lock_guard lock(mutex_);
    --of(execution).unread;
    changed_.notify_all();
  }

  void wake() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

 private:
  struct FreeMemory {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };
  struct Slot {
    std::unique_ptr<std::byte, FreeMemory> memory;
    int64_t execution = -1;
    uint64_t bytes = 0;
    uint32_t unread = 0;  // readers that have not released it
    std::vector<std::byte> note;
  };
  Slot& of(int64_t execution) { return slots_[static_cast<size_t>(execution) % slots_.size()]; }

  void wait(std::unique_lock<std::mutex>& lock, Deadline deadline, const std::atomic<bool>& aborted,
            const std::function<bool()>& over) {
    const auto done = [&] { return aborted || over(); };
    const bool in_time =
        deadline == Deadline::max() ? (changed_.wait(lock, done), true) : changed_.wait_until(lock, deadline, done);
    if (aborted) throw Error(Code::cancelled, "the transport was aborted");
    if (!in_time) throw Error(Code::timed_out, "nothing came before the deadline");
  }

  const uint32_t readers_;
  const uint32_t note_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot> slots_;
};

class End : public stretto::ChannelEnd {
 public:
  explicit End(const std::atomic<bool>& aborted) : aborted_(aborted) {}
  std::shared_ptr<Mailbox> mailbox;  // a reader's: once connected

  void* slot(uint32_t index) override { return mailbox->memory(index); }
  void acquire(int64_t execution, Deadline deadline) override { mailbox->acquire(execution, deadline, aborted_); }
  void send(int64_t execution, uint64_t bytes, const void* note, Deadline /*deadline*/) override {
    if (aborted_) throw Error(Code::cancelled, "the transport was aborted");
    mailbox->send(execution, bytes, note);
  }
  uint64_t receive(int64_t execution, void* note, Deadline deadline) override {
    return mailbox->receive(execution, note, deadline, aborted_);
  }
  void release(int64_t execution) override { mailbox->release(execution); }

 private:
  const std::atomic<bool>& aborted_;
};

class Transport : public stretto::Transport {
 public:
  explicit Transport(const stretto::TransportOpen& /*request*/) {}

  stretto::ChannelEnd* open_writer(const stretto::ChannelInfo& channel) override {
    auto& end = writers_[channel.id] = std::make_unique<End>(aborted_);
    end->mailbox = std::make_shared<Mailbox>(channel);
    return end.get();
  }
  stretto::ChannelEnd* open_reader(const stretto::ChannelInfo& channel) override {
    return (readers_[channel.id] = std::make_unique<End>(aborted_)).get();
  }

  // Round 0: every writer tells where its mailboxes are. Round 1: the readers look them up. One process: an address is
  // enough, and all writers still live, since nobody closes before everybody has connected.
  bool connect(uint32_t round, std::span<const stretto::BlobView> theirs, stretto::Blob& mine,
               Deadline /*deadline*/) override {
    if (round == 0) {
      for (auto& [id, end] : writers_) {
        const Address address{id, &end->mailbox};
        const auto* bytes = reinterpret_cast<const std::byte*>(&address);
        mine.bytes.insert(mine.bytes.end(), bytes, bytes + sizeof address);
      }
      return false;
    }
    for (const auto& blob : theirs)
      for (size_t at = 0; at + sizeof(Address) <= blob.bytes.size(); at += sizeof(Address)) {
        Address address{};
        std::memcpy(&address, blob.bytes.data() + at, sizeof address);
        const auto found = readers_.find(address.channel);
        if (found != readers_.end()) found->second->mailbox = *address.mailbox;
      }
    for (const auto& [id, end] : readers_)
      if (end->mailbox == nullptr) throw Error(Code::disconnected, "nobody writes channel " + std::to_string(id));
    return true;
  }

  void abort() noexcept override {
    aborted_ = true;
    for (auto* ends : {&writers_, &readers_})
      for (auto& [id, end] : *ends)
        if (end->mailbox != nullptr) end->mailbox->wake();
  }

 private:
  struct Address {
    uint64_t channel;
    const std::shared_ptr<Mailbox>* mailbox;
  };
  std::atomic<bool> aborted_{false};
  std::map<uint64_t, std::unique_ptr<End>> writers_;
  std::map<uint64_t, std::unique_ptr<End>> readers_;
};

}  // namespace

STRETTO_PLUGIN("@NAME@", "0.1.0",
               stretto::transport_component<Transport>(
                   {"@NAME@", "between threads of one process; readers use the writer's slots in place",
                    STRETTO_TRANSPORT_SHARES_SLOTS | STRETTO_TRANSPORT_MULTI_READER | STRETTO_TRANSPORT_DYNAMIC |
                        STRETTO_TRANSPORT_CARRIES_NOTE | STRETTO_TRANSPORT_THREADS,
                    STRETTO_COMPLETES_ON_POST,
                    {"host"}}))
