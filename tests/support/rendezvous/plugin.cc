// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/plugin.h"

#include "transport.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "rendezvous"
#endif

STRETTO_PLUGIN(STRETTO_NAME, "0.1.0",
               stretto::transport_component<stretto::testing::Rendezvous>(
                   {STRETTO_NAME,
                    "stream-ordered, with NCCL's rules, between the actors of one process",
                    STRETTO_TRANSPORT_STREAM_ORDERED | STRETTO_TRANSPORT_DYNAMIC | STRETTO_TRANSPORT_RENDEZVOUS |
                        STRETTO_TRANSPORT_GLOBAL_ORDER | STRETTO_TRANSPORT_THREADS | STRETTO_TRANSPORT_COLLECTIVES |
                        STRETTO_TRANSPORT_GROUPS,
                    STRETTO_COMPLETES_ON_MATCH,
                    {stretto::testing::kAsyncMemory, "host"}},
                   {stretto::Option(stretto::Type::integer, "breaks_at",
                                    "an actor's operation in a group that fails, from 1; 0: none")
                        .otherwise("0")}))
