// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The calls of the CUDA runtime that the plugins make, on the fake machine. The declarations are the real header's: a
/// signature that drifts does not compile.

#include "machine.h"
#include "stretto/error.h"
#include "twins.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cuda.h>
#include <cuda_runtime_api.h>
#include <cxxabi.h>
#include <filesystem>
#include <sstream>
#include <utility>
#include <vector>

namespace stretto::fake {
namespace {

thread_local int current_device = 0;
thread_local cudaError_t last_error = cudaSuccess;

/// The GPUs that this process may see, by their numbers in the machine: CUDA_VISIBLE_DEVICES, as a list of numbers.
const std::vector<int>& visible() {
  static const std::vector<int> gpus = [] {
    const char* text = std::getenv("STRETTO_FAKE_DEVICES");  // NOLINT(concurrency-mt-unsafe): nothing sets it
    const int all = text == nullptr ? 4 : std::atoi(text);
    const char* named = std::getenv("CUDA_VISIBLE_DEVICES");  // NOLINT(concurrency-mt-unsafe): nothing sets it
    std::vector<int> found;
    if (named == nullptr)
      for (int gpu = 0; gpu < all; ++gpu) found.push_back(gpu);
    std::istringstream list(named == nullptr ? "" : named);
    for (std::string gpu; std::getline(list, gpu, ',');)
      if (std::atoi(gpu.c_str()) < all) found.push_back(std::atoi(gpu.c_str()));
    return found;
  }();
  return gpus;
}

int devices() { return static_cast<int>(visible().size()); }
int current_gpu() { return visible().at(static_cast<size_t>(current_device)); }

Machine& machine() { return Machine::instance(); }

/// Processes share a GPU's queues under MPS, and on an H100 four of 32 each were too many, seven of 16 were not.
bool mps_has_no_room() {
  static const bool none = [] {
    const char* folder =
        std::getenv("CUDA_MPS_PIPE_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): set before CUDA is called
    return folder != nullptr && std::filesystem::exists(std::string(folder) + "/control") && hardware_queues() > 16;
  }();
  return none;
}

/// Of the thread that records. The plugins capture in relaxed mode, in which CUDA lets it do more; ops may not.
thread_local int captures = 0;
std::atomic<size_t> graphs{0};  ///< that nobody has destroyed
std::atomic<size_t> launches{0};
std::atomic<bool> launches_broken{false};

void not_in_a_capture(const char* call) {
  if (captures != 0) throw Error(Code::internal, std::string("in a capture: ") + call);
}
/// A graph that can be launched: with streams for its branches.
struct Executable {
  Graph graph;
  std::vector<Stream*> branches;
};
Stream* real(cudaStream_t stream) { return reinterpret_cast<Stream*>(stream); }
Event* real(cudaEvent_t event) { return reinterpret_cast<Event*>(event); }

/// What a call comes to: an Error is said aloud and ends the context, unless it is a lack of room.
template <class Body>
cudaError_t called(Body&& body) {
  try {
    body();
    return cudaSuccess;
  } catch (const Error& error) {
    if (error.code() == Code::overloaded) return last_error = cudaErrorMemoryAllocation;
    if (error.code() == Code::invalid_argument) return last_error = cudaErrorInvalidValue;
    machine().violation(error.what());
    return last_error = cudaErrorIllegalAddress;
  }
}

std::map<const void*, std::string>& kernels() {
  static auto* names = new std::map<const void*, std::string>;
  return *names;
}

std::string demangled(const char* name) {
  int status = 0;
  char* text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string result = status == 0 ? text : name;
  std::free(text);
  return result;
}

CUresult context(CUcontext* context) {
  *context = reinterpret_cast<CUcontext>(static_cast<uintptr_t>(current_device + 1));
  return CUDA_SUCCESS;
}
CUresult device_of(CUdevice* device, int ordinal) {
  *device = ordinal;
  return CUDA_SUCCESS;
}
CUresult uuid_of(CUuuid* uuid, CUdevice device) {
  std::memset(uuid, 0, sizeof *uuid);
  std::snprintf(uuid->bytes, sizeof uuid->bytes, "FAKE GPU %d", visible().at(static_cast<size_t>(device)));
  return CUDA_SUCCESS;
}
CUresult attribute(int* value, CUdevice_attribute which, CUdevice /*device*/) {
  *value = which == CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS ? 1 : 0;
  return CUDA_SUCCESS;
}
CUresult result_of(cudaError_t error) { return error == cudaSuccess ? CUDA_SUCCESS : CUDA_ERROR_ILLEGAL_ADDRESS; }
CUresult wait_value(CUstream stream, CUdeviceptr address, cuuint64_t value, unsigned int flags) {
  if (flags != CU_STREAM_WAIT_VALUE_GEQ) return CUDA_ERROR_NOT_SUPPORTED;
  return result_of(called(
      [&] { machine().wait_value(real(stream), reinterpret_cast<const std::atomic<uint64_t>*>(address), value); }));
}
CUresult write_value(CUstream stream, CUdeviceptr address, cuuint64_t value, unsigned int flags) {
  if (flags != CU_STREAM_WRITE_VALUE_DEFAULT) return CUDA_ERROR_NOT_SUPPORTED;
  return result_of(
      called([&] { machine().write_value(real(stream), reinterpret_cast<std::atomic<uint64_t>*>(address), value); }));
}

}  // namespace
}  // namespace stretto::fake

using namespace stretto::fake;
using stretto::Code;
using stretto::Error;

extern "C" {

/// What was wrong so far, for tests: empty where nothing was. Valid until the thread's next call.
const char* stretto_fake_violation() {
  thread_local std::string text;
  text = machine().violated();
  return text.c_str();
}
size_t stretto_fake_leaks() { return machine().leaks() + graphs; }
size_t stretto_fake_graph_launches() { return launches; }
void stretto_fake_break_graph_launches(int broken) { launches_broken = broken != 0; }
void stretto_fake_forgive() { machine().forgive(); }
void stretto_fake_expect_violations() { machine().expect_violations(); }
void stretto_fake_hold() { machine().hold(); }
void stretto_fake_release() { machine().release(); }

/// What somebody tells of the host's threads: see Machine. A stream is told of by its native value.
void stretto_fake_tell_threads_apart(int apart) { machine().tell_threads_apart(apart != 0); }
void stretto_fake_host_tells(uint64_t of, uint64_t value) { machine().host_tells({of, value}); }
void stretto_fake_host_hears(uint64_t of, uint64_t value) { machine().host_hears({of, value}); }
void stretto_fake_stream_tells(uint64_t stream, uint64_t of, uint64_t value) {
  called([&] { machine().stream_tells(reinterpret_cast<Stream*>(stream), {of, value}); });
}
void stretto_fake_stream_hears(uint64_t stream, uint64_t of, uint64_t value) {
  called([&] { machine().stream_hears(reinterpret_cast<Stream*>(stream), {of, value}); });
}
void stretto_fake_host_needs(uint64_t of, uint64_t value, const char* what) { machine().host_needs({of, value}, what); }
void stretto_fake_forget(uint64_t of) { machine().forget(of); }
void stretto_fake_host_touches(const void* memory, size_t bytes, int writes, const char* what) {
  machine().host_touches({memory, bytes, writes != 0}, what);
}

void** __cudaRegisterFatBinary(void* /*binary*/) {
  static void* handle = nullptr;
  return &handle;
}
void __cudaRegisterFatBinaryEnd(void** /*handle*/) {}
void __cudaUnregisterFatBinary(void** /*handle*/) {}
void __cudaRegisterFunction(void** /*handle*/, const char* host, char* /*device*/, const char* name, int /*limit*/,
                            uint3* /*thread*/, uint3* /*block*/, dim3* /*block_size*/, dim3* /*grid_size*/,
                            int* /*warp*/) {
  kernels()[host] = demangled(name);
}
// Behind `kernel<<<…>>>`, which the plugins do not use.
cudaError_t __cudaPopCallConfiguration(dim3* /*grid*/, dim3* /*block*/, size_t* /*shared*/, void* /*stream*/) {
  return cudaErrorNotSupported;
}
cudaError_t __cudaGetKernel(cudaKernel_t* /*kernel*/, const void* /*host*/) { return cudaErrorNotSupported; }
cudaError_t __cudaLaunchKernel(cudaKernel_t /*kernel*/, dim3 /*grid*/, dim3 /*block*/, void** /*arguments*/,
                               size_t /*shared*/, cudaStream_t /*stream*/) {
  return cudaErrorNotSupported;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = devices();
  return *count > 0 ? cudaSuccess : last_error = cudaErrorNoDevice;
}
cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= devices()) return last_error = cudaErrorInvalidDevice;
  if (mps_has_no_room()) return last_error = cudaErrorMemoryAllocation;
  current_device = device;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetPCIBusId(char* text, int length, int device) {
  std::snprintf(text, static_cast<size_t>(length), "FAKE:%02x:00.0", static_cast<unsigned>(device));
  return cudaSuccess;
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = 0;
  *greatest = -5;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidValue: return "cudaErrorInvalidValue";
    case cudaErrorInvalidDevice: return "cudaErrorInvalidDevice";
    case cudaErrorNotReady: return "cudaErrorNotReady";
    case cudaErrorHostMemoryNotRegistered: return "cudaErrorHostMemoryNotRegistered";
    case cudaErrorHostMemoryAlreadyRegistered: return "cudaErrorHostMemoryAlreadyRegistered";
    case cudaErrorIllegalAddress: return "cudaErrorIllegalAddress";
    case cudaErrorNotSupported: return "cudaErrorNotSupported";
    default: return "another error";
  }
}
const char* cudaGetErrorString(cudaError_t error) {
  thread_local std::string text;
  text = machine().violated();
  if (text.empty()) text = std::string("FAKE CUDA: ") + cudaGetErrorName(error);
  return text.c_str();
}
cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned int /*version*/,
                                             unsigned long long /*flags*/, cudaDriverEntryPointQueryResult* result) {
  const std::map<std::string, void*> known{{"cuCtxGetCurrent", reinterpret_cast<void*>(context)},
                                           {"cuDeviceGet", reinterpret_cast<void*>(device_of)},
                                           {"cuDeviceGetAttribute", reinterpret_cast<void*>(attribute)},
                                           {"cuDeviceGetUuid", reinterpret_cast<void*>(uuid_of)},
                                           {"cuStreamWaitValue64", reinterpret_cast<void*>(wait_value)},
                                           {"cuStreamWriteValue64", reinterpret_cast<void*>(write_value)}};
  const auto found = known.find(name);
  *function = found == known.end() ? nullptr : found->second;
  *result = found == known.end() ? cudaDriverEntryPointSymbolNotFound : cudaDriverEntryPointSuccess;
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned int flags, int /*priority*/) {
  return cudaStreamCreateWithFlags(stream, flags);
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags) {
  return called([&] {
    if (flags != cudaStreamNonBlocking) throw Error(Code::internal, "a stream that waits for the default stream");
    *stream = reinterpret_cast<cudaStream_t>(machine().open(current_device));
  });
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return called([&] { machine().close(real(stream)); });
}
cudaError_t cudaStreamQuery(cudaStream_t stream) {
  bool idle = false;
  const cudaError_t result = called([&] {
    not_in_a_capture("cudaStreamQuery");
    idle = machine().idle(real(stream));
  });
  return result != cudaSuccess || idle ? result : last_error = cudaErrorNotReady;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  cudaError_t result = cudaErrorNotReady;
  while ((result = cudaStreamQuery(stream)) == cudaErrorNotReady) {
    const timespec pause{0, 20'000};
    nanosleep(&pause, nullptr);
  }
  return result;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int /*flags*/) {
  return called([&] { machine().wait(real(stream), real(event)); });
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return called([&] {
    if ((flags & cudaEventDisableTiming) == 0) throw Error(Code::internal, "an event that takes the time is slow");
    *event = reinterpret_cast<cudaEvent_t>(machine().make_event());
  });
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return called([&] { machine().destroy(real(event)); });
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return called([&] { machine().record(real(event), real(stream)); });
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  bool happened = false;
  const cudaError_t result = called([&] {
    not_in_a_capture("cudaEventQuery");
    happened = machine().happened(real(event));
  });
  return result != cudaSuccess || happened ? result : last_error = cudaErrorNotReady;
}

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  return called([&] {
    not_in_a_capture("cudaMalloc");
    *memory = machine().allocate(bytes, current_device);
  });
}
cudaError_t cudaFree(void* memory) {
  return called([&] {
    not_in_a_capture("cudaFree");
    machine().free(memory);
  });
}
cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t /*stream*/) { return cudaMalloc(memory, bytes); }
cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  return called([&] { machine().free(memory, real(stream)); });
}
cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t* handle, void* memory) {
  if (std::getenv("STRETTO_FAKE_NO_IPC") != nullptr)  // NOLINT(concurrency-mt-unsafe): nothing sets it
    return last_error = cudaErrorNotSupported;
  return called([&] {
    const ExportHandle bytes = machine().export_block(memory, current_gpu());
    static_assert(sizeof *handle == sizeof bytes);
    std::memcpy(handle, bytes.data(), sizeof *handle);
  });
}
cudaError_t cudaIpcOpenMemHandle(void** memory, cudaIpcMemHandle_t handle, unsigned int flags) {
  if (flags != cudaIpcMemLazyEnablePeerAccess) return last_error = cudaErrorInvalidValue;
  return called([&] {
    ExportHandle bytes{};
    std::memcpy(bytes.data(), &handle, sizeof handle);
    *memory = machine().import_block(bytes, current_gpu(), current_device);
  });
}
cudaError_t cudaIpcCloseMemHandle(void* memory) {
  return called([&] { machine().close_import(memory); });
}
cudaError_t cudaHostGetDevicePointer(void** address, void* memory, unsigned int /*flags*/) {
  return called([&] { *address = machine().translate(memory, 1); });
}
cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned int /*flags*/) {
  return called([&] {
    *memory = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (*memory == nullptr) throw Error(Code::overloaded, "no room");
    machine().pin(*memory, bytes);
  });
}
cudaError_t cudaFreeHost(void* memory) {
  return called([&] {
    machine().unpin(memory);
    std::free(memory);
  });
}
cudaError_t cudaHostRegister(void* memory, size_t bytes, unsigned int /*flags*/) {
  if (machine().pinned(memory)) return last_error = cudaErrorHostMemoryAlreadyRegistered;
  return called([&] { machine().pin(memory, bytes); });
}
cudaError_t cudaHostUnregister(void* memory) {
  if (!machine().pinned(memory)) return last_error = cudaErrorHostMemoryNotRegistered;
  return called([&] { machine().unpin(memory); });
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind /*kind*/, cudaStream_t stream) {
  return called([&] {
    void* target = machine().translate(to, bytes);
    const void* source = machine().translate(from, bytes);
    machine().enqueue(real(stream), {"cudaMemcpyAsync",
                                     {{from, bytes, false}, {to, bytes, true}},
                                     nullptr,
                                     [=] { std::memcpy(target, source, bytes); },
                                     {}});
  });
}
cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream) {
  return called([&] {
    void* target = machine().translate(memory, bytes);
    machine().enqueue(real(stream), {"cudaMemsetAsync",
                                     {{memory, bytes, true}},
                                     nullptr,
                                     [=] {
                                       if (bytes != 0) std::memset(target, value, bytes);
                                     },
                                     {}});
  });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode /*mode*/) {
  return called([&] {
    machine().begin_capture(real(stream));
    ++captures;
  });
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  return called([&] {
    captures = std::max(captures - 1, 0);
    *graph = reinterpret_cast<cudaGraph_t>(new Graph(machine().end_capture(real(stream))));
    ++graphs;
  });
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long /*flags*/) {
  return called([&] {
    not_in_a_capture("cudaGraphInstantiate");
    auto* executable = new Executable{*reinterpret_cast<Graph*>(graph), {}};
    for (uint32_t branch = 1; branch < executable->graph.branches; ++branch)
      executable->branches.push_back(machine().open_branch(current_device));
    *made = reinterpret_cast<cudaGraphExec_t>(executable);
    ++graphs;
  });
}
cudaError_t cudaGraphUpload(cudaGraphExec_t /*graph*/, cudaStream_t /*stream*/) { return cudaSuccess; }
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  if (launches_broken) return last_error = cudaErrorLaunchOutOfResources;
  return called([&] {
    not_in_a_capture("cudaGraphLaunch");
    const auto& executable = *reinterpret_cast<Executable*>(graph);
    machine().play(executable.graph, real(stream), executable.branches);
    ++launches;
  });
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete reinterpret_cast<Graph*>(graph);
  --graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  auto* executable = reinterpret_cast<Executable*>(graph);
  const cudaError_t result = called([&] {
    for (auto* branch : executable->branches) machine().close(branch);
  });
  delete executable;
  --graphs;
  return result;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* function) {
  *attributes = {};
  return kernels().contains(function) ? cudaSuccess : last_error = cudaErrorInvalidDeviceFunction;
}
cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments, size_t /*shared*/,
                             cudaStream_t stream) {
  const auto found = kernels().find(function);
  if (found == kernels().end()) return last_error = cudaErrorInvalidDeviceFunction;
  if (grid.x == 0 || block.x == 0 || block.x > 1024) return last_error = cudaErrorInvalidConfiguration;
  return called([&] { machine().enqueue(real(stream), twin_of(found->second, arguments[0])); });
}

}  // extern "C"
