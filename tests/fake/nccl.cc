// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The calls of NCCL that the plugins make, between the threads of one process, with NCCL's rules enforced:
/// non-blocking communicators that are in progress until all ranks have come, operations of one communicator one after
/// the other in the order of their issue, sends that meet receives first come first served, groups that complete as
/// one, collectives that all ranks of a communicator join, each as its n-th.

#include "machine.h"
#include "rendezvous/communicator.h"
#include "stretto/error.h"

#include <cstdio>
#include <cstring>
#include <nccl.h>

namespace stretto::fake {

/// A send and its receive, or a collective: what the lanes that take part knew when they came to it.
struct Meeting {
  Clock known;
  int missing;  ///< parts that nobody has issued yet
};

/// The meetings of one communicator. Per pair of ranks the n-th send meets the n-th receive; the n-th collectives of
/// all ranks are one. So who hears of whom does not depend on which is first.
class Meetings {
 public:
  /// Of the part that a rank issues next: a send to `to`, or a receive from `from`; the other one's part has to ask
  /// too.
  std::shared_ptr<Meeting> between(int from, int to, bool sends) { return part({from, to}, sends ? 0 : 1, 2); }
  std::shared_ptr<Meeting> of_all(int rank, int ranks) { return part({kAll, kAll}, rank, ranks); }

 private:
  static constexpr int kAll = -1;
  struct Row {
    std::map<int, uint64_t> issued;  ///< by side: how many
    std::map<uint64_t, std::shared_ptr<Meeting>> open;
  };
  std::shared_ptr<Meeting> part(std::pair<int, int> between, int side, int sides) {
    auto& row = rows_[between];
    const uint64_t number = row.issued[side]++;
    auto& open = row.open[number];
    if (open == nullptr) open = std::make_shared<Meeting>(Meeting{{}, sides});
    auto found = open;
    if (--found->missing == 0) row.open.erase(number);
    return found;
  }
  std::map<std::pair<int, int>, Row> rows_;
};

}  // namespace stretto::fake

struct ncclComm {
  struct Shared {
    explicit Shared(int count) : awaited(count) {}
    int awaited;                           ///< calls that make it; in a split, of every rank of the parent
    std::set<std::pair<int, int>> joined;  ///< key, and rank in the parent; ranks count them in ascending order
    stretto::testing::Communicator meeting;
    stretto::fake::Meetings meetings;
    std::map<int, std::shared_ptr<Shared>> parts;  ///< by number of the split
    int ranks() const { return static_cast<int>(joined.size()); }
  };
  std::shared_ptr<Shared> shared;
  std::pair<int, int> key;
  int splits = 0;
  std::atomic<bool> aborted{false};
  std::set<void*> registered;
  ncclResult_t error = ncclSuccess;  ///< of the first call that was refused: a communicator does not forget it
  /// Once all have joined.
  int rank() const { return static_cast<int>(std::distance(shared->joined.begin(), shared->joined.find(key))); }
};

namespace stretto::fake {
namespace {

/// Says what breaks NCCL's rules.
class Alarm final : public testing::Bell {
 public:
  void ring() override {}
  void fail(const std::string& message) override { Machine::instance().violation("NCCL: " + message); }
};

struct Posted {
  ncclComm* communicator;
  Stream* stream;
  testing::Operation operation;
};

std::mutex mutex;  // over all communicators
std::map<std::string, std::shared_ptr<ncclComm::Shared>>& groups() {
  static auto* all = new std::map<std::string, std::shared_ptr<ncclComm::Shared>>;
  return *all;
}
thread_local int depth = 0;
thread_local std::vector<Posted> posted;

std::vector<std::shared_ptr<Meeting>> meetings_of(const ncclComm& communicator,
                                                  const std::vector<testing::Operation>& operations) {
  const std::lock_guard lock(mutex);
  auto& meetings = communicator.shared->meetings;
  const int rank = communicator.rank();
  std::vector<std::shared_ptr<Meeting>> found;
  for (const auto& operation : operations) {
    const auto peer = static_cast<int>(operation.peer);
    if (operation.collective != nullptr)
      found.push_back(meetings.of_all(rank, communicator.shared->ranks()));
    else
      found.push_back(operation.sends ? meetings.between(rank, peer, true) : meetings.between(peer, rank, false));
  }
  return found;
}

void enqueue(ncclComm* communicator, Stream* stream, std::vector<testing::Operation> operations) {
  auto& machine = Machine::instance();
  auto shared = communicator->shared;
  auto transition = std::make_shared<testing::Transition>();
  std::vector<Access> accesses;
  for (auto& operation : operations) {
    accesses.push_back({operation.memory, operation.bytes, !operation.sends});
    operation.memory = machine.translate(operation.memory, operation.bytes);
    if (operation.input == nullptr) continue;
    const uint64_t bytes = testing::input_bytes(*operation.collective);
    accesses.push_back({const_cast<void*>(operation.input), bytes, false});
    operation.input = machine.translate(const_cast<void*>(operation.input), bytes);
  }
  const auto meetings = meetings_of(*communicator, operations);
  transition->operations = std::move(operations);
  transition->bell = std::make_shared<Alarm>();
  const auto rank = static_cast<uint32_t>(communicator->rank());
  shared->meeting.issue(rank, transition);
  machine.enqueue(stream, {"NCCL transfer",
                           accesses,
                           nullptr,
                           [=, &machine] {
                             for (const auto& meeting : meetings) machine.give(stream, meeting->known);
                             shared->meeting.reach(rank, transition);
                           },
                           {}});
  machine.enqueue(stream,
                  {"NCCL transfer's end",
                   {},
                   [=] { return transition->complete.load(std::memory_order_acquire) || communicator->aborted; },
                   [=, &machine] {
                     for (const auto& meeting : meetings) machine.take(stream, meeting->known);
                     if (!transition->complete.load(std::memory_order_acquire)) machine.end(stream);
                   },
                   {}});
}

ncclResult_t post(ncclComm* communicator, Posted item) {
  if (communicator == nullptr || communicator->aborted) return ncclInvalidUsage;
  if (static_cast<int>(item.operation.peer) >= communicator->shared->ranks())
    return communicator->error = ncclInvalidArgument;
  try {
    if (depth > 0)
      posted.push_back(std::move(item));
    else
      enqueue(communicator, item.stream, {std::move(item.operation)});
    return ncclSuccess;
  } catch (const Error& error) {
    Machine::instance().violation(error.what());
    return ncclUnhandledCudaError;
  }
}

std::optional<DType> dtype_of(ncclDataType_t type) {
  switch (type) {
    case ncclFloat32: return kF32;
    case ncclFloat64: return kF64;
    case ncclFloat16: return kF16;
    case ncclBfloat16: return kBF16;
    case ncclInt8: return kI8;
    case ncclInt32: return kI32;
    case ncclInt64: return kI64;
    case ncclUint8: return kU8;
    case ncclUint32: return kU32;
    case ncclUint64: return kU64;
    default: return std::nullopt;
  }
}

int32_t reduction_of(ncclRedOp_t way) {
  switch (way) {
    case ncclSum: return STRETTO_REDUCE_SUM;
    case ncclProd: return STRETTO_REDUCE_PRODUCT;
    case ncclMin: return STRETTO_REDUCE_MIN;
    case ncclMax: return STRETTO_REDUCE_MAX;
    default: return 0;
  }
}

/// What a call of a collective says, of `elements` that each rank brings.
struct Called {
  const char* name;
  stretto_collective_kind kind;
  const void* input;
  void* result;
  uint64_t elements;
  ncclDataType_t type;
  int32_t reduction = 0;
  int root = 0;
};

ncclResult_t collect(ncclComm* communicator, cudaStream_t stream, const Called& called) {
  if (communicator == nullptr || communicator->aborted) return ncclInvalidUsage;
  const auto ranks = static_cast<uint32_t>(communicator->shared->ranks());
  const auto dtype = dtype_of(called.type);
  const bool reduces = called.kind == STRETTO_ALL_REDUCE || called.kind == STRETTO_REDUCE_SCATTER;
  if (!dtype || reduces != (called.reduction != 0) || called.root < 0 || static_cast<uint32_t>(called.root) >= ranks)
    return ncclInvalidArgument;
  CollectiveInfo info{0,  called.kind, called.reduction, *dtype, static_cast<uint32_t>(called.root), called.elements,
                      {}, called.name};
  for (uint32_t rank = 0; rank < ranks; ++rank) info.members.push_back(rank);
  testing::Operation operation;
  operation.name = called.name;
  operation.memory = called.result;
  operation.bytes = testing::result_bytes(info);
  if (called.kind != STRETTO_BROADCAST || communicator->rank() == called.root) operation.input = called.input;
  operation.collective = std::make_shared<const CollectiveInfo>(std::move(info));
  return post(communicator, {communicator, reinterpret_cast<Stream*>(stream), std::move(operation)});
}

}  // namespace
}  // namespace stretto::fake

using namespace stretto::fake;

extern "C" {

ncclResult_t ncclGetVersion(int* version) {
  *version = NCCL_VERSION_CODE;
  return ncclSuccess;
}
const char* ncclGetErrorString(ncclResult_t /*result*/) { return "FAKE NCCL: an error"; }
const char* ncclGetLastError(ncclComm_t /*communicator*/) { return ""; }
ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  static std::atomic<int> last{0};
  std::memset(id, 0, sizeof *id);
  std::snprintf(id->internal, sizeof id->internal, "FAKE %d", ++last);
  return ncclSuccess;
}
ncclResult_t ncclCommInitRankConfig(ncclComm_t* communicator, int ranks, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  if (config == nullptr || config->blocking != 0) {
    Machine::instance().violation("NCCL: a blocking communicator");
    return ncclInvalidUsage;
  }
  if (rank < 0 || rank >= ranks) return ncclInvalidArgument;
  const std::lock_guard lock(mutex);
  auto& shared = groups()[id.internal];
  if (shared == nullptr) shared = std::make_shared<ncclComm::Shared>(ranks);
  if (shared->ranks() + shared->awaited != ranks || !shared->joined.insert({rank, rank}).second)
    return ncclInvalidUsage;
  --shared->awaited;
  *communicator = new ncclComm;
  (*communicator)->shared = shared;
  (*communicator)->key = {rank, rank};
  return ncclInProgress;
}
ncclResult_t ncclCommGetAsyncError(ncclComm_t communicator, ncclResult_t* state) {
  const std::lock_guard lock(mutex);
  const auto& shared = *communicator->shared;
  *state = communicator->error != ncclSuccess ? communicator->error
           : shared.awaited == 0              ? ncclSuccess
                                              : ncclInProgress;
  return ncclSuccess;
}
ncclResult_t ncclCommUserRank(const ncclComm_t communicator, int* rank) {
  *rank = communicator->rank();
  return ncclSuccess;
}
ncclResult_t ncclCommSplit(ncclComm_t parent, int color, int key, ncclComm_t* part, ncclConfig_t* /*config*/) {
  // Of one part alone, as the transport splits: the others pass no color.
  const std::lock_guard lock(mutex);
  auto& shared = parent->shared->parts[parent->splits++];
  if (shared == nullptr) shared = std::make_shared<ncclComm::Shared>(parent->shared->ranks());
  --shared->awaited;
  *part = nullptr;
  if (color == NCCL_SPLIT_NOCOLOR) return ncclSuccess;
  if (color != 0) {
    Machine::instance().violation("NCCL: a split with several colors, which the fake has not");
    return ncclInvalidUsage;
  }
  *part = new ncclComm;
  (*part)->shared = shared;
  (*part)->key = {key, parent->rank()};
  shared->joined.insert((*part)->key);
  return ncclInProgress;
}
ncclResult_t ncclCommRegister(const ncclComm_t communicator, void* memory, size_t bytes, void** handle) {
  if (communicator->aborted) return ncclInvalidUsage;
  if (!Machine::instance().owns(memory, bytes)) return ncclInvalidArgument;
  const std::lock_guard lock(mutex);
  if (!communicator->registered.insert(memory).second)
    Machine::instance().violation("NCCL: memory registered twice with one communicator");
  *handle = memory;
  return ncclSuccess;
}
ncclResult_t ncclCommDeregister(const ncclComm_t communicator, void* handle) {
  const std::lock_guard lock(mutex);
  return communicator->registered.erase(handle) == 1 ? ncclSuccess : ncclInvalidArgument;
}
ncclResult_t ncclCommFinalize(ncclComm_t communicator) {
  const std::lock_guard lock(mutex);
  if (!communicator->registered.empty())
    Machine::instance().violation("NCCL: a communicator ends with memory still registered");
  return communicator->aborted ? ncclInvalidUsage : communicator->error;
}
ncclResult_t ncclCommDestroy(ncclComm_t communicator) { return communicator->error; }  // kept: streams may look at it
ncclResult_t ncclCommAbort(ncclComm_t communicator) {
  communicator->aborted = true;
  communicator->shared->meeting.abort(static_cast<uint32_t>(communicator->rank()));
  return ncclSuccess;
}
ncclResult_t ncclGroupStart() {
  ++depth;
  return ncclSuccess;
}
ncclResult_t ncclGroupEnd() {
  if (depth == 0) return ncclInvalidUsage;
  if (--depth > 0) return ncclSuccess;
  std::map<std::pair<ncclComm*, Stream*>, std::vector<stretto::testing::Operation>> by_communicator;
  for (auto& item : posted) by_communicator[{item.communicator, item.stream}].push_back(std::move(item.operation));
  posted.clear();
  try {
    for (auto& [where, operations] : by_communicator) enqueue(where.first, where.second, std::move(operations));
    return ncclInProgress;
  } catch (const stretto::Error& error) {
    Machine::instance().violation(error.what());
    return ncclUnhandledCudaError;
  }
}
ncclResult_t ncclSend(const void* memory, size_t count, ncclDataType_t /*type*/, int peer, ncclComm_t communicator,
                      cudaStream_t stream) {
  return post(communicator, {communicator,
                             reinterpret_cast<Stream*>(stream),
                             {true, static_cast<uint32_t>(peer), 0, "NCCL", const_cast<void*>(memory), count}});
}
ncclResult_t ncclRecv(void* memory, size_t count, ncclDataType_t /*type*/, int peer, ncclComm_t communicator,
                      cudaStream_t stream) {
  return post(communicator, {communicator,
                             reinterpret_cast<Stream*>(stream),
                             {false, static_cast<uint32_t>(peer), 0, "NCCL", memory, count}});
}

ncclResult_t ncclAllReduce(const void* input, void* result, size_t count, ncclDataType_t type, ncclRedOp_t way,
                           ncclComm_t communicator, cudaStream_t stream) {
  return collect(communicator, stream,
                 {"ncclAllReduce", STRETTO_ALL_REDUCE, input, result, count, type, reduction_of(way)});
}
ncclResult_t ncclReduceScatter(const void* input, void* result, size_t count, ncclDataType_t type, ncclRedOp_t way,
                               ncclComm_t communicator, cudaStream_t stream) {
  const auto ranks = static_cast<size_t>(communicator->shared->ranks());
  return collect(communicator, stream,
                 {"ncclReduceScatter", STRETTO_REDUCE_SCATTER, input, result, count * ranks, type, reduction_of(way)});
}
ncclResult_t ncclAllGather(const void* input, void* result, size_t count, ncclDataType_t type, ncclComm_t communicator,
                           cudaStream_t stream) {
  return collect(communicator, stream, {"ncclAllGather", STRETTO_ALL_GATHER, input, result, count, type});
}
ncclResult_t ncclBroadcast(const void* input, void* result, size_t count, ncclDataType_t type, int root,
                           ncclComm_t communicator, cudaStream_t stream) {
  return collect(communicator, stream, {"ncclBroadcast", STRETTO_BROADCAST, input, result, count, type, 0, root});
}

}  // extern "C"
