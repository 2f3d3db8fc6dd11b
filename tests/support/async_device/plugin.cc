// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/plugin.h"

#include "device.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "async_device"
#endif

using stretto::Option;
using stretto::Type;

STRETTO_PLUGIN(
    STRETTO_NAME, "0.1.0",
    stretto::device_component<stretto::testing::AsyncDevice>(
        {STRETTO_NAME, "lanes and memory of a GPU without the GPU, as unkind as allowed",
         stretto::testing::kAsyncMemory, 0},
        {Option(Type::text, "mode", "which lane runs next").otherwise("\"random\"").one_of("fifo|random|latest"),
         Option(Type::integer, "seed", "of mode \"random\"").otherwise("0").at_least(0).at_most(1e12),
         Option(Type::seconds, "quiet",
                "mode \"latest\": a lane that nobody awaits runs after this long without events")
             .otherwise("0.0002")
             .at_least(0)
             .at_most(1),
         Option(Type::integer, "break_after", "the device dies in front of this entry of its lanes; 0: never")
             .otherwise("0")
             .at_least(0)
             .at_most(1e12),
         Option(Type::integer, "refuse", "the piece of memory, allocated or pinned, that is refused; 0: none")
             .otherwise("0")
             .at_least(0)
             .at_most(1e12)}))
