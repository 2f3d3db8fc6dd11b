// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A plan: the compiled, verified graph, as data. It is a timed marked graph (core/compile/README.md) with what an
/// executor needs to run it. Indices refer to the vectors of Plan. Plain values; nothing here blocks.

#include "stretto/graph.h"
#include "stretto/short_list.h"

#include <string>
#include <vector>

namespace stretto {

class Catalogue;

/// Indices, most often few.
using Numbers = ShortList<uint32_t, 4>;

/// One component that the plan uses, with its settings complete: defaults filled in.
struct ComponentUse {
  std::string kind;     ///< "transport", "scheduler", "device", "ops"
  std::string name;     ///< of the component
  std::string variant;  ///< ops: the memory kind of the devices it is for; else empty
  std::string plugin;
  std::string version;
  Arguments settings;
};

struct PlanActor {
  std::string name;
  int32_t device = -1;  ///< component; -1 for the driver
  int32_t device_index = 0;
  bool any_order = false;
  bool blocking = true;               ///< the device's lanes are threads
  bool host_accessible = true;        ///< the host may touch the device's memory
  std::string memory_kind;            ///< "host" for the driver
  std::string capture{};              ///< what its device captures and why; empty: it can't. Not part of the hash
  std::vector<std::string> launch{};  ///< words before the command line of its process; not part of the hash
};

/// A value of the graph: one result of one node, or one input.
struct PlanValue {
  std::string name;   ///< "make[0]", "split.low", "level"
  int32_t node = -1;  ///< -1: a graph input
  int32_t input = -1;
  uint32_t result = 0;
  uint32_t actor = 0;
  Spec spec;                  ///< max_bytes complete
  bool static_shape = false;  ///< a differing shape fails that execution
  Source source;
};

/// The slots of one value on one actor. Slot of execution e: e modulo slots.
struct Ring {
  enum class Memory {
    device,    ///< allocated from the actor's device
    host,      ///< allocated in host memory and pinned: staging
    transport  ///< the transport's own, of channel `channel`
  };
  uint32_t value = 0;
  uint32_t actor = 0;
  uint32_t slots = 1;
  uint64_t slot_bytes = 0;
  Memory memory = Memory::device;
  int32_t channel = -1;  ///< for Memory::transport
  int32_t alias = -1;    ///< a reader's view of this writer's ring: the same slots in place, by way of `channel`
  uint32_t min_slots = 1;
  uint32_t max_slots = 1;
};

/// Carries one value to other actors over one transport.
struct Channel {
  struct Reader {
    uint32_t actor;
    uint32_t ring;  ///< where the value lies for that reader
    uint32_t receive_step;
  };
  std::string name;    ///< "make[0] → receiver"
  std::string reason;  ///< why this transport
  uint32_t value = 0;
  uint32_t transport = 0;  ///< component
  uint32_t writer = 0;     ///< actor
  uint32_t ring = 0;       ///< the ring that SEND reads: the writer's
  uint32_t send_step = 0;
  ShortList<Reader, 2> readers;
  bool shares_slots = false;
  bool stream_ordered = false;
  bool carries_note = false;
  bool rendezvous = false;
  bool global_order = false;
  bool capturable = false;  ///< its lanes' work may be captured, on both sides or on neither
  /// All its actors are on one device, and the writer's ring, in that device's memory, has the slots: `shares_slots`
  /// and `stream_ordered` both, which only such a channel is. Lanes wait for lanes, in whatever process they are.
  bool device_slots = false;

  /// Whether readers give slots back one by one, and the writer acquires them; else the reader's RECEIVE does it.
  bool gives_back() const { return shares_slots || !stream_ordered; }
};

enum class StepKind { receive, compute, send, copy, collective };
const char* to_text(StepKind kind);  ///< "RECEIVE" …

/// What a step touches.
struct Access {
  enum class Kind : uint8_t {
    ring,      ///< the slot of the step's execution
    state,     ///< of node `index`
    workspace  ///< number `index`
  };
  Kind kind;
  bool write;
  uint32_t index;
};

/// A constraint that runtime waits for, or that something already there makes true.
struct Wait {
  enum class By {
    lane,       ///< a timeline semaphore of the other step's lane, on the same actor
    transport,  ///< the transport's own: message arrived, slot released, peer matched
    order,      ///< nothing to do: the lane's order implies it
    ticket      ///< the driver's ticket
  };
  By by;
  uint32_t from;   ///< step
  int32_t tokens;  ///< for execution i, the run of `from` for execution i - tokens
  int32_t rounds;  ///< the same in rounds: tokens + offset(this) - offset(from)
};

struct Step {
  // What nearly every pass reads comes first, and the name, which only messages need, last.
  StepKind kind = StepKind::compute;
  uint32_t actor = 0;
  int32_t node = -1;
  int32_t channel = -1;
  int32_t joint = -1;  ///< steps of one joint transition: the channel, or Plan::joint_of a collective
  int32_t group = -1;  ///< steps of one actor issued as one group
  int32_t lane = -1;   ///< -1: the driver's
  int32_t offset = 0;
  uint32_t position = 0;  ///< on its lane
  int32_t resource = -1;
  Numbers inputs;                 ///< rings read: COMPUTE flat by port; SEND, COPY one
  Numbers results;                ///< rings written: COMPUTE one per result; RECEIVE, COPY one
  ShortList<Wait, 2> waits;       ///< all that must have run before it
  ShortList<Access, 3> accesses;  ///< all that it touches, states and workspaces included
  Numbers acquires;               ///< channels whose slot must be free before it runs (it writes there)
  Numbers releases;  ///< channels whose slot this actor may give up once it (and all others that say so) ran
  /// On an asynchronous device: the steps, RECEIVE or COLLECTIVE, whose header the issuing thread awaits before it
  /// issues this one.
  Numbers header_waits;
  double seconds = 0;    ///< predicted
  bool signals = false;  ///< another lane of the actor waits for it
  std::string name;      ///< "RECEIVE make[0] on receiver"
};

struct PlanLane {
  uint32_t actor = 0;
  std::string name;
  std::vector<uint32_t> steps;  ///< in order; offsets stand in the steps
};

/// A resolved node.
struct PlanNode {
  std::string name;
  uint32_t actor = 0;
  uint32_t ops = 0;  ///< component
  std::string op;    ///< without the library's name
  Numbers port_counts;
  Numbers inputs;   ///< values, flat by port
  Numbers results;  ///< values
  Arguments args;   ///< complete
  bool stateful = false;
  bool capturable = false;  ///< as long as all shapes are static
  uint64_t workspace_bytes = 0;
  Source source;
  int32_t collective = -1;  ///< that it is a member of
  uint32_t member = 0;      ///< which one, in the order of the set
  uint32_t member_count = 0;
};

/// One op on an ordered set of actors, a node for each. Without `transport` each member computes its result from the
/// inputs of all, which channels bring; with it, each member's step takes its own input into a transition that is joint
/// with the others', and gets its result from there.
struct PlanCollective {
  std::string name;
  int32_t kind = 0;             ///< stretto_collective_kind
  int32_t reduction = 0;        ///< stretto_reduction
  int32_t transport = -1;       ///< component, one with collectives; -1: over channels
  std::string reason;           ///< why
  uint32_t root = 0;            ///< the member whose input is broadcast
  bool global_order = false;    ///< the transport's steps have one order over all actors
  bool capturable = false;      ///< its steps may be captured, those of all members or none
  std::vector<uint32_t> nodes;  ///< by member
};

struct PlanInput {
  std::string name;
  uint32_t value = 0;
  std::vector<uint32_t> channels;
};

struct PlanOutput {
  struct Field {
    std::string name;
    uint32_t value;
    uint32_t channel;
  };
  std::string name;
  std::vector<Field> fields;
};

struct PlanResource {
  std::string name;
  uint32_t capacity = 1;
};

/// Steps of one actor, on one lane or several, that are recorded when the plan opens and enqueued as one: a stretch of
/// its issue order (compile/runs.h). Recorded once for each execution modulo `phases`, as slots turn.
struct Captured {
  std::vector<uint32_t> steps;  ///< in the order of their issue
  uint32_t phases = 1;
  /// Enqueued as one in rounds that bring an execution for each of these offsets, step by step in others. Of runs that
  /// meet over a transport all have the same, so that all decide alike.
  int32_t least_offset = 0;
  int32_t most_offset = 0;
};

struct Plan {
  std::string name;
  uint32_t inflight = 1;
  bool processes = false;
  std::vector<ComponentUse> components;
  uint32_t scheduler = 0;         ///< component
  std::vector<PlanActor> actors;  ///< the last one is the driver
  std::vector<PlanValue> values;
  std::vector<PlanNode> nodes;
  std::vector<PlanCollective> collectives;
  std::vector<PlanInput> inputs;
  std::vector<PlanOutput> outputs;
  std::vector<Ring> rings;
  std::vector<Channel> channels;
  std::vector<Step> steps;
  std::vector<PlanLane> lanes;
  /// Per actor with an asynchronous device: the order in which its issuing thread issues a round's steps.
  std::vector<std::vector<uint32_t>> issue_orders;
  std::vector<Captured> captures;
  std::vector<PlanResource> resources;
  uint32_t ticket_step = 0;  ///< the driver's step that stands for giving a ticket

  uint32_t driver() const { return static_cast<uint32_t>(actors.size()) - 1; }
  /// The number of a collective's joint transition: behind those of the channels.
  int32_t joint_of(uint32_t collective) const { return static_cast<int32_t>(channels.size() + collective); }
  int32_t max_offset() const {
    int32_t largest = 0;
    for (const auto& step : steps) largest = std::max(largest, step.offset);
    return largest;
  }
};

/// Compiles: check, place, cut, lower, schedule, verify. Pure but for loading plugins through the catalogue.
/// Throws Error: invalid_argument (with every source position known), unavailable (a plugin is missing).
Plan compile(const Graph& graph, const CompileOptions& options, Catalogue& catalogue);

/// Throws Code::invalid_argument naming the steps, the circuit and a mend when the plan could deadlock, race, break an
/// order or the window, or is inconsistent. Checks the waits as they stand in the plan.
void verify(const Plan& plan);

/// 64 hex digits over everything that matters; positions, paths and the name are left out.
std::string hash(const Plan& plan);

/// JSON, and back. `from_json` throws Code::invalid_argument on anything malformed; it does not verify.
std::string to_json(const Plan& plan);
Plan plan_from_json(const std::string& text);

}  // namespace stretto
