// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/catalogue.h"

namespace stretto {

const char* to_text(stretto_kind kind) {
  switch (kind) {
    case STRETTO_TRANSPORT: return "transport";
    case STRETTO_SCHEDULER: return "scheduler";
    case STRETTO_DEVICE: return "device";
    case STRETTO_OP_LIBRARY: return "ops";
  }
  return "unknown kind";
}

}  // namespace stretto
