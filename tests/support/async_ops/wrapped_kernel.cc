// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "wrapped_kernel.h"

#include <cstring>

namespace stretto::testing {
namespace {

std::vector<const stretto_spec*> pointers_to(const std::vector<stretto_spec>& specs) {
  std::vector<const stretto_spec*> pointers;
  for (const auto& spec : specs) pointers.push_back(&spec);
  return pointers;
}

constexpr int kNoValue = 0xC5;

uint64_t size_of(const stretto_tensor& tensor) { return TensorView(&tensor).bytes(); }

/// What the op says of a call with these inputs, and else like another.
std::vector<stretto_spec> infer(const stretto_op& op, const std::vector<stretto_spec>& inputs, const stretto_call& like,
                                uint64_t* workspace_bytes = nullptr) {
  const auto pointers = pointers_to(inputs);
  stretto_call call = like;
  call.inputs = pointers.data();
  std::vector<stretto_spec> results(op.result_count);
  std::vector<stretto_spec*> result_pointers;
  for (auto& result : results) {
    result.size = sizeof result;
    result_pointers.push_back(&result);
  }
  stretto_inference inference{};
  inference.size = sizeof inference;
  inference.result_count = op.result_count;
  inference.results = result_pointers.data();
  checked("infer", op.infer, &call, &inference);
  if (workspace_bytes != nullptr) *workspace_bytes = inference.workspace_bytes;
  return results;
}

bool dynamic(const stretto_spec& spec) { return from_raw(spec).dynamic(); }

}  // namespace

void refuse_unknown_shapes(const stretto_op& op, const stretto_call& call) {
  std::vector<stretto_spec> inputs;
  for (uint32_t i = 0; i < call.input_count; ++i) {
    inputs.push_back(*call.inputs[i]);
    for (int32_t axis = 0; axis < inputs.back().rank; ++axis)
      if (inputs.back().shape[axis] < 0) inputs.back().shape[axis] = 1;
  }
  for (const auto& result : infer(op, inputs, call))
    if (dynamic(result))
      throw Error(Code::invalid_argument, std::string("op '") + op.name +
                                              "' takes a result's shape from data, which an asynchronous device cannot "
                                              "know at launch; put the node on an actor of a host device");
}

OwnedSettings::OwnedSettings(const stretto_settings* settings) {
  for (uint32_t i = 0; settings != nullptr && i < settings->count; ++i) {
    const stretto_setting& from = *settings->items[i];
    auto owned = std::make_unique<Owned>();
    owned->name = from.name;
    owned->setting = from;
    owned->setting.name = owned->name.c_str();
    if (from.text != nullptr) {
      owned->text = from.text;
      owned->setting.text = owned->text.c_str();
    }
    if (from.integers != nullptr) {
      owned->integers.assign(from.integers, from.integers + from.count);
      owned->setting.integers = owned->integers.data();
    }
    if (from.reals != nullptr) {
      owned->reals.assign(from.reals, from.reals + from.count);
      owned->setting.reals = owned->reals.data();
    }
    if (from.texts != nullptr) {
      owned->texts.assign(from.texts, from.texts + from.count);
      for (const auto& text : owned->texts) owned->text_pointers.push_back(text.c_str());
      owned->setting.texts = owned->text_pointers.data();
    }
    pointers_.push_back(&owned->setting);
    items_.push_back(std::move(owned));
  }
  raw_ = {sizeof raw_, static_cast<uint32_t>(pointers_.size()), pointers_.data()};
}

WrappedKernel::WrappedKernel(const stretto_op& op, const stretto_call& call, const stretto_native& lane)
    : op_(op),
      args_(call.args),
      port_counts_(call.port_counts, call.port_counts + op.input_count),
      call_(call),
      lane_(async_lane(lane)),
      host_lane_{sizeof host_lane_, lane.index, "host", 0, 0} {
  for (uint32_t i = 0; i < call.input_count; ++i) inputs_.push_back(*call.inputs[i]);
  call_.port_counts = port_counts_.data();
  call_.args = args_.raw();
  infer(op_, inputs_, call_, &workspace_bytes_);
  const auto pointers = pointers_to(inputs_);
  stretto_call own = call_;
  own.inputs = pointers.data();
  checked("prepare", op_.prepare, &own, &host_lane_, &state_);
  if (std::string_view(op_.name) == "fail") checked("prepare", op_.prepare, &own, &host_lane_, &probe_);
}

WrappedKernel::~WrappedKernel() {
  op_.release(state_);
  if (probe_ != nullptr) op_.release(probe_);
}

// Shapes follow from the shapes of the inputs, so compilation's question is asked again with the real ones.
void WrappedKernel::set_shapes(const stretto_launch& launch) const {
  auto inputs = inputs_;
  for (uint32_t i = 0; i < launch.input_count; ++i) {
    inputs[i].rank = launch.inputs[i]->rank;
    std::memcpy(inputs[i].shape, launch.inputs[i]->shape, sizeof inputs[i].shape);
    inputs[i].max_bytes = size_of(*launch.inputs[i]);
  }
  const auto results = infer(op_, inputs, call_);
  for (uint32_t i = 0; i < launch.result_count; ++i) {
    const Spec spec = from_raw(results[i]);
    ResultView(launch.results[i]).resize(spec.shape);
  }
}

// What an op refuses by execution alone it refuses on empty tensors too; there it touches no memory.
void WrappedKernel::refuse_execution(const stretto_launch& launch) {
  if (probe_ == nullptr) return;
  stretto_tensor input = *launch.inputs[0];
  stretto_tensor result = *launch.results[0];
  for (stretto_tensor* tensor : {&input, &result}) {
    tensor->rank = 1;
    tensor->shape[0] = 0;
    tensor->data = nullptr;
    tensor->capacity = 0;
  }
  const stretto_tensor* inputs[] = {&input};
  stretto_tensor* results[] = {&result};
  stretto_launch empty = launch;
  empty.lane = &host_lane_;
  empty.inputs = inputs;
  empty.results = results;
  empty.workspace = nullptr;
  checked("launch", op_.launch, probe_, &empty);
}

void WrappedKernel::launch(const stretto_launch& launch) {
  refuse_execution(launch);
  set_shapes(launch);
  std::vector<stretto_tensor> inputs, results;
  for (uint32_t i = 0; i < launch.input_count; ++i) {
    stretto_tensor& tensor = inputs.emplace_back(*launch.inputs[i]);
    tensor.data = lane_.translate(tensor.data, size_of(tensor));
  }
  for (uint32_t i = 0; i < launch.result_count; ++i) {
    stretto_tensor& tensor = results.emplace_back(*launch.results[i]);
    tensor.data = lane_.translate(tensor.data, size_of(tensor));
    tensor.capacity = size_of(tensor);
  }
  void* workspace = workspace_bytes_ == 0 ? nullptr : lane_.translate(launch.workspace, workspace_bytes_);
  lane_.enqueue([this, execution = launch.execution, inputs, results, workspace]() mutable {
    std::vector<const stretto_tensor*> input_pointers;
    std::vector<stretto_tensor*> result_pointers;
    for (const auto& tensor : inputs) input_pointers.push_back(&tensor);
    for (auto& tensor : results) result_pointers.push_back(&tensor);
    const stretto_launch inner{sizeof inner,
                               static_cast<uint32_t>(inputs.size()),
                               static_cast<uint32_t>(results.size()),
                               0,
                               execution,
                               &host_lane_,
                               input_pointers.data(),
                               result_pointers.data(),
                               workspace};
    std::string refusal;
    const stretto_sink sink{sizeof sink, &refusal, [](void* context, const char* text, size_t length) {
                              static_cast<std::string*>(context)->assign(text, length);
                            }};
    if (op_.launch(state_, &inner, &sink) == STRETTO_OK) return;
    // By now it refuses data, as of an input that is poison already. A kernel of a GPU has nobody to tell: what it
    // leaves is no value.
    for (const auto& tensor : results)
      if (tensor.capacity != 0) std::memset(tensor.data, kNoValue, tensor.capacity);
  });
}

}  // namespace stretto::testing
