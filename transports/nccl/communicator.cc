// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "communicator.h"

#include <cstring>
#include <thread>
#include <utility>

namespace stretto::nccl {
namespace {

Code code_of(ncclResult_t result) {
  switch (result) {
    case ncclSuccess:
    case ncclInProgress: return Code::ok;
    case ncclInvalidArgument:
    case ncclInvalidUsage: return Code::invalid_argument;
    case ncclRemoteError: return Code::disconnected;
    case ncclSystemError:
    case ncclUnhandledCudaError: return Code::unavailable;
    default: return Code::internal;
  }
}

/// "ncclSend: invalid argument (…)": NCCL's words for the error and, where it has some, for what it was about.
std::string text_of(const char* call, ncclResult_t result) {
  const char* last = ncclGetLastError(nullptr);
  return std::string(call) + ": " + ncclGetErrorString(result) +
         (last != nullptr && *last != '\0' ? " (" + std::string(last) + ")" : std::string()) +
         (result == ncclSystemError || result == ncclUnhandledCudaError || result == ncclInvalidUsage
              ? "; NCCL_DEBUG=WARN says more"
              : "");
}

void check(const char* call, ncclResult_t result) {
  if (const Code code = code_of(result); code != Code::ok) throw Error(code, text_of(call, result));
}

/// What NCCL computes with.
std::optional<ncclDataType_t> type_of(DType dtype) {
  static const std::pair<DType, ncclDataType_t> kTypes[] = {
      {kF32, ncclFloat32}, {kF64, ncclFloat64}, {kF16, ncclFloat16}, {kBF16, ncclBfloat16}, {kI8, ncclInt8},
      {kI32, ncclInt32},   {kI64, ncclInt64},   {kU8, ncclUint8},    {kU32, ncclUint32},    {kU64, ncclUint64}};
  for (const auto& [ours, theirs] : kTypes)
    if (ours == dtype) return theirs;
  return std::nullopt;
}

ncclRedOp_t way_of(int32_t reduction) {
  switch (reduction) {
    case STRETTO_REDUCE_PRODUCT: return ncclProd;
    case STRETTO_REDUCE_MIN: return ncclMin;
    case STRETTO_REDUCE_MAX: return ncclMax;
    default: return ncclSum;
  }
}

ncclConfig_t config_of(const Shape& shape) {
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  if (shape.max_ctas) config.maxCTAs = *shape.max_ctas;
  if (shape.cga_cluster_size) config.cgaClusterSize = *shape.cga_cluster_size;
  return config;
}

constexpr std::chrono::seconds kFinalize{5};

void rest() { std::this_thread::sleep_for(std::chrono::microseconds(20)); }

}  // namespace

UniqueId make_unique_id() {
  ncclUniqueId id{};
  check("ncclGetUniqueId", ncclGetUniqueId(&id));
  UniqueId bytes{};
  static_assert(sizeof bytes == sizeof id);
  std::memcpy(bytes.data(), &id, sizeof id);
  return bytes;
}

std::string library_version() {
  int version = 0;
  check("ncclGetVersion", ncclGetVersion(&version));
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

Communicator::Communicator(const UniqueId& id, int ranks, int rank, const Shape& shape, Deadline deadline,
                           const std::atomic<bool>& aborted)
    : Communicator(shape, aborted) {
  ncclUniqueId raw_id{};
  std::memcpy(&raw_id, id.data(), sizeof raw_id);
  ncclConfig_t config = config_of(shape_);
  issue("ncclCommInitRankConfig", [&] { return ncclCommInitRankConfig(&raw_, ranks, raw_id, rank, &config); });
  await_issued(deadline);
}

Communicator::~Communicator() {
  try {
    for (void* handle : adopted_) issue("ncclCommDeregister", [&] { return ncclCommDeregister(raw_, handle); });
    issue("ncclCommFinalize", [&] { return ncclCommFinalize(raw_); });
    await_issued(std::chrono::steady_clock::now() + kFinalize);
    const std::lock_guard lock(mutex_);
    ncclCommDestroy(raw_);
    raw_ = nullptr;
  } catch (const Error&) {  // aborted, or a peer is gone: nothing to be saved
    abort();
  }
}

std::unique_ptr<Communicator> Communicator::split(std::optional<int> place, Deadline deadline) {
  std::unique_ptr<Communicator> part(new Communicator(shape_, aborted_));
  ncclConfig_t config = config_of(shape_);
  try {
    issue("ncclCommSplit",
          [&] { return ncclCommSplit(raw_, place ? 0 : NCCL_SPLIT_NOCOLOR, place.value_or(0), &part->raw_, &config); });
    await_issued(deadline);
  } catch (const Error&) {
    abort();  // a thread of NCCL's writes into the part, if only that it is none, and ends with this at the latest
    part->abort();
    throw;
  }
  if (!place) return nullptr;
  part->await_issued(deadline);
  return part;
}

void Communicator::adopt(void* memory, uint64_t bytes, Deadline deadline) {
  void* handle = nullptr;
  issue("ncclCommRegister", [&] { return ncclCommRegister(raw_, memory, bytes, &handle); });
  if (handle != nullptr) adopted_.push_back(handle);  // there is none where NCCL was told not to (NCCL_LOCAL_REGISTER)
  await_issued(deadline);
}

template <class Call>
void Communicator::issue(const char* name, Call&& call) {
  if (aborted_.load()) throw Error(Code::cancelled, "the transport was aborted");
  const std::lock_guard lock(mutex_);
  if (raw_ == nullptr && std::string_view(name) != "ncclCommInitRankConfig")
    throw Error(Code::cancelled, "the communicator was aborted");
  check(name, call());
}

void Communicator::await_issued(Deadline deadline) {
  for (;;) {
    ncclResult_t state = ncclSuccess;
    {
      if (aborted_.load()) throw Error(Code::cancelled, "the transport was aborted");
      const std::lock_guard lock(mutex_);
      if (raw_ == nullptr) throw Error(Code::cancelled, "the communicator was aborted");
      check("ncclCommGetAsyncError", ncclCommGetAsyncError(raw_, &state));
    }
    if (state == ncclSuccess) return;
    check("NCCL", state);
    if (std::chrono::steady_clock::now() >= deadline)
      throw Error(Code::timed_out, "NCCL was not done with a call before the deadline");
    rest();
  }
}

void Communicator::send(const void* memory, uint64_t bytes, int peer, cudaStream_t stream) {
  issue("ncclSend", [&] { return ncclSend(memory, bytes, ncclUint8, peer, raw_, stream); });
}

void Communicator::receive(void* memory, uint64_t bytes, int peer, cudaStream_t stream) {
  issue("ncclRecv", [&] { return ncclRecv(memory, bytes, ncclUint8, peer, raw_, stream); });
}

void Communicator::collect(const CollectiveInfo& collective, const void* input, void* result, cudaStream_t stream) {
  const size_t elements = collective.input_elements;
  const size_t bytes = elements * collective.dtype.bytes();
  const auto type = [&] { return *type_of(collective.dtype); };
  const auto way = [&] { return way_of(collective.reduction); };
  switch (collective.kind) {
    case STRETTO_ALL_REDUCE:
      return issue("ncclAllReduce",
                   [&] { return ncclAllReduce(input, result, elements, type(), way(), raw_, stream); });
    case STRETTO_ALL_GATHER:
      return issue("ncclAllGather", [&] { return ncclAllGather(input, result, bytes, ncclUint8, raw_, stream); });
    case STRETTO_REDUCE_SCATTER:
      return issue("ncclReduceScatter", [&] {
        return ncclReduceScatter(input, result, elements / collective.members.size(), type(), way(), raw_, stream);
      });
    case STRETTO_BROADCAST:
      return issue("ncclBroadcast", [&] {
        return ncclBroadcast(input, result, bytes, ncclUint8, static_cast<int>(collective.root), raw_, stream);
      });
  }
}

bool reduces(DType dtype) { return type_of(dtype).has_value(); }

void Communicator::abort() noexcept {
  const std::lock_guard ending(ending_);
  ncclComm_t raw = nullptr;
  {
    const std::lock_guard lock(mutex_);
    raw = std::exchange(raw_, nullptr);
  }
  // Not under the lock: NCCL may wait for a graph that goes once the thread that issues has seen the abort.
  if (raw != nullptr) ncclCommAbort(raw);
}

std::optional<std::string> Communicator::error() {
  const std::lock_guard lock(mutex_);
  ncclResult_t state = ncclSuccess;
  if (raw_ == nullptr || ncclCommGetAsyncError(raw_, &state) != ncclSuccess) return std::nullopt;
  if (state == ncclSuccess || state == ncclInProgress) return std::nullopt;
  return text_of("NCCL", state);
}

void begin_group() { check("ncclGroupStart", ncclGroupStart()); }
void end_group() { check("ncclGroupEnd", ncclGroupEnd()); }

}  // namespace stretto::nccl
