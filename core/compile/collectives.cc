// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/check.h"
#include "compile/reject.h"

#include <algorithm>

namespace stretto::compiling {

namespace {

/// One collective as written, against its bound nodes.
class Set {
 public:
  Set(const Graph& graph, Checked& checked, const CollectiveSpec& written)
      : graph_(graph), checked_(checked), written_(written) {}

  void bind() {
    if (written_.count == 0) reject(written_.source, "node '{}' is on an empty set of actors", written_.name);
    if (uint64_t{written_.first} + written_.count > graph_.nodes.size())
      reject(written_.source, "node '{}': its members are the nodes from {} to {}, but the graph has {}", written_.name,
             written_.first, uint64_t{written_.first} + written_.count - 1, graph_.nodes.size());
    const auto& op = checked_.ops[written_.first].raw();
    if (op.collective == 0)
      reject(source(),
             "node '{}' is on {} actors, and '{}' is called on one; write on = \"ACTOR\", or name a "
             "collective op, e.g. collective.all_reduce",
             written_.name, written_.count, written_op().op);
    PlanCollective collective;
    collective.name = written_.name;
    collective.kind = op.collective;
    for (uint32_t member = 0; member < written_.count; ++member) {
      admit(member);
      collective.nodes.push_back(written_.first + member);
    }
    require_one_actor_each();
    const auto& inputs = checked_.nodes[written_.first].inputs;
    const size_t wanted = op.collective == STRETTO_BROADCAST ? 1 : written_.count;
    if (inputs.size() != wanted)
      reject(source(), "node '{}' ({}): '{}' is given {} values, expected {}", written_.name, written_op().op,
             op.inputs[0]->name, inputs.size(),
             op.collective == STRETTO_BROADCAST ? std::string("the one that is broadcast")
                                                : fmt::format("{}, one for each actor of the set", wanted));
    if (op.collective == STRETTO_BROADCAST) collective.root = member_on(checked_.values[inputs[0]].actor);
    checked_.collectives.push_back(std::move(collective));
    checked_.sets.push_back(&written_);
  }

 private:
  const NodeSpec& written_op() const { return graph_.nodes[written_.first]; }
  const Source& source() const { return written_op().op_source.line != 0 ? written_op().op_source : written_.source; }

  void admit(uint32_t member) {
    auto& node = checked_.nodes[written_.first + member];
    const auto& first = checked_.nodes[written_.first];
    const auto same_values = [](const Arguments& a, const Arguments& b) {
      return std::ranges::equal(a, b, [](const auto& one, const auto& other) {
        return one.first == other.first && one.second.value == other.second.value;
      });
    };
    if (node.collective >= 0) reject(written_.source, "node '{}' is a member of two collectives", node.name);
    if (written_op().op != graph_.nodes[written_.first + member].op || node.inputs != first.inputs ||
        !same_values(node.args, first.args))
      reject(written_.source,
             "node '{}': its member '{}' has another op, other inputs or arguments than '{}'; all "
             "members make the same call",
             written_.name, node.name, first.name);
    node.collective = static_cast<int32_t>(checked_.collectives.size());
    node.member = member;
    node.member_count = written_.count;
  }

  void require_one_actor_each() const {
    std::vector<uint32_t> actors;
    for (uint32_t member = 0; member < written_.count; ++member)
      actors.push_back(checked_.nodes[written_.first + member].actor);
    std::sort(actors.begin(), actors.end());
    const auto twice = std::adjacent_find(actors.begin(), actors.end());
    if (twice != actors.end())
      reject(written_.source, "node '{}': its set of actors has '{}' twice; name each actor once", written_.name,
             graph_.actors[*twice].name);
  }

  /// What comes from outside the set enters it at the first member.
  uint32_t member_on(uint32_t actor) const {
    for (uint32_t member = 0; member < written_.count; ++member)
      if (checked_.nodes[written_.first + member].actor == actor) return member;
    return 0;
  }

  const Graph& graph_;
  Checked& checked_;
  const CollectiveSpec& written_;
};

}  // namespace

void bind_collectives(const Graph& graph, Checked& checked) {
  for (const auto& written : graph.collectives) Set(graph, checked, written).bind();
  for (uint32_t n = 0; n < graph.nodes.size(); ++n)
    if (checked.nodes[n].collective < 0 && checked.ops[n].raw().collective != 0)
      reject(graph.nodes[n].op_source.line != 0 ? graph.nodes[n].op_source : graph.nodes[n].source,
             "node '{}': '{}' is called on a set of actors, and the node is on '{}' alone; write e.g. on = [\"a\", "
             "\"b\"], "
             "or on = \"workers[:]\" for all of a family",
             graph.nodes[n].name, graph.nodes[n].op, graph.actors[graph.nodes[n].actor].name);
}

}  // namespace stretto::compiling
