// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Ops under test on a device under test, through the boundary's tables.

#include "open_device.h"
#include "stretto/value.h"

#include <optional>

namespace stretto::contract {

struct OpsUnderTest {
  UnderTest subject;
  UnderTest device = {"cpu", "cpu"};
  /// Legal difference of an asynchronous device: its ops are launched before there is data, so they can't refuse any.
  bool sees_data = true;
};
inline void PrintTo(const OpsUnderTest& ops, std::ostream* out) { *out << ops.subject.plugin; }

/// A tensor in host memory.
struct Value {
  DType dtype;
  Shape shape;
  std::vector<std::byte> bytes;

  Spec spec() const { return {dtype, shape, bytes.size(), false}; }
  template <class T>
  std::vector<T> as() const {
    std::vector<T> elements(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(elements.data(), bytes.data(), bytes.size());
    return elements;
  }
};

template <class T>
Value value_of(DType dtype, Shape shape, const std::vector<T>& elements) {
  Value value{dtype, std::move(shape), std::vector<std::byte>(elements.size() * sizeof(T))};
  if (!elements.empty()) std::memcpy(value.bytes.data(), elements.data(), value.bytes.size());
  return value;
}

/// An op library with a device and a lane for it.
class OpenOps {
 public:
  explicit OpenOps(const OpsUnderTest& ops)
      : component_(load_component(plugin_path(ops.subject.plugin), STRETTO_OP_LIBRARY, ops.subject.component)),
        api_(*static_cast<const stretto_op_library_api*>(component_.api)),
        device_(ops.device),
        lane_(device_) {}
  const stretto_op_library_api& api() const { return api_; }
  const stretto_op& op(const std::string& name) const {
    for (uint32_t i = 0; i < api_.op_count; ++i)
      if (name == api_.ops[i]->name) return *api_.ops[i];
    throw Error(Code::invalid_argument, "no op '" + name + "'");
  }
  const OpenDevice& device() const { return device_; }
  OpenLane& lane() { return lane_; }

 private:
  const stretto_component& component_;
  const stretto_op_library_api& api_;
  OpenDevice device_;
  OpenLane lane_;
};

/// What a launch came to.
struct Launched {
  Outcome outcome;
  std::vector<Value> results;
};

/// One call of an op: inferred, and prepared with the first launch.
class OpenNode {
 public:
  /// `inputs`: by port. `room`: bytes of each result whose bound is not known. `member` of `member_count`: of a
  /// collective op.
  OpenNode(OpenOps& ops, const std::string& op, std::vector<std::vector<Spec>> inputs, const std::string& args = "",
           uint64_t room = 0, uint32_t member = 0, uint32_t member_count = 0)
      : ops_(ops), op_(ops.op(op)), settings_(op_.args, op_.arg_count, args), room_(room) {
    for (const auto& port : inputs) {
      port_counts_.push_back(static_cast<uint32_t>(port.size()));
      for (const auto& spec : port) specs_.push_back(to_raw(spec));
    }
    for (const auto& spec : specs_) spec_pointers_.push_back(&spec);
    call_ = {sizeof call_,          static_cast<uint32_t>(specs_.size()),
             spec_pointers_.data(), port_counts_.data(),
             settings_.raw(),       member,
             member_count};
    std::vector<stretto_spec> results(op_.result_count);
    std::vector<stretto_spec*> pointers;
    for (auto& result : results) {
      result.size = sizeof result;
      pointers.push_back(&result);
    }
    inference_.size = sizeof inference_;
    inference_.result_count = op_.result_count;
    inference_.results = pointers.data();
    inferred_ = outcome_of([&](const stretto_sink* sink) { return op_.infer(&call_, &inference_, sink); });
    if (inferred_.code == Code::ok)
      for (const auto& result : results) results_.push_back(from_raw(result));
  }
  OpenNode(const OpenNode&) = delete;
  OpenNode& operator=(const OpenNode&) = delete;
  ~OpenNode() {
    if (state_ != nullptr) op_.release(state_);
  }
  const Outcome& inferred() const { return inferred_; }
  const std::vector<Spec>& results() const { return results_; }
  const stretto_inference& inference() const { return inference_; }

  Outcome prepare() {
    if (state_ != nullptr) return {};
    return ops_.lane()
        .run([&](const stretto_native& native, const stretto_sink* sink) {
          return op_.prepare(&call_, &native, &state_, sink);
        })
        .get();
  }

  /// On the lane, with inputs copied to the device and results copied back.
  Launched launch(const std::vector<Value>& inputs, int64_t execution = 0) {
    Launched launched{prepare(), {}};
    if (launched.outcome.code != Code::ok) return launched;
    Tensors given;
    Tensors made;
    std::vector<std::unique_ptr<PinnedBytes>> staged;
    for (const auto& input : inputs) {
      given.add(ops_.device(), input.dtype, input.shape, input.bytes.size());
      staged.push_back(std::make_unique<PinnedBytes>(ops_.device(), input.bytes));
      ops_.lane().copy(given.memory.back()->data(), staged.back()->data(), input.bytes.size());
    }
    for (const auto& spec : results_)
      made.add(ops_.device(), spec.dtype, spec.shape,
               spec.dynamic() ? (spec.max_bytes != 0 ? spec.max_bytes : room_) : *bytes_of(spec.dtype, spec.shape));
    const DeviceMemory workspace(ops_.device(), inference_.workspace_bytes);
    const auto inputs_raw = given.pointers();
    const auto results_raw = made.pointers();
    launched.outcome = ops_.lane()
                           .run([&](const stretto_native& native, const stretto_sink* sink) {
                             const stretto_launch raw{sizeof raw,
                                                      static_cast<uint32_t>(inputs_raw.size()),
                                                      static_cast<uint32_t>(results_raw.size()),
                                                      0,
                                                      execution,
                                                      &native,
                                                      inputs_raw.data(),
                                                      results_raw.data(),
                                                      workspace.data()};
                             return op_.launch(state_, &raw, sink);
                           })
                           .get();
    if (const Outcome settled = ops_.lane().settle(); launched.outcome.code == Code::ok) launched.outcome = settled;
    for (size_t i = 0; launched.outcome.code == Code::ok && i < made.tensors.size(); ++i)
      launched.results.push_back(fetched(*made.tensors[i], *made.memory[i]));
    return launched;
  }

 private:
  struct Tensors {
    std::vector<std::unique_ptr<stretto_tensor>> tensors;
    std::vector<std::unique_ptr<DeviceMemory>> memory;
    void add(const OpenDevice& device, DType dtype, const Shape& shape, uint64_t bytes) {
      memory.push_back(std::make_unique<DeviceMemory>(device, bytes));
      auto tensor = std::make_unique<stretto_tensor>();
      tensor->size = sizeof *tensor;
      tensor->dtype = dtype.raw();
      tensor->rank = static_cast<int32_t>(shape.size());
      std::copy(shape.begin(), shape.end(), tensor->shape);
      tensor->data = memory.back()->data();
      tensor->capacity = bytes;
      tensors.push_back(std::move(tensor));
    }
    std::vector<stretto_tensor*> pointers() const {
      std::vector<stretto_tensor*> raw;
      for (const auto& tensor : tensors) raw.push_back(tensor.get());
      return raw;
    }
  };

  Value fetched(const stretto_tensor& tensor, const DeviceMemory& memory) {
    const TensorView view(&tensor);
    PinnedBytes host(ops_.device(), view.bytes());
    ops_.lane().copy(host.data(), memory.data(), view.bytes());
    if (const Outcome outcome = ops_.lane().settle(); outcome.code != Code::ok)
      throw Error(outcome.code, outcome.message);
    return {view.dtype(), Shape(view.shape().begin(), view.shape().end()), host.bytes()};
  }

  OpenOps& ops_;
  const stretto_op& op_;
  const GivenSettings settings_;
  const uint64_t room_;
  std::vector<uint32_t> port_counts_;
  std::vector<stretto_spec> specs_;
  std::vector<const stretto_spec*> spec_pointers_;
  stretto_call call_{};
  stretto_inference inference_{};
  Outcome inferred_;
  std::vector<Spec> results_;
  void* state_ = nullptr;
};

/// One launch with these inputs, given to one port each or, with `list`, all to the first.
inline Launched launch_once(OpenOps& ops, const std::string& op, const std::vector<Value>& inputs,
                            const std::string& args = "", bool list = false) {
  std::vector<std::vector<Spec>> specs;
  for (const auto& input : inputs) {
    if (specs.empty() || !list) specs.emplace_back();
    specs.back().push_back(input.spec());
  }
  OpenNode node(ops, op, std::move(specs), args);
  if (node.inferred().code != Code::ok) return {node.inferred(), {}};
  return node.launch(inputs);
}

}  // namespace stretto::contract
