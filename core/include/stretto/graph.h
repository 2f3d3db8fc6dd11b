// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A graph as the user wrote it: actors, inputs, nodes, outputs. Plain values; nothing is checked before `compile`.

#include "stretto/costs.h"
#include "stretto/value.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace stretto {

/// Where something was written. Line 0: not in a file; `file` may then say where, e.g. "--set compile.scheduler".
struct Source {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
};
/// "job.toml:12:3: ", or "--set compile.scheduler: " without a line, or nothing for an empty source.
std::string to_prefix(const Source& source);

/// A TOML value as far as options and arguments go. An empty list is a vector of integers.
using Literal = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                             std::vector<std::string>>;
struct Argument {
  Literal value;
  Source source;
};
/// By name. Ordered, so that everything made from it is deterministic.
using Arguments = std::map<std::string, Argument>;

/// What a user may state of the channels that carry one value.
struct ChannelOptions {
  std::optional<std::string> transport;  ///< for readers on other actors; else CompileOptions::transport
  std::optional<uint32_t> slots;         ///< else the scheduler chooses
  bool static_shape = false;             ///< every execution has the shape known at compile time
  bool direct_return = false;            ///< the node has exactly one result
  std::optional<uint64_t> max_bytes;     ///< bounds a dynamic value
  std::optional<Shape> shape;            ///< states the shape of a static edge that the op leaves open
  Source source;
};

struct ActorSpec {
  std::string name;            ///< "receiver", or "sender[0]" of a family
  std::string device = "cpu";  ///< a device component's name
  int32_t device_index = 0;
  bool any_order = false;  ///< the scheduler may reorder the actor's nodes
  Source source;
  /// Words before the command line of its process: {"ip", "netns", "exec", "blue"}, {"taskset", "-c", "3"}. What they
  /// name has to become the actor (exec), not start it. Only with actors as processes.
  std::vector<std::string> launch{};
};

/// A value to read: result `result` of a node, or a graph input.
struct ValueRef {
  enum class From { input, node };
  From from = From::node;
  uint32_t index = 0;  ///< into Graph::inputs or Graph::nodes
  std::string result;  ///< name of the result; empty: the node's only one
  Source source;
};

struct InputSpec {
  std::string name;
  Spec spec;
  ChannelOptions channel;
  Source source;
};

struct PortBinding {
  std::string port;
  std::vector<ValueRef> values;
  bool list = false;  ///< written as a list; only ports that take lists accept it
  Source source;
};

struct NodeSpec {
  std::string name;  ///< "make", or "make[0]" of a family
  uint32_t actor = 0;
  std::string op;  ///< "blas.matmul"
  std::vector<PortBinding> inputs;
  Arguments args;
  ChannelOptions channel;  ///< of every result
  Source source;
  Source op_source;
};

/// A node on an ordered set of actors. Each member's call is a NodeSpec of its own: "sum[0]" on the first actor of the
/// set, and so on. They stand side by side in Graph::nodes, and have one op, one list of inputs and one set of
/// arguments.
struct CollectiveSpec {
  std::string name;
  uint32_t first = 0;  ///< node: the first member's
  uint32_t count = 0;
  std::optional<std::string> transport;  ///< what brings the members together; else CompileOptions::transport
  Source source;
};

/// One output: one or more named values. A single unnamed field has the name "".
struct OutputSpec {
  struct Field {
    std::string name;
    ValueRef value;
  };
  std::string name;
  std::vector<Field> fields;  ///< one field whose result is "*": all results of its node, by name
  Source source;
};

/// Nodes stand in the order written, which is their order on an actor unless it says otherwise.
struct Graph {
  std::string name;
  std::vector<ActorSpec> actors;
  std::vector<InputSpec> inputs;
  std::vector<NodeSpec> nodes;
  std::vector<OutputSpec> outputs;
  std::vector<CollectiveSpec> collectives{};
};

/// Options of one component, as written under [kind.name]. Kinds: transport, scheduler, device, ops.
struct ComponentOptions {
  std::string kind;
  std::string name;
  Arguments options;
  Source source;
};

struct CompileOptions {
  std::string scheduler = "overlap";
  std::string transport = "shm";         ///< for channels between actors that name none; "auto": by capability
  std::string driver_transport = "shm";  ///< for graph inputs and outputs
  uint32_t inflight = 2;                 ///< executions under way at most
  bool processes = false;                ///< actors will be processes
  std::vector<ComponentOptions> components;
  Costs costs;  ///< what steps take; what is not stated is estimated
  Source scheduler_source, transport_source, driver_transport_source;
};

/// Handles of the builder below.
struct ActorHandle {
  uint32_t index;
};

/// Writes a graph from a program. Nothing is checked before `compile`.
///
///     GraphBuilder build;
///     auto a = build.actor("a", "cpu");
///     auto x = build.input("x", {kF32, {}});
///     auto y = build.node("double", a, "tensor.scale").bind("x", x).arg("factor", 2.0).value();
///     build.output("y", y);
///     Graph graph = build.take();
class GraphBuilder {
 public:
  /// A node being written; a handle into the builder, valid as long as that.
  class Node {
   public:
    Node& bind(const std::string& port, const ValueRef& value);
    Node& bind(const std::string& port, std::vector<ValueRef> values);
    Node& arg(const std::string& name, Literal value);
    Node& channel(ChannelOptions options);
    /// The node's result of this name; empty: its only one.
    ValueRef value(const std::string& result = "") const;

   private:
    friend class GraphBuilder;
    Node(Graph& graph, uint32_t index) : graph_(&graph), index_(index) {}
    Graph* graph_;
    uint32_t index_;
  };

  /// A collective being written; a handle into the builder, valid as long as that.
  class Collective {
   public:
    /// What all members read: one value for each of them, in the order of the set.
    Collective& bind(const std::string& port, const std::vector<ValueRef>& values);
    /// What all members read: one value, of a broadcast.
    Collective& bind(const std::string& port, const ValueRef& value);
    Collective& arg(const std::string& name, const Literal& value);
    /// What brings the members together; else CompileOptions::transport.
    Collective& transport(const std::string& name);
    /// How the results travel.
    Collective& channel(const ChannelOptions& options);
    /// A member's result.
    ValueRef value(uint32_t member) const;

   private:
    friend class GraphBuilder;
    Collective(Graph& graph, uint32_t index) : graph_(&graph), index_(index) {}
    template <class Body>
    Collective& each_member(const Body& body);
    Graph* graph_;
    uint32_t index_;
  };

  explicit GraphBuilder(std::string name = "graph") { graph_.name = std::move(name); }
  GraphBuilder(const GraphBuilder&) = delete;
  GraphBuilder& operator=(const GraphBuilder&) = delete;
  ActorHandle actor(const std::string& name, const std::string& device = "cpu", int device_index = 0,
                    bool any_order = false);
  ValueRef input(const std::string& name, Spec spec, ChannelOptions channel = {});
  Node node(const std::string& name, ActorHandle actor, const std::string& op);
  /// On the actors in this order.
  Collective collective(const std::string& name, const std::vector<ActorHandle>& actors, const std::string& op);
  void output(const std::string& name, const ValueRef& value);
  void output(const std::string& name, std::vector<OutputSpec::Field> fields);
  /// The graph; the builder is empty afterwards.
  Graph take();

 private:
  Graph graph_;
};

}  // namespace stretto
