// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/trial.h"
#include "loader/handles.h"
#include "loader/literal.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace stretto {

namespace {

constexpr size_t kGuard = 64;
constexpr std::byte kGuardByte{0xA5};

/// A call that an op accepts.
struct FoundCall {
  std::vector<Spec> inputs;
  std::vector<uint32_t> counts;
  Arguments args;
  Inference inference;
};

/// Something for an argument that has no default. In its range, and small.
std::optional<Literal> guess(const stretto_option& option) {
  const double least = std::isnan(option.minimum) ? 1 : std::max(option.minimum, 1.0);
  const double number = std::isnan(option.maximum) ? least : std::min(least, option.maximum);
  switch (option.type) {
    case STRETTO_BOOLEAN: return false;
    case STRETTO_INTEGER: return static_cast<int64_t>(number);
    case STRETTO_REAL: return number;
    case STRETTO_SECONDS: return std::isnan(option.minimum) ? 0.0 : option.minimum;
    case STRETTO_BYTES: return int64_t{4096};
    case STRETTO_DTYPE: return std::string("f32");
    case STRETTO_INTEGERS: return std::vector<int64_t>{static_cast<int64_t>(number)};
    case STRETTO_REALS: return std::vector<double>{number};
    case STRETTO_TEXT: {
      const std::string choices = option.choices == nullptr ? "text" : option.choices;
      return choices.substr(0, choices.find('|'));
    }
    default: return std::nullopt;
  }
}

Arguments arguments_for(const stretto_op& op) {
  Arguments given;
  for (uint32_t i = 0; i < op.arg_count; ++i) {
    const stretto_option& option = *op.args[i];
    if (option.fallback != nullptr) continue;
    if (const auto value = guess(option); value && (option.required != 0 || option.type == STRETTO_INTEGERS))
      given[option.name] = {*value, {}};
  }
  return check_arguments(given, op.args, op.arg_count, "argument", {});
}

std::vector<uint32_t> counts_for(const stretto_op& op, bool optional) {
  std::vector<uint32_t> counts;
  for (uint32_t i = 0; i < op.input_count; ++i) {
    const uint32_t flags = op.inputs[i]->flags;
    if ((flags & STRETTO_PORT_OPTIONAL) != 0 && !optional)
      counts.push_back(0);
    else
      counts.push_back((flags & STRETTO_PORT_LIST) != 0 ? 2 : 1);
  }
  return counts;
}

/// A collective is tried on two actors, as lists have two values here.
Membership membership_for(const OpHandle& op) { return op.raw().collective == 0 ? Membership{} : Membership{1, 2}; }

/// Tries one dtype and shape for all inputs, and a few of each.
std::optional<FoundCall> find_call(const OpHandle& op) {
  const Arguments args = arguments_for(op.raw());
  for (const bool optional : {false, true})
    for (const DType dtype : {kF32, kF64, kI64, kI32, kU8, kF16})
      for (const Shape& shape : {Shape{4, 4}, Shape{4}, Shape{}, Shape{2, 4, 4}, Shape{1, 3, 8, 8}}) {
        FoundCall call{{}, counts_for(op.raw(), optional), args, {}};
        uint32_t inputs = 0;
        for (const uint32_t count : call.counts) inputs += count;
        call.inputs.assign(inputs, Spec{dtype, shape, *bytes_of(dtype, shape), false});
        try {
          call.inference = op.infer(call.inputs, call.counts, call.args, membership_for(op));
          return call;
        } catch (const Error& error) {
          claim(error.code() == Code::invalid_argument,
                fmt::format("infer refused a call with another code than invalid_argument: {}", error.what()));
        }
      }
  return std::nullopt;
}

FoundCall some_call(const OpHandle& op) {
  auto call = find_call(op);
  if (!call) throw NotTried("no call was found that it accepts");
  return std::move(*call);
}

uint64_t room_for(const Spec& spec) { return bytes_of(spec.dtype, spec.shape).value_or(spec.max_bytes); }

/// Memory with guards on both sides.
class Guarded {
 public:
  explicit Guarded(const Spec& spec)
      : spec_(spec), bytes_(room_for(spec)), memory_(bytes_ + 2 * kGuard + 64, kGuardByte) {
    raw.size = sizeof raw;
    raw.dtype = spec.dtype.raw();
    raw.rank = static_cast<int32_t>(spec.shape.size());
    for (size_t i = 0; i < spec.shape.size(); ++i) raw.shape[i] = spec.shape[i];
    const auto address = reinterpret_cast<uintptr_t>(memory_.data()) + kGuard;
    data_ = memory_.data() + kGuard + (64 - address % 64) % 64;
    raw.data = data_;
    raw.capacity = bytes_;
  }
  void fill(int seed) {
    // Small whole numbers are harmless in every dtype of the trial.
    for (size_t i = 0; i < bytes_; ++i) data_[i] = std::byte{0};
    if (spec_.dtype == kF32)
      for (size_t i = 0; i < bytes_ / 4; ++i) {
        const auto number = static_cast<float>((i + static_cast<size_t>(seed)) % 7);
        std::memcpy(data_ + 4 * i, &number, 4);
      }
  }
  bool guards_hold() const {
    return std::all_of(memory_.data(), static_cast<const std::byte*>(data_),
                       [](std::byte b) { return b == kGuardByte; }) &&
           std::all_of(static_cast<const std::byte*>(data_) + bytes_, memory_.data() + memory_.size(),
                       [](std::byte b) { return b == kGuardByte; });
  }
  std::vector<std::byte> bytes() const { return {data_, data_ + bytes_}; }
  stretto_tensor raw{};

 private:
  Spec spec_;
  uint64_t bytes_;
  std::vector<std::byte> memory_;
  std::byte* data_ = nullptr;
};

std::vector<std::vector<std::byte>> launch_once(const OpHandle& op, const FoundCall& call) {
  const stretto_native lane{sizeof lane, 0, "host", 0, 0};
  auto kernel = op.prepare(call.inputs, call.counts, call.args, lane, membership_for(op));
  std::vector<Guarded> inputs(call.inputs.begin(), call.inputs.end());
  std::vector<Guarded> results(call.inference.results.begin(), call.inference.results.end());
  std::vector<std::byte> workspace(call.inference.workspace_bytes + 64);
  std::vector<const stretto_tensor*> from;
  std::vector<stretto_tensor*> to;
  for (size_t i = 0; i < inputs.size(); ++i) inputs[i].fill(static_cast<int>(i));
  for (auto& input : inputs) from.push_back(&input.raw);
  for (auto& result : results) to.push_back(&result.raw);
  const auto before = inputs.empty() ? std::vector<std::byte>() : inputs.front().bytes();
  stretto_launch launch{sizeof launch,
                        static_cast<uint32_t>(from.size()),
                        static_cast<uint32_t>(to.size()),
                        0,
                        0,
                        &lane,
                        from.data(),
                        to.data(),
                        workspace.data()};
  kernel.launch(launch);
  claim(inputs.empty() || inputs.front().bytes() == before, "it wrote into its input");
  std::vector<std::vector<std::byte>> all;
  for (size_t i = 0; i < results.size(); ++i) {
    claim(results[i].guards_hold(), fmt::format("it wrote outside of its result {}", i));
    const Shape& said = call.inference.results[i].shape;
    for (size_t axis = 0; axis < said.size(); ++axis)
      claim(results[i].raw.rank == static_cast<int32_t>(said.size()) &&
                (said[axis] < 0 || results[i].raw.shape[axis] == said[axis]),
            fmt::format("its result {} has another shape than infer said", i));
    all.push_back(results[i].bytes());
  }
  return all;
}

}  // namespace

void try_ops(Trial& trial, const LoadedComponent& component) {
  const auto& api = *static_cast<const stretto_op_library_api*>(component.raw->api);
  const bool host = std::strcmp(api.memory_kind, "host") == 0;
  for (uint32_t i = 0; i < api.op_count; ++i) {
    const OpHandle op = OpHandle::find(component, api.ops[i]->name);
    const std::string who = fmt::format("ops {}.{}: ", component.name, api.ops[i]->name);
    trial.check(who + "a call without its inputs is refused with a reason", [&] {
      bool needs_input = false;
      for (uint32_t p = 0; p < op.raw().input_count; ++p)
        needs_input = needs_input || (op.raw().inputs[p]->flags & STRETTO_PORT_OPTIONAL) == 0;
      if (!needs_input) throw NotTried("it needs no input");
      // The host never asks this of an op; but a list port may be empty, and must be thought of.
      if (op.raw().input_count != 1 || (op.raw().inputs[0]->flags & STRETTO_PORT_LIST) == 0)
        throw NotTried("the host itself refuses such calls");
      claim_throws(Code::invalid_argument, "infer of an empty list",
                   [&] { op.infer({}, std::vector<uint32_t>{0}, arguments_for(op.raw())); });
    });
    trial.check(who + "infer is a function of its call", [&] {
      const FoundCall call = some_call(op);
      const Inference again = op.infer(call.inputs, call.counts, call.args, membership_for(op));
      claim(again.results == call.inference.results && again.workspace_bytes == call.inference.workspace_bytes,
            "the same call was inferred differently the second time");
      for (const Spec& spec : call.inference.results)
        claim(!spec.dynamic() || spec.max_bytes > 0, "a dynamic result has no max_bytes");
    });
    trial.check(who + "a launch writes its results, nothing else, and the same every time", [&] {
      if (!host)
        throw NotTried(fmt::format("it works on '{}' memory: only a job on that device tries it", api.memory_kind));
      const FoundCall call = some_call(op);
      const auto first = launch_once(op, call);
      claim(launch_once(op, call) == first, "two fresh kernels gave different bits for the same inputs");
    });
  }
}

}  // namespace stretto
