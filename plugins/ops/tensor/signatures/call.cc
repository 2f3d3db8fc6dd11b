// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "call.h"

namespace stretto::tensor {

void reject(const char* op, const std::string& what) {
  throw Error(Code::invalid_argument, std::string(op) + ": " + what);
}

std::string input_name(const char* port, uint32_t index, bool list) {
  return "input '" + std::string(port) + "'" + (list ? "[" + std::to_string(index) + "]" : "");
}

Spec only_input(const char* op, const Call& call) {
  if (call.input_count() != 1) reject(op, "it has " + std::to_string(call.input_count()) + " inputs, expected one");
  return call.input(0);
}

Spec static_spec(DType dtype, Shape shape) {
  Spec spec{dtype, std::move(shape)};
  spec.max_bytes = bytes_of(spec.dtype, spec.shape).value_or(0);
  return spec;
}

uint64_t most_bytes(const Spec& spec) { return bytes_of(spec.dtype, spec.shape).value_or(spec.max_bytes); }

Inference like(const Spec& input, double flops_per_element) {
  Spec result = input;
  result.max_bytes = most_bytes(input);
  const auto bytes = static_cast<double>(result.max_bytes);
  Inference inference;
  inference.flops = flops_per_element * bytes / static_cast<double>(input.dtype.bytes());
  inference.bytes = 2 * bytes;
  inference.results = {std::move(result)};
  return inference;
}

}  // namespace stretto::tensor
