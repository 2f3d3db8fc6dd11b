// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/command.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace stretto {

namespace {

template <class T>
T load(const std::byte* from) {
  T value{};
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Bits of a 16-bit float with this many exponent bits, as a number.
double small_float(uint16_t bits, int exponent_bits) {
  const int fraction_bits = 15 - exponent_bits;
  const int exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1);
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return fraction != 0 ? std::nan("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
}

std::string element(DType dtype, const std::byte* at) {
  if (dtype == kF32) return fmt::format("{}", load<float>(at));
  if (dtype == kF64) return fmt::format("{}", load<double>(at));
  if (dtype == kF16) return fmt::format("{}", small_float(load<uint16_t>(at), 5));
  if (dtype == kBF16) return fmt::format("{}", small_float(load<uint16_t>(at), 8));
  if (dtype == kI8) return fmt::format("{}", load<int8_t>(at));
  if (dtype == kI16) return fmt::format("{}", load<int16_t>(at));
  if (dtype == kI32) return fmt::format("{}", load<int32_t>(at));
  if (dtype == kI64) return fmt::format("{}", load<int64_t>(at));
  if (dtype == kU16) return fmt::format("{}", load<uint16_t>(at));
  if (dtype == kU32) return fmt::format("{}", load<uint32_t>(at));
  if (dtype == kU64) return fmt::format("{}", load<uint64_t>(at));
  if (dtype == kBool) return load<uint8_t>(at) != 0 ? "true" : "false";
  return fmt::format("{}", load<uint8_t>(at));
}

std::string wait_text(const Plan& plan, const Step& step, const Wait& wait) {
  const Step& from = plan.steps[wait.from];
  const std::string execution = wait.tokens == 0 ? "" : fmt::format(", {} earlier", wait.tokens);
  const char* by = wait.by == Wait::By::lane        ? "lane"
                   : wait.by == Wait::By::transport ? "transport"
                   : wait.by == Wait::By::ticket    ? "ticket"
                                                    : "order";
  return fmt::format("{}{} ({}{})", from.name, execution, by,
                     from.lane >= 0 && from.lane != step.lane && from.actor == step.actor
                         ? " " + plan.lanes[static_cast<size_t>(from.lane)].name
                         : "");
}

}  // namespace

std::string describe(const Tensor& tensor, bool text) {
  if (text) return std::string(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  constexpr size_t kShown = 8;
  const size_t count = tensor.dtype.bytes() == 0 ? 0 : tensor.bytes.size() / tensor.dtype.bytes();
  std::string list;
  for (size_t i = 0; i < std::min(count, kShown); ++i)
    list += (i != 0 ? ", " : "") + element(tensor.dtype, tensor.bytes.data() + i * tensor.dtype.bytes());
  if (tensor.shape.empty()) return list;
  if (count > kShown)
    list += fmt::format(", … ({} elements, {}{})", count, to_text(tensor.dtype), to_text(tensor.shape));
  return "[" + list + "]";
}

std::string describe(const Plan& plan) {
  std::string out =
      fmt::format("plan {} of '{}': {} nodes, {} steps, scheduler {}, inflight {}\n", hash(plan).substr(0, 12),
                  plan.name, plan.nodes.size(), plan.steps.size(), plan.components[plan.scheduler].name, plan.inflight);
  for (uint32_t actor = 0; actor < plan.driver(); ++actor) {
    const PlanActor& self = plan.actors[actor];
    out += fmt::format("\nactor {} on {}:{}\n", self.name, plan.components[static_cast<size_t>(self.device)].name,
                       self.device_index);
    for (const PlanLane& lane : plan.lanes) {
      if (lane.actor != actor) continue;
      out += fmt::format("  lane {}\n", lane.name);
      for (const uint32_t id : lane.steps) {
        const Step& step = plan.steps[id];
        out += fmt::format("    {}{}\n", step.name, step.offset == 0 ? "" : fmt::format("  [offset {}]", step.offset));
        for (const Wait& wait : step.waits)
          if (wait.by != Wait::By::order) out += fmt::format("        after {}\n", wait_text(plan, step, wait));
      }
    }
  }
  out += "\nchannels\n";
  for (const Channel& channel : plan.channels)
    out += fmt::format("  {}: {} over {}, {} slots of {} bytes{}\n", channel.name,
                       to_text(plan.values[channel.value].spec), plan.components[channel.transport].name,
                       plan.rings[channel.ring].slots, plan.rings[channel.ring].slot_bytes,
                       channel.reason.empty() ? "" : " (" + channel.reason + ")");
  return out;
}

}  // namespace stretto
