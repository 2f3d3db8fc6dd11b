// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// From what a user can write to a plan, with all that must hold on the way whatever was written. No device, no
/// process. What an input is, its first bytes say: an .npy file, a saved plan, a cost file, the bytes of a drawn job;
/// else it is a job file.

#include <stdexcept>
#include <string>
#include <string_view>

namespace stretto::fuzz {

inline constexpr std::string_view kDrawn = "#drawn\n";  ///< in front of the bytes that a job is drawn from
inline constexpr std::string_view kCosts = "#costs\n";  ///< in front of a cost file
inline constexpr std::string_view kSet = "#set ";       ///< lines in front of a job: what --set lays over it
inline constexpr std::string_view kWith = "\n#with\n";  ///< between a job and what --with lays over it

/// Something that must hold does not.
struct Broken : std::logic_error {
  using std::logic_error::logic_error;
};

/// Takes one input through all that is made for it. What stretto refuses, with an Error that says why, is right; so is
/// what it accepts and stands by: a plan is verified, and comes back from JSON the same. Throws Broken, or whatever
/// escaped, where one of this is not so. The environment names the folders of plugins, as in tests. One thread.
void job_to_plan(std::string_view input);

}  // namespace stretto::fuzz
