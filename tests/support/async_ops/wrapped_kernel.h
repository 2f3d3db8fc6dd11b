// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One node's op on one lane of the test device.

#include "async_lane.h"
#include "stretto/op.h"

#include <string>
#include <vector>

namespace stretto::testing {

/// Throws Code::invalid_argument where the shape of a result depends on data: the issuing thread cannot see data.
void refuse_unknown_shapes(const stretto_op& op, const stretto_call& call);

/// The settings of a call, copied: the host's structs live no longer than the call.
class OwnedSettings {
 public:
  explicit OwnedSettings(const stretto_settings* settings);
  OwnedSettings(const OwnedSettings&) = delete;
  OwnedSettings& operator=(const OwnedSettings&) = delete;
  ~OwnedSettings() = default;
  const stretto_settings* raw() const { return &raw_; }

 private:
  struct Owned {
    std::string name, text;
    std::vector<int64_t> integers;
    std::vector<double> reals;
    std::vector<std::string> texts;
    std::vector<const char*> text_pointers;
    stretto_setting setting;
  };
  std::vector<std::unique_ptr<Owned>> items_;
  std::vector<const stretto_setting*> pointers_;
  stretto_settings raw_{};
};

/// Prepared once, launched once per execution by the issuing thread; computes on the lane's thread. The lane is empty
/// when it is destroyed.
class WrappedKernel {
 public:
  /// `op` is the host library's.
  WrappedKernel(const stretto_op& op, const stretto_call& call, const stretto_native& lane);
  WrappedKernel(const WrappedKernel&) = delete;
  WrappedKernel& operator=(const WrappedKernel&) = delete;
  ~WrappedKernel();
  /// Throws what the op refuses because of the execution's number or the sizes of its results.
  void launch(const stretto_launch& launch);

 private:
  void set_shapes(const stretto_launch& launch) const;
  void refuse_execution(const stretto_launch& launch);

  const stretto_op& op_;
  OwnedSettings args_;
  std::vector<uint32_t> port_counts_;
  std::vector<stretto_spec> inputs_;
  stretto_call call_;  // its inputs are the host's, and gone
  uint64_t workspace_bytes_ = 0;
  AsyncLane& lane_;
  stretto_native host_lane_;
  void* state_ = nullptr;  // used by the lane's thread
  void* probe_ = nullptr;  // used by the issuing thread
};

}  // namespace stretto::testing
