// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/check.h"
#include "compile/reject.h"

#include <fmt/ranges.h>
#include <set>
#include <string_view>
#include <unordered_map>

namespace stretto::compiling {

namespace {

std::string meant(const std::string& name, const std::vector<std::string>& names) {
  if (const auto near = nearest(name, names)) return fmt::format("; did you mean '{}'?", *near);
  return names.empty() ? std::string() : fmt::format("; there are: {}", fmt::join(names, ", "));
}

/// Names of one kind of thing, each once.
class Names {
 public:
  Names(std::string what, size_t count) : what_(std::move(what)) { seen_.reserve(count); }
  void add(const std::string& name, const Source& source) {
    if (name.empty()) reject(source, "{} has no name", what_);
    const auto [earlier, fresh] = seen_.try_emplace(name, &source);
    if (fresh) return;
    const auto where = to_prefix(*earlier->second);
    reject(source, "the name '{}' is taken{}; names of {}s are used once", name,
           where.empty() ? "" : " at " + where.substr(0, where.size() - 2), what_);
  }

 private:
  std::string what_;
  std::unordered_map<std::string_view, const Source*> seen_;
};

/// Finds ops, each (op, memory kind) once.
class Ops {
 public:
  explicit Ops(Components& components) : components_(components) {}

  /// The library's component and the op.
  const std::pair<uint32_t, OpHandle>& find(const NodeSpec& node, const std::string& memory_kind) {
    const auto key = node.op + "/" + memory_kind;
    const auto known = found_.find(key);
    if (known != found_.end()) return known->second;
    const auto& source = node.op_source.line != 0 ? node.op_source : node.source;
    const auto dot = node.op.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == node.op.size())
      reject(source, "node '{}': the op '{}' is not written as \"library.op\"", node.name, node.op);
    return located(
        source, [&] { return fmt::format("node '{}': op '{}'", node.name, node.op); },
        [&]() -> const auto& {
          const uint32_t library = components_.use_ops(node.op.substr(0, dot), memory_kind);
          const auto op = OpHandle::find(components_.loaded(library), node.op.substr(dot + 1));
          return found_.emplace(key, std::pair(library, op)).first->second;
        });
  }

 private:
  Components& components_;
  std::unordered_map<std::string, std::pair<uint32_t, OpHandle>> found_;
};

std::vector<std::string> port_names(const stretto_port* const* ports, uint32_t count) {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < count; ++i) names.emplace_back(ports[i]->name);
  return names;
}

/// Turns references into value numbers.
class Binder {
 public:
  Binder(const Graph& graph, Checked& checked) : graph_(graph), checked_(checked) {}

  void make_values(const std::vector<PlanActor>& actors) {
    const auto driver = static_cast<uint32_t>(actors.size()) - 1;
    for (uint32_t i = 0; i < graph_.inputs.size(); ++i) {
      const auto& input = graph_.inputs[i];
      checked_.inputs.push_back({input.name, static_cast<uint32_t>(checked_.values.size()), {}});
      add({input.name, -1, static_cast<int32_t>(i), 0, driver, input.spec, false, input.source}, input.channel);
    }
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n) {
      const auto& node = graph_.nodes[n];
      const auto& op = checked_.ops[n].raw();
      if (node.channel.direct_return && op.result_count != 1)
        reject(at(node.channel.source, node.source),
               "node '{}': direct_return means that the message is exactly one tensor, but '{}' has {} results ({}); "
               "drop direct_return",
               node.name, node.op, op.result_count, fmt::join(port_names(op.results, op.result_count), ", "));
      for (uint32_t r = 0; r < op.result_count; ++r) {
        checked_.nodes[n].results.push_back(static_cast<uint32_t>(checked_.values.size()));
        const auto name = op.result_count == 1 ? node.name : fmt::format("{}.{}", node.name, op.results[r]->name);
        add({name, static_cast<int32_t>(n), -1, r, node.actor, {}, false, node.source}, node.channel);
      }
    }
  }

  /// `user` says who asks, in messages: "node 'x': port 'a'".
  template <class User>
  uint32_t value(const ValueRef& ref, const Source& fallback, const User& user) const {
    const auto& source = at(ref.source, fallback);
    if (ref.from == ValueRef::From::input) {
      if (ref.index >= graph_.inputs.size())
        reject(source, "{}: reads input number {}, but the graph has {}", user(), ref.index, graph_.inputs.size());
      if (!ref.result.empty())
        reject(source, "{}: '{}' is an input of the graph and has no result '{}'", user(),
               graph_.inputs[ref.index].name, ref.result);
      return ref.index;
    }
    if (ref.index >= graph_.nodes.size())
      reject(source, "{}: reads node number {}, but the graph has {}", user(), ref.index, graph_.nodes.size());
    const auto& node = graph_.nodes[ref.index];
    const auto& op = checked_.ops[ref.index].raw();
    const auto& results = checked_.nodes[ref.index].results;
    const auto names = [&] { return port_names(op.results, op.result_count); };
    if (ref.result.empty()) {
      if (op.result_count != 1)
        reject(source, "{}: '{}' ({}) has {} results; say which one: {}", user(), node.name, node.op, op.result_count,
               choices(node.name, names()));
      return results.front();
    }
    for (uint32_t i = 0; i < op.result_count; ++i)
      if (ref.result == op.results[i]->name) return results[i];
    reject(source, "{}: '{}' ({}) has no result '{}'{}", user(), node.name, node.op, ref.result,
           meant(ref.result, names()));
  }

  void bind_node(uint32_t n) {
    const auto& node = graph_.nodes[n];
    const auto& op = checked_.ops[n].raw();
    std::vector<const PortBinding*> by_port(op.input_count, nullptr);
    for (const auto& binding : node.inputs) {
      const uint32_t port = find_port(node, op, binding);
      if (by_port[port] != nullptr)
        reject(at(binding.source, node.source), "node '{}': the port '{}' is given twice", node.name, binding.port);
      by_port[port] = &binding;
    }
    for (uint32_t port = 0; port < op.input_count; ++port) bind_port(n, *op.inputs[port], by_port[port]);
  }

  void bind_outputs() {
    Names names("output", graph_.outputs.size());
    if (graph_.outputs.empty()) reject({}, "the graph '{}' has no outputs; nothing would be computed", graph_.name);
    for (const auto& output : graph_.outputs) {
      names.add(output.name, output.source);
      PlanOutput bound{output.name, {}};
      const auto user = [&] { return fmt::format("output '{}'", output.name); };
      const auto fields = expand(output);
      if (fields.empty()) reject(output.source, "{}: it names no value", user());
      std::set<std::string> seen;
      for (const auto& field : fields) {
        if (field.value.from == ValueRef::From::input)
          reject(at(field.value.source, output.source),
                 "{}: an input of the graph can't be an output itself; pass it through a node, e.g. tensor.copy",
                 user());
        if (!seen.insert(field.name).second)
          reject(output.source, "{}: the field '{}' is given twice", user(), field.name);
        if (field.name.empty() && fields.size() > 1)
          reject(output.source, "{}: with several fields each needs a name", user());
        bound.fields.push_back({field.name, value(field.value, output.source, user), 0});
      }
      checked_.outputs.push_back(std::move(bound));
    }
  }

 private:
  static const Source& at(const Source& source, const Source& fallback) { return source.line != 0 ? source : fallback; }

  static std::string choices(const std::string& node, const std::vector<std::string>& names) {
    std::vector<std::string> full;
    full.reserve(names.size());
    for (const auto& name : names) full.push_back(fmt::format("\"{}.{}\"", node, name));
    return fmt::format("{}", fmt::join(full, ", "));
  }

  void add(PlanValue value, const ChannelOptions& channel) {
    checked_.values.push_back(std::move(value));
    checked_.channels.push_back(&channel);
  }

  static uint32_t find_port(const NodeSpec& node, const stretto_op& op, const PortBinding& binding) {
    for (uint32_t i = 0; i < op.input_count; ++i)
      if (binding.port == op.inputs[i]->name) return i;
    const auto names = port_names(op.inputs, op.input_count);
    reject(at(binding.source, node.source), "node '{}': '{}' has no port '{}'{}", node.name, node.op, binding.port,
           names.empty() ? "; it has no ports at all" : meant(binding.port, names));
  }

  void bind_port(uint32_t n, const stretto_port& port, const PortBinding* binding) {
    const auto& node = graph_.nodes[n];
    auto& bound = checked_.nodes[n];
    const bool list = (port.flags & STRETTO_PORT_LIST) != 0;
    const bool optional = (port.flags & STRETTO_PORT_OPTIONAL) != 0;
    const auto user = [&] { return fmt::format("node '{}': port '{}'", node.name, port.name); };
    if (binding == nullptr || binding->values.empty()) {
      if (!optional)
        reject(binding == nullptr ? node.source : at(binding->source, node.source),
               "{} of '{}' is given {}; it needs {}", user(), node.op, binding == nullptr ? "nothing" : "an empty list",
               list ? "at least one value" : "a value");
      bound.port_counts.push_back(0);
      return;
    }
    if (!list && (binding->list || binding->values.size() != 1))
      reject(at(binding->source, node.source), "{} of '{}' takes one value, but a list of {} is given", user(), node.op,
             binding->values.size());
    for (const auto& ref : binding->values) bound.inputs.push_back(value(ref, at(binding->source, node.source), user));
    bound.port_counts.push_back(static_cast<uint32_t>(binding->values.size()));
  }

  std::vector<OutputSpec::Field> expand(const OutputSpec& output) const {
    if (output.fields.size() != 1 || output.fields[0].value.result != "*") return output.fields;
    const auto& all = output.fields[0].value;
    if (all.from != ValueRef::From::node || all.index >= graph_.nodes.size()) {
      auto plain = output.fields;
      plain[0].value.result.clear();
      return plain;
    }
    const auto& op = checked_.ops[all.index].raw();
    std::vector<OutputSpec::Field> fields;
    for (uint32_t i = 0; i < op.result_count; ++i) {
      auto ref = all;
      ref.result = op.results[i]->name;
      fields.push_back({op.result_count == 1 ? output.fields[0].name : op.results[i]->name, ref});
    }
    return fields;
  }

  const Graph& graph_;
  Checked& checked_;
};

}  // namespace

Checked bind(const Graph& graph, const std::vector<PlanActor>& actors, Components& components) {
  Checked checked;
  checked.nodes.reserve(graph.nodes.size());
  checked.ops.reserve(graph.nodes.size());
  checked.values.reserve(graph.inputs.size() + graph.nodes.size());
  checked.channels.reserve(graph.inputs.size() + graph.nodes.size());
  Names names("node or input", graph.inputs.size() + graph.nodes.size());
  for (const auto& input : graph.inputs) names.add(input.name, input.source);
  Ops ops(components);
  for (const auto& node : graph.nodes) {
    names.add(node.name, node.source);
    if (node.actor >= graph.actors.size())
      reject(node.source, "node '{}': is on actor number {}, but the graph has {}", node.name, node.actor,
             graph.actors.size());
    const auto& [component, handle] = ops.find(node, actors[node.actor].memory_kind);
    const auto* op = &handle.raw();
    PlanNode bound;
    bound.name = node.name;
    bound.actor = node.actor;
    bound.ops = component;
    bound.op = op->name;
    bound.stateful = (op->flags & STRETTO_OP_STATEFUL) != 0;
    bound.capturable = (op->flags & STRETTO_OP_CAPTURABLE) != 0 && !bound.stateful;
    bound.source = node.source;
    bound.args = check_arguments(node.args, op->args, op->arg_count,
                                 fmt::format("argument of '{}' (node '{}')", node.op, node.name), node.source);
    checked.nodes.push_back(std::move(bound));
    checked.ops.push_back(handle);
  }
  Binder binder(graph, checked);
  binder.make_values(actors);
  for (uint32_t n = 0; n < graph.nodes.size(); ++n) binder.bind_node(n);
  bind_collectives(graph, checked);
  binder.bind_outputs();
  return checked;
}

Checked check(const Graph& graph, const std::vector<PlanActor>& actors, Components& components) {
  Checked checked = bind(graph, actors, components);
  order(graph, actors, checked);
  infer(graph, checked);
  return checked;
}

}  // namespace stretto::compiling
