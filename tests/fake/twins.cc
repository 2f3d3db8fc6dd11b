// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "twins.h"

#include "fold.h"
#include "kernels.h"
#include "numbers.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace stretto::fake {
namespace {

using namespace tensor;

template <class T>
T* host(T* memory, uint64_t bytes) {
  return static_cast<T*>(Machine::instance().translate(memory, bytes));
}

template <class Work>
Work copied(const void* work) {
  Work copy;
  std::memcpy(&copy, work, sizeof copy);
  return copy;
}

template <class To, class From>
To converted(From from) {
  const auto value = widened(from);
  if constexpr (std::is_integral_v<To> && std::is_integral_v<From>) {
    if (std::cmp_less(value, std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (std::cmp_greater(value, std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(value);
  } else if constexpr (std::is_integral_v<To>) {
    const double past = std::ldexp(1.0, std::numeric_limits<To>::digits);
    const double whole = std::trunc(static_cast<double>(value));
    if (std::isnan(whole)) return 0;
    if (whole >= past) return std::numeric_limits<To>::max();
    if (whole < (std::is_signed_v<To> ? -past : 0.0)) return std::numeric_limits<To>::min();
    return static_cast<To>(whole);
  } else {
    return nearest<To>(value);
  }
}

Operation fill(const FillWork& work) {
  const DType from(work.from);
  const DType to(work.to);
  return {"fill", {{work.scalar, from.bytes(), false}, {work.result, work.elements * to.bytes(), true}}, nullptr, [=] {
            with_type(from, "fill", [&]<class From>(std::type_identity<From>) {
              with_type(to, "fill", [&]<class To>(std::type_identity<To>) {
                const auto* scalar = static_cast<const From*>(host(work.scalar, sizeof(From)));
                auto* result = static_cast<To*>(host(work.result, work.elements * sizeof(To)));
                std::fill_n(result, work.elements, converted<To>(*scalar));
              });
            });
          }};
}

template <class T>
Operation add(const AddWork& work) {
  const uint64_t bytes = work.elements * sizeof(T);
  Operation operation{"add", {{work.result, bytes, true}}, nullptr, [=] {
                        auto* result = static_cast<T*>(host(work.result, bytes));
                        for (uint64_t at = 0; at < work.elements; ++at) {
                          Wide<T> total{};
                          for (uint32_t i = 0; i < work.count; ++i) {
                            const auto value = widened(static_cast<const T*>(host(work.inputs[i], bytes))[at]);
                            total = i == 0 ? value : sum(total, value);
                          }
                          result[at] = nearest<T>(total);
                        }
                      }};
  for (uint32_t i = 0; i < work.count; ++i) operation.accesses.push_back({work.inputs[i], bytes, false});
  return operation;
}

template <class T>
Operation scale(const ScaleWork& work) {
  const uint64_t bytes = work.elements * sizeof(T);
  return {"scale", {{work.input, bytes, false}, {work.result, bytes, true}}, nullptr, [=] {
            const auto* from = static_cast<const T*>(host(work.input, bytes));
            auto* to = static_cast<T*>(host(work.result, bytes));
            for (uint64_t at = 0; at < work.elements; ++at)
              if constexpr (std::is_integral_v<T>)
                to[at] = static_cast<T>(static_cast<uint64_t>(from[at]) *
                                        static_cast<uint64_t>(static_cast<int64_t>(work.factor)));
              else
                to[at] = nearest<T>(static_cast<double>(widened(from[at])) * work.factor);
          }};
}

template <class T>
Operation running_sum(const RunningSumWork& work) {
  const uint64_t bytes = work.elements * sizeof(T);
  const uint64_t wide = work.elements * sizeof(Wide<T>);
  return {
      "running_sum", {{work.input, bytes, false}, {work.totals, wide, true}, {work.result, bytes, true}}, nullptr, [=] {
        const auto* from = static_cast<const T*>(host(work.input, bytes));
        auto* totals = static_cast<Wide<T>*>(host(work.totals, wide));
        auto* to = static_cast<T*>(host(work.result, bytes));
        for (uint64_t at = 0; at < work.elements; ++at) {
          totals[at] = sum(totals[at], widened(from[at]));
          to[at] = nearest<T>(totals[at]);
        }
      }};
}

template <class T>
Operation reduce(const ReduceWork& work) {
  const uint64_t bytes = work.elements * sizeof(T);
  return {"reduce", {{work.input, bytes, false}, {work.result, sizeof(T), true}}, nullptr, [=] {
            const auto* from = static_cast<const T*>(host(work.input, bytes));
            Wide<T> total{};
            for (uint64_t at = 0; at < work.elements; ++at) {
              const auto value = widened(from[at]);
              if (at == 0)
                total = value;
              else if (work.way == 0)
                total = sum(total, value);
              else if (total == total && (value != value || (work.way == 1 ? value > total : value < total)))
                total = value;
            }
            *static_cast<T*>(host(work.result, sizeof(T))) = nearest<T>(total);
          }};
}

Operation checksum(const ChecksumWork& work) {
  return {"checksum", {{work.input, work.bytes, false}, {work.result, sizeof(uint64_t), true}}, nullptr, [=] {
            const auto* from = static_cast<const unsigned char*>(host(work.input, work.bytes));
            uint64_t hash = 0xcbf29ce484222325;
            for (uint64_t i = 0; i < work.bytes; ++i) hash = (hash ^ from[i]) * 0x100000001b3;
            *host(work.result, sizeof(uint64_t)) = hash;
          }};
}

Operation describe(const DescribeWork& work) {
  const DType dtype(work.dtype);
  const auto rank = static_cast<uint64_t>(work.rank);
  const auto length = static_cast<uint64_t>(work.name_length);
  return {"describe",
          {{work.input, work.elements == 0 ? 0 : dtype.bytes(), false},
           {work.value, sizeof(float), true},
           {work.shape_result, rank * sizeof(int64_t), true},
           {work.name_result, length, true}},
          nullptr,
          [=] {
            float first = 0;
            if (work.elements != 0)
              with_type(dtype, "describe", [&]<class T>(std::type_identity<T>) {
                first = static_cast<float>(widened(*static_cast<const T*>(host(work.input, sizeof(T)))));
              });
            *host(work.value, sizeof(float)) = first;
            if (rank != 0)
              std::memcpy(host(work.shape_result, rank * sizeof(int64_t)), work.shape, rank * sizeof(int64_t));
            std::memcpy(host(work.name_result, length), work.name, length);
          }};
}

/// The lane stands still; the others go on.
Operation hold(const HoldWork& work) {
  auto until = std::make_shared<std::optional<std::chrono::steady_clock::time_point>>();
  return {"hold", {}, [=] {
            const auto now = std::chrono::steady_clock::now();
            if (!*until) *until = now + std::chrono::nanoseconds(work.nanoseconds);
            return now >= **until;
          }};
}

template <class T>
T combined(int32_t reduction, T a, T b) {
  if (reduction == STRETTO_REDUCE_MIN) return b < a ? b : a;
  if (reduction == STRETTO_REDUCE_MAX) return a < b ? b : a;
  if (reduction == STRETTO_REDUCE_SUM) return sum(a, b);
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  else
    return a * b;
}

template <class T>
Operation fold(const collective::FoldWork& work) {
  const uint64_t bytes = work.elements * sizeof(T);
  const auto from = [=](uint32_t i) { return static_cast<const T*>(work.inputs[i]) + work.begin; };
  Operation operation{"fold", {{work.result, bytes, true}}, nullptr, [=] {
                        auto* result = static_cast<T*>(host(work.result, bytes));
                        for (uint64_t at = 0; at < work.elements; ++at) {
                          Wide<T> total = widened(host(from(0), bytes)[at]);
                          for (uint32_t i = 1; i < work.count; ++i)
                            total = combined<Wide<T>>(work.reduction, total, widened(host(from(i), bytes)[at]));
                          result[at] = nearest<T>(total);
                        }
                      }};
  for (uint32_t i = 0; i < work.count; ++i) operation.accesses.push_back({from(i), bytes, false});
  return operation;
}

/// "float" of "…::add<float>(…)"; empty where there is none.
std::string type_in(const std::string& name) {
  const auto open = name.find('<');
  const auto close = name.find('>', open);
  return open == std::string::npos ? "" : name.substr(open + 1, close - open - 1);
}

/// Calls `body` with the type that the compiler spelled so.
template <class Body>
Operation with_spelled(const std::string& type, Body&& body) {
  if (type == "float") return body(std::type_identity<float>());
  if (type == "double") return body(std::type_identity<double>());
  if (type == "stretto::tensor::F16") return body(std::type_identity<F16>());
  if (type == "stretto::tensor::BF16") return body(std::type_identity<BF16>());
  if (type == "signed char") return body(std::type_identity<int8_t>());
  if (type == "short") return body(std::type_identity<int16_t>());
  if (type == "int") return body(std::type_identity<int32_t>());
  if (type == "long") return body(std::type_identity<int64_t>());
  if (type == "unsigned char") return body(std::type_identity<uint8_t>());
  if (type == "unsigned short") return body(std::type_identity<uint16_t>());
  if (type == "unsigned int") return body(std::type_identity<uint32_t>());
  if (type == "unsigned long") return body(std::type_identity<uint64_t>());
  throw Error(Code::unimplemented, "FAKE CUDA: no twin for the type '" + type + "'");
}

bool calls(const std::string& name, const char* kernel) {
  const std::string qualified = std::string("::") + kernel;
  const auto at = name.find(qualified);
  return at != std::string::npos && (name[at + qualified.size()] == '<' || name[at + qualified.size()] == '(');
}

}  // namespace

Operation twin_of(const std::string& name, const void* work) {
  const std::string type = type_in(name);
  if (calls(name, "fill")) return fill(copied<FillWork>(work));
  if (calls(name, "checksum")) return checksum(copied<ChecksumWork>(work));
  if (calls(name, "describe")) return describe(copied<DescribeWork>(work));
  if (calls(name, "hold")) return hold(copied<HoldWork>(work));
  if (calls(name, "add"))
    return with_spelled(type, [&]<class T>(std::type_identity<T>) { return add<T>(copied<AddWork>(work)); });
  if (calls(name, "fold"))
    return with_spelled(type,
                        [&]<class T>(std::type_identity<T>) { return fold<T>(copied<collective::FoldWork>(work)); });
  if (calls(name, "scale"))
    return with_spelled(type, [&]<class T>(std::type_identity<T>) { return scale<T>(copied<ScaleWork>(work)); });
  if (calls(name, "running_sum"))
    return with_spelled(type,
                        [&]<class T>(std::type_identity<T>) { return running_sum<T>(copied<RunningSumWork>(work)); });
  if (calls(name, "reduce"))
    return with_spelled(type, [&]<class T>(std::type_identity<T>) { return reduce<T>(copied<ReduceWork>(work)); });
  throw Error(Code::unimplemented, "FAKE CUDA: the kernel " + name + " has no twin on the host");
}

}  // namespace stretto::fake
