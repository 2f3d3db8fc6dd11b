// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include "program.h"

namespace stretto::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A job whose only node holds its lane for longer than any test waits.
constexpr const char* kEndless = R"(
[actor.a]
[[input]]
name = "x"
dtype = "f32"
feed = [1.0]
[[node]]
name = "wait"
on = "a"
op = "tensor.busy"
inputs = { x = "x" }
args = { seconds = 600 }
[[output]]
name = "y"
from = "wait"
[run]
executions = 7
)";

class OnATerminal : public Program {};

TEST_F(OnATerminal, ARunShowsItsProgressAndWipesIt) {
  Terminal terminal({variable("STRETTO_PROGRAM"), "run", job()});
  EXPECT_EQ(terminal.wait(in_a_minute()), 0);
  EXPECT_THAT(terminal.seen(), HasSubstr("compiling"));
  EXPECT_THAT(terminal.seen(), HasSubstr("starting 3 actors"));
  EXPECT_THAT(terminal.seen(), HasSubstr("running: 0 of 3"));
  EXPECT_TRUE(terminal.seen().ends_with("\r\x1b[K")) << "the line is still there";
}

TEST_F(OnATerminal, AQuietRunShowsNothing) {
  Terminal terminal({variable("STRETTO_PROGRAM"), "run", "-q", job()});
  EXPECT_EQ(terminal.wait(in_a_minute()), 0);
  EXPECT_EQ(terminal.seen(), "");
}

TEST_F(OnATerminal, AnErrorWipesTheProgressFirst) {
  Terminal terminal({variable("STRETTO_PROGRAM"), "check", job("overlap", "overlp")});
  EXPECT_EQ(terminal.wait(in_a_minute()), 3);
  EXPECT_THAT(terminal.seen(), HasSubstr("compiling\r\x1b[Kstretto: "));
}

class AnInterrupt : public Program, public ::testing::WithParamInterface<std::tuple<const char*, int>> {};

TEST_P(AnInterrupt, EndsARunWith130) {
  const auto [actors, number] = GetParam();
  Terminal terminal({variable("STRETTO_PROGRAM"), "run", write("job.toml", kEndless), "--set",
                     std::string("run.actors=") + actors, "--set", "run.close=0.2"});
  ASSERT_TRUE(terminal.shows("running: 0 of 7", in_a_minute())) << terminal.seen();
  terminal.signal(number);
  EXPECT_EQ(terminal.wait(in_a_minute()), 130) << terminal.seen();
  EXPECT_THAT(terminal.seen(), HasSubstr("stretto: interrupted"));
}

INSTANTIATE_TEST_SUITE_P(Runs, AnInterrupt,
                         ::testing::Combine(::testing::Values("threads", "processes"),
                                            ::testing::Values(SIGINT, SIGTERM)));

}  // namespace
}  // namespace stretto::testing
