// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/graph_reader.h"

#include "job/family.h"
#include "job/growth.h"
#include "loader/text.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <fmt/format.h>

namespace stretto {

namespace {

using Pick = Reference::Pick;

std::string member_name(const std::string& name, std::optional<uint32_t> count, uint32_t index) {
  return count ? fmt::format("{}[{}]", name, index) : name;
}

struct Device {
  std::string name;
  std::optional<int32_t> index;
};

/// "cuda" or "cuda:0".
Device parse_device(const std::string& text, const Place& place) {
  const auto colon = text.find(':');
  Device device{text.substr(0, colon), std::nullopt};
  bool right = is_name(device.name);
  if (colon != std::string::npos) {
    const auto* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data() + colon + 1, end, device.index.emplace());
    right = right && failure == std::errc() && stop == end && *device.index >= 0;
  }
  if (!right)
    reject(place,
           fmt::format("'device': found \"{}\", expected \"NAME\" or \"NAME:INDEX\", e.g. \"cuda:0\"", excerpt(text)));
  return device;
}

ChannelOptions read_channel(const Section& channel) {
  ChannelOptions options;
  options.transport = channel.get<std::string>("transport");
  if (const auto slots = channel.get<int64_t>("slots")) options.slots = static_cast<uint32_t>(*slots);
  options.static_shape = *channel.get<bool>("static_shape");
  options.direct_return = *channel.get<bool>("direct_return");
  if (const auto bytes = channel.get<int64_t>("max_bytes")) options.max_bytes = static_cast<uint64_t>(*bytes);
  options.shape = channel.get<Shape>("shape");
  options.source = channel.place().source();
  return options;
}

void check_rank(const Shape& shape, const Place& place) {
  if (shape.size() > STRETTO_MAX_RANK)
    reject(place, fmt::format("'shape': found {} dimensions, expected {} at most", shape.size(), STRETTO_MAX_RANK));
}

/// One output as written, between resolving and expanding.
struct DraftField {
  std::string name;
  Resolved* value;
};
struct DraftOutput {
  std::string name;
  std::vector<DraftField> fields;
  const Written* expect;
  double tolerance;
  Place place;
  Referrer referrer;
};

struct DraftPort {
  std::string name;
  Place place;
  bool list;
  std::vector<Resolved*> values;
};
struct DraftNode {
  std::string name;
  const Written* written;
  std::vector<Resolved*> on;  ///< several, or a family's [:]: a set
  std::vector<DraftPort> ports;
};

class GraphReader {
 public:
  GraphReader(const Section& root, Job& job) : root_(root), job_(job) {}

  void read() {
    read_actors();
    for_each("input", [&](const Written& input) { read_input(input); });
    for_each("node", [&](const Written& node) { name_node(node); });
    for (auto& draft : drafts_) resolve(draft);
    settle_counts(referrers_);
    number_nodes();
    for (size_t i = 0; i < drafts_.size(); ++i) {
      check_references(referrers_[i]);
      expand(drafts_[i]);
    }
    for_each("output", [&](const Written& output) { read_output(output); });
  }

 private:
  template <class Action>
  void for_each(const char* key, const Action& action) {
    if (const auto* list = root_.written(key))
      for (const auto& item : *list->as<Written::List>()) action(item);
  }
  Section section(const char* key, const Written& written) const {
    // Entries have a table schema each, found under their key.
    return Section(&written, *root_.table(key));
  }

  static std::vector<std::string> launch_of(const Section& actor, uint32_t index) {
    constexpr std::string_view kIndex = "{index}";
    auto words = actor.get<std::vector<std::string>>("launch").value_or(std::vector<std::string>());
    for (auto& word : words)
      for (size_t at = 0; (at = word.find(kIndex, at)) != std::string::npos;)
        word.replace(at, kIndex.size(), std::to_string(index));
    return words;
  }

  void read_actors() {
    const auto* actors = root_.written("actor");
    if (actors == nullptr) return;
    for (const auto& [name, place, written] : *actors->as<Written::Table>()) {
      const auto actor = section("actor", written);
      Named named{"actor", std::nullopt, place};
      if (const auto count = actor.get<int64_t>("count")) named.count = static_cast<uint32_t>(*count);
      named.first = static_cast<uint32_t>(job_.graph.actors.size());
      actors_.add(name, named);
      const auto title = fmt::format("actor '{}'", name);
      growth_.add_members(named.members(), place, title);
      if (const auto* launch = actor.written("launch")) growth_.add_copies(named.members(), *launch, title);
      const auto device = parse_device(*actor.get<std::string>("device"), actor.place("device"));
      for (uint32_t i = 0; i < named.members(); ++i)
        job_.graph.actors.push_back(
            {member_name(name, named.count, i), device.name, device.index.value_or(static_cast<int32_t>(i)),
             actor.get<std::string>("order") == "any", actor.place("device").source(), launch_of(actor, i)});
    }
  }

  void read_input(const Written& written) {
    const auto input = section("input", written);
    InputSpec spec;
    spec.name = *input.get<std::string>("name");
    spec.source = input.place("name").source();
    spec.spec.dtype = *dtype_named(*input.get<std::string>("dtype"));
    spec.spec.shape = *input.get<Shape>("shape");
    check_rank(spec.spec.shape, input.place("shape"));
    spec.channel = read_channel(input.section("channel"));
    const auto most = input.get<int64_t>("max_bytes");
    spec.spec.max_bytes = most ? static_cast<uint64_t>(*most) : spec.channel.max_bytes.value_or(0);
    Named named{"input", std::nullopt, input.place("name")};
    named.first = static_cast<uint32_t>(job_.graph.inputs.size());
    values_.add(spec.name, named);
    check_bytes(spec, input);
    job_.graph.inputs.push_back(std::move(spec));
  }

  static void check_bytes(InputSpec& input, const Section& section) {
    std::optional<uint64_t> bytes;
    try {
      bytes = bytes_of(input.spec.dtype, input.spec.shape);
    } catch (const Error& error) {
      reject(section.place("shape"), fmt::format("input '{}': {}", input.name, error.what()));
    }
    if (bytes && input.spec.max_bytes != 0 && *bytes > input.spec.max_bytes)
      reject(section.place("shape"),
             fmt::format("input '{}': found a shape of {} bytes, expected max_bytes = {} at most", input.name, *bytes,
                         input.spec.max_bytes));
    if (bytes) input.spec.max_bytes = *bytes;
    if (input.spec.max_bytes == 0 && !bytes)
      reject(
          section.place("shape"),
          fmt::format("input '{}': found the dynamic shape {}, expected max_bytes with it, e.g. max_bytes = \"1 MiB\"",
                      input.name, to_text(input.spec.shape)));
  }

  void name_node(const Written& written) {
    const auto node = section("node", written);
    DraftNode draft;
    draft.name = *node.get<std::string>("name");
    draft.written = &written;
    Named named{"node", std::nullopt, node.place("name")};
    named.counted = false;
    auto& stored = values_.add(draft.name, named);
    drafts_.push_back(std::move(draft));
    referrers_.push_back({fmt::format("node '{}'", drafts_.back().name), &stored, {}});
  }

  Resolved* resolve(const Written& written, Names& names, Referrer& referrer) {
    auto& resolved = resolved_.emplace_back(Resolved{parse_reference(written), nullptr});
    resolved.named = &names.find(resolved.reference);
    referrer.references.push_back(&resolved);
    return &resolved;
  }

  /// The members of a set are known by now: actors have been counted.
  void resolve_actors(DraftNode& draft, const Written& on, Referrer& referrer) {
    const auto* list = on.as<Written::List>();
    for (const auto& item : list != nullptr ? std::span(*list) : std::span(&on, 1)) {
      draft.on.push_back(resolve(item, actors_, referrer));
      const auto& reference = draft.on.back()->reference;
      if (!reference.result.empty())
        reject(item.place, fmt::format("{}: found \"{}\", expected an actor's name without a '.'", referrer.title,
                                       *item.as<std::string>()));
      referrer.set = referrer.set || list != nullptr || reference.pick == Pick::all;
    }
    if (list != nullptr && list->empty())
      reject(on.place, fmt::format("{}: found an empty list, expected one actor at least", referrer.title));
    if (!referrer.set) return;
    uint64_t members = 0;
    for (const auto* each : draft.on) members += each->reference.pick == Pick::all ? each->named->members() : 1;
    referrer.named->counted = true;
    referrer.named->count =
        static_cast<uint32_t>(std::min<uint64_t>(members, UINT32_MAX));  // far beyond Growth's limit
  }

  void resolve(DraftNode& draft) {
    auto& referrer = referrers_[static_cast<size_t>(&draft - drafts_.data())];
    const auto node = section("node", *draft.written);
    resolve_actors(draft, *node.written("on"), referrer);
    if (!referrer.set && node.written("transport") != nullptr)
      reject(
          node.place("transport"),
          fmt::format("{}: found a transport on a node of one actor, expected channel = {{ transport = … }}: only what "
                      "brings the actors of a collective together is the node's",
                      referrer.title));
    const auto* inputs = node.written("inputs");
    if (inputs == nullptr) return;
    for (const auto& [port, place, written] : *inputs->as<Written::Table>()) {
      DraftPort draft_port{port, written.place, false, {}};
      if (const auto* list = written.as<Written::List>()) {
        draft_port.list = true;
        for (const auto& item : *list) draft_port.values.push_back(resolve(item, values_, referrer));
      } else {
        draft_port.values.push_back(resolve(written, values_, referrer));
      }
      draft.ports.push_back(std::move(draft_port));
    }
  }

  void number_nodes() {
    uint64_t next = 0;
    for (const auto& referrer : referrers_) {
      referrer.named->first = static_cast<uint32_t>(next);
      next += referrer.named->members();
      growth_.add_members(referrer.named->members(), referrer.named->place, referrer.title);
    }
  }

  static uint32_t edges_of(const Resolved& resolved) {
    return resolved.reference.pick == Pick::all ? resolved.named->members() : 1;
  }

  void append(const Resolved& resolved, uint32_t member, std::vector<ValueRef>& values) {
    const auto& [reference, named] = resolved;
    ValueRef value;
    value.from = std::string_view(named->kind) == "input" ? ValueRef::From::input : ValueRef::From::node;
    value.result = reference.result;
    value.source = reference.place.source();
    if (value.from == ValueRef::From::input && !reference.result.empty())
      reject(reference.place, fmt::format("found '{}.{}', expected '{}': an input has no named results", reference.name,
                                          reference.result, reference.name));
    const bool all = reference.pick == Pick::all;
    for (uint32_t i = 0; i < edges_of(resolved); ++i) {
      value.index = named->first + (all ? i : reference.pick == Pick::every ? member : reference.index);
      values.push_back(value);
    }
  }

  /// By member of the node, however it has got them.
  static std::vector<uint32_t> actors_of(const DraftNode& draft, uint32_t members) {
    std::vector<uint32_t> actors;
    for (const auto* each : draft.on) {
      const auto& on = each->reference;
      if (on.pick == Pick::one || on.pick == Pick::bare)
        actors.push_back(each->named->first + on.index);
      else
        for (uint32_t i = 0; i < each->named->members(); ++i) actors.push_back(each->named->first + i);
    }
    // One actor may run all nodes of a family.
    if (actors.size() == 1) actors.resize(members, actors.front());
    return actors;
  }

  void expand(const DraftNode& draft) {
    const auto& referrer = referrers_[static_cast<size_t>(&draft - drafts_.data())];
    const auto& named = *referrer.named;
    for (const auto& port : draft.ports)
      for (const auto* value : port.values)
        growth_.add_edges(uint64_t{named.members()} * edges_of(*value), value->reference.place, referrer.title);
    const auto node = section("node", *draft.written);
    NodeSpec spec;
    spec.op = *node.get<std::string>("op");
    spec.op_source = node.place("op").source();
    spec.source = node.place("name").source();
    spec.channel = read_channel(node.section("channel"));
    if (spec.channel.shape) check_rank(*spec.channel.shape, node.section("channel").place("shape"));
    if (const auto* args = node.written("args")) {
      growth_.add_copies(named.members(), *args, referrer.title);
      for (const auto& [name, place, value] : *args->as<Written::Table>())
        spec.args[name] = to_argument(value, fmt::format("'{}'", name));
    }
    const auto actors = actors_of(draft, named.members());
    if (referrer.set)
      job_.graph.collectives.push_back(
          {draft.name, named.first, named.members(), node.get<std::string>("transport"),
           node.place(node.written("transport") != nullptr ? "transport" : "on").source()});
    for (uint32_t i = 0; i < named.members(); ++i) {
      spec.name = member_name(draft.name, named.count, i);
      spec.actor = actors[i];
      spec.inputs.clear();
      for (const auto& port : draft.ports) {
        PortBinding binding{port.name, {}, port.list, port.place.source()};
        for (const auto* value : port.values) {
          append(*value, i, binding.values);
          binding.list = binding.list || value->reference.pick == Pick::all;
        }
        spec.inputs.push_back(std::move(binding));
      }
      job_.graph.nodes.push_back(spec);
    }
  }

  void read_output(const Written& written) {
    const auto output = section("output", written);
    const auto name = *output.get<std::string>("name");
    outputs_.add(name, {"output", std::nullopt, output.place("name")});
    Referrer referrer{fmt::format("output '{}'", name), nullptr, {}};
    std::vector<DraftField> fields;
    const auto& from = *output.written("from");
    if (const auto* table = from.as<Written::Table>()) {
      if (table->empty()) reject(from.place, fmt::format("{}: found no field, expected one at least", referrer.title));
      for (const auto& [field, place, value] : *table) {
        check_name(field, "field", place);
        fields.push_back({field, resolve(value, values_, referrer)});
      }
    } else {
      fields.push_back({"", resolve(from, values_, referrer)});
    }
    const auto count = check_references(referrer);
    growth_.add_members(count.value_or(1), output.place("name"), referrer.title);
    for (const auto& field : fields) growth_.add_edges(count.value_or(1), field.value->reference.place, referrer.title);
    Expectation expectation;
    for (uint32_t i = 0; i < count.value_or(1); ++i) {
      expectation.outputs.push_back(static_cast<uint32_t>(job_.graph.outputs.size()));
      OutputSpec spec{member_name(name, count, i), {}, output.place("name").source()};
      for (const auto& field : fields) spec.fields.push_back({field.name, output_value(field, i, referrer.title)});
      job_.graph.outputs.push_back(std::move(spec));
    }
    read_expectations(output, std::move(expectation));
  }

  ValueRef output_value(const DraftField& field, uint32_t member, const std::string& title) {
    const auto& reference = field.value->reference;
    if (reference.pick == Pick::all)
      reject(reference.place, fmt::format("{}: found '{}[:]', a list, expected '{}[*]' (one output per index) or one "
                                          "member",
                                          title, reference.name, reference.name));
    std::vector<ValueRef> values;
    append(*field.value, member, values);
    // An unnamed field of a whole node has all of its results for fields.
    if (field.name.empty() && values[0].from == ValueRef::From::node && values[0].result.empty())
      values[0].result = "*";
    return values[0];
  }

  void read_expectations(const Section& output, Expectation expectation) {
    const auto* expect = output.written("expect");
    expectation.tolerance = *output.get<double>("tolerance");
    if (expect == nullptr) return;
    const auto add = [&](const std::string& field, const Written& value) {
      expectation.field = field;
      expectation.value = value;
      expectation.source = value.place.source();
      job_.expectations.push_back(expectation);
    };
    if (const auto* fields = expect->as<Written::Table>())
      for (const auto& [field, place, value] : *fields) add(field, value);
    else
      add("", *expect);
  }

  const Section& root_;
  Job& job_;
  Names actors_{"actor"};
  Names values_{"input or node"};
  Names outputs_{"output"};
  std::deque<Resolved> resolved_;
  std::vector<DraftNode> drafts_;
  std::vector<Referrer> referrers_;
  Growth growth_;
};

}  // namespace

void read_graph(const Section& root, Job& job) { GraphReader(root, job).read(); }

}  // namespace stretto
