// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What NVTX takes for a profiler, in NVTX_INJECTION64_PATH: notes the ranges of the domain "stretto".

#include "profiler.h"

#include <cstring>
#include <mutex>
#include <nvtx3/nvToolsExt.h>

namespace stretto::fake {
namespace {

std::mutex mutex;
std::vector<Range>* ranges = new std::vector<Range>;
thread_local std::vector<size_t> open;  // indices of this thread's ranges
int domains = 0;

nvtxDomainHandle_t create(const char* name) {
  // Others, NCCL say, have their own.
  return std::strcmp(name, "stretto") == 0 ? reinterpret_cast<nvtxDomainHandle_t>(&domains) : nullptr;
}

bool ours(nvtxDomainHandle_t domain) { return domain == reinterpret_cast<nvtxDomainHandle_t>(&domains); }

int push(nvtxDomainHandle_t domain, const nvtxEventAttributes_t* attributes) {
  if (!ours(domain)) return 0;
  const std::lock_guard lock(mutex);
  const size_t parent = open.empty() ? Range::kNone : open.back();
  open.push_back(ranges->size());
  ranges->push_back({attributes->message.ascii, attributes->payload.llValue, parent, false});
  return static_cast<int>(open.size()) - 1;
}

int pop(nvtxDomainHandle_t domain) {
  if (!ours(domain)) return 0;
  const std::lock_guard lock(mutex);
  if (open.empty()) {
    ranges->push_back({"a pop without a push", 0, Range::kNone, false});
    return -1;
  }
  (*ranges)[open.back()].closed = true;
  open.pop_back();
  return static_cast<int>(open.size());
}

template <class Function>
void replace(NvtxFunctionTable table, NvtxCallbackIdCore2 which, Function* function) {
  *table[which] = reinterpret_cast<NvtxFunctionPointer>(function);
}

}  // namespace
}  // namespace stretto::fake

extern "C" {

int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t export_table) {
  const auto* callbacks = static_cast<const NvtxExportTableCallbacks*>(export_table(NVTX_ETID_CALLBACKS));
  NvtxFunctionTable table = nullptr;
  unsigned int size = 0;
  if (callbacks == nullptr || callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE2, &table, &size) == 0 ||
      size <= NVTX_CBID_CORE2_DomainCreateA)
    return 0;
  stretto::fake::replace(table, NVTX_CBID_CORE2_DomainCreateA, stretto::fake::create);
  stretto::fake::replace(table, NVTX_CBID_CORE2_DomainRangePushEx, stretto::fake::push);
  stretto::fake::replace(table, NVTX_CBID_CORE2_DomainRangePop, stretto::fake::pop);
  return 1;
}

const std::vector<stretto::fake::Range>* stretto_fake_ranges() { return stretto::fake::ranges; }

}  // extern "C"
