// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "status.h"

namespace stretto::ucx {
namespace {

Code code_of(ucs_status_t status) {
  switch (status) {
    case UCS_OK: return Code::ok;
    case UCS_ERR_INVALID_PARAM:
    case UCS_ERR_INVALID_ADDR: return Code::invalid_argument;
    case UCS_ERR_NO_DEVICE:
    case UCS_ERR_UNSUPPORTED:
    case UCS_ERR_UNREACHABLE: return Code::unavailable;
    case UCS_ERR_NO_MEMORY:
    case UCS_ERR_NO_RESOURCE:
    case UCS_ERR_EXCEEDS_LIMIT: return Code::overloaded;
    case UCS_ERR_CANCELED: return Code::cancelled;
    // What a dead or unreachable peer shows as, whichever the medium; process_vm_readv's errors come as IO_ERROR.
    case UCS_ERR_IO_ERROR:
    case UCS_ERR_NOT_CONNECTED:
    case UCS_ERR_CONNECTION_RESET:
    case UCS_ERR_ENDPOINT_TIMEOUT:
    case UCS_ERR_REJECTED: return Code::disconnected;
    case UCS_ERR_TIMED_OUT: return Code::timed_out;
    default: return Code::internal;
  }
}

}  // namespace

Result result_of(ucs_status_t status) noexcept {
  return {code_of(status), status == UCS_OK ? "" : ucs_status_string(status)};
}

void must(ucs_status_t status, const std::string& what) {
  if (status == UCS_OK) return;
  const Result result = result_of(status);
  throw Error(result.code, what + ": " + result.text);
}

}  // namespace stretto::ucx
