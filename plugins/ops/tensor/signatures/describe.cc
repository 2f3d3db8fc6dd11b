// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "signatures.h"

namespace stretto::tensor {

OpInfo DescribeSignature::info() const {
  return {kDescribe,
          "The first element, the shape and the dtype of a value",
          {{"x", "floats or integers"}},
          {{"value", "the first element as f32; 0 where there is none"},
           {"shape", "the dimensions, a vector of i64"},
           {"dtype", "the name of the dtype, as text"}},
          {},
          STRETTO_OP_CAPTURABLE};
}

Inference DescribeSignature::infer(const Call& call) const {
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

OpInfo ChecksumSignature::info() const {
  return {kChecksum,
          "FNV-1a, 64 bits, over the bytes of a value",
          {{"x", "any value"}},
          {{"result", "the hash, a scalar of u64"}},
          {},
          STRETTO_OP_CAPTURABLE};
}

Inference ChecksumSignature::infer(const Call& call) const {
  Inference inference = like(only_input(kChecksum, call), 0);
  inference.bytes /= 2;
  inference.flops = 2 * inference.bytes;
  inference.results = {static_spec(kU64, {})};
  return inference;
}

}  // namespace stretto::tensor
