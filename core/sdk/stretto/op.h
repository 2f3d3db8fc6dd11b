// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Op libraries. Derive one class per op from Op, and hand `op_library_component(…)` to STRETTO_PLUGIN.

#include "stretto/plugin.h"

#include <string_view>

namespace stretto {

/// One node's call as compilation knows it. A view.
class Call {
 public:
  explicit Call(const stretto_call* raw) : raw_(raw) {}
  uint32_t input_count() const { return raw_->input_count; }
  Spec input(uint32_t index) const { return from_raw(*raw_->inputs[index]); }
  /// Values given to the op's port number `port`.
  uint32_t port_count(uint32_t port) const { return raw_->port_counts[port]; }
  Settings args() const { return Settings(raw_->args); }
  /// Of a collective op: whose call it is, and how many there are.
  uint32_t member() const { return knows_members() ? raw_->member : 0; }
  uint32_t member_count() const { return knows_members() ? raw_->member_count : 0; }

 private:
  bool knows_members() const { return raw_->size >= sizeof(stretto_call); }
  const stretto_call* raw_;
};

/// What an op says of a call.
struct Inference {
  std::vector<Spec> results;
  uint64_t workspace_bytes = 0;
  double flops = 0;
  double bytes = 0;
  double seconds = 0;     ///< 0: the host estimates from flops and bytes
  int32_t reduction = 0;  ///< stretto_reduction, of collective ops that reduce
};

/// A result to be written.
class ResultView : public TensorView {
 public:
  explicit ResultView(stretto_tensor* raw) : TensorView(raw), result_(raw) {}
  /// Sets the shape of a dynamic result. Throws Code::overloaded, to be left uncaught, where it exceeds the capacity.
  void resize(std::span<const int64_t> shape) {
    result_->rank = static_cast<int32_t>(shape.size());
    for (size_t i = 0; i < shape.size(); ++i) result_->shape[i] = shape[i];
    const auto needed = bytes_of(dtype(), shape);
    if (!needed || *needed > capacity())
      throw Error(Code::overloaded, "a result of " + std::to_string(needed.value_or(0)) + " bytes does not fit into " +
                                        std::to_string(capacity()));
  }

 private:
  stretto_tensor* result_;
};

/// One launch. A view, valid during the call.
class Launch {
 public:
  explicit Launch(const stretto_launch* raw) : raw_(raw) {}
  int64_t execution() const { return raw_->execution; }
  const stretto_native& lane() const { return *raw_->lane; }
  uint32_t input_count() const { return raw_->input_count; }
  TensorView input(uint32_t index) const { return TensorView(raw_->inputs[index]); }
  ResultView result(uint32_t index) const { return ResultView(raw_->results[index]); }
  void* workspace() const { return raw_->workspace; }

 private:
  const stretto_launch* raw_;
};

/// The prepared state of one node on one lane; one thread at a time.
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;
  /// Computes, or enqueues on the lane. No allocation, no synchronisation. What it throws fails this execution alone.
  virtual void launch(const Launch& launch) = 0;
};

struct Port {
  const char* name;
  const char* help;
  uint32_t flags = 0;  ///< STRETTO_PORT_…
};

struct OpInfo {
  const char* name;
  const char* summary;
  std::vector<Port> inputs;
  std::vector<Port> results;
  std::vector<Option> args;
  uint32_t flags = 0;      ///< STRETTO_OP_…
  int32_t collective = 0;  ///< stretto_collective_kind; 0: called on one actor
};

/// An op: pure and immutable; any thread.
class Op {
 public:
  Op() = default;
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;
  virtual ~Op() = default;
  virtual OpInfo info() const = 0;
  /// Checks the call; one result spec per result port. Throws Code::invalid_argument with the reason.
  virtual Inference infer(const Call& call) const = 0;
  virtual std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const = 0;
};

namespace detail {

/// The tables behind one op. The C functions find the Op through a template parameter: one per op class.
template <class Derived>
const stretto_op* op_table() {
  static const auto* op = new Derived();
  static const auto* info = new OpInfo(op->info());
  static auto* ports = new std::vector<stretto_port>();
  static auto* inputs = new std::vector<const stretto_port*>();
  static auto* results = new std::vector<const stretto_port*>();
  static auto* args = new std::vector<const stretto_option*>();
  static const stretto_op* table = [] {
    ports->reserve(info->inputs.size() + info->results.size());
    for (const auto& port : info->inputs)
      inputs->push_back(&ports->emplace_back(stretto_port{sizeof(stretto_port), port.flags, port.name, port.help}));
    for (const auto& port : info->results)
      results->push_back(&ports->emplace_back(stretto_port{sizeof(stretto_port), port.flags, port.name, port.help}));
    for (const auto& arg : info->args) args->push_back(&arg);
    auto* raw = new stretto_op{};
    raw->size = sizeof *raw;
    raw->flags = info->flags;
    raw->collective = info->collective;
    raw->name = info->name;
    raw->summary = info->summary;
    raw->input_count = static_cast<uint32_t>(inputs->size());
    raw->result_count = static_cast<uint32_t>(results->size());
    raw->arg_count = static_cast<uint32_t>(args->size());
    raw->inputs = inputs->data();
    raw->results = results->data();
    raw->args = args->data();
    raw->infer = [](const stretto_call* call, stretto_inference* out, const stretto_sink* sink) {
      return guard(sink, [&] {
        const Inference inferred = op->infer(Call(call));
        if (inferred.results.size() != out->result_count)
          throw Error(Code::internal, "an op inferred another number of results than it declares");
        for (uint32_t i = 0; i < out->result_count; ++i) *out->results[i] = to_raw(inferred.results[i]);
        out->workspace_bytes = inferred.workspace_bytes;
        out->flops = inferred.flops;
        out->bytes = inferred.bytes;
        out->seconds = inferred.seconds;
        if (out->size >= sizeof *out) out->reduction = inferred.reduction;
      });
    };
    raw->prepare = [](const stretto_call* call, const stretto_native* lane, void** state, const stretto_sink* sink) {
      return guard(sink, [&] { *state = op->prepare(Call(call), *lane).release(); });
    };
    raw->launch = [](void* state, const stretto_launch* launch, const stretto_sink* sink) {
      return guard(sink, [&] { static_cast<Kernel*>(state)->launch(Launch(launch)); });
    };
    raw->release = [](void* state) { delete static_cast<Kernel*>(state); };
    return raw;
  }();
  return table;
}
}  // namespace detail

/// The component of the ops `Ops…` for devices with memory of this kind.
template <class... Ops>
Component* op_library_component(const char* name, const char* summary, const char* memory_kind,
                                std::vector<Option> options = {}) {
  static const auto* ops = new std::vector<const stretto_op*>{detail::op_table<Ops>()...};
  static const auto* api = new stretto_op_library_api{sizeof(stretto_op_library_api),
                                                      static_cast<uint32_t>(ops->size()), memory_kind, ops->data()};
  static auto* component = new Component(STRETTO_OP_LIBRARY, name, summary, std::move(options), api);
  return component;
}

}  // namespace stretto
