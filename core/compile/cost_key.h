// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The names under which a cost file lists ops; see stretto/costs.h.

#include "stretto/plan.h"

#include <unordered_map>

namespace stretto::compiling {

/// As cost_keys of stretto/costs.h, before there is a plan.
std::vector<std::string> cost_keys(const PlanNode& node, const std::string& library,
                                   const std::vector<PlanValue>& values);

/// Keys are compared without the spaces outside of quotes, as a person may set them otherwise.
std::string without_spaces(const std::string& key);

/// A device's listed ops, for looking up.
class ListedOps {
 public:
  explicit ListedOps(const std::map<std::string, double>& ops);
  /// Seconds under the first of these keys that is listed.
  std::optional<double> find(const std::vector<std::string>& keys) const;

 private:
  std::unordered_map<std::string, double> seconds_;
};

}  // namespace stretto::compiling
