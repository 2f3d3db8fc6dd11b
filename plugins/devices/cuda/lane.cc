// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "lane.h"

#include "rest.h"

#include <nvtx3/nvToolsExt.h>
#include <nvtx3/nvToolsExtCudaRt.h>

namespace stretto::cuda {
namespace {

/// Of the process: profilers show what is in it apart from what other libraries say. Null where none is attached.
nvtxDomainHandle_t domain() {
  static const nvtxDomainHandle_t made = nvtxDomainCreateA("stretto");
  return made;
}

/// What every call does first.
void enter(const Shared& shared) {
  if (shared.aborted()) throw Error(Code::cancelled, "the lane takes no more work: its device was aborted");
  use_device(shared.index);
}

}  // namespace

StreamCapture::StreamCapture(Shared& shared, cudaStream_t stream, cudaGraph_t graph)
    : shared_(shared), stream_(stream) {
  const cudaError_t made = cudaGraphInstantiate(&graph_, graph, 0);
  cudaGraphDestroy(graph);
  check("cudaGraphInstantiate", made);
}

StreamCapture::~StreamCapture() {
  cudaSetDevice(shared_.index);
  cudaGraphExecDestroy(graph_);
}

void StreamCapture::upload() { STRETTO_CUDA(cudaGraphUpload, graph_, stream_); }

void StreamCapture::launch() {
  enter(shared_);
  STRETTO_CUDA(cudaGraphLaunch, graph_, stream_);
}

StreamLane::StreamLane(Shared& shared, const char* name, bool communicates)
    : shared_(shared), own_(shared.index, communicates, shared.crowded), stream_(own_.get()) {
  nvtxNameCudaStreamA(stream_, name);
}

StreamLane::~StreamLane() {
  cudaSetDevice(shared_.index);
  Rest rest(shared_.spin);
  // Not cudaStreamSynchronize: after an abort the words have to be raised again and again, since what was enqueued
  // before it may write to them once more.
  while (cudaStreamQuery(stream_) == cudaErrorNotReady) {
    cudaGetLastError();
    if (shared_.aborted()) shared_.end_waits();
    rest.until(Deadline::max());
  }
  for (cudaEvent_t event : marks_) cudaEventDestroy(event);
}

void StreamLane::signal(Semaphore& semaphore, uint64_t value) {
  enter(shared_);
  static_cast<LaneSemaphore&>(semaphore).lane_signal(*this, stream_, value);
}

void StreamLane::wait(Semaphore& semaphore, uint64_t value) {
  enter(shared_);
  static_cast<LaneSemaphore&>(semaphore).lane_wait(*this, stream_, value);
}

void StreamLane::copy(void* destination, const void* source, uint64_t bytes) {
  enter(shared_);
  if (bytes != 0 && destination != source)
    STRETTO_CUDA(cudaMemcpyAsync, destination, source, bytes, cudaMemcpyDefault, stream_);
}

void StreamLane::begin_capture() {
  enter(shared_);
  // Relaxed: couriers query events, and libraries may load code, while this thread records.
  STRETTO_CUDA(cudaStreamBeginCapture, stream_, cudaStreamCaptureModeRelaxed);
}

std::unique_ptr<Capture> StreamLane::end_capture() {
  cudaGraph_t graph = nullptr;
  STRETTO_CUDA(cudaStreamEndCapture, stream_, &graph);
  auto capture = std::make_unique<StreamCapture>(shared_, stream_, graph);
  capture->upload();
  return capture;
}

cudaEvent_t StreamLane::marked(uint64_t mark) {
  if (mark == 0 || mark > marks_.size())
    throw Error(Code::invalid_argument, "a lane has no mark " + std::to_string(mark) + " in what is recorded");
  return marks_[mark - 1];
}

// Events that are recorded while their stream is captured stand for a place in the graph, and nothing else.
void StreamLane::mark(uint64_t mark) {
  enter(shared_);
  if (mark == marks_.size() + 1) {
    cudaEvent_t event = nullptr;
    STRETTO_CUDA(cudaEventCreateWithFlags, &event, cudaEventDisableTiming);
    marks_.push_back(event);
  }
  STRETTO_CUDA(cudaEventRecord, marked(mark), stream_);
}

void StreamLane::follow(Lane& other, uint64_t mark) {
  enter(shared_);
  STRETTO_CUDA(cudaStreamWaitEvent, stream_, static_cast<StreamLane&>(other).marked(mark), 0U);
}

stretto_native StreamLane::native() {
  use_device(shared_.index);
  CUcontext context = nullptr;
  STRETTO_CUDA(shared_.driver.cuCtxGetCurrent, &context);
  return {sizeof(stretto_native), shared_.index, kMemoryKind, reinterpret_cast<uint64_t>(stream_),
          reinterpret_cast<uint64_t>(context)};
}

void StreamLane::range_push(const char* name, int64_t execution) noexcept {
  nvtxEventAttributes_t attributes{};
  attributes.version = NVTX_VERSION;
  attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  attributes.payloadType = NVTX_PAYLOAD_TYPE_INT64;
  attributes.payload.llValue = execution;
  attributes.messageType = NVTX_MESSAGE_TYPE_ASCII;
  attributes.message.ascii = name;
  nvtxDomainRangePushEx(domain(), &attributes);
}

void StreamLane::range_pop() noexcept { nvtxDomainRangePop(domain()); }

}  // namespace stretto::cuda
