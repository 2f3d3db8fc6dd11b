// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The calls of NCCL that the plugins make, between threads and between processes, with NCCL's rules enforced:
/// non-blocking communicators that are in progress until all ranks have come, operations of one communicator one after
/// the other in the order of their issue, sends that meet receives first come first served, groups that complete as
/// one, collectives that all ranks of a communicator join, each as its n-th.

#include "machine.h"
#include "nccl_home.h"
#include "stretto/error.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nccl.h>
#include <random>
#include <thread>
#include <unistd.h>

struct ncclComm;

namespace stretto::fake {
/// A split that is in progress: where to put the part once all have come; nothing for who is in none.
struct Splitting {
  ncclComm** where;
  bool member;
  std::unique_ptr<ncclComm> part;
};
std::atomic<size_t> communicators_alive{0};
}  // namespace stretto::fake

/// One rank: at home in this process, or away in the one where the id was made.
struct ncclComm {
  ncclComm() { ++stretto::fake::communicators_alive; }
  ncclComm(const ncclComm&) = delete;
  ncclComm& operator=(const ncclComm&) = delete;
  ~ncclComm() { --stretto::fake::communicators_alive; }

  stretto::fake::Entry entry;
  std::shared_ptr<stretto::fake::SharedCommunicator> home{};
  std::shared_ptr<stretto::fake::Away> away{};
  int splits = 0;
  /// Outlives the communicator: streams look at it.
  const std::shared_ptr<std::atomic<bool>> aborted = std::make_shared<std::atomic<bool>>(false);
  /// Held by what streams and graphs have of it.
  const std::shared_ptr<const int> used = std::make_shared<const int>(0);
  std::vector<stretto::fake::Splitting> splitting{};
  std::set<void*> registered;
  ncclResult_t error = ncclSuccess;  ///< of the first call that was refused: a communicator does not forget it

  bool ready() const {
    if (away != nullptr) return away->ready();
    const std::lock_guard lock(stretto::fake::communicators().mutex);
    return home->awaited == 0;
  }
  // Once all have joined.
  int rank() const { return away != nullptr ? away->rank() : home->rank_of({entry.key, entry.rank}); }
  int ranks() const { return away != nullptr ? away->ranks() : home->ranks(); }
};

namespace stretto::fake {
namespace {

/// A rank of the communicator with this id; null: it has no such place.
std::unique_ptr<ncclComm> entered(const Entry& entry) {
  auto made = std::make_unique<ncclComm>();
  made->entry = entry;
  if (home_of(entry.id) != getpid())
    made->away = Away::enter(entry);
  else
    made->home = enter(entry);
  return made->away == nullptr && made->home == nullptr ? nullptr : std::move(made);
}

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

/// What a group has for one communicator on one stream: it runs as one.
struct Launch {
  ncclComm* communicator;
  Stream* stream;
  std::vector<testing::Operation> operations;

  bool is_of(const Posted& item) const { return item.communicator == communicator && item.stream == stream; }
};

thread_local int depth = 0;
thread_local std::vector<Posted> posted;

void enqueue(ncclComm* communicator, Stream* stream, std::vector<testing::Operation> operations) {
  auto& machine = Machine::instance();
  const auto used = communicator->used;
  const bool captured = machine.recorded(stream, [=](Stream* branch) {
    static_cast<void>(used);
    auto again = operations;
    for (auto& operation : again) operation.captured = true;
    enqueue(communicator, branch, std::move(again));
  });
  if (captured) return;
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
  const auto home = communicator->home;
  const auto away = communicator->away;
  // Who is away meets the others at home, and is told here what they knew.
  const auto meetings =
      home != nullptr ? meetings_of(*home, communicator->rank(), operations) : std::vector{std::make_shared<Meeting>()};
  transition->operations = std::move(operations);
  transition->bell = std::make_shared<Alarm>();
  const auto rank = static_cast<uint32_t>(communicator->rank());
  const auto aborted = communicator->aborted;
  if (home != nullptr) home->meeting.issue(rank, transition);
  machine.enqueue(stream, {"NCCL transfer",
                           accesses,
                           nullptr,
                           [=, &machine] {
                             for (const auto& meeting : meetings) machine.give(stream, meeting->known);
                             if (home != nullptr)
                               home->meeting.reach(rank, transition);
                             else
                               away->reach(transition, meetings.front());
                           },
                           {}});
  machine.enqueue(stream, {"NCCL transfer's end",
                           {},
                           [=] { return transition->complete.load(std::memory_order_acquire) || *aborted; },
                           [=, &machine] {
                             static_cast<void>(used);
                             for (const auto& meeting : meetings) machine.take(stream, meeting->known);
                             if (!transition->complete.load(std::memory_order_acquire)) machine.end(stream);
                           },
                           {}});
}

/// Puts the parts of splits where they belong: of those that all have come to, or of all.
void end_splits(ncclComm& parent, bool given_up) {
  std::erase_if(parent.splitting, [&](Splitting& split) {
    if (!given_up && !split.part->ready()) return false;
    *split.where = split.member ? split.part.release() : nullptr;
    return true;
  });
}

ncclResult_t post(ncclComm* communicator, Posted item) {
  if (communicator == nullptr || *communicator->aborted) return ncclInvalidUsage;
  if (static_cast<int>(item.operation.peer) >= communicator->ranks()) return communicator->error = ncclInvalidArgument;
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
  if (communicator == nullptr || *communicator->aborted) return ncclInvalidUsage;
  const auto ranks = static_cast<uint32_t>(communicator->ranks());
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

/// Communicators that nobody has destroyed or aborted.
size_t stretto_fake_communicators() { return communicators_alive; }

ncclResult_t ncclGetVersion(int* version) {
  *version = NCCL_VERSION_CODE;
  return ncclSuccess;
}
const char* ncclGetErrorString(ncclResult_t /*result*/) { return "FAKE NCCL: an error"; }
const char* ncclGetLastError(ncclComm_t /*communicator*/) { return ""; }
ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  static std::atomic<int> last{0};
  static const bool at_home = (keep_house(), true);
  std::memset(id, 0, sizeof *id);
  std::snprintf(id->internal, sizeof id->internal, "FAKE %d %d", static_cast<int>(getpid()), ++last);
  return at_home ? ncclSuccess : ncclInternalError;
}
ncclResult_t ncclCommInitRankConfig(ncclComm_t* communicator, int ranks, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  if (config == nullptr || config->blocking != 0) {
    Machine::instance().violation("NCCL: a blocking communicator");
    return ncclInvalidUsage;
  }
  if (rank < 0 || rank >= ranks) return ncclInvalidArgument;
  Entry entry{{}, ranks, rank, rank, 1};
  std::snprintf(entry.id, sizeof entry.id, "%s", id.internal);
  try {
    *communicator = entered(entry).release();
  } catch (const stretto::Error&) {
    return ncclRemoteError;
  }
  return *communicator == nullptr ? ncclInvalidUsage : ncclInProgress;
}
ncclResult_t ncclCommGetAsyncError(ncclComm_t communicator, ncclResult_t* state) {
  const bool joined = communicator->ready();
  if (joined) end_splits(*communicator, false);
  const bool ready = joined && communicator->splitting.empty();
  *state = communicator->error != ncclSuccess ? communicator->error : ready ? ncclSuccess : ncclInProgress;
  return ncclSuccess;
}
ncclResult_t ncclCommUserRank(const ncclComm_t communicator, int* rank) {
  *rank = communicator->rank();
  return ncclSuccess;
}
ncclResult_t ncclCommSplit(ncclComm_t parent, int color, int key, ncclComm_t* part, ncclConfig_t* /*config*/) {
  // Of one part alone, as the transport splits: the others pass no color.
  if (color != 0 && color != NCCL_SPLIT_NOCOLOR) {
    Machine::instance().violation("NCCL: a split with several colors, which the fake has not");
    return ncclInvalidUsage;
  }
  Entry entry{{}, parent->ranks(), key, parent->rank(), color == 0 ? 1 : 0};
  const std::string id = parent->entry.id + ("/" + std::to_string(parent->splits++));
  std::snprintf(entry.id, sizeof entry.id, "%s", id.c_str());
  *part = nullptr;
  try {
    auto made = entered(entry);
    if (made == nullptr) return ncclInvalidUsage;
    parent->splitting.push_back({part, color == 0, std::move(made)});
  } catch (const stretto::Error&) {
    return ncclRemoteError;
  }
  return ncclInProgress;
}
ncclResult_t ncclCommRegister(const ncclComm_t communicator, void* memory, size_t bytes, void** handle) {
  if (*communicator->aborted) return ncclInvalidUsage;
  if (!Machine::instance().owns(memory, bytes)) return ncclInvalidArgument;
  const std::lock_guard lock(communicators().mutex);
  if (!communicator->registered.insert(memory).second)
    Machine::instance().violation("NCCL: memory registered twice with one communicator");
  *handle = memory;
  return ncclSuccess;
}
ncclResult_t ncclCommDeregister(const ncclComm_t communicator, void* handle) {
  const std::lock_guard lock(communicators().mutex);
  return communicator->registered.erase(handle) == 1 ? ncclSuccess : ncclInvalidArgument;
}
ncclResult_t ncclCommFinalize(ncclComm_t communicator) {
  const std::lock_guard lock(communicators().mutex);
  if (!communicator->registered.empty())
    Machine::instance().violation("NCCL: a communicator ends with memory still registered");
  if (!communicator->splitting.empty()) return ncclInvalidArgument;
  return *communicator->aborted ? ncclInvalidUsage : communicator->error;
}
ncclResult_t ncclCommDestroy(ncclComm_t communicator) {
  const std::unique_ptr<ncclComm> ended(communicator);
  if (ended->away != nullptr) ended->away->leave();
  return ended->error;
}
ncclResult_t ncclCommAbort(ncclComm_t communicator) {
  const std::unique_ptr<ncclComm> ended(communicator);
  *ended->aborted = true;
  if (ended->away != nullptr)
    ended->away->leave();
  else
    ended->home->meeting.abort(static_cast<uint32_t>(ended->rank()));
  // As NCCL does: what makes a part ends first, and puts down what it has come to; then what streams have of it ends;
  // then every graph that has something of it goes.
  end_splits(*ended, true);
  while (ended->used.use_count() > 1 && Machine::instance().violated().empty())
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  return ncclSuccess;
}
ncclResult_t ncclGroupStart() {
  ++depth;
  return ncclSuccess;
}
ncclResult_t ncclGroupEnd() {
  if (depth == 0) return ncclInvalidUsage;
  if (--depth > 0) return ncclSuccess;
  std::vector<Launch> launches;
  for (auto& item : posted) {
    const auto same = std::ranges::find_if(launches, [&](const Launch& it) { return it.is_of(item); });
    auto& launch = same != launches.end() ? *same : launches.emplace_back(Launch{item.communicator, item.stream, {}});
    launch.operations.push_back(std::move(item.operation));
  }
  posted.clear();
  // NCCL does not say in which order a stream runs what a group has on several communicators.
  static std::atomic<uint32_t> groups{0};
  std::ranges::shuffle(launches, std::mt19937(++groups));
  try {
    for (auto& launch : launches) enqueue(launch.communicator, launch.stream, std::move(launch.operations));
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
  const auto ranks = static_cast<size_t>(communicator->ranks());
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
