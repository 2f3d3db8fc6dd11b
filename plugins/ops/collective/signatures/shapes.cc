// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "shapes.h"

#include <algorithm>

namespace stretto::collective {

void reject(const char* op, const std::string& what) {
  throw Error(Code::invalid_argument, std::string(op) + ": " + what);
}

uint64_t most_bytes(const Spec& spec) { return bytes_of(spec.dtype, spec.shape).value_or(spec.max_bytes); }

namespace {

std::string input_name(uint32_t index) { return "x[" + std::to_string(index) + "]"; }

/// Lays what is known of another one over `known`. Whether they can be alike.
bool merge(Spec& known, const Spec& other, size_t skipped) {
  if (other.dtype != known.dtype || other.shape.size() != known.shape.size()) return false;
  for (size_t axis = skipped; axis < known.shape.size(); ++axis) {
    if (other.shape[axis] != known.shape[axis] && other.shape[axis] >= 0 && known.shape[axis] >= 0) return false;
    known.shape[axis] = std::max(known.shape[axis], other.shape[axis]);
  }
  return true;
}

}  // namespace

Spec agreed(const char* op, const Call& call, size_t skipped) {
  if (call.input_count() == 0) reject(op, "x is empty, expected one value for each member of the set");
  Spec known = call.input(0);
  known.text = false;
  if (known.shape.size() < skipped) reject(op, "x[0] is a scalar, expected a value with a first dimension");
  for (uint32_t i = 1; i < call.input_count(); ++i) {
    const Spec other = call.input(i);
    const Spec before = known;
    if (!merge(known, other, skipped))
      reject(op, input_name(i) + " is " + to_text(other) + ", expected " + to_text(before) +
                     (skipped == 0 ? " as " : " but for the first dimension, as ") +
                     (i == 1 ? "x[0] is" : "those before it are"));
    // A launch refuses shapes that differ, so the least bound holds for all.
    const uint64_t a = most_bytes(known), b = most_bytes(other);
    known.max_bytes = std::min(a, b) != 0 ? std::min(a, b) : std::max(a, b);
  }
  return known;
}

void expect_agreed(const char* op, const Launch& launch, size_t skipped) {
  const auto first = launch.input(0).shape();
  for (uint32_t i = 1; i < launch.input_count(); ++i) {
    const auto other = launch.input(i).shape();
    if (other.size() != first.size() || !std::ranges::equal(other.subspan(skipped), first.subspan(skipped)))
      reject(op, input_name(i) + " has the shape " + to_text(other) + ", expected " + to_text(first) +
                     (skipped == 0 ? "" : " but for the first dimension") + ", as x[0] has");
  }
}

Inference answered(Spec result, uint64_t read, double flops_per_element) {
  result.max_bytes = most_bytes(result);
  const auto written = static_cast<double>(result.max_bytes);
  Inference inference;
  inference.flops = flops_per_element * written / static_cast<double>(result.dtype.bytes());
  inference.bytes = written + static_cast<double>(read);
  inference.results = {std::move(result)};
  return inference;
}

}  // namespace stretto::collective
