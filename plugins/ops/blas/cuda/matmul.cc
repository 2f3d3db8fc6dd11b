// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "matmul.h"

#include "lt.h"

#include <limits>

namespace stretto::blas {
namespace {

constexpr std::array<DType, 4> kTypes{kF16, kBF16, kF32, kF64};
constexpr Limits kLimits{kTypes, std::numeric_limits<int32_t>::max()};

Math math_of(const Call& call) { return call.args().text("math") == "tf32" ? Math::tf32 : Math::ieee; }

/// Device memory for a trial run, given back in lane order so that nothing else on the GPU has to stop for it.
class Scratch {
 public:
  Scratch(uint64_t bytes, cudaStream_t stream) : stream_(stream) {
    STRETTO_CUDA(cudaMallocAsync, &memory_, std::max<uint64_t>(bytes, 1), stream);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { cudaFreeAsync(memory_, stream_); }
  void* get() const { return memory_; }

 private:
  cudaStream_t stream_;
  void* memory_ = nullptr;
};

class MatmulKernel final : public Kernel {
 public:
  MatmulKernel(DType dtype, Math math, uint64_t workspace_bytes)
      : element_bytes_(dtype.bytes()), workspace_bytes_(workspace_bytes), product_(dtype, math, workspace_bytes) {}

  void launch(const Launch& launch) override {
    const Dimensions dimensions = shape_product(launch, kLimits);
    const cudaStream_t stream = cuda::stream_of(launch.lane());
    cuda::use_device(launch.lane().index);
    const ResultView result = launch.result(0);
    if (result.elements() == 0) return;
    if (dimensions.k == 0) {  // a sum of nothing, which BLAS need not store
      STRETTO_CUDA(cudaMemsetAsync, result.data(), 0, result.bytes(), stream);
      return;
    }
    product_.choose(dimensions);
    product_.enqueue(launch.input(0).data(), launch.input(1).data(), result.data(), launch.workspace(), stream);
  }

  /// Blocks until the lane is empty.
  void try_out(const Dimensions& dimensions, cudaStream_t stream) {
    product_.choose(dimensions);
    const auto bytes = [&](int64_t rows, int64_t columns) {
      return static_cast<uint64_t>(rows) * static_cast<uint64_t>(columns) * element_bytes_;
    };
    {
      const Scratch a(bytes(dimensions.n, dimensions.k), stream);
      const Scratch b(bytes(dimensions.k, dimensions.m), stream);
      const Scratch c(bytes(dimensions.n, dimensions.m), stream);
      const Scratch workspace(workspace_bytes_, stream);
      product_.enqueue(a.get(), b.get(), c.get(), workspace.get(), stream);
    }
    STRETTO_CUDA(cudaStreamSynchronize, stream);
  }

 private:
  const uint64_t element_bytes_;
  const uint64_t workspace_bytes_;
  LtProduct product_;
};

}  // namespace

OpInfo Matmul::info() const {
  return product_info({Option(Type::text, "math", "how f32 is multiplied: by IEEE's rules, or rounded to tf32 first")
                           .otherwise("\"ieee\"")
                           .one_of("ieee|tf32"),
                       Option(Type::bytes, "workspace", "device memory that cuBLASLt may use for each node")
                           .otherwise("33554432")
                           .at_least(0)
                           .at_most(0x1p40)});
}

Inference Matmul::infer(const Call& call) const {
  Inference inference = infer_product(call, kLimits);
  if (math_of(call) == Math::tf32 && call.input(0).dtype != kF32)
    reject("math = \"tf32\" is for factors of f32, and these are " + to_text(call.input(0).dtype));
  inference.workspace_bytes = call.args().bytes("workspace");
  return inference;
}

std::unique_ptr<Kernel> Matmul::prepare(const Call& call, const stretto_native& lane) const {
  const cudaStream_t stream = cuda::stream_of(lane);
  cuda::use_device(lane.index);
  auto kernel = std::make_unique<MatmulKernel>(call.input(0).dtype, math_of(call), call.args().bytes("workspace"));
  const Spec a = call.input(0);
  const Spec b = call.input(1);
  const bool empty = a.shape[0] == 0 || a.shape[1] == 0 || b.shape[1] == 0;
  if (!a.dynamic() && !b.dynamic() && !empty) kernel->try_out({a.shape[0], a.shape[1], b.shape[1]}, stream);
  return kernel;
}

}  // namespace stretto::blas
