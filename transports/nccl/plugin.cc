// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/plugin.h"

#include "transport.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "nccl"
#endif

using stretto::Option;
using stretto::Type;

namespace {
// Between PCIe's and NVLink's.
constexpr stretto::TransportRates kRates{1e-5, 1e11};
}  // namespace

STRETTO_PLUGIN(
    STRETTO_NAME, "0.1.0",
    stretto::transport_component<stretto::nccl::NcclTransport>(
        {STRETTO_NAME,
         "CUDA GPUs by NCCL: stream-ordered, one order over all actors",
         STRETTO_TRANSPORT_STREAM_ORDERED | STRETTO_TRANSPORT_DYNAMIC | STRETTO_TRANSPORT_RENDEZVOUS |
             STRETTO_TRANSPORT_GLOBAL_ORDER | STRETTO_TRANSPORT_PROCESSES | STRETTO_TRANSPORT_THREADS |
             STRETTO_TRANSPORT_COLLECTIVES | STRETTO_TRANSPORT_GROUPS | STRETTO_TRANSPORT_CAPTURABLE,
         STRETTO_COMPLETES_ON_MATCH,
         {stretto::cuda::kMemoryKind},
         0,
         kRates},
        {Option(Type::text, "communicators", "one for all actors, or one for each pair that shares a channel")
             .otherwise("\"one\"")
             .one_of("one|pair"),
         Option(Type::integer, "max_ctas", "processors of the GPU that transfers may take; left out: NCCL decides")
             .at_least(1)
             .at_most(64),
         Option(Type::integer, "cga_cluster_size", "thread blocks in a cluster; left out: NCCL decides")
             .at_least(0)
             .at_most(8),
         Option(Type::boolean, "register",
                "the slots of channels are registered with NCCL, so that it may copy straight from one to the other "
                "where it can; opening takes longer")
             .otherwise("false"),
         Option(Type::boolean, "capture",
                "transfers may become part of CUDA graphs, where [device.cuda] capture says so; a rank's death in the "
                "midst of one has been tried on a stand-in for a GPU alone")
             .otherwise("false"),
         Option(Type::boolean, "share_device",
                "to try things out: actors may share a GPU, as processes that each claim a host of their own; slow")
             .otherwise("false")}))
