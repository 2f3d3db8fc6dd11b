// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/plugin.h"

#include "transport.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "shm"
#endif

STRETTO_PLUGIN(STRETTO_NAME, "0.1.0",
               stretto::transport_component<stretto::shm::ShmTransport>(
                   {STRETTO_NAME,
                    "memory shared by the actors of a host or a device; readers use the writer's slots in place",
                    STRETTO_TRANSPORT_SHARES_SLOTS | STRETTO_TRANSPORT_MULTI_READER | STRETTO_TRANSPORT_DYNAMIC |
                        STRETTO_TRANSPORT_CARRIES_NOTE | STRETTO_TRANSPORT_PROCESSES | STRETTO_TRANSPORT_THREADS |
                        STRETTO_TRANSPORT_DEVICE_SLOTS,
                    STRETTO_COMPLETES_ON_POST,
                    {"host"}},
                   {stretto::Option(stretto::Type::seconds, "spin",
                                    "how long a waiting thread spins before it parks in the kernel")
                        .otherwise("10e-6")
                        .at_least(0)
                        .at_most(1),
                    stretto::Option(stretto::Type::boolean, "read_only",
                                    "readers in other processes can't write into the slots that they read")
                        .otherwise("true"),
                    stretto::Option(stretto::Type::boolean, "device_slots",
                                    "between actors on one device that exports its memory, slots lie there and nothing "
                                    "is copied; false: they are staged through the host")
                        .otherwise("true")}))
