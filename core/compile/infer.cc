// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/check.h"
#include "compile/reject.h"

#include <cmath>

namespace stretto::compiling {

namespace {

/// What is wrong with a spec that came from a user or a plugin; empty: nothing.
std::string defect(const Spec& spec) {
  if (!spec.dtype.valid() || to_text(spec.dtype) == "dtype?") return "its dtype is none that stretto knows";
  if (spec.shape.size() > STRETTO_MAX_RANK)
    return fmt::format("it has {} dimensions; {} is the most", spec.shape.size(), STRETTO_MAX_RANK);
  for (const int64_t dimension : spec.shape)
    if (dimension < -1) return fmt::format("it has a dimension of {}", dimension);
  return {};
}

/// Lays the stated shape over an inferred one.
void state_shape(Spec& spec, const ChannelOptions& options, const std::string& who) {
  const auto& stated = *options.shape;
  bool fits = stated.size() == spec.shape.size();
  for (size_t i = 0; fits && i < stated.size(); ++i)
    fits = stated[i] >= 0 && (spec.shape[i] < 0 || spec.shape[i] == stated[i]);
  if (!fits)
    reject(options.source, "{}: the stated shape {} does not fit {}, which is what is known of it", who,
           to_text(stated), to_text(spec));
  spec.shape = stated;
}

/// The spec of a value once its channel's options are taken in; max_bytes complete. `who` names it, in messages.
template <class Who>
Spec complete(Spec spec, const ChannelOptions& options, const Who& who, const Source& source, bool only) {
  const auto& where = options.source.line != 0 ? options.source : source;
  if (const auto wrong = defect(spec); !wrong.empty()) reject(source, "{}: {}", who(), wrong);
  if (options.shape && !only)
    reject(where, "{}: channel.shape states one shape, but the node has several results; drop it", who());
  if (options.shape && spec.dynamic() && !options.static_shape)
    reject(where, "{}: channel.shape is stated without static_shape = true; add it, or drop the shape", who());
  if (options.shape) state_shape(spec, options, who());
  if (options.static_shape && spec.dynamic())
    reject(where, "{}: static_shape is stated, but only {} is known before anything runs; add channel.shape = […]",
           who(), to_text(spec));
  const auto bytes = bytes_of(spec.dtype, spec.shape);
  if (bytes) {
    if (options.max_bytes && *bytes > *options.max_bytes)
      reject(where, "{}: {} takes {} bytes, more than the stated max_bytes = {}", who(), to_text(spec), *bytes,
             *options.max_bytes);
    spec.max_bytes = *bytes;
    return spec;
  }
  if (options.max_bytes) spec.max_bytes = *options.max_bytes;
  if (spec.max_bytes == 0)
    reject(where, "{}: {} is dynamic and nothing bounds it; state channel = {{ max_bytes = … }}", who(), to_text(spec));
  if (spec.max_bytes > INT64_MAX) reject(where, "{}: max_bytes = {} does not fit 63 bits", who(), spec.max_bytes);
  return spec;
}

double sane(double value) { return std::isfinite(value) && value > 0 ? value : 0; }

/// "x[0] is 'grad[0]' of worker[0] (job.toml:12:3), f32[4]; …": what the members of a collective do not agree about.
std::string origins(const Graph& graph, const Checked& checked, const PlanNode& node) {
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < node.inputs.size() && i < kShown; ++i) {
    const auto& value = checked.values[node.inputs[i]];
    const auto where = to_prefix(value.source);
    text += fmt::format("; x[{}] is '{}'{}{}, {}", i, value.name,
                        value.node < 0 ? std::string() : " of " + graph.actors[value.actor].name,
                        where.empty() ? where : " (" + where.substr(0, where.size() - 2) + ")", to_text(value.spec));
  }
  return text + (node.inputs.size() > kShown ? fmt::format("; … {} more", node.inputs.size() - kShown) : "");
}

Inference ask(const Graph& graph, const Checked& checked, uint32_t n) {
  const auto& bound = checked.nodes[n];
  const auto& written = graph.nodes[n];
  std::vector<Spec> inputs;
  inputs.reserve(bound.inputs.size());
  for (const uint32_t value : bound.inputs) inputs.push_back(checked.values[value].spec);
  const auto infer = [&] {
    return checked.ops[n].infer(inputs, bound.port_counts, bound.args, {bound.member, bound.member_count});
  };
  const auto name = [&] {
    return bound.collective < 0 ? written.name : checked.collectives[static_cast<uint32_t>(bound.collective)].name;
  };
  return located(
      written.source, [&] { return fmt::format("node '{}' ({})", name(), written.op); },
      [&] {
        if (bound.collective < 0) return infer();
        try {
          return infer();
        } catch (const Error& error) {
          throw Error(error.code(), error.what() + origins(graph, checked, bound));
        }
      });
}

void infer_node(const Graph& graph, Checked& checked, uint32_t n) {
  auto& bound = checked.nodes[n];
  const auto& written = graph.nodes[n];
  const Inference answer = ask(graph, checked, n);
  for (uint32_t r = 0; r < bound.results.size(); ++r) {
    auto& value = checked.values[bound.results[r]];
    const auto who = [&] { return fmt::format("result of node '{}'", value.name); };
    value.spec = complete(answer.results[r], written.channel, who, value.source, bound.results.size() == 1);
    value.static_shape = !value.spec.dynamic();
  }
  bound.workspace_bytes = answer.workspace_bytes;
  checked.work[n] = {sane(answer.flops), sane(answer.bytes), sane(answer.seconds)};
  if (bound.collective >= 0) checked.collectives[static_cast<uint32_t>(bound.collective)].reduction = answer.reduction;
}

}  // namespace

void infer(const Graph& graph, Checked& checked) {
  for (const auto& input : checked.inputs) {
    auto& value = checked.values[input.value];
    const auto who = [&] { return fmt::format("input '{}'", input.name); };
    value.spec =
        complete(value.spec, graph.inputs[static_cast<uint32_t>(value.input)].channel, who, value.source, true);
    value.static_shape = !value.spec.dynamic();
  }
  checked.work.resize(checked.nodes.size());
  for (const uint32_t n : checked.topological) infer_node(graph, checked, n);
}

}  // namespace stretto::compiling
