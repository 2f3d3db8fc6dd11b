// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Every op of the house libraries once more, naive: written from the description of the op alone.

#include "stretto/runtime.h"

#include <functional>
#include <map>
#include <stdexcept>

namespace stretto::testing {

/// What an op itself refuses in one execution.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One node in one execution.
struct Invocation {
  int64_t execution = 0;
  std::map<std::string, std::vector<const Tensor*>> inputs;  ///< by port
  const Arguments* args = nullptr;
  std::vector<double>* state = nullptr;  ///< of the node; empty before its first execution
  size_t member = 0, members = 0;        ///< of a collective
};

/// A result, with its name.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// Throws Refusal, or std::logic_error for an op that is unknown or misused: a defect of the test.
NamedTensors invoke(const std::string& op, const Invocation& invocation);

/// A tensor of zeroes.
Tensor make_tensor(DType dtype, Shape shape);
size_t elements_of(const Tensor& tensor);
double number(const Argument& argument);
std::vector<int64_t> whole_numbers(const Argument& argument);

}  // namespace stretto::testing
