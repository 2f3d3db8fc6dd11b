// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// UCX's statuses as this plugin's codes: context.cc and engine.cc call UCX, and nobody else sees its types.

#include "stretto/error.h"

#include <ucs/type/status.h>

namespace stretto::ucx {

/// How an operation ended. A value; the text is static.
struct Result {
  Code code = Code::ok;
  const char* text = "";
  bool ok() const { return code == Code::ok; }
};

Result result_of(ucs_status_t status) noexcept;
/// Throws unless the status is UCS_OK. `what` is the call in words, for the message.
void must(ucs_status_t status, const std::string& what);

}  // namespace stretto::ucx
