// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "operations.h"

#include "elements.h"

#include <algorithm>
#include <cstring>

namespace stretto::testing {
namespace {

const Tensor& only(const Invocation& call, const std::string& port) {
  const auto& values = call.inputs.at(port);
  if (values.size() != 1) throw std::logic_error("port " + port + " takes one value");
  return *values[0];
}

const Argument* argument(const Invocation& call, const std::string& name) {
  const auto found = call.args->find(name);
  return found == call.args->end() ? nullptr : &found->second;
}

const std::string& text(const Argument& argument) { return std::get<std::string>(argument.value); }

double at(const Tensor& tensor, size_t index) { return element(tensor.dtype, tensor.bytes.data(), index); }
void put(Tensor& tensor, size_t index, double value) { set_element(tensor.dtype, tensor.bytes.data(), index, value); }

NamedTensors one(Tensor tensor) { return {{"", std::move(tensor)}}; }

NamedTensors fill(const Invocation& call) {
  const Tensor& value = only(call, "value");
  const auto shapes = call.inputs.find("shape");
  Shape shape;
  if (shapes != call.inputs.end())
    for (size_t i = 0; i < elements_of(*shapes->second.at(0)); ++i)
      shape.push_back(static_cast<int64_t>(at(*shapes->second[0], i)));
  else
    shape = whole_numbers(*argument(call, "shape"));
  Tensor result = make_tensor(*dtype_named(text(*argument(call, "dtype"))), shape);
  for (size_t i = 0; i < elements_of(result); ++i) put(result, i, at(value, 0));
  return one(std::move(result));
}

NamedTensors add(const Invocation& call) {
  const auto& values = call.inputs.at("values");
  Tensor result = *values.at(0);
  for (size_t v = 1; v < values.size(); ++v) {
    if (values[v]->shape != result.shape || values[v]->dtype != result.dtype)
      throw std::logic_error("add of different specs");
    for (size_t i = 0; i < elements_of(result); ++i) put(result, i, at(result, i) + at(*values[v], i));
  }
  return one(std::move(result));
}

NamedTensors scale(const Invocation& call) {
  Tensor result = only(call, "x");
  const double factor = number(*argument(call, "factor"));
  for (size_t i = 0; i < elements_of(result); ++i) put(result, i, at(result, i) * factor);
  return one(std::move(result));
}

NamedTensors reduce(const Invocation& call) {
  const Tensor& x = only(call, "x");
  const auto* given = argument(call, "op");
  const std::string op = given == nullptr ? "sum" : text(*given);
  const bool narrow = x.dtype == kF16 || x.dtype == kBF16;
  const DType accumulator = narrow ? kF32 : x.dtype;
  if (elements_of(x) == 0 && op != "sum") throw std::logic_error("the largest of nothing");
  double result = op == "sum" ? 0 : at(x, 0);
  for (size_t i = 0; i < elements_of(x); ++i) {
    if (op == "sum") result = rounded(accumulator, result + at(x, i));
    if (op == "max") result = std::max(result, at(x, i));
    if (op == "min") result = std::min(result, at(x, i));
  }
  Tensor scalar = make_tensor(x.dtype, {});
  put(scalar, 0, result);
  return one(std::move(scalar));
}

NamedTensors concat(const Invocation& call) {
  const auto& values = call.inputs.at("values");
  Tensor result{values.at(0)->dtype, values[0]->shape, {}};
  result.shape.at(0) = 0;
  for (const Tensor* value : values) {
    result.shape[0] += value->shape[0];
    result.bytes.insert(result.bytes.end(), value->bytes.begin(), value->bytes.end());
  }
  return one(std::move(result));
}

NamedTensors split(const Invocation& call) {
  const Tensor& x = only(call, "x");
  Tensor low{x.dtype, x.shape, {}}, high{x.dtype, x.shape, {}};
  low.shape.at(0) = (x.shape[0] + 1) / 2;
  high.shape[0] = x.shape[0] - low.shape[0];
  const auto middle = x.bytes.begin() + static_cast<std::ptrdiff_t>(*bytes_of(x.dtype, low.shape));
  low.bytes.assign(x.bytes.begin(), middle);
  high.bytes.assign(middle, x.bytes.end());
  return {{"low", std::move(low)}, {"high", std::move(high)}};
}

NamedTensors describe(const Invocation& call) {
  const Tensor& x = only(call, "x");
  Tensor value = make_tensor(kF32, {});
  if (elements_of(x) != 0) put(value, 0, at(x, 0));
  Tensor shape = make_tensor(kI64, {static_cast<int64_t>(x.shape.size())});
  for (size_t i = 0; i < x.shape.size(); ++i) put(shape, i, static_cast<double>(x.shape[i]));
  const std::string name = to_text(x.dtype);
  Tensor dtype = make_tensor(kU8, {static_cast<int64_t>(name.size())});
  std::memcpy(dtype.bytes.data(), name.data(), name.size());
  return {{"value", std::move(value)}, {"shape", std::move(shape)}, {"dtype", std::move(dtype)}};
}

NamedTensors checksum(const Invocation& call) {
  uint64_t hash = 14695981039346656037U;  // FNV-1a, 64 bits
  for (const std::byte byte : only(call, "x").bytes) hash = (hash ^ static_cast<uint64_t>(byte)) * 1099511628211U;
  Tensor result = make_tensor(kU64, {});
  std::memcpy(result.bytes.data(), &hash, sizeof hash);
  return one(std::move(result));
}

NamedTensors running_sum(const Invocation& call) {
  Tensor result = only(call, "x");
  call.state->resize(elements_of(result));
  for (size_t i = 0; i < elements_of(result); ++i) {
    (*call.state)[i] = rounded(result.dtype, (*call.state)[i] + at(result, i));
    put(result, i, (*call.state)[i]);
  }
  return one(std::move(result));
}

NamedTensors matmul(const Invocation& call) {
  const Tensor &a = only(call, "a"), &b = only(call, "b");
  const auto rows = static_cast<size_t>(a.shape.at(0)), inner = static_cast<size_t>(a.shape.at(1)),
             columns = static_cast<size_t>(b.shape.at(1));
  if (b.shape.at(0) != a.shape.at(1)) throw std::logic_error("a product of shapes that do not fit");
  Tensor result = make_tensor(a.dtype, {a.shape[0], b.shape[1]});
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) {
      double sum = 0;
      for (size_t k = 0; k < inner; ++k) sum += at(a, r * inner + k) * at(b, k * columns + c);
      put(result, r * columns + c, sum);
    }
  return one(std::move(result));
}

NamedTensors copy(const Invocation& call) { return one(only(call, "x")); }

NamedTensors fail(const Invocation& call) {
  for (const int64_t execution : whole_numbers(*argument(call, "at")))
    if (execution == call.execution) {
      const auto* message = argument(call, "message");
      throw Refusal(message == nullptr ? "" : text(*message));
    }
  return copy(call);
}

NamedTensors all_reduce(const Invocation& call) {
  const auto& inputs = call.inputs.at("x");
  const auto* given = argument(call, "reduce");
  const std::string reduce = given == nullptr ? "sum" : text(*given);
  const Tensor& first = *inputs.at(0);
  const bool narrow = first.dtype == kF16 || first.dtype == kBF16;
  Tensor result = first;
  for (size_t i = 0; i < elements_of(result); ++i) {
    double total = at(first, i);
    for (size_t v = 1; v < inputs.size(); ++v) {
      const double other = at(*inputs[v], i);
      total = rounded(narrow ? kF32 : first.dtype, reduce == "sum"       ? total + other
                                                   : reduce == "product" ? total * other
                                                   : reduce == "min"     ? std::min(total, other)
                                                                         : std::max(total, other));
    }
    put(result, i, total);
  }
  return one(std::move(result));
}

NamedTensors reduce_scatter(const Invocation& call) {
  const Tensor whole = all_reduce(call)[0].second;
  Tensor part{whole.dtype, whole.shape, {}};
  part.shape.at(0) /= static_cast<int64_t>(call.members);
  const size_t bytes = whole.bytes.size() / call.members;
  const auto begin = whole.bytes.begin() + static_cast<std::ptrdiff_t>(call.member * bytes);
  part.bytes.assign(begin, begin + static_cast<std::ptrdiff_t>(bytes));
  return one(std::move(part));
}

NamedTensors all_gather(const Invocation& call) {
  Invocation joined = call;
  joined.inputs["values"] = call.inputs.at("x");
  return concat(joined);
}

}  // namespace

NamedTensors invoke(const std::string& op, const Invocation& invocation) {
  static const std::map<std::string, NamedTensors (*)(const Invocation&)> known{
      {"tensor.fill", fill},
      {"tensor.copy", copy},
      {"tensor.add", add},
      {"tensor.scale", scale},
      {"tensor.reduce", reduce},
      {"tensor.concat", concat},
      {"tensor.describe", describe},
      {"tensor.checksum", checksum},
      {"tensor.split", split},
      {"tensor.running_sum", running_sum},
      {"tensor.busy", copy},
      {"tensor.fail", fail},
      {"blas.matmul", matmul},
      {"collective.all_reduce", all_reduce},
      {"collective.all_gather", all_gather},
      {"collective.reduce_scatter", reduce_scatter},
      {"collective.broadcast", copy}};
  const auto found = known.find(op);
  if (found == known.end()) throw std::logic_error("the reference has no op " + op);
  return found->second(invocation);
}

Tensor make_tensor(DType dtype, Shape shape) {
  const uint64_t bytes = *bytes_of(dtype, shape);
  return {dtype, std::move(shape), std::vector<std::byte>(bytes)};
}

size_t elements_of(const Tensor& tensor) { return tensor.bytes.size() / tensor.dtype.bytes(); }

double number(const Argument& argument) {
  if (const auto* whole = std::get_if<int64_t>(&argument.value)) return static_cast<double>(*whole);
  return std::get<double>(argument.value);
}

std::vector<int64_t> whole_numbers(const Argument& argument) { return std::get<std::vector<int64_t>>(argument.value); }

}  // namespace stretto::testing
