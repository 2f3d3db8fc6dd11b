// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/schema.h"

#include <array>

namespace stretto {

namespace {

JobKey leaf(Option&& option) { return {Form::option, std::move(option)}; }
JobKey path(Option&& option) { return {Form::option, std::move(option), nullptr, 4096}; }
JobKey needed(JobKey key) {
  key.option.required = 1;
  return key;
}

constexpr double kLargestCount = 65536;

const std::array kCompileKeys{
    leaf(Option(Type::text, "scheduler", "orders the steps of every actor: a scheduler plugin")
             .otherwise("\"overlap\"")),
    leaf(Option(Type::text, "transport",
                "carries values between actors where a node names none: a transport plugin, or \"auto\"")
             .otherwise("\"shm\"")),
    leaf(Option(Type::text, "driver_transport", "carries the graph's inputs and outputs").otherwise("\"shm\"")),
    leaf(Option(Type::integer, "inflight", "executions under way at most").at_least(1).at_most(4096).otherwise("2")),
    path(Option(Type::text, "costs", "a file with what ops, devices and links cost, as `stretto calibrate` writes it")),
};
const JobTable kCompile{"[compile]", kCompileKeys};

const std::array kActorKeys{
    leaf(Option(Type::integer, "count", "makes a family NAME[0], NAME[1], …").at_least(1).at_most(kLargestCount)),
    leaf(Option(Type::text, "device",
                "a device plugin, \"cuda\": member i of a family on device i; \"cuda:0\": on that one")
             .otherwise("\"cpu\"")),
    leaf(Option(Type::text, "order", "\"bound\": nodes run in the order written; \"any\": as the scheduler likes")
             .one_of("bound|any")
             .otherwise("\"bound\"")),
    leaf(Option(
        Type::texts, "launch",
        "words before the command line of its process, [\"taskset\", \"-c\", \"{index}\"]; {index}: the member's "
        "number")),
};
const JobTable kActor{"an [actor.NAME]", kActorKeys};

const std::array kChannelKeys{
    leaf(Option(Type::text, "transport", "for readers on other actors; else that of [compile]")),
    leaf(Option(Type::integer, "slots", "buffers of the channel; else the scheduler chooses")
             .at_least(1)
             .at_most(kLargestCount)),
    leaf(Option(Type::boolean, "static_shape", "every execution has the shape known when compiled").otherwise("false")),
    leaf(Option(Type::boolean, "direct_return", "the message is exactly one tensor").otherwise("false")),
    leaf(Option(Type::bytes, "max_bytes", "bounds a value whose shape is not known when compiled").at_least(0)),
    leaf(Option(Type::integers, "shape", "states the shape of a static edge that the op leaves open").at_least(0)),
};
const JobTable kChannel{"a channel", kChannelKeys};

const std::array kInputKeys{
    needed(leaf(Option(Type::text, "name", "what nodes and outputs call it"))),
    needed(leaf(Option(Type::dtype, "dtype", "element type"))),
    leaf(
        Option(Type::integers, "shape", "dimensions; -1: dynamic, which needs max_bytes").at_least(-1).otherwise("[]")),
    leaf(Option(Type::bytes, "max_bytes", "bounds a dynamic input").at_least(0)),
    shaped(Form::values, "feed", "values by execution, starting over; or { file = \"x.npy\" }"),
    shaped(Form::table, "channel", "how the input travels", &kChannel),
};
const JobTable kInput{"an [[input]]", kInputKeys};

const std::array kNodeKeys{
    needed(leaf(Option(Type::text, "name", "what other nodes and outputs call it"))),
    needed(
        shaped(Form::actors, "on",
               "the actor that runs it; \"x[*]\": one node per member of the family; \"x[:]\", or a list: the set of "
               "actors of a collective")),
    needed(leaf(Option(Type::text, "op", "LIBRARY.OP, e.g. \"blas.matmul\""))),
    leaf(Option(Type::text, "transport", "brings the actors of a collective together; else that of [compile]")),
    shaped(Form::ports, "inputs", "by port: the input or node to read, or a list of them"),
    shaped(Form::arguments, "args", "the op's arguments"),
    shaped(Form::table, "channel", "how its results travel", &kChannel),
};
const JobTable kNode{"a [[node]]", kNodeKeys};

const std::array kOutputKeys{
    needed(leaf(Option(Type::text, "name", "what it is called in results"))),
    needed(shaped(Form::source, "from", "what is read: a node or a named result; or a table of them by field name")),
    shaped(Form::expected, "expect", "what it must be, by field: one value for all executions, or a list by execution"),
    leaf(Option(Type::real, "tolerance", "relative; 0: equal bit for bit").at_least(0).otherwise("0")),
};
const JobTable kOutput{"an [[output]]", kOutputKeys};

const std::array kRunKeys{
    leaf(Option(Type::integer, "executions", "how often the graph is executed")
             .at_least(1)
             .at_most(1e12)
             .otherwise("1")),
    leaf(Option(Type::text, "actors", "what actors are on this machine")
             .one_of("threads|processes")
             .otherwise("\"threads\"")),
    leaf(Option(Type::seconds, "open", "until every actor is ready").at_least(0).at_most(1e9).otherwise("30")),
    leaf(Option(Type::seconds, "submit", "until an execution must be accepted")
             .at_least(0)
             .at_most(1e9)
             .otherwise("60")),
    leaf(Option(Type::seconds, "get", "until a result must be there").at_least(0).at_most(1e9).otherwise("600")),
    leaf(Option(Type::seconds, "progress", "a step is due and none completes: the plan fails")
             .at_least(0)
             .at_most(1e9)
             .otherwise("60")),
    leaf(Option(Type::seconds, "close", "what has not ended by then is killed")
             .at_least(0)
             .at_most(1e9)
             .otherwise("10")),
};
const JobTable kRun{"[run]", kRunKeys};

const std::array kJobKeys{
    leaf(Option(Type::integer, "format", "of this file").at_least(1).at_most(1).otherwise("1")),
    leaf(Option(Type::text, "name", "of the job; else the file's")),
    shaped(Form::table, "compile", "how the graph is compiled", &kCompile),
    shaped(Form::named_tables, "actor", "places with one device each", &kActor),
    shaped(Form::entries, "input", "values that the job feeds", &kInput),
    shaped(Form::entries, "node", "calls of ops, in the order in which they run on their actors", &kNode),
    shaped(Form::entries, "output", "values that the job reads", &kOutput),
    shaped(Form::table, "run", "how the plan is run", &kRun),
    shaped(Form::named_arguments, "transport", "options of transports"),
    shaped(Form::named_arguments, "scheduler", "options of schedulers"),
    shaped(Form::named_arguments, "device", "options of devices"),
    shaped(Form::named_arguments, "ops", "options of op libraries"),
};
const JobTable kJob{"a job", kJobKeys};

}  // namespace

const JobTable& job_schema() { return kJob; }

}  // namespace stretto
