// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// An op library for benches of transfers: a sender that is never the bottleneck.

#include "stretto/op.h"

#include <random>
#include <set>

namespace stretto::testing {
namespace {

/// Half-precision numbers between 1 and 2, at random: made from bits, since nothing here needs arithmetic on them.
void fill_at_random(uint16_t* elements, uint64_t count) {
  std::mt19937_64 random(count);
  for (uint64_t i = 0; i < count; ++i) elements[i] = static_cast<uint16_t>(0x3c00 | (random() & 0x3ff));
}

class StampKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    const ResultView result = launch.result(0);
    auto* elements = result.data<uint16_t>();
    if (result.elements() == 0) return;
    // A slot keeps what it held; it is filled when it is met first.
    if (filled_.insert(elements).second) fill_at_random(elements, result.elements());
    elements[0] = static_cast<uint16_t>(0x3c00 | (static_cast<uint64_t>(launch.execution()) & 0x3ff));
  }

 private:
  std::set<uint16_t*> filled_;
};

class Stamp final : public Op {
 public:
  OpInfo info() const override {
    return {"stamp",
            "Random f16 numbers, made once for each slot; the first is 1 + execution/1024",
            {{"start", "any value; it only starts the op"}},
            {{"result", "f16"}},
            {Option(Type::integers, "shape", "the shape").at_least(0).needed()}};
  }
  Inference infer(const Call& call) const override {
    if (call.input_count() != 1) throw Error(Code::invalid_argument, "stamp: it takes one input");
    const auto shape = call.args().integers("shape");
    Inference inference;
    inference.results = {{kF16, Shape(shape.begin(), shape.end())}};
    inference.results[0].max_bytes = bytes_of(kF16, inference.results[0].shape).value_or(0);
    inference.seconds = 1e-6;
    return inference;
  }
  std::unique_ptr<Kernel> prepare(const Call& /*call*/, const stretto_native& /*lane*/) const override {
    return std::make_unique<StampKernel>();
  }
};

}  // namespace
}  // namespace stretto::testing

STRETTO_PLUGIN("rig", "0.1.0",
               stretto::op_library_component<stretto::testing::Stamp>("rig", "what benches need", "host"))
