// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/cut.h"

#include "compile/capability.h"
#include "compile/joint.h"
#include "compile/reject.h"
#include "compile/rows.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace stretto::compiling {

namespace {

constexpr uint32_t kMostSlots = 4096;

/// What one transport carries of one value.
struct Group {
  uint32_t transport;
  std::string reason;
  std::vector<uint32_t> readers;
};

constexpr uint32_t kDriver = UINT32_MAX;

/// By value: the nodes that read it, once for each time they do, the driver last.
Rows reading_nodes(const Checked& checked) {
  return {checked.values.size(), [&](auto&& reads) {
            for (uint32_t n = 0; n < checked.nodes.size(); ++n)
              for (const uint32_t value : values_read(checked.nodes[n], checked.collectives)) reads(value, n);
            for (const auto& output : checked.outputs)
              for (const auto& field : output.fields) reads(field.value, kDriver);
          }};
}

class Cutter {
 public:
  Cutter(const CompileOptions& options, const std::vector<PlanActor>& actors, const Checked& checked,
         Components& components)
      : options_(options),
        actors_(actors),
        checked_(checked),
        components_(components),
        driver_(static_cast<uint32_t>(actors.size()) - 1),
        reading_(reading_nodes(checked)),
        seen_(actors.size(), UINT32_MAX) {}

  Cut take() {
    cut_.home.resize(checked_.values.size());
    cut_.places.resize(checked_.values.size());
    for (uint32_t v = 0; v < checked_.values.size(); ++v) value(v);
    return std::move(cut_);
  }

 private:
  const PlanValue& value_at(uint32_t v) const { return checked_.values[v]; }
  const Traits& traits(uint32_t component) {
    return traits_.try_emplace(component, components_.loaded(component)).first->second;
  }

  void value(uint32_t v) {
    auto groups = group(v);
    if (value_at(v).node < 0) {
      for (const auto& each : groups) from_driver(v, each);
      return;
    }
    const auto home_group =
        std::find_if(groups.begin(), groups.end(), [&](const Group& each) { return in_place(v, each, groups); });
    if (home_group == groups.end())
      home(v, add_ring(v, value_at(v).actor, Ring::Memory::device));
    else
      std::rotate(groups.begin(), home_group, home_group + 1);
    for (auto& each : groups) {
      Group here = take_those_on_device(v, each);
      each_part(here, [&](std::span<const uint32_t> part) { hand_over(v, here, part); });
      each_part(each, [&](std::span<const uint32_t> part) { carry(v, each, part); });
    }
  }

  /// Why the transport keeps no slots in a device's memory; empty where it does.
  const std::string& refusal_of_device_slots(uint32_t transport) {
    const auto known = refusals_.find(transport);
    if (known != refusals_.end()) return known->second;
    return refusals_.emplace(transport, components_.refusal_of_device_slots(components_.loaded(transport)))
        .first->second;
  }

  /// Takes out of a group the readers that use the writer's slots where they are, in the memory of their one device.
  Group take_those_on_device(uint32_t v, Group& group) {
    Group here{group.transport, {}, {}};
    if (!traits(group.transport).device_slots()) return here;
    const auto& writer = actors_[value_at(v).actor];
    const auto first = std::stable_partition(group.readers.begin(), group.readers.end(), [&](uint32_t reader) {
      return !share_device(components_, writer, actors_[reader]);
    });
    if (first == group.readers.end()) return here;
    const auto device =
        fmt::format("{}:{}", components_.at(static_cast<uint32_t>(writer.device)).name, writer.device_index);
    if (const auto& refusal = refusal_of_device_slots(group.transport); !refusal.empty()) {
      group.reason += fmt::format("; on {} too staged through the host: {}", device, refusal);
      return here;
    }
    here.reason = fmt::format("{}; in place in the memory of {}", group.reason, device);
    here.readers.assign(first, group.readers.end());
    group.readers.erase(first, group.readers.end());
    return here;
  }

  /// Whether the first slots of this group can be the ring that COMPUTE writes.
  bool in_place(uint32_t v, const Group& candidate, const std::vector<Group>& groups) {
    const auto& actor = actors_[value_at(v).actor];
    if (!traits(candidate.transport).shares_slots() || !actor.host_accessible) return false;
    return actor.memory_kind == "host" || std::all_of(groups.begin(), groups.end(), [&](const Group& other) {
             return traits(other.transport).accepts("host");
           });
  }

  std::vector<Group> group(uint32_t v) {
    auto remote = remote_readers(v);
    const bool to_driver = !reading_[v].empty() && reading_[v].back() == kDriver;
    std::vector<Group> groups;
    const auto& stated = checked_.channels[v]->transport;
    const bool input = value_at(v).node < 0;
    if (remote.by_collective.empty()) refuse_idle_transport(v, remote.plain, to_driver);
    if (!remote.plain.empty())
      groups.push_back(resolve(v,
                               stated  ? *stated
                               : input ? options_.driver_transport
                                       : options_.transport,
                               stated  ? "stated by the channel"
                               : input ? "compile.driver_transport"
                                       : "compile.transport",
                               stated  ? checked_.channels[v]->source
                               : input ? options_.driver_transport_source
                                       : options_.transport_source,
                               std::move(remote.plain), input));
    for (auto& [collective, readers] : remote.by_collective) {
      const auto& set = *checked_.sets[collective];
      add_group(groups, resolve(v, *set.transport, "stated by the collective", set.source, std::move(readers), false));
    }
    if (to_driver)
      add_group(groups, resolve(v, options_.driver_transport, "compile.driver_transport",
                                options_.driver_transport_source, {driver_}, true));
    return groups;
  }

  static void add_group(std::vector<Group>& groups, Group more) {
    for (auto& group : groups)
      if (group.transport == more.transport) {
        group.readers.insert(group.readers.end(), more.readers.begin(), more.readers.end());
        return;
      }
    groups.push_back(std::move(more));
  }

  /// The other actors that read a value, each once. One that reads it for a collective alone has it by the transport
  /// that the collective states; what the driver feeds always comes by the driver's.
  struct Remote {
    std::vector<uint32_t> plain;
    std::vector<std::pair<uint32_t, std::vector<uint32_t>>> by_collective;  ///< those that state a transport
  };
  Remote remote_readers(uint32_t v) {
    Remote remote;
    const auto states = [&](uint32_t reader) {
      const int32_t collective = checked_.nodes[reader].collective;
      return collective >= 0 && value_at(v).node >= 0 && checked_.sets[static_cast<uint32_t>(collective)]->transport &&
             checked_.collectives[static_cast<uint32_t>(collective)].transport < 0;
    };
    const auto fresh = [&](uint32_t actor) {
      return std::exchange(seen_[actor], v) != v && actor != value_at(v).actor;
    };
    bool collectives = false;
    for (const uint32_t reader : reading_[v]) {
      if (reader == kDriver) continue;
      const bool stated = states(reader);
      collectives = collectives || stated;
      if (!stated && fresh(checked_.nodes[reader].actor)) remote.plain.push_back(checked_.nodes[reader].actor);
    }
    for (const uint32_t reader : reading_[v]) {
      if (!collectives) break;
      if (reader == kDriver || !states(reader) || !fresh(checked_.nodes[reader].actor)) continue;
      const auto collective = static_cast<uint32_t>(checked_.nodes[reader].collective);
      if (remote.by_collective.empty() || remote.by_collective.back().first != collective)
        remote.by_collective.push_back({collective, {}});
      remote.by_collective.back().second.push_back(checked_.nodes[reader].actor);
    }
    return remote;
  }

  void refuse_idle_transport(uint32_t v, const std::vector<uint32_t>& remote, bool to_driver) const {
    const auto& options = *checked_.channels[v];
    if (!options.transport || !remote.empty() || value_at(v).node < 0) return;
    const auto& source = options.source.line != 0 ? options.source : value_at(v).source;
    const auto& actor = actors_[value_at(v).actor].name;
    // One result of several may stay at home while others travel; so may one member's of a collective.
    if (checked_.nodes[static_cast<uint32_t>(value_at(v).node)].member_count > 1) return;
    for (const uint32_t sibling : checked_.nodes[static_cast<uint32_t>(value_at(v).node)].results)
      if (sibling != v) return;
    if (to_driver)
      reject(source,
             "node '{}': its channel names transport '{}', but it is read on '{}' itself and by the driver alone; "
             "outputs travel by compile.driver_transport: drop the transport",
             value_at(v).name, *options.transport, actor);
    reject(source,
           "node '{}': its channel names transport '{}', but all that read it are on its own actor '{}'; drop the "
           "transport: what stays on an actor needs none",
           value_at(v).name, *options.transport, actor);
  }

  Group resolve(uint32_t v, const std::string& name, const char* reason, const Source& where,
                std::vector<uint32_t> readers, bool driver) {
    const auto& value = value_at(v);
    const auto& source = where.line != 0 ? where : value.source;
    Need need{&actors_[value.actor], {}, value.spec.dynamic(), driver, options_.processes};
    for (const uint32_t reader : readers) need.readers.push_back(&actors_[reader]);
    const auto who = [&] { return edge_name(v, readers); };
    if (name == "auto") {
      auto choice = located(source, who, [&] { return choose_transport(components_, need); });
      return {choice.component, choice.reason, std::move(readers)};
    }
    const uint32_t component = located(source, who, [&] { return components_.use(STRETTO_TRANSPORT, name); });
    const auto& transport = traits(component);
    if (const auto missing = lacks(transport, need); !missing.empty())
      reject(source, "{}: transport '{}' (plugin {}) can't carry it: {}; {}", who(), name, transport.plugin(), missing,
             need.dynamic && !transport.has(STRETTO_TRANSPORT_DYNAMIC)
                 ? "state static_shape = true with a shape, or name another transport"
             : driver ? "name another compile.driver_transport"
                      : "name another transport");
    return {component, reason, std::move(readers)};
  }

  /// "input 'x', edge x → a" or "node 'make', edge make → b, c".
  std::string edge_name(uint32_t v, std::span<const uint32_t> readers) const {
    return fmt::format("{} '{}', edge {}", value_at(v).node < 0 ? "input" : "node", value_at(v).name,
                       channel_name(v, readers));
  }
  std::string channel_name(uint32_t v, std::span<const uint32_t> readers) const {
    constexpr size_t kShown = 4;
    std::string text = value_at(v).name + " → ";
    for (size_t i = 0; i < readers.size() && i < kShown; ++i) {
      if (i > 0) text += ", ";
      text += actors_[readers[i]].name;
    }
    if (readers.size() > kShown) text += fmt::format(", and {} more", readers.size() - kShown);
    return text;
  }

  /// Calls `body` with the readers of each channel: all, or one where the transport serves one only.
  template <class Body>
  void each_part(const Group& group, const Body& body) {
    const size_t together = traits(group.transport).has(STRETTO_TRANSPORT_MULTI_READER) ? group.readers.size() : 1;
    for (std::span rest(group.readers); !rest.empty(); rest = rest.subspan(together)) body(rest.first(together));
  }

  uint32_t add_ring(uint32_t v, uint32_t actor, Ring::Memory memory) {
    const auto& channel = *checked_.channels[v];
    if (channel.slots && (*channel.slots == 0 || *channel.slots > kMostSlots))
      reject(channel.source.line != 0 ? channel.source : value_at(v).source,
             "channel of '{}': slots = {}; between 1 and {} are possible", value_at(v).name, *channel.slots,
             kMostSlots);
    Ring ring;
    ring.value = v;
    ring.actor = actor;
    ring.memory = actor == driver_ && memory == Ring::Memory::device ? Ring::Memory::host : memory;
    ring.slot_bytes = value_at(v).spec.max_bytes;
    // The window lets no execution begin before the one `inflight` earlier has ended: more slots are never filled.
    ring.min_slots = channel.slots.value_or(1);
    ring.max_slots = channel.slots.value_or(options_.inflight);
    ring.slots = ring.min_slots;
    cut_.rings.push_back(ring);
    return static_cast<uint32_t>(cut_.rings.size()) - 1;
  }

  /// The driver fills or holds these slots by execution: it needs one for each that may be under way.
  void fix_for_driver(uint32_t ring) {
    auto& fixed = cut_.rings[ring];
    const uint32_t slots = std::max(options_.inflight, checked_.channels[fixed.value]->slots.value_or(1));
    fixed.min_slots = fixed.max_slots = fixed.slots = slots;
  }

  void home(uint32_t v, uint32_t ring) {
    cut_.home[v] = ring;
    cut_.places[v].push_back({value_at(v).actor, ring});
  }

  void from_driver(uint32_t v, const Group& group) {
    std::optional<uint32_t> shared;
    each_part(group, [&](std::span<const uint32_t> part) {
      const uint32_t c = add_channel(v, group, part);
      if (traits(group.transport).shares_slots()) {
        set_writer_ring(c, add_ring(v, driver_, Ring::Memory::transport));
      } else {
        if (!shared) shared = add_ring(v, driver_, Ring::Memory::host);
        set_writer_ring(c, *shared);
      }
      add_readers(c, part);
    });
  }

  void carry(uint32_t v, const Group& group, std::span<const uint32_t> part) {
    const auto& transport = traits(group.transport);
    const uint32_t actor = value_at(v).actor;
    const uint32_t c = add_channel(v, group, part);
    if (transport.shares_slots()) {
      const uint32_t ring = add_ring(v, actor, Ring::Memory::transport);
      if (cut_.places[v].empty())
        home(v, ring);
      else
        cut_.copies.push_back({v, cut_.home[v], ring, false});
      set_writer_ring(c, ring);
    } else if (accepts_ring(transport, cut_.rings[cut_.home[v]])) {
      set_writer_ring(c, cut_.home[v]);
    } else {
      const uint32_t staging = add_ring(v, actor, Ring::Memory::host);
      cut_.copies.push_back({v, cut_.home[v], staging, false});
      set_writer_ring(c, staging);
    }
    add_readers(c, part);
  }

  /// Readers use the ring that COMPUTE writes.
  void hand_over(uint32_t v, const Group& group, std::span<const uint32_t> part) {
    const uint32_t c = add_channel(v, group, part);
    auto& channel = cut_.channels[c];
    channel.device_slots = channel.shares_slots = channel.stream_ordered = true;
    channel.carries_note = channel.rendezvous = channel.global_order = channel.capturable = false;
    channel.ring = cut_.home[v];
    for (const uint32_t actor : part) {
      const uint32_t ring = alias_ring(c, actor);
      cut_.channels[c].readers.push_back({actor, ring, 0});
      cut_.places[v].push_back({actor, ring});
    }
    follow_slots(c);
  }

  bool accepts_ring(const Traits& transport, const Ring& ring) const {
    return transport.accepts(ring.memory == Ring::Memory::device ? actors_[ring.actor].memory_kind : "host");
  }

  uint32_t add_channel(uint32_t v, const Group& group, std::span<const uint32_t> part) {
    const auto& transport = traits(group.transport);
    Channel channel;
    channel.name = channel_name(v, part);
    channel.reason = group.reason;
    channel.value = v;
    channel.transport = group.transport;
    channel.writer = value_at(v).actor;
    channel.shares_slots = transport.shares_slots();
    channel.stream_ordered = transport.stream_ordered();
    channel.carries_note = transport.has(STRETTO_TRANSPORT_CARRIES_NOTE);
    channel.rendezvous = transport.joint();
    channel.global_order = transport.has(STRETTO_TRANSPORT_GLOBAL_ORDER);
    channel.capturable = transport.captures(components_.at(group.transport).settings);
    cut_.channels.push_back(std::move(channel));
    return static_cast<uint32_t>(cut_.channels.size()) - 1;
  }

  void set_writer_ring(uint32_t c, uint32_t ring) {
    cut_.channels[c].ring = ring;
    // Another transport may send from these slots too; they stay those of the channel that has them.
    const bool owns = cut_.rings[ring].memory == Ring::Memory::transport && cut_.channels[c].shares_slots;
    if (owns) cut_.rings[ring].channel = static_cast<int32_t>(c);
  }

  void add_readers(uint32_t c, std::span<const uint32_t> part) {
    const uint32_t v = cut_.channels[c].value;
    const auto& transport = traits(cut_.channels[c].transport);
    const bool driver =
        cut_.channels[c].writer == driver_ || std::find(part.begin(), part.end(), driver_) != part.end();
    if (driver) fix_for_driver(cut_.channels[c].ring);
    for (const uint32_t actor : part) {
      const uint32_t ring = transport.shares_slots() ? alias_ring(c, actor) : landing_ring(v, actor, transport);
      if (actor == driver_) fix_for_driver(ring);
      cut_.channels[c].readers.push_back({actor, ring, 0});
      const bool usable =
          actor == driver_ ||
          (transport.shares_slots() ? actors_[actor].host_accessible : cut_.rings[ring].memory == Ring::Memory::device);
      uint32_t place = ring;
      if (!usable) {
        place = add_ring(v, actor, Ring::Memory::device);
        cut_.copies.push_back({v, ring, place, true});
      }
      cut_.places[v].push_back({actor, place});
    }
    follow_slots(c);
  }

  uint32_t alias_ring(uint32_t c, uint32_t actor) {
    const uint32_t ring = add_ring(cut_.channels[c].value, actor, Ring::Memory::transport);
    cut_.rings[ring].channel = static_cast<int32_t>(c);
    cut_.rings[ring].alias = static_cast<int32_t>(cut_.channels[c].ring);
    return ring;
  }

  uint32_t landing_ring(uint32_t v, uint32_t actor, const Traits& transport) {
    const bool direct = actor != driver_ && transport.accepts(actors_[actor].memory_kind);
    return add_ring(v, actor, direct ? Ring::Memory::device : Ring::Memory::host);
  }

  void follow_slots(uint32_t c) {
    const auto& writer = cut_.rings[cut_.channels[c].ring];
    for (const auto& reader : cut_.channels[c].readers) {
      auto& ring = cut_.rings[reader.ring];
      if (ring.alias < 0) continue;
      ring.slots = writer.slots;
      ring.min_slots = writer.min_slots;
      ring.max_slots = writer.max_slots;
    }
  }

  const CompileOptions& options_;
  const std::vector<PlanActor>& actors_;
  const Checked& checked_;
  Components& components_;
  uint32_t driver_;
  const Rows reading_;          // by value: nodes
  std::vector<uint32_t> seen_;  // by actor: the last value that it was seen to read
  std::map<uint32_t, Traits> traits_;
  std::map<uint32_t, std::string> refusals_;  // by transport
  Cut cut_;
};

}  // namespace

uint32_t Cut::ring_of(uint32_t value, uint32_t actor) const {
  for (const auto& place : places[value])
    if (place.actor == actor) return place.ring;
  throw Error(Code::internal, fmt::format("value {} has no slots on actor {}", value, actor));
}

Cut cut(const CompileOptions& options, const std::vector<PlanActor>& actors, const Checked& checked,
        Components& components) {
  return Cutter(options, actors, checked, components).take();
}

}  // namespace stretto::compiling
