// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/modulo.h"

#include <algorithm>
#include <cmath>

namespace stretto::overlap {

namespace {

/// What of a lane's period is taken.
class Reservations {
 public:
  explicit Reservations(double period) : period_(period) {}

  /// How long after `start` something of this length has to wait, at least; 0 where it fits.
  double wait(double start, double seconds) const {
    double longest = 0;
    for (const auto& [taken, length] : taken_) {
      // Distance from the reservation's start to ours, in [0, period).
      const double after = modulo(start - taken);
      if (after < length - kInstant)
        longest = std::max(longest, length - after);
      else if (after + seconds > period_ + kInstant)
        longest = std::max(longest, period_ - after + length);
    }
    return longest;
  }
  void take(double start, double seconds) { taken_.emplace_back(start, seconds); }

 private:
  double modulo(double time) const {
    const double rest = time - std::floor(time / period_) * period_;
    return rest >= period_ - kInstant ? 0 : rest;
  }
  double period_;
  std::vector<std::pair<double, double>> taken_;  // start, seconds
};

}  // namespace

Phases modulo_schedule(const TimedGraph& graph, double period, const std::vector<uint32_t>& list) {
  Phases phases{period, std::vector<double>(graph.unit_count(), 0)};
  std::vector<Reservations> lanes(graph.lanes().size(), Reservations(period));
  std::vector<bool> placed(graph.unit_count(), false);
  for (const uint32_t unit : list) {
    double start = 0;
    for (const uint32_t number : graph.entering(unit))
      if (const auto& arc = graph.arcs()[number]; placed[arc.from])
        start = std::max(start, phases.start[arc.from] + graph.seconds(arc.from) - arc.tokens * period);
    double free = start;
    const auto wait = [&] {
      double longest = 0;
      for (const uint32_t lane : graph.lanes_of(unit))
        longest = std::max(longest, lanes[lane].wait(free, graph.seconds(unit)));
      return longest;
    };
    // Within one period every place has been seen; what fits nowhere goes where it could be first. A wait that is lost
    // in rounding is none: beside a long period, the short times of others are that small.
    double waited = wait();
    for (; free + waited > free && free + waited < start + period; waited = wait()) free += waited;
    if (free + waited > free) free = start;
    for (const uint32_t lane : graph.lanes_of(unit)) lanes[lane].take(free, graph.seconds(unit));
    phases.start[unit] = free;
    placed[unit] = true;
  }
  return phases;
}

}  // namespace stretto::overlap
