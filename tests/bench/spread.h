// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a bench says of many samples: the median, and the quartiles as the spread.

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace stretto::bench {

struct Spread {
  double lower = 0;  ///< first quartile
  double median = 0;
  double upper = 0;  ///< third quartile
};

/// At least one sample.
inline Spread spread(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double part) {
    return samples[static_cast<size_t>(part * static_cast<double>(samples.size() - 1))];
  };
  return {at(0.25), at(0.5), at(0.75)};
}

/// "1.23 (1.10 … 1.31)"
inline std::string to_text(const Spread& spread, int digits = 2) {
  return fmt::format("{:.{}f} ({:.{}f} … {:.{}f})", spread.median, digits, spread.lower, digits, spread.upper, digits);
}

}  // namespace stretto::bench
