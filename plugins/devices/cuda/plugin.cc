// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/plugin.h"

#include "device.h"
#include "queues.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "cuda"
#endif

namespace {

/// Of a GPU of a server: between what an A100 and an H100 reach with 16 bits and with 32, their memory, and a copy over
/// PCIe. A graph's launch, and the way from one node of it to the next.
constexpr stretto::DeviceRates kRates{1e14, 1e12, 2e10, 5e-6, 8e-6, 1.5e-6};

/// Not CUDA_MODULE_LOADING=EAGER: code that is loaded when first launched may need the whole context to come to rest,
/// which lanes that wait for each other never do, but each op loads its own when it is prepared, and to load all of
/// cuBLAS takes seconds in every process (2 s on an H100).
stretto::Component* component() {
  stretto::cuda::choose_queues();
  return stretto::device_component<stretto::cuda::CudaDevice>(
      {STRETTO_NAME, "CUDA GPUs: each lane is a stream", stretto::cuda::kMemoryKind,
       STRETTO_DEVICE_EXPORTS | STRETTO_DEVICE_CAPTURES, kRates},
      {stretto::Option(stretto::Type::text, "capture",
                       "steps in a row that need nothing but their lane become one CUDA graph; auto: where that is "
                       "predicted to take less")
           .otherwise("\"auto\"")
           .one_of("auto|on|off"),
       stretto::Option(stretto::Type::boolean, "crowded",
                       "lanes may be more than the GPU has hardware queues for, and then hold each other up, until "
                       "run.progress ends it; false: such a job is refused")
           .otherwise("false"),
       stretto::Option(stretto::Type::integer, "spin", "queries before a waiting host thread sleeps between them")
           .otherwise("20")
           .at_least(0)
           .at_most(1e9)});
}

}  // namespace

STRETTO_PLUGIN(STRETTO_NAME, "0.1.0", component())
