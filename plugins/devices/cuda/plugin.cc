// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/plugin.h"

#include "device.h"

#include <cstdlib>

#ifndef STRETTO_NAME
#define STRETTO_NAME "cuda"
#endif

namespace {

/// What CUDA reads once, when its context is made. Set while the plugin is loaded, before this process calls CUDA, and
/// only where the user has not set it.
///
/// A lane that waits for the host holds back what shares its hardware queue. CUDA spreads streams over 8 queues unless
/// told; 32 is the most.
///
/// Not CUDA_MODULE_LOADING=EAGER: code that is loaded when first launched may need the whole context to come to rest,
/// which lanes that wait for each other never do, but each op loads its own when it is prepared, and to load all of
/// cuBLAS takes seconds in every process (2 s on an H100).
void prepare_environment() {
  setenv("CUDA_DEVICE_MAX_CONNECTIONS", "32", 0);  // NOLINT(concurrency-mt-unsafe): plugins are loaded by one thread
}

/// Of a GPU of a server: between what an A100 and an H100 reach with 16 bits and with 32, their memory, and a copy over
/// PCIe. A graph's launch, and the way from one node of it to the next.
constexpr stretto::DeviceRates kRates{1e14, 1e12, 2e10, 5e-6, 8e-6, 1.5e-6};

stretto::Component* component() {
  prepare_environment();
  return stretto::device_component<stretto::cuda::CudaDevice>(
      {STRETTO_NAME, "CUDA GPUs: each lane is a stream", stretto::cuda::kMemoryKind,
       STRETTO_DEVICE_EXPORTS | STRETTO_DEVICE_CAPTURES, kRates},
      {stretto::Option(stretto::Type::text, "capture",
                       "steps in a row that need nothing but their lane become one CUDA graph; auto: where that is "
                       "predicted to take less")
           .otherwise("\"auto\"")
           .one_of("auto|on|off"),
       stretto::Option(stretto::Type::integer, "spin", "queries before a waiting host thread sleeps between them")
           .otherwise("20")
           .at_least(0)
           .at_most(1e9)});
}

}  // namespace

STRETTO_PLUGIN(STRETTO_NAME, "0.1.0", component())
