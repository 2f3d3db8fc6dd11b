// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "transport.h"

#include "first_bytes.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace stretto::nccl {
namespace {

std::optional<int> stated(const Settings& settings, const char* name) {
  if (!settings.has(name)) return std::nullopt;
  return static_cast<int>(settings.integer(name));
}

Announcement announce(int device) {
  Announcement mine;
  mine.process = getpid();
  STRETTO_CUDA(cudaDeviceGetPCIBusId, mine.gpu.data(), static_cast<int>(mine.gpu.size()), device);
  return mine;
}

/// To NCCL, each actor seems to be on a host of its own, and so to have a GPU of its own. NCCL asks once, when it is
/// called first in a process.
void claim_host(uint32_t actor) {
  const std::string name = "stretto-" + std::to_string(getpid()) + "-" + std::to_string(actor);
  setenv("NCCL_HOSTID", name.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): before any thread of NCCL starts
}

}  // namespace

NcclTransport::NcclTransport(const TransportOpen& request)
    : actor_(request.actor),
      device_(request.device->index),
      pairs_(request.settings.text("communicators") == "pair"),
      register_(request.settings.boolean("register")),
      share_device_(request.settings.boolean("share_device")),
      shape_{stated(request.settings, "max_ctas"), stated(request.settings, "cga_cluster_size")} {
  cuda::stream_of(*request.device);
  cuda::use_device(device_);
  mine_ = announce(device_);
  if (share_device_) claim_host(actor_);
}

NcclTransport::~NcclTransport() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    told_.notify_all();
  }
  for (auto& guard : guards_) guard.join();
  cudaSetDevice(device_);
  communicators_.clear();
}

ChannelEnd* NcclTransport::open_end(const ChannelInfo& channel, bool sends) {
  if (channel.readers.size() != 1)
    throw Error(Code::invalid_argument, "channel '" + channel.name + "' has " + std::to_string(channel.readers.size()) +
                                            " readers; nccl carries to one");
  if (channel.writer == channel.readers[0])
    throw Error(Code::invalid_argument, "channel '" + channel.name + "' joins an actor with itself");
  if ((sends ? channel.writer : channel.readers[0]) != actor_)
    throw Error(Code::invalid_argument,
                "channel '" + channel.name + "': this end is not of actor " + std::to_string(actor_));
  const uint32_t peer = sends ? channel.readers[0] : channel.writer;
  mine_.peers.insert(peer);
  return ends_.emplace_back(std::make_unique<NcclEnd>(*this, peer, sends, channel.name)).get();
}

ChannelEnd* NcclTransport::open_writer(const ChannelInfo& channel) { return open_end(channel, true); }
ChannelEnd* NcclTransport::open_reader(const ChannelInfo& channel) { return open_end(channel, false); }

ChannelEnd* NcclTransport::open_collective(const CollectiveInfo& collective) {
  if (std::ranges::count(collective.members, actor_) != 1)
    throw Error(Code::invalid_argument,
                "collective '" + collective.name + "': actor " + std::to_string(actor_) + " is not in its set once");
  mine_.sets.insert(collective.members);
  return ends_.emplace_back(std::make_unique<NcclPart>(*this, collective)).get();
}

void NcclTransport::offer(const CollectiveInfo& collective) {
  const bool moves = collective.kind == STRETTO_ALL_GATHER || collective.kind == STRETTO_BROADCAST;
  if (!moves && !reduces(collective.dtype))
    throw Error(Code::unimplemented, "NCCL does not reduce " + to_text(collective.dtype));
}

bool NcclTransport::connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline deadline) {
  cuda::use_device(device_);
  if (round == 0) {
    mine.bytes = mine_.to_bytes();
    return false;
  }
  if (round == 1) {
    members_.emplace(actor_, mine_, theirs);
    members_->expect_gpus_apart(share_device_);
    if (members_->first() == actor_) {
      const UniqueId id = make_unique_id();
      mine.bytes.assign(id.begin(), id.end());
      mine_id_ = id;
    }
    return false;
  }
  UniqueId id = mine_id_;
  if (members_->first() != actor_) {
    const auto bytes = theirs[members_->first()].bytes;
    if (bytes.size() != id.size()) throw Error(Code::disconnected, "nccl: the first actor told no communicator's id");
    std::memcpy(id.data(), bytes.data(), id.size());
  }
  make_communicators(id, deadline);
  for (const auto& communicator : communicators_)
    guards_.emplace_back([this, &guarded = *communicator] { guard(guarded); });
  if (register_) register_slots(deadline);
  warm(deadline);
  return true;
}

void NcclTransport::make_communicators(const UniqueId& id, Deadline deadline) {
  communicators_.push_back(
      std::make_unique<Communicator>(id, members_->ranks(), members_->rank_of(actor_), shape_, deadline, aborted_));
  Communicator& all = *communicators_.front();
  make_sets(all, deadline);
  if (!pairs_) {
    for (const uint32_t peer : mine_.peers) routes_[peer] = {&all, members_->rank_of(peer)};
    return;
  }
  // Splitting is collective, so every actor takes part in every pair's.
  for (const auto& [low, high] : members_->pairs()) {
    const bool member = low == actor_ || high == actor_;
    auto part = all.split(member ? std::optional(low == actor_ ? 0 : 1) : std::nullopt, deadline);
    if (!member) continue;
    const uint32_t peer = low == actor_ ? high : low;
    routes_[peer] = {part.get(), peer == low ? 0 : 1};
    communicators_.push_back(std::move(part));
  }
}

/// A set of all in the order of ranks is the communicator that is there. The others are split off one by one, in an
/// order that all actors know.
void NcclTransport::make_sets(Communicator& all, Deadline deadline) {
  for (const auto& set : members_->sets()) {
    bool same = static_cast<int>(set.size()) == members_->ranks();
    std::optional<int> place;
    for (size_t i = 0; i < set.size(); ++i) {
      same = same && members_->rank_of(set[i]) == static_cast<int>(i);
      if (set[i] == actor_) place = static_cast<int>(i);
    }
    auto part = same ? nullptr : all.split(place, deadline);
    if (place) sets_[set] = same ? &all : part.get();
    if (part != nullptr) communicators_.push_back(std::move(part));
  }
}

void NcclTransport::bound(uint32_t peer, void* memory, uint64_t bytes) {
  auto& known = slots_[peer][memory];
  known = std::max(known, bytes);
}

/// A ring that several channels share is registered once with each communicator.
void NcclTransport::register_slots(Deadline deadline) {
  std::map<Communicator*, std::map<void*, uint64_t>> of;
  for (const auto& [peer, slots] : slots_)
    for (const auto& [memory, bytes] : slots) of[routes_.at(peer).communicator][memory] = bytes;
  for (const auto& [communicator, slots] : of)
    for (const auto& [memory, bytes] : slots)
      if (bytes > 0) communicator->adopt(memory, bytes, deadline);
}

/// One by one, as sets may overlap: the same order on all actors.
void NcclTransport::warm_sets(std::byte* bytes, cudaStream_t stream, Deadline deadline) {
  for (const auto& [set, communicator] : sets_) {
    const CollectiveInfo collective{0, STRETTO_ALL_REDUCE, STRETTO_REDUCE_MAX, kU8, 0, 1, set, "the first byte"};
    communicator->collect(collective, bytes, bytes, stream);
    communicator->await_issued(deadline);
  }
}

// Every pair sends one byte each way: as one group on each communicator, where no order of pairs could make a circle,
// and one communicator after the other, in the order in which all actors have them. In one group, those would run in an
// order that NCCL does not state, and on one stream each waits for the one before: four actors in a ring could wait in
// a circle.
void NcclTransport::warm(Deadline deadline) {
  const size_t count = routes_.size();
  const FirstBytes bytes(2 * count + 1);
  try {
    size_t pair = 0;
    for (const auto& communicator : communicators_) {
      group_begin();
      enqueue([&] {
        for (const auto& [peer, route] : routes_) {
          if (route.communicator != communicator.get()) continue;
          route.communicator->send(bytes.at(pair), 1, route.rank, bytes.stream());
          route.communicator->receive(bytes.at(count + pair), 1, route.rank, bytes.stream());
          ++pair;
        }
      });
      group_end();
      communicator->await_issued(deadline);
    }
    warm_sets(bytes.at(2 * count), bytes.stream(), deadline);
    bytes.await(deadline, aborted_);
  } catch (const Error&) {
    abort();  // nothing else ends what waits for a peer on the stream
    throw;
  }
}

void NcclTransport::issue(uint32_t peer, const stretto_native& lane, const Operation& operation) {
  enqueue([&] {
    const cudaStream_t stream = cuda::stream_of(lane);
    cuda::use_device(lane.index);
    const Route& route = routes_.at(peer);
    operation(*route.communicator, route.rank, stream);
    put(*route.communicator);
  });
}

void NcclTransport::collect(const CollectiveInfo& collective, const stretto_native& lane, const void* input,
                            void* result) {
  enqueue([&] {
    const cudaStream_t stream = cuda::stream_of(lane);
    cuda::use_device(lane.index);
    Communicator& communicator = *sets_.at(collective.members);
    communicator.collect(collective, input, result, stream);
    put(communicator);
  });
}

/// A group in which a call fails is never ended: it would keep an abort waiting.
template <class Call>
void NcclTransport::enqueue(const Call& call) {
  try {
    call();
  } catch (...) {
    leave_group();
    throw;
  }
}

void NcclTransport::put(Communicator& communicator) {
  if (!grouping_) return communicator.await_issued(Deadline::max());
  // On one stream each communicator's part of a group starts when the one before has ended.
  if (grouped_ != nullptr && grouped_ != &communicator)
    throw Error(Code::invalid_argument,
                "nccl: a group joins messages of several communicators, which would run one after the other; one "
                "communicator carries all of them with [transport.nccl] communicators = \"one\"");
  grouped_ = &communicator;
}

void NcclTransport::group_begin() {
  if (grouping_) throw Error(Code::internal, "nccl: a group inside a group");
  {
    const std::lock_guard lock(mutex_);
    if (aborted_.load()) throw Error(Code::cancelled, "the transport was aborted");
    grouping_ = true;
  }
  enqueue([] { begin_group(); });
}

void NcclTransport::group_end() {
  if (!grouping_) throw Error(Code::internal, "nccl: the end of a group that was not begun");
  enqueue([] { end_group(); });
  if (auto* communicator = leave_group()) communicator->await_issued(Deadline::max());
}

Communicator* NcclTransport::leave_group() {
  const std::lock_guard lock(mutex_);
  grouping_ = false;
  told_.notify_all();
  return std::exchange(grouped_, nullptr);
}

void NcclTransport::guard(Communicator& communicator) {
  std::unique_lock lock(mutex_);
  while (!closing_ && !aborted_.load()) {
    told_.wait_for(lock, std::chrono::milliseconds(100), [&] { return closing_ || aborted_.load(); });
    const auto found = communicator.error();
    if (!found || !error_.empty()) continue;
    error_ = "nccl: actor " + std::to_string(actor_) + ": " + *found;
    if (host() != nullptr && host()->log != nullptr) host()->log(host()->context, 0, error_.c_str());
  }
  if (!aborted_.load()) return;
  told_.wait(lock, [&] { return !grouping_ || closing_; });
  lock.unlock();
  cudaSetDevice(device_);
  communicator.abort();
}

void NcclTransport::abort() noexcept {
  aborted_.store(true);
  const std::lock_guard lock(mutex_);
  told_.notify_all();
}

}  // namespace stretto::nccl
