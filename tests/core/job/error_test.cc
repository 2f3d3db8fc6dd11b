// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "example.h"
#include "scratch.h"

namespace stretto {
namespace {

/// One line of the example replaced, and what must be said of it.
struct Slip {
  const char* line;
  const char* instead;
  const char* message;
};

class ASlipInAJob : public JobReading, public testing::WithParamInterface<Slip> {};

TEST_P(ASlipInAJob, IsSaidWithItsPositionAndTheMend) {
  std::string text = kExample;
  const auto at = text.find(GetParam().line);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string(GetParam().line).size(), GetParam().instead);
  EXPECT_EQ(failure(text), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, ASlipInAJob,
    testing::Values(
        Slip{"[compile]", "[compiel]",
             "job.toml:3:2: found the unknown key 'compiel' in a job, expected one of format, name, compile, actor, "
             "input, node, output, run, transport, scheduler, device, ops; did you mean 'compile'?"},
        Slip{"scheduler = \"overlap\"", "schedular = \"overlap\"",
             "job.toml:4:1: found the unknown key 'schedular' in [compile], expected one of scheduler, transport, "
             "driver_transport, inflight, costs; did you mean 'scheduler'?"},
        Slip{"count = 3", "cuont = 3",
             "job.toml:9:1: found the unknown key 'cuont' in an [actor.NAME], expected one of count, device, order, "
             "launch; "
             "did you mean 'count'?"},
        Slip{"on = \"sender[*]\"", "no = \"sender[*]\"",
             "job.toml:24:1: found the unknown key 'no' in a [[node]], expected one of name, on, op, transport, "
             "inputs, args, channel; did you mean 'on'?"},
        Slip{"slots = 2", "slot = 2",
             "job.toml:28:56: found the unknown key 'slot' in a channel, expected one of transport, slots, "
             "static_shape, direct_return, max_bytes, shape; did you mean 'slots'?"},
        Slip{"op = \"blas.matmul\"\n", "",
             "job.toml:30:1: a [[node]] without 'op', expected op = … (LIBRARY.OP, e.g. \"blas.matmul\")"},
        Slip{"from = \"multiply[*]\"\n", "",
             "job.toml:47:1: an [[output]] without 'from', expected from = … (what is read: a node or a named result; "
             "or a table of them by field name)"}));

INSTANTIATE_TEST_SUITE_P(
    Types, ASlipInAJob,
    testing::Values(
        Slip{"format = 1", "format = 2", "job.toml:1:10: 'format': found 2, expected an integer from 1 to 1"},
        Slip{"inflight = 5", "inflight = \"5\"",
             "job.toml:6:12: 'inflight': found the text \"5\", expected an integer from 1 to 4096"},
        Slip{"inflight = 5", "inflight = 0", "job.toml:6:12: 'inflight': found 0, expected an integer from 1 to 4096"},
        Slip{"order = \"bound\"", "order = \"bond\"",
             "job.toml:14:9: 'order': found the text \"bond\", expected one of \"bound\", \"any\"; did you mean "
             "\"bound\"?"},
        Slip{"dtype = \"f32\"\nshape = []", "dtype = \"float\"\nshape = []",
             "job.toml:18:9: 'dtype': found the text \"float\", expected a dtype: one of i8, i16, i32, i64, u8, u16, "
             "u32, u64, f16, bf16, f32, f64, bool"},
        Slip{"shape = []", "shape = 4",
             "job.toml:19:9: 'shape': found 4, expected a list of integers, each of at least -1"},
        Slip{"inputs = { value = \"level\" }", "inputs = \"level\"",
             "job.toml:26:10: 'inputs': found the text \"level\", expected a table: { port = \"what it reads\" }"},
        Slip{"value = \"level\"", "value = 3",
             "job.toml:26:20: 'value': found 3, expected the name of an input or a node, or a list of these"},
        Slip{"executions = 5", "executions = 2024-01-01",
             "job.toml:52:14: 'executions': found a date or time, expected an integer from 1 to 1000000000000"},
        Slip{"executions = 5", "executions = 9223372036854775807",
             "job.toml:52:14: 'executions': found 9223372036854775807, expected an integer from 1 to 1000000000000"},
        Slip{"actors = \"processes\"", "actors = \"fibers\"",
             "job.toml:53:10: 'actors': found the text \"fibers\", expected one of \"threads\", \"processes\""},
        Slip{"args = { shape = [64, 64]", "args = { shape = [64, \"a\"]",
             "job.toml:27:18: 'shape': found numbers and texts in one list, expected one of the two"},
        Slip{"[scheduler.overlap]\nlookahead = 2", "[scheduler]\noverlap = 2",
             "job.toml:59:11: 'scheduler.overlap': found 2, expected a table of arguments"},
        Slip{"actors = \"processes\"", "close = \"10 parsecs\"",
             "job.toml:53:9: 'close': the text \"10 parsecs\" is not a duration: 'parsecs' is no unit; the units are "
             "ns, us, ms, s, min, h"},
        Slip{"actors = \"processes\"", "close = nan",
             "job.toml:53:9: 'close': found nan, expected a duration: seconds, or a text like \"10 ms\" from 0 to "
             "1000000000"},
        Slip{"feed = [0.0, 0.25, 0.5, 1.0, 2.0]", "feed = 1.0",
             "job.toml:20:8: 'feed': found 1, expected a list of values by execution, or { file = \"x.npy\" }"},
        Slip{"device = \"cpu\"\n\n[actor.receiver]", "device = \"cpu:first\"\n\n[actor.receiver]",
             "job.toml:10:10: 'device': found \"cpu:first\", expected \"NAME\" or \"NAME:INDEX\", e.g. \"cuda:0\""}));

INSTANTIATE_TEST_SUITE_P(
    Names, ASlipInAJob,
    testing::Values(
        Slip{"on = \"receiver\"", "on = \"reciever\"",
             "job.toml:32:6: found 'reciever', expected the name of an actor; did you mean 'receiver'?"},
        Slip{"{ value = \"level\" }", "{ value = \"lvel\" }",
             "job.toml:26:20: found 'lvel', expected the name of an input or node; did you mean 'level'?"},
        Slip{"name = \"multiply\"", "name = \"make\"",
             "job.toml:31:8: found a second 'make', expected another name: node 'make' stands at job.toml:23:8"},
        Slip{"name = \"multiply\"", "name = \"level\"",
             "job.toml:31:8: found a second 'level', expected another name: input 'level' stands at job.toml:17:8"},
        Slip{"name = \"product\"", "name = \"branch\"",
             "job.toml:48:8: found a second 'branch', expected another name: output 'branch' stands at job.toml:43:8"},
        Slip{"name = \"product\"", "name = \"pro duct\"",
             "job.toml:48:8: found the output name 'pro duct', expected letters, digits, '_' and '-'"},
        Slip{"{ a = \"make[*]\"", "{ a = \"make[\"",
             "job.toml:34:16: found \"make[\", expected a name: \"x\", \"x[*]\", \"x[2]\" or \"x[:]\", perhaps with "
             "\".result\""},
        Slip{"{ value = \"level\" }", "{ value = \"level.low\" }",
             "job.toml:26:20: found 'level.low', expected 'level': an input has no named results"}));

INSTANTIATE_TEST_SUITE_P(
    Families, ASlipInAJob,
    testing::Values(
        Slip{"{ a = \"make[*]\"", "{ a = \"make\"",
             "job.toml:34:16: node 'multiply': found 'make', a family of 3, expected 'make[*]' (one per index), "
             "'make[2]' (that one) or 'make[:]' (all, as a list)"},
        Slip{"on = \"sender[*]\"", "on = \"sender\"",
             "job.toml:24:6: node 'make': found 'sender', a family of 3 actors, expected 'sender[*]' (one node on "
             "each), "
             "'sender[2]' (on that one) or 'sender[:]' (a collective on all)"},
        Slip{"on = \"sender[*]\"", "on = [\"sender[*]\"]",
             "job.toml:24:7: node 'make': found 'sender[*]', expected 'sender[:]': a collective takes all of a family "
             "at "
             "once"},
        Slip{"on = \"sender[*]\"", "on = []",
             "job.toml:24:6: node 'make': found an empty list, expected one actor at least"},
        Slip{"on = \"sender[*]\"", "on = 3",
             "job.toml:24:6: 'on': found 3, expected the name of an actor, or a list of these"},
        Slip{"on = \"receiver\"", "transport = \"shm\"\non = \"receiver\"",
             "job.toml:32:13: node 'multiply': found a transport on a node of one actor, expected channel = { "
             "transport = "
             "… }: only what brings the actors of a collective together is the node's"},
        Slip{"on = \"receiver\"", "on = \"receiver[*]\"",
             "job.toml:32:6: node 'multiply': found 'receiver[*]', expected 'receiver': actor 'receiver' is no family"},
        Slip{"{ value = \"level\" }", "{ value = \"level[0]\" }",
             "job.toml:26:20: node 'make': found 'level[0]', expected 'level': input 'level' is no family"},
        Slip{"{ a = \"make[*]\"", "{ a = \"make[3]\"",
             "job.toml:34:16: node 'multiply': found 'make[3]', expected an index from 0 to 2: 'make' has 3"},
        Slip{"from = \"multiply[*]\"", "from = \"multiply[:]\"",
             "job.toml:49:8: output 'product': found 'multiply[:]', a list, expected 'multiply[*]' (one output per "
             "index) or one member"},
        Slip{"[actor.receiver]\ndevice = \"cpu\"", "[actor.receiver]\ncount = 2",
             "job.toml:32:6: node 'multiply': found 'receiver', a family of 2 actors, expected 'receiver[*]' (one node "
             "on each), 'receiver[1]' (on that one) or 'receiver[:]' (a collective on all)"}));

INSTANTIATE_TEST_SUITE_P(
    Feeds, ASlipInAJob,
    testing::Values(
        Slip{"feed = [0.0, 0.25", "feed = [[0.0], 0.25",
             "job.toml:20:9: input 'level' of f32[]: found a list of 1, expected a number"},
        Slip{"feed = [0.0, 0.25", "feed = [\"a\", 0.25",
             "job.toml:20:9: input 'level' of f32[]: found the text \"a\", expected a number"},
        Slip{"shape = []", "shape = [2]",
             "job.toml:20:9: input 'level' of f32[2]: found 0, expected a list of 2 for axis 0 of one execution's "
             "value"},
        Slip{"dtype = \"f32\"\nshape = []", "dtype = \"u8\"\nshape = []",
             "job.toml:20:9: input 'level' of u8[]: found 0, expected a u8: 0 to 255"},
        Slip{"feed = [0.0, 0.25", "feed = [1e39, 0.25",
             "job.toml:20:9: input 'level' of f32[]: found 1e+39, expected what fits f32"},
        Slip{"feed = [0.0, 0.25, 0.5, 1.0, 2.0]", "feed = []",
             "job.toml:20:8: input 'level' of f32[]: found a feed without values, expected one at least"},
        Slip{"feed = [0.0, 0.25, 0.5, 1.0, 2.0]", "feed = { flie = \"x.npy\" }",
             "job.toml:20:10: found the unknown key 'flie' in a feed, expected one of file; did you mean 'file'?"},
        Slip{"feed = [0.0, 0.25, 0.5, 1.0, 2.0]", "feed = { file = \"none.npy\" }",
             "job.toml:20:17: input 'level' of f32[]: cannot read 'none.npy': No such file or directory"},
        Slip{"shape = []\nfeed = [0.0, 0.25, 0.5, 1.0, 2.0]", "shape = [-1]",
             "job.toml:19:9: input 'level': found the dynamic shape [?], expected max_bytes with it, e.g. max_bytes = "
             "\"1 MiB\""},
        Slip{"shape = []\nfeed = [0.0, 0.25, 0.5, 1.0, 2.0]", "shape = [-1]\nmax_bytes = 4\nfeed = [[1, 2]]",
             "job.toml:21:8: input 'level' of f32[?]: found a value of 8 bytes, expected 4 at most (max_bytes)"},
        Slip{"shape = []\nfeed = [0.0, 0.25, 0.5, 1.0, 2.0]", "shape = [1, 1, 1, 1, 1, 1, 1, 1, 1]",
             "job.toml:19:9: 'shape': found 9 dimensions, expected 8 at most"},
        Slip{"shape = []\nfeed = [0.0, 0.25, 0.5, 1.0, 2.0]", "shape = [4000000000, 4000000000]",
             "job.toml:19:9: input 'level': a value of shape [4000000000, 4000000000] does not fit into 63 bits of "
             "bytes"}));

using AJobThatCannotBeRead = JobReading;

TEST_F(AJobThatCannotBeRead, NamesBothStarsOfDifferingCounts) {
  std::string text = kExample;
  text +=
      "\n[actor.pair]\ncount = 2\n[[node]]\nname = \"late\"\non = \"pair[*]\"\nop = \"tensor.copy\"\n"
      "inputs = { x = \"make[*]\" }\n";
  EXPECT_EQ(failure(text),
            "job.toml:67:16: node 'late': found 'make[*]' of 3, expected 2 as 'pair[*]' has: all starred names of one "
            "node or output share one count");
}

TEST_F(AJobThatCannotBeRead, SaysThatStarsWaitForEachOther) {
  EXPECT_EQ(
      failure("[actor.a]\n[[node]]\nname = \"x\"\non = \"a\"\nop = \"t.c\"\ninputs = { x = \"y[*]\" }\n"
              "[[node]]\nname = \"y\"\non = \"a\"\nop = \"t.c\"\ninputs = { x = \"x[*]\" }\n"),
      "job.toml:3:8: node 'x': found starred names that take their count from each other, expected one of a known "
      "count, e.g. on = \"x[*]\"");
}

TEST_F(AJobThatCannotBeRead, HasThePositionOfWrongToml) {
  EXPECT_EQ(failure("format = 1\n[compile\n").substr(0, 37), "job.toml:2:9: this is not TOML: Error");
  EXPECT_EQ(failure("a = 1\na = 2\n").substr(0, 32), "job.toml:2:5: this is not TOML: ");
  EXPECT_NE(failure("a = \"\xff\"\n").find("job.toml:1:"), std::string::npos);
}

TEST_F(AJobThatCannotBeRead, MayBeNoFile) {
  try {
    read_job(folder_ / "none.toml");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(without_folder(error.what()), "cannot read 'none.toml': No such file or directory");
  }
  EXPECT_THROW(read_job(folder_ / ""), Error);
}

TEST_F(AJobThatCannotBeRead, ExceedsAStatedLimit) {
  EXPECT_NE(failure("x = " + std::string(300, '[') + std::string(300, ']')).find("more than 32 lists"),
            std::string::npos);
  std::string deep = "a";
  for (int i = 0; i < 100'000; ++i) deep += ".a";
  EXPECT_EQ(failure("\n" + deep + " = 1"), "job.toml:2:64: found a key of more than 32 parts, expected fewer");
  EXPECT_NE(failure("x = {y=\"\"\"a\"\"\"\"," + deep + "=1}").find("more than 32 parts"), std::string::npos);
  EXPECT_EQ(failure("x = " + std::string(16, '[') + "1, {y=" + std::string(16, '[')),
            "job.toml:1:42: found more than 32 lists and tables in each other, expected fewer");
  const std::string large((64U << 20U) + 1, '\n');
  EXPECT_EQ(failure(large), "'job.toml' has more than 64 MiB, the most that is read");
}

TEST_F(AJobThatCannotBeRead, GrowsBeyondWhatFamiliesMayAdd) {
  const std::string actors = "[actor.a]\ncount = 50001\n",
                    node = "[[node]]\nname = \"n\"\non = \"a[*]\"\nop = \"t.c\"\n";
  EXPECT_EQ(failure(actors + node + "[[output]]\nname = \"y\"\nfrom = \"n[*]\"\n"),
            "job.toml:8:8: output 'y': found families that add more than 100000 actors, nodes and outputs to what is "
            "written, expected fewer");
  EXPECT_EQ(failure("[actor.b]\ncount = 65536\n" + actors).substr(0, 26), "job.toml:3:8: actor 'a': f");
  EXPECT_EQ(failure("[actor.a]\ncount = 600\n" + node + "inputs = { x = \"n[:]\" }\n"),
            "job.toml:7:16: node 'n': found families that add more than 300000 edges to what is written, expected "
            "fewer");
  EXPECT_EQ(failure(actors + node + "args = { x = \"" + std::string(1000, 'x') + "\" }\n"),
            "job.toml:7:8: node 'n': found families whose members have more than 32 MiB of arguments and other "
            "settings, expected less: fewer members, or shorter values");
  EXPECT_EQ(failure("[actor.a]\ncount = 50000\nlaunch = [\"" + std::string(1000, 'x') + "\"]\n").substr(0, 26),
            "job.toml:3:10: actor 'a': ");
}

TEST_F(AJobThatCannotBeRead, IsNotQuotedAtLength) {
  const std::string much(10'000, 'x'), begin(200, 'x');
  EXPECT_EQ(failure("[compile]\nscheduler = [\"" + much + "\"]\n"),
            "job.toml:2:13: 'scheduler': found the list [\"" + begin + "… (10000 bytes)\"], expected a text");
  EXPECT_EQ(failure("[compile]\ninflight = \"" + much + "\"\n").substr(0, 270),
            "job.toml:2:12: 'inflight': found the text \"" + begin + "… (10000 bytes)\", expecte");
  EXPECT_EQ(failure("[compile]\nscheduler = \"" + much + "\"\n"),
            "job.toml:2:13: 'scheduler': found a text of 10000 bytes, expected 200 at most");
  EXPECT_EQ(failure("[transport." + much + "]\nx = 1\n"),
            "job.toml:1:12: a key of 'transport': found a text of 10000 bytes, expected 200 at most");
  EXPECT_EQ(failure("[transport.shm]\n" + much + " = 1\n"),
            "job.toml:2:1: a key of 'transport.shm': found a text of 10000 bytes, expected 200 at most");
  EXPECT_EQ(failure("[compile]\nscheduler = \"\\u001b[31m\"\n"),
            "job.toml:2:13: 'scheduler': found '\\x1b[31m', expected a text without control characters");
  EXPECT_LT(failure("[run]\nget = \"" + much + "\"\n").size(), 700U);
  EXPECT_LT(failure(much + " = 1\n").size(), 500U);
  std::string numbers = "1";
  for (int i = 0; i < 1000; ++i) numbers += ", 1";
  EXPECT_EQ(failure("[compile]\ninflight = [" + numbers + "]\n"),
            "job.toml:2:12: 'inflight': found the list [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, …] of 1001, "
            "expected an integer from 1 to 4096");
}

}  // namespace
}  // namespace stretto
