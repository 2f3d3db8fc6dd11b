// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/plugin.h"

#include "device.h"
#include "lane.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "cpu"
#endif

STRETTO_PLUGIN(STRETTO_NAME, "0.1.0",
               stretto::device_component<stretto::cpu::CpuDevice>(
                   {STRETTO_NAME, "the host's processors: each lane is a thread", stretto::cpu::kMemoryKind,
                    STRETTO_DEVICE_BLOCKING | STRETTO_DEVICE_HOST_ACCESSIBLE},
                   {stretto::Option(stretto::Type::seconds, "spin",
                                    "how long a waiting thread spins before it parks in the kernel")
                        .otherwise("10e-6")
                        .at_least(0)
                        .at_most(1)}))
