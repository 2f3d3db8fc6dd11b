// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "program.h"

namespace stretto::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// One slip in a job: what was written, the exit code, and what must be said.
struct Slip {
  const char* name;
  const char* from;
  const char* to;
  int exit_code;
  std::vector<const char*> said;  ///< the first is how the message starts
};

void PrintTo(const Slip& slip, std::ostream* out) { *out << slip.name; }

class ASlipInAJob : public Program, public ::testing::WithParamInterface<Slip> {};

TEST_P(ASlipInAJob, EndsEveryCommandWithPositionFoundExpectedAndNearestName) {
  const Slip& slip = GetParam();
  const std::string file = job(slip.from, slip.to);
  for (const char* command : {"check", "plan", "run"}) {
    const Said said = stretto_says({command, file});
    EXPECT_EQ(said.exit_code, slip.exit_code) << said.err;
    EXPECT_EQ(said.out, "") << "a failure has no result";
    EXPECT_THAT(plain(said.err), StartsWith(std::string("stretto: ") + slip.said.front()));
    for (const char* part : slip.said) EXPECT_THAT(plain(said.err), HasSubstr(part));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Jobs, ASlipInAJob,
    ::testing::Values(
        Slip{"unknown_key",
             "inflight = 2",
             "inflght = 2",
             2,
             {"job.toml:5:1: found the unknown key 'inflght'", "did you mean 'inflight'?"}},
        Slip{"wrong_type",
             "count = 2",
             "count = \"two\"",
             2,
             {"job.toml:8:9: 'count': found the text \"two\"", "expected an integer"}},
        Slip{"missing_op", "tensor.add", "tensor.ad", 2, {"job.toml:28:6: ", "'ad'", "did you mean 'add'?"}},
        Slip{"missing_library", "tensor.add", "tensr.add", 3, {"job.toml:28:6: ", "'tensr'", "did you mean 'tensor'?"}},
        Slip{"unknown_actor",
             "on = \"receiver\"",
             "on = \"reciever\"",
             2,
             {"job.toml:27:6: found 'reciever'", "the name of an actor", "did you mean 'receiver'?"}},
        Slip{"unknown_value",
             "\"make[:]\"",
             "\"mak[:]\"",
             2,
             {"job.toml:29:", "found 'mak", "expected the name of an input or node", "did you mean 'make'?"}},
        Slip{"cycle",
             "inputs = { value = \"level\" }\nargs",
             "inputs = { value = \"level\", shape = \"sum\" }\nargs",
             2,
             {"job.toml:", "sum", "make"}},
        Slip{"wrong_arity",
             "{ values = \"make[:]\" }",
             "{ values = \"make[:]\", more = \"level\" }",
             2,
             {"job.toml:29:", "node 'sum'", "'more'", "values"}},
        Slip{"missing_input", "inputs = { values = \"make[:]\" }\n", "", 2, {"job.toml:2", "node 'sum'", "values"}},
        Slip{"missing_argument",
             "args = { shape = [4], dtype = \"f32\" }",
             "args = { shape = [4] }",
             2,
             {"job.toml:", "node 'make[0]'", "'dtype'"}},
        Slip{"mismatched_dtype",
             "{ values = \"make[:]\" }",
             "{ values = [\"make[0]\", \"make[1]\", \"level\"] }",
             2,
             {"job.toml:26:8: ", "node 'sum'", "f32[4]", "f32[]"}},
        Slip{"argument_out_of_range",
             "shape = [4]",
             "shape = [-4]",
             2,
             {"job.toml:23:18: ", "node 'make[0]'", "'shape'", "found", "-4"}},
        Slip{"unknown_argument",
             "shape = [4]",
             "shpae = [4]",
             2,
             {"job.toml:23:18: ", "'shpae'", "did you mean 'shape'?"}},
        Slip{"no_output_reached",
             "{ values = \"make[:]\" }",
             "{ values = [\"make[0]\"] }",
             2,
             {"job.toml:19:8: ", "node 'make[1]'", "reaches no output"}},
        Slip{"mismatched_stars",
             "[[output]]",
             "[actor.three]\ncount = 3\n[[node]]\nname = \"late\"\non = \"three[*]\"\n"
             "op = \"tensor.copy\"\ninputs = { x = \"make[*]\" }\n[[output]]",
             2,
             {"job.toml:37:16: node 'late': found 'make[*]' of 2, expected 3 as 'three[*]' has"}},
        Slip{"option_out_of_range",
             "[run]",
             "[transport.shm]\nspin = -1\n[run]",
             2,
             {"job.toml:37:8: ", "'spin'", "found -1", "0 to"}},
        Slip{"unknown_option",
             "[run]",
             "[transport.shm]\nspni = 1\n[run]",
             2,
             {"job.toml:37:", "'spni'", "did you mean 'spin'?"}},
        Slip{"unknown_scheduler",
             "\"overlap\"",
             "\"overlp\"",
             3,
             {"job.toml:4:13: ", "no scheduler 'overlp'", "did you mean 'overlap'?", "searched"}},
        Slip{"unknown_transport",
             "inflight = 2",
             "transport = \"smh\"",
             3,
             {"job.toml:5:13: ", "no transport 'smh'", "did you mean 'shm'?"}},
        Slip{"unknown_device",
             "[actor.receiver]\n",
             "[actor.receiver]\ndevice = \"gpu\"\n",
             3,
             {"job.toml:11:", "no device 'gpu'", "'cpu'"}},
        Slip{"launched_thread",
             "[actor.receiver]\n",
             "[actor.receiver]\nlaunch = [\"taskset\", \"1\"]\n",
             2,
             {"job.toml:10:1: actor 'receiver' is launched through 'taskset'", "run them as processes"}},
        Slip{"no_toml", "[compile]", "[compile", 2, {"job.toml:3:9: this is not TOML"}}),
    [](const auto& info) { return info.param.name; });

class ATransportWithoutTheCapability : public Program {};

TEST_F(ATransportWithoutTheCapability, IsRefusedNamingNodeEdgePluginAndCapability) {
  // The test transport reaches other actors of its own process alone.
  const std::string file = job("inflight = 2", "transport = \"rendezvous\"");
  const Said said =
      stretto_says({"check", file, "--plugins", variable("STRETTO_TEST_PLUGINS"), "--set", "run.actors=processes"});
  EXPECT_EQ(said.exit_code, 2) << said.err;
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(plain(said.err), HasSubstr("job.toml:5:13: "));
  EXPECT_THAT(said.err, HasSubstr("make[0]"));
  EXPECT_THAT(said.err, HasSubstr("rendezvous"));
  EXPECT_THAT(said.err, HasSubstr("process"));
}

TEST_F(ATransportWithoutTheCapability, IsNotChosenForTheDriver) {
  const std::string file = job("inflight = 2", "driver_transport = \"rendezvous\"");
  const Said said = stretto_says({"check", file, "--plugins", variable("STRETTO_TEST_PLUGINS")});
  EXPECT_EQ(said.exit_code, 2) << said.err;
  EXPECT_THAT(plain(said.err), HasSubstr("job.toml:5:20: "));
}

}  // namespace
}  // namespace stretto::testing
