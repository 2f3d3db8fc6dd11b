// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace stretto::testing {

/// Whether a sanitizer is compiled in. It makes what runs up to ten times as slow: tests then try fewer cases of a
/// kind.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace stretto::testing
