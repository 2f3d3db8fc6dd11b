// The op library "@NAME@" for devices with host memory. One op: @NAME@.scale, every element times a number.
#include <stretto/op.h>

namespace {

class ScaleKernel : public stretto::Kernel {
 public:
  explicit ScaleKernel(float factor) : factor_(factor) {}

  // Computes. No allocation here: what is needed is made in prepare, or declared as a workspace by infer.
  void launch(const stretto::Launch& launch) override {
    const auto input = launch.input(0);
    auto result = launch.result(0);
    result.resize(input.shape());
    const auto* from = static_cast<const float*>(input.data());
    auto* to = static_cast<float*>(result.data());
    const uint64_t count = input.bytes() / sizeof(float);
    for (uint64_t i = 0; i < count; ++i) to[i] = factor_ * from[i];
  }

 private:
  float factor_;
};

class Scale : public stretto::Op {
 public:
  stretto::OpInfo info() const override {
    return {"scale",
            "every element times a number",
            {{"x", "an f32 value"}},
            {{"result", "as large as x"}},
            {stretto::Option(stretto::Type::real, "factor", "the number").otherwise("2.0")}};
  }

  // Pure: says what comes out and what it costs, or why the call makes no sense.
  stretto::Inference infer(const stretto::Call& call) const override {
    const auto x = call.input(0);
    if (!(x.dtype == stretto::kF32))
      throw stretto::Error(stretto::Code::invalid_argument, "input 'x' is not of f32");
    stretto::Inference inference;
    inference.results = {x};
    const auto bytes = stretto::bytes_of(x.dtype, x.shape).value_or(x.max_bytes);
    inference.flops = static_cast<double>(bytes) / sizeof(float);
    inference.bytes = 2.0 * static_cast<double>(bytes);
    return inference;
  }

  std::unique_ptr<stretto::Kernel> prepare(const stretto::Call& call, const stretto_native& /*lane*/) const override {
    return std::make_unique<ScaleKernel>(static_cast<float>(call.args().real("factor")));
  }
};

}  // namespace

STRETTO_PLUGIN("@NAME@", "0.1.0",
               stretto::op_library_component<Scale>("@NAME@", "a first op library", "host"))
