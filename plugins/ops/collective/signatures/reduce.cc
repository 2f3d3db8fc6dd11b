// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "shapes.h"

#include <array>

namespace stretto::collective {
namespace {

Option reduce_argument() {
  return Option(Type::text, "reduce", "what becomes of the elements")
      .one_of("sum|product|min|max")
      .otherwise("\"sum\"");
}

Port inputs_port() { return {"x", "one value for each member, all of one dtype and shape", STRETTO_PORT_LIST}; }

/// What is reduced, which must be numbers.
Spec reducible(const char* op, const Call& call) {
  Spec known = agreed(op, call, 0);
  tensor::with_type(known.dtype, op, [](auto) {});
  return known;
}

}  // namespace

stretto_reduction reduction_of(const Call& call) {
  const auto way = call.args().text("reduce");
  if (way == "sum") return STRETTO_REDUCE_SUM;
  if (way == "product") return STRETTO_REDUCE_PRODUCT;
  if (way == "min") return STRETTO_REDUCE_MIN;
  if (way == "max") return STRETTO_REDUCE_MAX;
  throw Error(Code::invalid_argument,
              "reduce is \"" + std::string(way) + "\", expected \"sum\", \"product\", \"min\" or \"max\"");
}

void shape_reduced(const Launch& launch) {
  expect_agreed(kAllReduce, launch, 0);
  launch.result(0).resize(launch.input(0).shape());
}

void shape_scattered(const Launch& launch, uint32_t members) {
  expect_agreed(kReduceScatter, launch, 0);
  const auto whole = launch.input(0).shape();
  if (whole[0] % members != 0)
    reject(kReduceScatter, "x has the shape " + to_text(whole) + ", whose first dimension does not part into " +
                               std::to_string(members));
  std::array<int64_t, STRETTO_MAX_RANK> part{};
  std::ranges::copy(whole, part.begin());
  part[0] /= members;
  launch.result(0).resize({part.data(), whole.size()});
}

OpInfo AllReduceSignature::info() const {
  return {kAllReduce,          "All inputs reduced to one, element by element, in the order of the set",
          {inputs_port()},     {{"result", "the same on every member; 16-bit floats are reduced in f32"}},
          {reduce_argument()}, STRETTO_OP_CAPTURABLE,
          STRETTO_ALL_REDUCE};
}

Inference AllReduceSignature::infer(const Call& call) const {
  const Spec known = reducible(kAllReduce, call);
  Inference inference = answered(known, call.input_count() * most_bytes(known), call.input_count() - 1.0);
  inference.reduction = reduction_of(call);
  return inference;
}

OpInfo ReduceScatterSignature::info() const {
  return {kReduceScatter,        "A member's part, along the first dimension, of all inputs reduced to one",
          {inputs_port()},       {{"result", "the m-th part on member m; 16-bit floats are reduced in f32"}},
          {reduce_argument()},   STRETTO_OP_CAPTURABLE,
          STRETTO_REDUCE_SCATTER};
}

Inference ReduceScatterSignature::infer(const Call& call) const {
  Spec part = reducible(kReduceScatter, call);
  const auto members = static_cast<int64_t>(call.member_count());
  if (members == 0) reject(kReduceScatter, "it is called on no set of actors");
  if (part.shape.empty()) reject(kReduceScatter, "x[0] is a scalar, expected a value with a first dimension");
  if (part.shape[0] >= 0 && part.shape[0] % members != 0)
    reject(kReduceScatter, "x[0] is " + to_text(part) + ", expected a first dimension that parts into " +
                               std::to_string(members) + ", one part for each member");
  if (part.shape[0] >= 0) part.shape[0] /= members;
  part.max_bytes /= static_cast<uint64_t>(members);
  Inference inference = answered(part, call.input_count() * most_bytes(part), call.input_count() - 1.0);
  inference.reduction = reduction_of(call);
  return inference;
}

}  // namespace stretto::collective
