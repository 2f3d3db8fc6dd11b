// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/catalogue.h"

#include <algorithm>

namespace stretto {

namespace {

/// Edits between two words: insertions, deletions, replacements and swaps of neighbours, none of it edited twice
/// (the optimal string alignment distance).
size_t distance(const std::string& from, const std::string& to) {
  std::vector<size_t> before(to.size() + 1);
  std::vector<size_t> last(to.size() + 1);
  std::vector<size_t> row(to.size() + 1);
  for (size_t j = 0; j <= to.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= to.size(); ++j) {
      const size_t replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[to.size()];
}

}  // namespace

std::optional<std::string> nearest(const std::string& name, const std::vector<std::string>& names) {
  // A third of the letters wrong is still a slip of the fingers; more is another word.
  const size_t near_enough = std::max<size_t>(1, (name.size() + 1) / 3);
  std::optional<std::string> best;
  size_t best_distance = near_enough + 1;
  for (const auto& candidate : names) {
    // As many edits as one is longer are the least; to count them takes the product of both lengths.
    const auto [shorter, longer] = std::minmax({name.size(), candidate.size()});
    if (longer - shorter > near_enough) continue;
    const size_t edits = distance(name, candidate);
    if (edits < best_distance || (edits == best_distance && best && candidate < *best)) {
      best = candidate;
      best_distance = edits;
    }
  }
  return best;
}

}  // namespace stretto
