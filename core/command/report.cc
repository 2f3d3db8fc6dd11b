// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/report.h"

#include "job/expectation.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto {

std::vector<std::string> mismatches(const Ready& ready, const Result& result) {
  std::vector<std::string> found;
  for (const Expectation& expectation : ready.job.expectations)
    for (const uint32_t wanted : expectation.outputs) {
      size_t at = 0;
      for (uint32_t output = 0; output < ready.plan.outputs.size(); ++output)
        for (const auto& field : ready.plan.outputs[output].fields) {
          const Tensor& value = result.values[at++];
          if (output != wanted || (field.name != expectation.field && !expectation.field.empty())) continue;
          if (const auto wrong = mismatch(expectation, result.execution, value))
            found.push_back(fmt::format("{}execution {}: output '{}'{}: {}", to_prefix(expectation.source),
                                        result.execution, ready.plan.outputs[output].name,
                                        field.name.empty() ? "" : " " + field.name, *wrong));
        }
    }
  return found;
}

std::vector<std::string> Errors::add(const Result& result) {
  auto found = result.error.empty() ? mismatches(*ready_, result) : std::vector{result.error};
  add(found);
  return found;
}

void Errors::add(const std::vector<std::string>& found) {
  constexpr size_t kMost = 100;
  for (const auto& error : found) {
    if (std::find(all_.begin(), all_.end(), error) != all_.end()) continue;
    if (all_.size() < kMost)
      all_.push_back(error);
    else
      ++more_;
  }
}

std::vector<std::string> Errors::list() const {
  auto list = all_;
  if (more_ > 0) list.push_back(fmt::format("… and {} more", more_));
  return list;
}

}  // namespace stretto
