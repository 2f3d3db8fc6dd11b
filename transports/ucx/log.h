// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace stretto::ucx {

/// From now on what UCX has to say goes to the host's log: by itself it writes to standard output, where results are.
/// Takes away UCX's handlers of SIGSEGV and its like, unless UCX_HANDLE_ERRORS asks for them: a library has no business
/// with its host's signals. Once in a process; any thread.
void take_over_log();

}  // namespace stretto::ucx
