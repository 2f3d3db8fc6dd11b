// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "transport.h"

#include "registry.h"

#include <algorithm>
#include <cstring>

namespace stretto::testing {
namespace {

/// Notices two threads in one instance: they would make an order by chance.
class OneCaller {
 public:
  explicit OneCaller(std::atomic<bool>& calling) : calling_(calling) {
    if (calling_.exchange(true))
      throw Error(Code::internal, "rendezvous: two threads issue operations of one actor at the same time");
  }
  OneCaller(const OneCaller&) = delete;
  OneCaller& operator=(const OneCaller&) = delete;
  ~OneCaller() { calling_.store(false); }

 private:
  std::atomic<bool>& calling_;
};

}  // namespace

void RendezvousEnd::lane_send(const stretto_native& lane, const void* memory, uint64_t bytes) {
  if (!sends_) throw Error(Code::internal, "channel '" + channel_.name + "': a send on the reader's end");
  transport_.issue(lane, {true, channel_.readers.at(0), channel_.id, channel_.name, const_cast<void*>(memory), bytes});
}

void RendezvousEnd::lane_receive(const stretto_native& lane, void* memory, uint64_t bytes) {
  if (sends_) throw Error(Code::internal, "channel '" + channel_.name + "': a receive on the writer's end");
  transport_.issue(lane, {false, channel_.writer, channel_.id, channel_.name, memory, bytes});
}

void RendezvousPart::lane_collective(const stretto_native& lane, const void* input, void* result) {
  Operation operation;
  operation.name = collective_->name;
  operation.collective = collective_;
  operation.input = input;
  operation.memory = result;
  operation.bytes = result_bytes(*collective_);
  transport_.issue(lane, std::move(operation));
}

Rendezvous::Rendezvous(const TransportOpen& request)
    : actor_(request.actor), breaks_at_(request.settings.integer("breaks_at")), nonce_(registry().offer()) {}

Rendezvous::~Rendezvous() {
  registry().withdraw(nonce_);
  if (communicator_ != nullptr) communicator_->abort(actor_);
}

ChannelEnd* Rendezvous::open_end(const ChannelInfo& channel, bool sends) {
  if (channel.readers.size() != 1)
    throw Error(Code::invalid_argument, "channel '" + channel.name + "' has " + std::to_string(channel.readers.size()) +
                                            " readers; rendezvous carries to one");
  if (channel.writer == channel.readers[0])
    throw Error(Code::invalid_argument, "channel '" + channel.name + "' joins an actor with itself");
  return ends_.emplace_back(std::make_unique<RendezvousEnd>(*this, channel, sends)).get();
}

ChannelEnd* Rendezvous::open_writer(const ChannelInfo& channel) { return open_end(channel, true); }
ChannelEnd* Rendezvous::open_reader(const ChannelInfo& channel) { return open_end(channel, false); }

ChannelEnd* Rendezvous::open_collective(const CollectiveInfo& collective) {
  if (std::ranges::count(collective.members, actor_) != 1)
    throw Error(Code::invalid_argument, "collective '" + collective.name + "' does not have this actor once");
  return ends_.emplace_back(std::make_unique<RendezvousPart>(*this, collective)).get();
}

// All instances adopt the communicator that the smallest nonce stands for.
bool Rendezvous::connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline /*deadline*/) {
  if (round == 0) {
    mine.bytes.resize(sizeof nonce_);
    std::memcpy(mine.bytes.data(), &nonce_, sizeof nonce_);
    return false;
  }
  uint64_t smallest = nonce_;
  for (const auto& blob : theirs) {
    if (blob.bytes.size() != sizeof nonce_) continue;  // an actor that does not use this transport
    uint64_t nonce = 0;
    std::memcpy(&nonce, blob.bytes.data(), sizeof nonce);
    smallest = std::min(smallest, nonce);
  }
  auto found = registry().find(smallest);
  const std::lock_guard lock(mutex_);
  communicator_ = std::move(found);
  if (aborted_) communicator_->abort(actor_);
  return true;
}

std::shared_ptr<Communicator> Rendezvous::communicator() {
  const std::lock_guard lock(mutex_);
  if (aborted_) throw Error(Code::cancelled, "the transport was aborted");
  if (communicator_ == nullptr) throw Error(Code::internal, "rendezvous: used before it was connected");
  return communicator_;
}

void Rendezvous::group_begin() {
  const OneCaller here(calling_);
  if (grouping_) throw Error(Code::internal, "rendezvous: a group inside a group");
  grouping_ = true;
}

void Rendezvous::group_end() {
  const OneCaller here(calling_);
  if (!grouping_) throw Error(Code::internal, "rendezvous: the end of a group that was not begun");
  grouping_ = false;
  if (group_.empty()) return;
  std::vector<Operation> operations;
  operations.swap(group_);
  issue(*group_lane_, std::move(operations));
}

void Rendezvous::issue(const stretto_native& lane, Operation operation) {
  const OneCaller here(calling_);
  if (lane.kind == std::string_view(kAsyncMemory)) {
    operation.memory = async_lane(lane).translate(operation.memory, operation.bytes);
    if (operation.input != nullptr)
      operation.input =
          async_lane(lane).translate(const_cast<void*>(operation.input), input_bytes(*operation.collective));
  }
  if (!grouping_) return issue(lane, std::vector<Operation>{std::move(operation)});
  if (!group_.empty() && (lane.value != group_lane_->value || lane.device_value != group_lane_->device_value))
    throw Error(Code::internal, "rendezvous: one group on two lanes");
  if (++grouped_ == breaks_at_) throw Error(Code::internal, "rendezvous: broken, in the middle of a group");
  group_lane_ = lane;
  group_.push_back(std::move(operation));
}

void Rendezvous::issue(const stretto_native& lane, std::vector<Operation> operations) {
  auto shared = communicator();
  auto transition = std::make_shared<Transition>();
  transition->operations = std::move(operations);
  if (lane.kind == std::string_view(kAsyncMemory)) {
    auto& queue = async_lane(lane);
    transition->bell = queue.bell();
    shared->issue(actor_, transition);
    queue.enqueue([shared, transition, actor = actor_] { shared->reach(actor, transition); });
    queue.enqueue_wait([transition] { return transition->complete.load(std::memory_order_acquire); });
    return;
  }
  if (lane.kind != std::string_view("host"))
    throw Error(Code::internal, std::string("rendezvous: a lane of kind '") + lane.kind + "'");
  shared->issue(actor_, transition);
  shared->reach(actor_, transition);
  shared->await(actor_, *transition);
}

void Rendezvous::abort() noexcept {
  const std::lock_guard lock(mutex_);
  aborted_ = true;
  if (communicator_ != nullptr) communicator_->abort(actor_);
}

}  // namespace stretto::testing
