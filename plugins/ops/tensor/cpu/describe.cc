// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "call.h"
#include "numbers.h"
#include "ops.h"

#include <algorithm>

namespace stretto::tensor {
namespace {

constexpr const char* kDescribe = "describe";
constexpr const char* kChecksum = "checksum";

template <class T>
class DescribeKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    const TensorView input = launch.input(0);
    float first = 0;
    if (input.elements() != 0) first = static_cast<float>(widened(*input.data<const T>()));
    *launch.result(0).data<float>() = first;
    std::ranges::copy(input.shape(), launch.result(1).data<int64_t>());
    const auto name = std::ranges::find(kDTypes, input.dtype(), &NamedDType::dtype);
    std::memcpy(launch.result(2).data(), name->name, std::strlen(name->name));
  }
};

class ChecksumKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    const TensorView input = launch.input(0);
    const auto* bytes = input.data<const uint8_t>();
    uint64_t hash = 0xcbf29ce484222325;
    for (uint64_t i = 0; i < input.bytes(); ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
    *launch.result(0).data<uint64_t>() = hash;
  }
};

}  // namespace

OpInfo Describe::info() const {
  return {kDescribe,
          "The first element, the shape and the dtype of a value",
          {{"x", "floats or integers"}},
          {{"value", "the first element as f32; 0 where there is none"},
           {"shape", "the dimensions, a vector of i64"},
           {"dtype", "the name of the dtype, as text"}},
          {}};
}

Inference Describe::infer(const Call& call) const {
  const Spec input = only_input(kDescribe, call);
  with_type(input.dtype, kDescribe, [](auto) {});
  const std::string name = to_text(input.dtype);
  Spec text = static_spec(kU8, {static_cast<int64_t>(name.size())});
  text.text = true;
  Inference inference;
  inference.results = {static_spec(kF32, {}), static_spec(kI64, {static_cast<int64_t>(input.shape.size())}),
                       std::move(text)};
  inference.bytes = static_cast<double>(input.dtype.bytes());
  return inference;
}

std::unique_ptr<Kernel> Describe::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return kernel_for<DescribeKernel>(call.input(0).dtype, kDescribe);
}

OpInfo Checksum::info() const {
  return {kChecksum,
          "FNV-1a, 64 bits, over the bytes of a value",
          {{"x", "any value"}},
          {{"result", "the hash, a scalar of u64"}},
          {}};
}

Inference Checksum::infer(const Call& call) const {
  Inference inference = like(only_input(kChecksum, call), 0);
  inference.bytes /= 2;
  inference.flops = 2 * inference.bytes;
  inference.results = {static_spec(kU64, {})};
  return inference;
}

std::unique_ptr<Kernel> Checksum::prepare(const Call& /*call*/, const stretto_native& /*lane*/) const {
  return std::make_unique<ChecksumKernel>();
}

}  // namespace stretto::tensor
