// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "ops.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "collective"
#endif

namespace collective = stretto::collective;

STRETTO_PLUGIN(STRETTO_NAME "_cuda", "0.1.0",
               stretto::op_library_component<collective::AllReduce, collective::AllGather, collective::ReduceScatter,
                                             collective::Broadcast>(STRETTO_NAME,
                                                                    "what a set of actors makes of the inputs of all",
                                                                    stretto::cuda::kMemoryKind))
