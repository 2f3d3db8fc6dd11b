// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The variants that `compare --vary` asks for. Pure.

#include <string>
#include <vector>

namespace stretto {

struct Variant {
  std::string name;               ///< "compile.scheduler=serial transport.shm.spin=0"
  std::vector<std::string> sets;  ///< as --set takes them
};

/// Every combination of the values of "KEY=V1,V2,…"; the first key varies slowest. A comma inside brackets, braces or
/// quotes separates nothing. Throws Code::invalid_argument where there is no key, one value alone, or a key twice.
std::vector<Variant> expand_variants(const std::vector<std::string>& varied);

/// In which order `count` variants run in `repeats` rounds: forwards, then backwards, so that a drift of the machine
/// touches all alike (A B B A A B …).
std::vector<size_t> interleaved(size_t count, int64_t repeats);

}  // namespace stretto
