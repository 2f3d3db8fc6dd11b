// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What one GPU's copy engine and cuBLAS do alone and at once: t, one tensor from pinned host memory; m, one product of
/// such tensors by the op, and beside it by a plain call of cuBLAS, in turn. One JSON object on stdout, in seconds,
/// medians. Usage: gpu_alone [dimension]

#include "open_op.h"

#include <algorithm>
#include <cstdio>
#include <cublas_v2.h>
#include <random>

namespace stretto::contract {
namespace {

constexpr int kRepeats = 30;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> samples) {
  std::ranges::sort(samples);
  return samples[samples.size() / 2];
}

/// The product under test, with its tensors on the device.
class Product {
 public:
  Product(OpenOps& ops, int64_t dimension)
      : ops_(ops),
        spec_{kF16, {dimension, dimension}, static_cast<uint64_t>(dimension * dimension) * 2, false},
        a_(ops.device(), spec_.max_bytes),
        b_(ops.device(), spec_.max_bytes),
        c_(ops.device(), spec_.max_bytes),
        settings_(op().args, op().arg_count, ""),
        raw_(to_raw(spec_)),
        inputs_{&raw_, &raw_},
        workspace_(ops.device(), 32U << 20U) {
    const stretto_call call{sizeof call, 2, inputs_.data(), counts_.data(), settings_.raw(), 0, 0};
    const Outcome prepared = ops_.lane()
                                 .run([&](const stretto_native& native, const stretto_sink* sink) {
                                   return op().prepare(&call, &native, &state_, sink);
                                 })
                                 .get();
    if (prepared.code != Code::ok) throw Error(prepared.code, prepared.message);
    for (auto* tensor : {&tensors_[0], &tensors_[1], &tensors_[2]})
      *tensor = {sizeof(stretto_tensor), kF16.raw(), 2, 0, {dimension, dimension}, nullptr, spec_.max_bytes};
    tensors_[0].data = a_.data();
    tensors_[1].data = b_.data();
    tensors_[2].data = c_.data();
  }
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;
  ~Product() { op().release(state_); }
  uint64_t bytes() const { return spec_.max_bytes; }
  void* a() const { return a_.data(); }
  void* b() const { return b_.data(); }
  void* c() const { return c_.data(); }
  void enqueue() {
    ops_.lane().run([this](const stretto_native& native, const stretto_sink* sink) {
      const stretto_tensor* const in[] = {&tensors_[0], &tensors_[1]};
      stretto_tensor* const out[] = {&tensors_[2]};
      const stretto_launch launch{sizeof launch, 2, 1, 0, 0, &native, in, out, workspace_.data()};
      return op().launch(state_, &launch, sink);
    });
  }

 private:
  const stretto_op& op() const { return ops_.op("matmul"); }
  OpenOps& ops_;
  Spec spec_;
  DeviceMemory a_, b_, c_;
  const GivenSettings settings_;
  stretto_spec raw_;
  std::vector<const stretto_spec*> inputs_;
  std::vector<uint32_t> counts_{1, 1};
  DeviceMemory workspace_;
  void* state_ = nullptr;
  std::array<stretto_tensor, 3> tensors_{};
};

/// The same product as a program without stretto would have it: cublasGemmEx on a stream of its own.
class PlainProduct {
 public:
  explicit PlainProduct(int64_t dimension) : dimension_(static_cast<int>(dimension)) {
    must("cublasCreate", cublasCreate(&handle_) == CUBLAS_STATUS_SUCCESS);
    must("cudaStreamCreateWithFlags", cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking) == cudaSuccess);
    must("cublasSetStream", cublasSetStream(handle_, stream_) == CUBLAS_STATUS_SUCCESS);
  }
  PlainProduct(const PlainProduct&) = delete;
  PlainProduct& operator=(const PlainProduct&) = delete;
  ~PlainProduct() {
    cublasDestroy(handle_);
    cudaStreamDestroy(stream_);
  }
  void enqueue(const Product& of) {
    const float one = 1;
    const float none = 0;
    must("cublasGemmEx",
         cublasGemmEx(handle_, CUBLAS_OP_N, CUBLAS_OP_N, dimension_, dimension_, dimension_, &one, of.b(), CUDA_R_16F,
                      dimension_, of.a(), CUDA_R_16F, dimension_, &none, of.c(), CUDA_R_16F, dimension_,
                      CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT) == CUBLAS_STATUS_SUCCESS);
  }
  void settle() { must("cudaStreamSynchronize", cudaStreamSynchronize(stream_) == cudaSuccess); }

 private:
  static void must(const char* call, bool worked) {
    if (!worked) throw Error(Code::unavailable, std::string(call) + " failed");
  }
  const int dimension_;
  cublasHandle_t handle_ = nullptr;
  cudaStream_t stream_ = nullptr;
};

std::vector<std::byte> random_halves(uint64_t bytes) {
  std::mt19937_64 random(5);
  std::vector<std::byte> data(bytes);
  auto* halves = reinterpret_cast<uint16_t*>(data.data());
  for (uint64_t i = 0; i < bytes / 2; ++i) halves[i] = static_cast<uint16_t>(0x3c00 | (random() & 0x3ff));
  return data;
}

void needed(const Outcome& outcome) {
  if (outcome.code != Code::ok) throw Error(outcome.code, outcome.message);
}

void measure(int64_t dimension) {
  OpenOps ops({{"blas_cuda", "blas"}, {"cuda", "cuda"}, false});
  Product product(ops, dimension);
  PinnedBytes host(ops.device(), random_halves(product.bytes()));
  const DeviceMemory landing(ops.device(), product.bytes());
  OpenLane copies(ops.device(), 1);
  copies.copy(product.a(), host.data(), product.bytes());
  copies.copy(product.b(), host.data(), product.bytes());
  needed(copies.settle());
  const OpenSemaphore counter(ops.device());
  constexpr int kBatch = 5;
  PlainProduct plain(dimension);
  std::vector<double> t, m, plain_m, both_t, both_m, hop;
  for (int i = -3; i < kRepeats; ++i) {
    auto begin = std::chrono::steady_clock::now();
    for (int n = 0; n < kBatch; ++n) copies.copy(landing.data(), host.data(), product.bytes());
    needed(copies.settle());
    if (i >= 0) t.push_back(seconds_since(begin) / kBatch);
    for (const bool ours : i % 2 == 0 ? std::array{true, false} : std::array{false, true}) {
      begin = std::chrono::steady_clock::now();
      for (int n = 0; n < kBatch; ++n) ours ? product.enqueue() : plain.enqueue(product);
      if (ours)
        needed(ops.lane().settle());
      else
        plain.settle();
      if (i >= 0) (ours ? m : plain_m).push_back(seconds_since(begin) / kBatch);
    }
    // Both at once; whoever ends first had company all the time, so only as much is counted for the other.
    begin = std::chrono::steady_clock::now();
    for (int n = 0; n < kBatch; ++n) copies.copy(landing.data(), host.data(), product.bytes());
    for (int n = 0; n < kBatch; ++n) product.enqueue();
    auto ended = std::async(std::launch::async, [&] {
      needed(copies.settle());
      return seconds_since(begin) / kBatch;
    });
    needed(ops.lane().settle());
    const double m_now = seconds_since(begin) / kBatch;
    const double t_now = ended.get();
    if (i >= 0) {
      both_m.push_back(m_now);
      both_t.push_back(t_now);
    }
    const auto value = static_cast<uint64_t>(i + 4);
    double took = 0;
    needed(copies
               .run([&](const stretto_native&, const stretto_sink* sink) {
                 const auto asked = std::chrono::steady_clock::now();
                 copies.signal_here(counter, value, sink);
                 const int32_t code = ops.device().api().host_wait(counter.raw(), value, soon(), sink);
                 took = seconds_since(asked);
                 return code;
               })
               .get());
    if (i >= 0) hop.push_back(took);
  }
  std::printf(
      "{\"dimension\": %lld, \"bytes\": %llu, \"t\": %.6g, \"m\": %.6g, \"plain_m\": %.6g, \"t_with_m\": %.6g, "
      "\"m_with_t\": %.6g, "
      "\"signal_and_host_wait\": %.6g}\n",
      static_cast<long long>(dimension), static_cast<unsigned long long>(product.bytes()), median(t), median(m),
      median(plain_m), median(both_t), median(both_m), median(hop));
}

}  // namespace
}  // namespace stretto::contract

int main(int count, char** arguments) {
  try {
    stretto::contract::measure(count > 1 ? std::atoll(arguments[1]) : 10000);
    return 0;
  } catch (const stretto::Error& error) {
    std::fprintf(stderr, "gpu_alone: %s\n", error.what());
    return error.code() == stretto::Code::unavailable ? 3 : 1;
  }
}
