// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "wrapped_library.h"

#include "wrapped_kernel.h"

#include <array>

namespace stretto::testing {
namespace {

constexpr size_t kMostOps = 64;
std::array<const stretto_op*, kMostOps> wrapped;  // written once, by the query, before any op is called

// A C function has no room for the op that it stands for, so each number has functions of its own.
template <size_t kNumber>
struct Trampoline {
  static int32_t infer(const stretto_call* call, stretto_inference* inference, const stretto_sink* sink) {
    return guard(sink, [&] {
      refuse_unknown_shapes(*wrapped[kNumber], *call);
      checked("infer", wrapped[kNumber]->infer, call, inference);
    });
  }
  static int32_t prepare(const stretto_call* call, const stretto_native* lane, void** state, const stretto_sink* sink) {
    return guard(sink, [&] { *state = std::make_unique<WrappedKernel>(*wrapped[kNumber], *call, *lane).release(); });
  }
};

int32_t launch(void* state, const stretto_launch* request, const stretto_sink* sink) {
  return guard(sink, [&] { static_cast<WrappedKernel*>(state)->launch(*request); });
}

void release(void* state) { delete static_cast<WrappedKernel*>(state); }

template <size_t... kNumbers>
void fill(std::array<stretto_op, kMostOps>& ops, std::index_sequence<kNumbers...>) {
  (
      [&] {
        ops[kNumbers].infer = Trampoline<kNumbers>::infer;
        ops[kNumbers].prepare = Trampoline<kNumbers>::prepare;
        ops[kNumbers].launch = launch;
        ops[kNumbers].release = release;
      }(),
      ...);
}

}  // namespace

void wrap_library(stretto_plugin_query query, const stretto_host* host, const stretto_plugin** plugin) {
  const stretto_plugin* inner = nullptr;
  checked("the host library's query", query, host, &inner);
  if (inner->component_count != 1 || inner->components[0]->kind != STRETTO_OP_LIBRARY)
    throw Error(Code::internal, std::string("plugin '") + inner->name + "' is not one op library");
  const auto& library = *static_cast<const stretto_op_library_api*>(inner->components[0]->api);
  if (library.op_count > kMostOps) throw Error(Code::internal, "more ops than there are trampolines");

  static auto* ops = new std::array<stretto_op, kMostOps>{};
  static auto* pointers = new std::vector<const stretto_op*>();
  static auto* api = new stretto_op_library_api{};
  static auto* component = new stretto_component{};
  static auto* components = new std::vector<const stretto_component*>{component};
  static auto* made = new stretto_plugin{};
  pointers->clear();
  for (uint32_t i = 0; i < library.op_count; ++i) {
    wrapped[i] = library.ops[i];
    (*ops)[i] = *library.ops[i];
    (*ops)[i].size = sizeof(stretto_op);
    pointers->push_back(&(*ops)[i]);
  }
  fill(*ops, std::make_index_sequence<kMostOps>());
  *api = {sizeof *api, library.op_count, kAsyncMemory, pointers->data()};
  *component = *inner->components[0];
  component->size = sizeof *component;
  component->api = api;
  *made = {sizeof *made, STRETTO_ABI_VERSION, "async ops", inner->version, 1, 0, components->data(), nullptr};
  *plugin = made;
}

}  // namespace stretto::testing
