// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What CUDA and NCCL answer, and in which order things become true, in situations that the plugins rely on: one line
/// each. `behaviour.txt` is what a real GPU said; CI holds the fake to it, and tests/gpu/run.py the GPU at hand.
/// Of NCCL what one rank can do alone. Exit code 3: there is no GPU.

#include "cuda_call.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nccl.h>
#include <string>
#include <thread>
#include <utility>

namespace stretto::fake {
namespace {

std::string text(cudaError_t error) { return cudaGetErrorName(error); }

/// Streams, an event, memory of the GPU and a page of the host that streams can poll. Fresh for every situation.
class Bench {
 public:
  Bench() {
    for (auto* stream : {&one, &two}) STRETTO_CUDA(cudaStreamCreateWithFlags, stream, cudaStreamNonBlocking);
    STRETTO_CUDA(cudaEventCreateWithFlags, &event, cudaEventDisableTiming);
    STRETTO_CUDA(cudaMalloc, &memory, kBytes);
    STRETTO_CUDA(cudaHostAlloc, reinterpret_cast<void**>(&page), 4096, cudaHostAllocMapped);
    std::memset(page, 0, 4096);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    word().store(INT64_MAX);  // whatever still waits for it
    for (auto* stream : {one, two}) {
      cudaStreamSynchronize(stream);
      cudaStreamDestroy(stream);
    }
    if (event != nullptr) cudaEventDestroy(event);
    cudaFreeHost(page);
    cudaFree(memory);
    cudaGetLastError();
  }
  static constexpr size_t kBytes = 1024;
  std::atomic<uint64_t>& word(size_t at = 0) const { return reinterpret_cast<std::atomic<uint64_t>*>(page)[at]; }
  CUresult wait(cudaStream_t stream, uint64_t value, size_t at = 0) const {
    return value_call("cuStreamWaitValue64")(stream, reinterpret_cast<CUdeviceptr>(&word(at)), value,
                                             CU_STREAM_WAIT_VALUE_GEQ);
  }
  CUresult write(cudaStream_t stream, uint64_t value, size_t at = 0) const {
    return value_call("cuStreamWriteValue64")(stream, reinterpret_cast<CUdeviceptr>(&word(at)), value,
                                              CU_STREAM_WRITE_VALUE_DEFAULT);
  }
  cudaStream_t one = nullptr;
  cudaStream_t two = nullptr;
  cudaEvent_t event = nullptr;
  void* memory = nullptr;
  std::byte* page = nullptr;

 private:
  using Value = CUresult (*)(CUstream, CUdeviceptr, cuuint64_t, unsigned int);
  static Value value_call(const char* name) {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult found{};
    STRETTO_CUDA(cudaGetDriverEntryPointByVersion, name, &function, 12000, cudaEnableDefault, &found);
    return reinterpret_cast<Value>(function);
  }
};

/// Long enough for a stream that can go on to have done so.
void breathe() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

std::string queried(cudaStream_t stream) {
  breathe();
  const std::string answer = text(cudaStreamQuery(stream));
  cudaGetLastError();
  return answer;
}
std::string queried(cudaEvent_t event) {
  breathe();
  const std::string answer = text(cudaEventQuery(event));
  cudaGetLastError();
  return answer;
}

void tell(const char* situation, const std::string& answer) { std::printf("%s: %s\n", situation, answer.c_str()); }

void devices_and_errors() {
  tell("cudaSetDevice of a device that is not there", text(cudaSetDevice(99)));
  tell("the last error afterwards", text(cudaGetLastError()));
  tell("and once it was asked for", text(cudaGetLastError()));
  cudaSetDevice(0);
  int least = 0;
  int greatest = 0;
  cudaDeviceGetStreamPriorityRange(&least, &greatest);
  tell("priorities", greatest < least ? "the greatest is the smaller number" : "all alike");
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  const auto asked = cudaGetDriverEntryPointByVersion("cuNoSuchCall", &function, 12000, cudaEnableDefault, &found);
  tell("a driver's call that there is none of",
       text(asked) + ", query " + std::to_string(found) + (function == nullptr ? ", null" : ", a function"));
}

void memory() {
  void* memory = nullptr;
  tell("cudaMalloc of 1 EiB", text(cudaMalloc(&memory, UINT64_C(1) << 60)));
  tell("the last error afterwards", text(cudaGetLastError()));
  tell("cudaFree of null", text(cudaFree(nullptr)));
  static std::byte buffer[3 * 4096];
  auto* page = reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(buffer) + 4095) / 4096 * 4096);
  tell("cudaHostRegister of a page", text(cudaHostRegister(page, 4096, cudaHostRegisterPortable)));
  tell("of the same page again", text(cudaHostRegister(page, 4096, cudaHostRegisterPortable)));
  cudaGetLastError();
  tell("cudaHostUnregister of the page", text(cudaHostUnregister(page)));
  tell("of the same page again", text(cudaHostUnregister(page)));
  cudaGetLastError();
  const Bench bench;
  tell("cudaMemcpyAsync of no bytes", text(cudaMemcpyAsync(bench.memory, bench.page, 0, cudaMemcpyDefault, bench.one)) +
                                          ", stream " + queried(bench.one));
}

void events() {
  {
    const Bench bench;
    tell("an event that was never recorded", queried(bench.event));
    cudaStreamWaitEvent(bench.one, bench.event, 0);
    tell("a stream that waits for it", queried(bench.one));
  }
  {
    const Bench bench;
    bench.wait(bench.one, 1);
    cudaEventRecord(bench.event, bench.one);
    cudaStreamWaitEvent(bench.two, bench.event, 0);
    tell("a stream that waits for a word of the host", queried(bench.one));
    tell("an event recorded behind that", queried(bench.event));
    tell("another stream that waits for the event", queried(bench.two));
    bench.word().store(1);
    tell("the other stream once the host has raised the word", text(cudaStreamSynchronize(bench.two)));
    tell("the event then", queried(bench.event));
  }
  {
    const Bench bench;
    cudaEventRecord(bench.event, bench.one);
    cudaStreamWaitEvent(bench.two, bench.event, 0);
    bench.wait(bench.one, 1);
    cudaEventRecord(bench.event, bench.one);
    tell("a stream that waits for an event's first recording, while the second is to come", queried(bench.two));
    tell("the event, of which the first recording has happened", queried(bench.event));
  }
  {
    Bench bench;
    bench.wait(bench.one, 1);
    cudaEventRecord(bench.event, bench.one);
    cudaStreamWaitEvent(bench.two, bench.event, 0);
    tell("an event destroyed while it is waited for", text(cudaEventDestroy(std::exchange(bench.event, nullptr))));
    tell("the stream that waits for it", queried(bench.two));
    bench.word().store(1);
    tell("and once it has happened", text(cudaStreamSynchronize(bench.two)));
  }
}

void words() {
  {
    const Bench bench;
    bench.wait(bench.one, UINT64_MAX);
    tell("word 0, a wait for the largest number", queried(bench.one));
  }
  {
    const Bench bench;
    bench.word().store(UINT64_MAX);
    bench.wait(bench.one, 3);
    tell("the largest number, a wait for 3", queried(bench.one));
  }
  {
    const Bench bench;
    bench.wait(bench.one, 1);
    bench.write(bench.one, 7, 1);
    bench.wait(bench.two, 7, 1);
    tell("a word that a stream will write", std::to_string(bench.word(1).load()));
    tell("a stream that waits for that", queried(bench.two));
    bench.word().store(1);
    tell("and once it is written", text(cudaStreamSynchronize(bench.two)));
    tell("the word", std::to_string(bench.word(1).load()));
  }
  {
    const Bench bench;
    bench.wait(bench.one, 1);
    cudaMemsetAsync(bench.memory, 5, Bench::kBytes, bench.one);
    cudaMemcpyAsync(bench.page + 1024, bench.memory, Bench::kBytes, cudaMemcpyDefault, bench.one);
    breathe();
    tell("what a stream will copy", std::to_string(static_cast<int>(bench.page[1024])));
    bench.word().store(1);
    cudaStreamSynchronize(bench.one);
    tell("and has copied", std::to_string(static_cast<int>(bench.page[1024])));
  }
}

constexpr int kQueues = 8;  ///< what CUDA has where it is told nothing else

/// So many streams wait for one word: what the next one writes meanwhile.
void waiting(int streams) {
  const Bench bench;
  std::array<cudaStream_t, kQueues + 1> all{};
  for (auto& stream : all) STRETTO_CUDA(cudaStreamCreateWithFlags, &stream, cudaStreamNonBlocking);
  for (int i = 0; i < streams; ++i) bench.wait(all[static_cast<size_t>(i)], 1);
  bench.write(all.back(), 7, 1);
  breathe();
  tell((std::to_string(kQueues) + " queues, " + std::to_string(streams) + " streams wait, another one writes").c_str(),
       std::to_string(bench.word(1).load()));
  bench.word().store(1);
  tell("and once they may go on", text(cudaStreamSynchronize(all.back())));
  for (auto* stream : all) {
    cudaStreamSynchronize(stream);
    cudaStreamDestroy(stream);
  }
}

void queues() {
  waiting(kQueues - 1);
  waiting(kQueues);
}

/// A non-blocking call may have ended or be under way: either is right.
std::string accepted(ncclResult_t result) {
  return result == ncclSuccess || result == ncclInProgress ? "accepted" : "error " + std::to_string(result);
}
std::string settled(ncclComm_t communicator) {
  ncclResult_t state = ncclInProgress;
  for (int i = 0; i < 3000 && state == ncclInProgress; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ncclCommGetAsyncError(communicator, &state);
  }
  return state == ncclSuccess ? "success" : "state " + std::to_string(state);
}

void communicators() {
  ncclUniqueId id{};
  ncclGetUniqueId(&id);
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  ncclComm_t all = nullptr;
  tell("ncclCommInitRankConfig of one rank", accepted(ncclCommInitRankConfig(&all, 1, id, 0, &config)));
  tell("its communicator in the end", settled(all));
  int rank = -1;
  ncclCommUserRank(all, &rank);
  tell("its rank", std::to_string(rank));
  ncclComm_t part = all;
  tell("ncclCommSplit without a color", accepted(ncclCommSplit(all, NCCL_SPLIT_NOCOLOR, 0, &part, &config)));
  tell("the communicator in the end", settled(all));
  tell("the part", part == nullptr ? "null" : "a communicator");
  {
    const Bench bench;
    auto* from = static_cast<std::byte*>(bench.memory);
    cudaMemsetAsync(bench.memory, 3, Bench::kBytes, bench.one);
    ncclGroupStart();
    tell("a send to itself, in a group", accepted(ncclSend(from, 256, ncclUint8, 0, all, bench.one)));
    tell("and its receive", accepted(ncclRecv(from + 512, 256, ncclUint8, 0, all, bench.one)));
    tell("ncclGroupEnd", accepted(ncclGroupEnd()));
    tell("the communicator in the end", settled(all));
    cudaMemcpyAsync(bench.page + 1024, from + 512, 256, cudaMemcpyDefault, bench.one);
    tell("the stream", text(cudaStreamSynchronize(bench.one)));
    tell("what was received", std::to_string(static_cast<int>(bench.page[1024 + 255])));
    tell("a send to a rank that there is none of", accepted(ncclSend(from, 1, ncclUint8, 1, all, bench.one)));
    bench.wait(bench.one, 1);
    ncclAllReduce(from, from + 512, 64, ncclUint8, ncclMax, all, bench.one);
    settled(all);
    tell("a reduction behind a wait", queried(bench.one));
    bench.word().store(1);
    tell("and once it may go on", text(cudaStreamSynchronize(bench.one)));
    void* handle = nullptr;
    tell("ncclCommRegister of the GPU's memory", accepted(ncclCommRegister(all, bench.memory, Bench::kBytes, &handle)));
    tell("ncclCommDeregister", accepted(ncclCommDeregister(all, handle)));
  }
  tell("ncclCommFinalize", accepted(ncclCommFinalize(all)));
  tell("the communicator in the end", settled(all));
  tell("ncclCommDestroy", accepted(ncclCommDestroy(all)));
}

}  // namespace
}  // namespace stretto::fake

int main() {
  using namespace stretto::fake;
  setenv("CUDA_DEVICE_MAX_CONNECTIONS", std::to_string(kQueues).c_str(), 1);
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
    std::fprintf(stderr, "behaviour: there is no GPU\n");
    return 3;
  }
  devices_and_errors();
  memory();
  events();
  words();
  queues();
  communicators();
  return 0;
}
