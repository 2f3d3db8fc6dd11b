// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Timelines: who worked on which execution when. Pure; any thread.

#include "stretto/prediction.h"

#include <set>

namespace stretto {

/// The steps that limit the period: those of the circuit, or all that use the resource.
std::set<uint32_t> steps_of(const Plan& plan, const Bottleneck& bottleneck);

/// A row per lane, `columns` wide: the last digit of the execution that the lane works on, '.' where it waits, and an
/// arrow at the lanes of the bottleneck. A cell shows what takes most of its time.
std::string timeline_text(const Plan& plan, const Timeline& timeline, const Bottleneck& bottleneck, size_t columns);

/// The same to scale, with an axis; executions by colour, the bottleneck's steps with a red edge.
std::string timeline_svg(const Plan& plan, const Timeline& timeline, const Bottleneck& bottleneck);

}  // namespace stretto
