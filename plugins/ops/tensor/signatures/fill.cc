// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "signatures.h"

namespace stretto::tensor {

OpInfo FillSignature::info() const {
  return {kFill,
          "A new value with every element the same",
          {{"value", "a scalar: what every element becomes, converted to the dtype"},
           {"shape", "a vector of i64: the shape, execution by execution", STRETTO_PORT_OPTIONAL}},
          {{"result", "the filled value"}},
          {Option(Type::integers, "shape", "the shape, where the input 'shape' is left out").at_least(0),
           Option(Type::dtype, "dtype", "the element type").needed(),
           Option(Type::bytes, "max_bytes", "bounds the result, where the input 'shape' is given").at_least(0)},
          STRETTO_OP_CAPTURABLE};
}

Inference FillSignature::infer(const Call& call) const {
  if (call.input_count() == 0 || call.port_count(0) != 1) reject(kFill, "input 'value' is missing");
  const Spec value = call.input(0);
  const DType dtype = call.args().dtype("dtype");
  if (!value.shape.empty()) reject(kFill, "input 'value' is " + to_text(value) + ", expected a scalar");
  for (const DType known : {value.dtype, dtype}) with_type(known, kFill, [](auto) {});
  const bool stated = call.args().has("shape");
  Inference inference;
  if (call.input_count() == 1) {
    if (!stated) reject(kFill, "its shape is not known: give args.shape, or an input 'shape'");
    if (call.args().has("max_bytes")) reject(kFill, "max_bytes bounds a shape that is an input; args.shape needs none");
    const auto shape = call.args().integers("shape");
    if (shape.size() > STRETTO_MAX_RANK)
      reject(kFill, "args.shape has " + std::to_string(shape.size()) + " dimensions, expected " +
                        std::to_string(STRETTO_MAX_RANK) + " at most");
    inference.results = {static_spec(dtype, {shape.begin(), shape.end()})};
  } else {
    if (stated) reject(kFill, "its shape is given twice, in args.shape and by the input 'shape': drop one");
    const Spec shape = call.input(1);
    if (shape.dtype != kI64 || shape.shape.size() != 1 || shape.dynamic())
      reject(kFill, "input 'shape' is " + to_text(shape) + ", expected a vector i64[n] of known length");
    if (shape.shape[0] > STRETTO_MAX_RANK)
      reject(kFill, "input 'shape' has " + std::to_string(shape.shape[0]) + " elements, expected " +
                        std::to_string(STRETTO_MAX_RANK) + " at most");
    Spec result{dtype, Shape(static_cast<size_t>(shape.shape[0]), -1)};
    result.max_bytes = result.dynamic() ? 0 : dtype.bytes();
    if (call.args().has("max_bytes")) result.max_bytes = call.args().bytes("max_bytes");
    inference.results = {std::move(result)};
  }
  inference.bytes = static_cast<double>(inference.results[0].max_bytes);
  return inference;
}

}  // namespace stretto::tensor
