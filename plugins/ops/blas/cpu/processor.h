// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Whether OpenBLAS knows the processor that it runs on.

namespace stretto::blas {

/// Warns, once in a process, where OpenBLAS is older than the processor and takes it for one without AVX: products take
/// about five times as long then, and nothing else tells. Any thread.
void warn_of_unknown_processor();

}  // namespace stretto::blas
