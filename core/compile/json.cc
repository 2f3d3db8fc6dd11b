// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
/// A plan as JSON, and back. One list of fields per struct serves both directions.

#include "compile/sha256.h"
#include "loader/text.h"
#include "stretto/plan.h"

#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

using nlohmann::json;

class PlanWriter;
class PlanReader;

// One list of fields per struct; `io` is a PlanWriter or a PlanReader. Sources are last and left out of hashes.
template <class Io>
void fields(Io& io, Spec& spec) {
  io("dtype", spec.dtype);
  io("shape", spec.shape);
  io("max_bytes", spec.max_bytes);
  io("text", spec.text);
}
template <class Io>
void fields(Io& io, Source& source) {
  io("file", source.file);
  io("line", source.line);
  io("column", source.column);
}
template <class Io>
void fields(Io& io, ComponentUse& use) {
  io("kind", use.kind);
  io("name", use.name);
  io("variant", use.variant);
  io("plugin", use.plugin);
  io("version", use.version);
  io("settings", use.settings);
}
template <class Io>
void fields(Io& io, PlanActor& actor) {
  io("name", actor.name);
  io("device", actor.device);
  io("device_index", actor.device_index);
  io("any_order", actor.any_order);
  io("blocking", actor.blocking);
  io("host_accessible", actor.host_accessible);
  io("memory_kind", actor.memory_kind);
  io.label("capture", actor.capture);
  io.label("launch", actor.launch);
}
template <class Io>
void fields(Io& io, PlanValue& value) {
  io("name", value.name);
  io("node", value.node);
  io("input", value.input);
  io("result", value.result);
  io("actor", value.actor);
  io("spec", value.spec);
  io("static_shape", value.static_shape);
  io.source(value.source);
}
template <class Io>
void fields(Io& io, Ring& ring) {
  io("value", ring.value);
  io("actor", ring.actor);
  io("slots", ring.slots);
  io("slot_bytes", ring.slot_bytes);
  io.choice("memory", ring.memory, {"device", "host", "transport"});
  io("channel", ring.channel);
  io("alias", ring.alias);
  io("min_slots", ring.min_slots);
  io("max_slots", ring.max_slots);
}
template <class Io>
void fields(Io& io, Channel::Reader& reader) {
  io("actor", reader.actor);
  io("ring", reader.ring);
  io("receive_step", reader.receive_step);
}
template <class Io>
void fields(Io& io, Channel& channel) {
  io("name", channel.name);
  io("reason", channel.reason);
  io("value", channel.value);
  io("transport", channel.transport);
  io("writer", channel.writer);
  io("ring", channel.ring);
  io("send_step", channel.send_step);
  io("readers", channel.readers);
  io("shares_slots", channel.shares_slots);
  io("stream_ordered", channel.stream_ordered);
  io("carries_note", channel.carries_note);
  io("rendezvous", channel.rendezvous);
  io("global_order", channel.global_order);
  io("capturable", channel.capturable);
  io("device_slots", channel.device_slots);
}
template <class Io>
void fields(Io& io, Access& access) {
  io.choice("kind", access.kind, {"ring", "state", "workspace"});
  io("index", access.index);
  io("write", access.write);
}
template <class Io>
void fields(Io& io, Wait& wait) {
  io.choice("by", wait.by, {"lane", "transport", "order", "ticket"});
  io("from", wait.from);
  io("tokens", wait.tokens);
  io("rounds", wait.rounds);
}
template <class Io>
void fields(Io& io, Step& step) {
  io.choice("kind", step.kind, {"receive", "compute", "send", "copy", "collective"});
  io("name", step.name);
  io("actor", step.actor);
  io("node", step.node);
  io("channel", step.channel);
  io("joint", step.joint);
  io("group", step.group);
  io("lane", step.lane);
  io("offset", step.offset);
  io("position", step.position);
  io("inputs", step.inputs);
  io("results", step.results);
  io("accesses", step.accesses);
  io("acquires", step.acquires);
  io("releases", step.releases);
  io("waits", step.waits);
  io("header_waits", step.header_waits);
  io("signals", step.signals);
  io("seconds", step.seconds);
  io("resource", step.resource);
}
template <class Io>
void fields(Io& io, PlanLane& lane) {
  io("actor", lane.actor);
  io("name", lane.name);
  io("steps", lane.steps);
}
template <class Io>
void fields(Io& io, PlanNode& node) {
  io("name", node.name);
  io("actor", node.actor);
  io("ops", node.ops);
  io("op", node.op);
  io("port_counts", node.port_counts);
  io("inputs", node.inputs);
  io("results", node.results);
  io("args", node.args);
  io("stateful", node.stateful);
  io("capturable", node.capturable);
  io("workspace_bytes", node.workspace_bytes);
  io("collective", node.collective);
  io("member", node.member);
  io("member_count", node.member_count);
  io.source(node.source);
}
template <class Io>
void fields(Io& io, PlanCollective& collective) {
  io("name", collective.name);
  io("kind", collective.kind);
  io("reduction", collective.reduction);
  io("transport", collective.transport);
  io("reason", collective.reason);
  io("root", collective.root);
  io("global_order", collective.global_order);
  io("capturable", collective.capturable);
  io("nodes", collective.nodes);
}
template <class Io>
void fields(Io& io, PlanInput& input) {
  io("name", input.name);
  io("value", input.value);
  io("channels", input.channels);
}
template <class Io>
void fields(Io& io, PlanOutput::Field& field) {
  io("name", field.name);
  io("value", field.value);
  io("channel", field.channel);
}
template <class Io>
void fields(Io& io, PlanOutput& output) {
  io("name", output.name);
  io("fields", output.fields);
}
template <class Io>
void fields(Io& io, Captured& capture) {
  io("steps", capture.steps);
  io("phases", capture.phases);
  io("least_offset", capture.least_offset);
  io("most_offset", capture.most_offset);
}
template <class Io>
void fields(Io& io, PlanResource& resource) {
  io("name", resource.name);
  io("capacity", resource.capacity);
}
template <class Io>
void fields(Io& io, Plan& plan) {
  io.label("name", plan.name);
  io("inflight", plan.inflight);
  io("processes", plan.processes);
  io("scheduler", plan.scheduler);
  io("ticket_step", plan.ticket_step);
  io("components", plan.components);
  io("actors", plan.actors);
  io("values", plan.values);
  io("nodes", plan.nodes);
  io("collectives", plan.collectives);
  io("inputs", plan.inputs);
  io("outputs", plan.outputs);
  io("rings", plan.rings);
  io("channels", plan.channels);
  io("steps", plan.steps);
  io("lanes", plan.lanes);
  io("issue_orders", plan.issue_orders);
  io("captures", plan.captures);
  io("resources", plan.resources);
}

constexpr std::pair<const char*, double> kNoNumbers[] = {{"inf", std::numeric_limits<double>::infinity()},
                                                         {"-inf", -std::numeric_limits<double>::infinity()},
                                                         {"nan", std::numeric_limits<double>::quiet_NaN()}};

/// JSON has no numbers for infinities and NaN: they are texts.
json real_to_json(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
}
std::optional<double> real_from_json(const json& in) {
  if (in.is_number()) return in.get<double>();
  for (const auto& [name, value] : kNoNumbers)
    if (in == name) return value;
  return std::nullopt;
}

class PlanWriter {
 public:
  explicit PlanWriter(bool hashing) : hashing_(hashing) {}
  json take() { return std::move(out_); }

  template <class T>
  void operator()(const char* name, T& value) {
    out_[name] = write(value);
  }
  template <class Enum, size_t N>
  void choice(const char* name, Enum& value, const char* const (&names)[N]) {
    out_[name] = names[static_cast<size_t>(value)];
  }
  void source(Source& value) {
    if (hashing_) return;
    // A path may be any bytes; JSON is UTF-8.
    Source shown{escaped(value.file), value.line, value.column};
    out_["source"] = write(shown);
  }
  /// What changes nothing that is computed: left out of hashes.
  template <class T>
  void label(const char* name, T& value) {
    if (!hashing_) out_[name] = write(value);
  }

 private:
  template <class T>
  json write(T& value) {
    if constexpr (std::is_floating_point_v<T>) {
      return real_to_json(value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
      return value;
    } else if constexpr (std::is_same_v<T, DType>) {
      return to_text(value);
    } else if constexpr (std::is_same_v<T, Arguments>) {
      json out = json::object();
      for (auto& [name, argument] : value) out[name] = literal(argument.value);
      return out;
    } else if constexpr (requires { value.begin(); }) {
      json out = json::array();
      for (auto& item : value) out.push_back(write(item));
      return out;
    } else {
      PlanWriter inner(hashing_);
      fields(inner, value);
      return inner.take();
    }
  }

  /// A literal keeps its type: an integer is not the real of the same value.
  json literal(Literal& value) {
    static constexpr const char* kNames[] = {"boolean", "integer", "real", "text", "integers", "reals", "texts"};
    json out;
    std::visit([&](auto& typed) { out[kNames[value.index()]] = write(typed); }, value);
    return out;
  }

  bool hashing_;
  json out_ = json::object();
};

class PlanReader {
 public:
  PlanReader(const json& in, std::string path) : in_(in), path_(std::move(path)) {
    if (!in_.is_object()) wrong(path_, in_, "an object");
  }

  template <class T>
  void operator()(const char* name, T& value) {
    read(at(name), value, path_ + "." + name);
  }
  template <class Enum, size_t N>
  void choice(const char* name, Enum& value, const char* const (&names)[N]) {
    const json& in = at(name);
    for (size_t i = 0; i < N; ++i)
      if (in == names[i]) {
        value = static_cast<Enum>(i);
        return;
      }
    wrong(path_ + "." + name, in, fmt::format("one of {}", fmt::join(names, ", ")));
  }
  void source(Source& value) {
    if (in_.contains("source")) read(in_.at("source"), value, path_ + ".source");
  }
  template <class T>
  void label(const char* name, T& value) {
    (*this)(name, value);
  }

 private:
  [[noreturn]] static void wrong(const std::string& path, const json& found, const std::string& expected) {
    throw Error(Code::invalid_argument,
                fmt::format("plan: {}: found {}, expected {}", path, excerpt(found.dump()), expected));
  }

  const json& at(const char* name) {
    const auto found = in_.find(name);
    if (found == in_.end()) throw Error(Code::invalid_argument, fmt::format("plan: {} has no '{}'", path_, name));
    return *found;
  }

  template <class T>
  static void read(const json& in, T& value, const std::string& path) {
    if constexpr (std::is_same_v<T, bool>) {
      if (!in.is_boolean()) wrong(path, in, "true or false");
      value = in.get<bool>();
    } else if constexpr (std::is_floating_point_v<T>) {
      const auto real = real_from_json(in);
      if (!real) wrong(path, in, "a number");
      value = *real;
    } else if constexpr (std::is_integral_v<T>) {
      read_integer(in, value, path);
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!in.is_string()) wrong(path, in, "text");
      value = in.get<std::string>();
    } else if constexpr (std::is_same_v<T, DType>) {
      const auto dtype = in.is_string() ? dtype_named(in.get<std::string>()) : std::nullopt;
      if (!dtype) wrong(path, in, "the name of a dtype");
      value = *dtype;
    } else if constexpr (std::is_same_v<T, Arguments>) {
      if (!in.is_object()) wrong(path, in, "an object");
      for (const auto& [name, literal] : in.items())
        value[name] = {read_literal(literal, fmt::format("{}.{}", path, excerpt(name))), {}};
    } else if constexpr (requires { value.push_back(typename T::value_type()); }) {
      if (!in.is_array()) wrong(path, in, "a list");
      value.reserve(in.size());
      for (size_t i = 0; i < in.size(); ++i) {
        value.emplace_back();
        read(in[i], value.back(), fmt::format("{}[{}]", path, i));
      }
    } else {
      PlanReader inner(in, path);
      fields(inner, value);
    }
  }

  template <class T>
  static void read_integer(const json& in, T& value, const std::string& path) {
    bool fits = in.is_number_integer();
    if (fits && in.is_number_unsigned())
      fits = std::in_range<T>(in.get<uint64_t>());
    else if (fits)
      fits = std::in_range<T>(in.get<int64_t>());
    if (!fits)
      wrong(path, in,
            fmt::format("an integer from {} to {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    value = in.get<T>();
  }

  static Literal read_literal(const json& in, const std::string& path) {
    if (!in.is_object() || in.size() != 1) wrong(path, in, "one typed value, such as {\"integer\": 1}");
    const std::string type = in.begin().key();
    const json& value = in.begin().value();
    const std::string where = path + "." + excerpt(type);
    const auto as = [&]<class T>(T) {
      T out{};
      read(value, out, where);
      return Literal(std::move(out));
    };
    if (type == "boolean") return as(bool{});
    if (type == "integer") return as(int64_t{});
    if (type == "real") return as(double{});
    if (type == "text") return as(std::string{});
    if (type == "integers") return as(std::vector<int64_t>{});
    if (type == "reals") return as(std::vector<double>{});
    if (type == "texts") return as(std::vector<std::string>{});
    wrong(path, in, "boolean, integer, real, text, integers, reals or texts");
  }

  const json& in_;
  std::string path_;
};

json write_plan(const Plan& plan, bool hashing) {
  Plan copy = plan;  // one list of fields serves reading too, which needs it to be changeable
  PlanWriter writer(hashing);
  fields(writer, copy);
  return writer.take();
}

/// Names of a graph that a program has built may be any bytes.
std::string text_of(const json& plan, int indent) {
  try {
    return plan.dump(indent);
  } catch (const json::exception& error) {
    throw Error(Code::invalid_argument, fmt::format("the plan can't be written as JSON: {}", excerpt(error.what())));
  }
}

}  // namespace

std::string to_json(const Plan& plan) {
  json out = write_plan(plan, false);
  out["format"] = 1;
  return text_of(out, 1);
}

Plan plan_from_json(const std::string& text) {
  json in;
  try {
    in = json::parse(text);
  } catch (const json::exception& error) {
    throw Error(Code::invalid_argument, fmt::format("plan: not JSON: {}", excerpt(error.what())));
  }
  if (!in.is_object() || in.value("format", json()) != 1)
    throw Error(Code::invalid_argument, "plan: found no \"format\": 1, which every saved plan has");
  Plan plan;
  PlanReader reader(in, "plan");
  fields(reader, plan);
  return plan;
}

std::string hash(const Plan& plan) { return sha256(text_of(write_plan(plan, true), -1)); }

}  // namespace stretto
