// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/handles.h"

#include <fmt/format.h>
#include <numeric>

namespace stretto {

namespace {

/// A call's structs and what they point to. Not movable: it points into itself.
class RawCall {
 public:
  RawCall(const stretto_op& op, const std::vector<Spec>& inputs, std::span<const uint32_t> port_counts,
          const RawSettings& args, Membership membership) {
    if (port_counts.size() != op.input_count ||
        std::accumulate(port_counts.begin(), port_counts.end(), size_t{0}) != inputs.size())
      throw Error(Code::internal, fmt::format("op '{}' was called with {} values in {} ports; it has {} ports", op.name,
                                              inputs.size(), port_counts.size(), op.input_count));
    specs_.reserve(inputs.size());
    for (const auto& input : inputs) pointers_.push_back(&specs_.emplace_back(to_raw(input)));
    raw_ = {sizeof raw_,      static_cast<uint32_t>(inputs.size()),
            pointers_.data(), port_counts.data(),
            args.raw(),       membership.member,
            membership.count};
  }
  RawCall(const RawCall&) = delete;
  RawCall& operator=(const RawCall&) = delete;
  ~RawCall() = default;
  const stretto_call* raw() const { return &raw_; }

 private:
  std::vector<stretto_spec> specs_;
  std::vector<const stretto_spec*> pointers_;
  stretto_call raw_{};
};

}  // namespace

OpHandle OpHandle::find(const LoadedComponent& library, const std::string& op) {
  const auto* api = static_cast<const stretto_op_library_api*>(library.raw->api);
  const std::span<const stretto_op* const> ops(api->ops, api->op_count);
  std::vector<std::string> names;
  for (const auto* known : ops) {
    if (op == known->name) return OpHandle(known);
    names.emplace_back(known->name);
  }
  const auto meant = nearest(op, names);
  throw Error(Code::invalid_argument,
              fmt::format("op library '{}' for {} devices has no op '{}'; {}", library.name, api->memory_kind, op,
                          meant ? fmt::format("did you mean '{}'?", *meant)
                                : fmt::format("it has {}", fmt::join(names, ", "))));
}

Inference OpHandle::infer(const std::vector<Spec>& inputs, std::span<const uint32_t> port_counts, const Arguments& args,
                          Membership membership) const {
  const RawSettings settings(args, raw_->args, raw_->arg_count);
  const RawCall call(*raw_, inputs, port_counts, settings, membership);
  std::vector<stretto_spec> results(raw_->result_count, stretto_spec{});
  std::vector<stretto_spec*> pointers;
  for (auto& result : results) {
    result.size = sizeof result;
    pointers.push_back(&result);
  }
  stretto_inference inferred{};
  inferred.size = sizeof inferred;
  inferred.result_count = raw_->result_count;
  inferred.results = pointers.data();
  checked("infer", raw_->infer, call.raw(), &inferred);
  Inference inference;
  for (const auto& result : results) inference.results.push_back(from_raw(result));
  inference.workspace_bytes = inferred.workspace_bytes;
  inference.flops = inferred.flops;
  inference.bytes = inferred.bytes;
  inference.seconds = inferred.seconds;
  inference.reduction = inferred.reduction;
  return inference;
}

KernelHandle OpHandle::prepare(const std::vector<Spec>& inputs, std::span<const uint32_t> port_counts,
                               const Arguments& args, const stretto_native& lane, Membership membership) const {
  auto settings = std::make_unique<RawSettings>(args, raw_->args, raw_->arg_count);
  const RawCall call(*raw_, inputs, port_counts, *settings, membership);
  void* state = nullptr;
  checked("prepare", raw_->prepare, call.raw(), &lane, &state);
  KernelHandle kernel;
  kernel.state_ = {state, KernelHandle::Release{raw_, std::move(settings)}};
  return kernel;
}

void KernelHandle::Release::operator()(void* state) const noexcept { op->release(state); }

void KernelHandle::launch(const stretto_launch& launch) {
  checked("launch", state_.get_deleter().op->launch, state_.get(), &launch);
}

}  // namespace stretto
