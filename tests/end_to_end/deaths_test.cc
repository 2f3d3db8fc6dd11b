// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Processes that are killed, stopped or interrupted at any moment: an error that names the actor, and nothing left.

#include "child.h"
#include "leftovers.h"
#include "scene.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

namespace stretto::testing {
namespace {

/// Two actors as processes: `seconds` of work on the first, then a copy on the second.
class TwoProcesses {
 public:
  explicit TwoProcesses(double seconds, const RunOptions& how = run_options(true)) {
    const auto known = children();
    Scene scene{{.scheduler = "overlap", .inflight = 2, .device = device_of_processes(), .processes = true}};
    const auto x = scene.input(spec(kF32, {}));
    const auto slow = scene.node(scene.actor(), "tensor.busy", x).arg("seconds", seconds).value();
    scene.output(scene.node(scene.actor(), "tensor.copy", slow).value());
    const auto options = scene.options();
    graph_ = scene.take();
    runtime_.emplace(Runtime::open(compile(graph_, options, catalogue()), catalogue(), how));
    for (const int child : children())
      if (known.count(child) == 0) processes_.push_back(child);
  }
  Runtime& runtime() { return *runtime_; }
  const std::vector<int>& processes() const { return processes_; }
  /// The actor that the text names; empty for none or both. The names of steps have other actors in them.
  std::string named(const std::string& text) const {
    std::string found;
    for (const auto& actor : graph_.actors)
      if (text.find("'" + actor.name + "'") != std::string::npos) found = found.empty() ? actor.name : "";
    return found;
  }

 private:
  Graph graph_;
  std::optional<Runtime> runtime_;
  std::vector<int> processes_;
};

TEST(ActorDeath, FailsPendingAndLaterFuturesWithItsNameAndSignal) {
  const Leftovers leftovers;
  std::set<std::string> named;
  for (size_t victim = 0; victim < 2; ++victim) {
    TwoProcesses run(30);
    ASSERT_EQ(run.processes().size(), 2U);
    auto first = run.runtime().execute(spans(scalar(1)), soon());
    auto second = run.runtime().execute(spans(scalar(2)), soon());
    kill(run.processes()[victim], SIGKILL);
    for (Future* future : {&first, &second}) {
      const auto error = caught([&] { future->get(soon()); });
      EXPECT_EQ(error.code, Code::disconnected) << error.text;
      EXPECT_TRUE(error.text.find("SIGKILL") != std::string::npos || error.text.find("signal 9") != std::string::npos)
          << error.text;
      named.insert(run.named(error.text));
    }
    const auto later = caught([&] { run.runtime().execute(spans(scalar(3)), soon()); });
    EXPECT_EQ(later.code, Code::disconnected) << later.text;
    named.insert(run.named(later.text));
  }
  EXPECT_EQ(named.size(), 2U) << "each victim is to be named, and it alone";
  EXPECT_EQ(named.count(""), 0U);
  EXPECT_TRUE(leftovers.nothing_more());
}

TEST(ActorDeath, IsNoticedWhenNothingIsUnderWay) {
  const Leftovers leftovers;
  {
    TwoProcesses run(0);
    run.runtime().execute(spans(scalar(1)), soon()).get(soon());
    kill(run.processes().at(0), SIGKILL);
    const auto error = caught([&] {
      const auto until = soon();
      while (std::chrono::steady_clock::now() < until) run.runtime().execute(spans(scalar(1)), soon()).get(soon());
    });
    EXPECT_NE(run.named(error.text), "") << error.text;
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

TEST(ActorDeath, EndsTheRunAtAnyMoment) {
  const Leftovers leftovers;
  for (int moment = 0; moment < 12; ++moment) {
    TwoProcesses run(0.0002);
    std::atomic<int> done{0};
    std::thread killer([&] {
      const auto until = soon();
      while (done < moment && std::chrono::steady_clock::now() < until) std::this_thread::yield();
      kill(run.processes().at(static_cast<size_t>(moment) % 2), SIGKILL);
    });
    const auto error = caught([&] {
      const auto until = soon();
      for (; std::chrono::steady_clock::now() < until; ++done)
        run.runtime().execute(spans(scalar(1)), soon()).get(soon());
    });
    killer.join();
    EXPECT_NE(run.named(error.text), "") << error.text;
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

TEST(ActorDeath, WithoutAnybodyAskingLeavesNothing) {
  const Leftovers leftovers;
  {
    TwoProcesses run(0);
    for (const int process : run.processes()) kill(process, SIGKILL);
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

/// Ends the driver with this signal while its work takes this long; what it leaves is what the test finds.
void end_driver(double seconds, int signal) {
  adopt_orphans();
  const Leftovers leftovers;
  const auto known = children();
  {
    Child driver({surroundings().driver, surroundings().plugins, surroundings().program, std::to_string(seconds),
                  surroundings().transport, device_of_processes()});
    ASSERT_EQ(driver.line(soon()).value_or("nothing"), "ready");
    driver.signal(signal);
    EXPECT_EQ(driver.wait(soon()), 128 + signal);
    EXPECT_EQ(left_children(known, soon()), std::set<int>());
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

TEST(DriverDeath, EndsItsActorsInTheMiddleOfTheirWork) { end_driver(0.05, SIGKILL); }
TEST(DriverDeath, EndsItsActorsBetweenShortExecutions) {
  for (int i = 0; i < 5; ++i) end_driver(0, SIGKILL);
}

TEST(DriverDeath, EndsActorsThatAreStopped) {
  adopt_orphans();
  const auto known = children();
  Child driver({surroundings().driver, surroundings().plugins, surroundings().program, "0.01", surroundings().transport,
                device_of_processes()});
  ASSERT_EQ(driver.line(soon()).value_or("nothing"), "ready");
  driver.signal_group(SIGSTOP);
  driver.signal(SIGKILL);
  EXPECT_EQ(driver.wait(soon()), 128 + SIGKILL);
  EXPECT_EQ(left_children(known, soon()), std::set<int>());
}

TEST(StoppedActor, ShorterThanTheProgressDeadlineIsNoFailure) {
  TwoProcesses run(0.001);
  for (const int process : run.processes()) kill(process, SIGSTOP);
  auto future = run.runtime().execute(spans(scalar(4)), soon());
  EXPECT_EQ(caught([&] { future.get(in(std::chrono::milliseconds(300))); }).code, Code::timed_out);
  for (const int process : run.processes()) kill(process, SIGCONT);
  EXPECT_EQ(future.get(soon()).size(), 1U);
  EXPECT_EQ(run.runtime().execute(spans(scalar(4)), soon()).get(soon()).size(), 1U);
}

TEST(StoppedActor, LongerThanTheProgressDeadlineFailsThePlanAndNamesTheActor) {
  const Leftovers leftovers;
  std::set<std::string> named;
  for (size_t victim = 0; victim < 2; ++victim) {
    RunOptions how = run_options(true);
    how.progress = RunOptions::Seconds(0.5);
    how.close = RunOptions::Seconds(1);
    TwoProcesses run(0.001, how);
    ASSERT_EQ(run.processes().size(), 2U);
    run.runtime().execute(spans(scalar(4)), soon()).get(soon());
    kill(run.processes()[victim], SIGSTOP);
    auto future = run.runtime().execute(spans(scalar(4)), soon());
    const auto error = caught([&] { future.get(soon()); });
    named.insert(run.named(error.text));
    const auto later = caught([&] { run.runtime().execute(spans(scalar(4)), soon()); });
    EXPECT_NE(run.named(later.text), "") << "the plan is dead: " << later.text;
  }
  EXPECT_EQ(named.size(), 2U) << "each victim is to be named, and it alone";
  EXPECT_EQ(named.count(""), 0U);
  EXPECT_TRUE(leftovers.nothing_more());
}

/// A job that goes on until somebody interrupts it.
class EndlessJob {
 public:
  explicit EndlessJob(const std::string& actors)
      : path_(::testing::TempDir() + "endless_" + std::to_string(getpid()) + ".toml") {
    std::ofstream(path_) << "format = 1\n"
                            "[actor.a]\ndevice = \""
                         << device_of_processes() << "\"\n[actor.b]\ndevice = \"" << device_of_processes()
                         << "\"\n"
                            "[[input]]\nname = \"x\"\ndtype = \"f32\"\nshape = []\nfeed = [1.0]\n"
                            "[[node]]\nname = \"slow\"\non = \"a\"\nop = \"tensor.busy\"\n"
                            "inputs = { x = \"x\" }\nargs = { seconds = 0.01 }\n"
                            "[[node]]\nname = \"copy\"\non = \"b\"\nop = \"tensor.copy\"\ninputs = { x = \"slow\" }\n"
                            "[[output]]\nname = \"y\"\nfrom = \"copy\"\n"
                            "[run]\nexecutions = 1000000\nactors = \""
                         << actors << "\"\n";
  }
  EndlessJob(const EndlessJob&) = delete;
  EndlessJob& operator=(const EndlessJob&) = delete;
  ~EndlessJob() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Where a run is when it is interrupted.
enum class Moment { starting, running };

size_t threads_of(int process) {
  std::error_code gone;
  const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(process) + "/task", gone);
  return gone ? 0 : static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

/// Waits until the command has started both actors and, for `running`, until their lanes run.
bool reaches(const Child& command, Moment moment) {
  for (const auto until = soon(); std::chrono::steady_clock::now() < until; std::this_thread::yield()) {
    const auto actors = children(std::to_string(command.process()));
    const bool lanes = std::all_of(actors.begin(), actors.end(), [](int actor) { return threads_of(actor) > 1; });
    if (actors.size() >= 2 && (moment == Moment::starting || lanes)) return true;
  }
  return false;
}

class Interrupt : public ::testing::TestWithParam<Moment> {
 protected:
  static void interrupt(bool whole_group) {
    adopt_orphans();
    const EndlessJob job("processes");
    const Leftovers leftovers;
    const auto known = children();
    {
      Child command({surroundings().program, "run", "--set", "compile.scheduler=serial", job.path()});
      ASSERT_TRUE(reaches(command, GetParam()));
      if (whole_group)
        command.signal_group(SIGINT);
      else
        command.signal(SIGINT);
      EXPECT_EQ(command.wait(soon()), 130);
      EXPECT_EQ(left_children(known, soon()), std::set<int>());
    }
    EXPECT_TRUE(leftovers.nothing_more());
  }
};
INSTANTIATE_TEST_SUITE_P(Moments, Interrupt, ::testing::Values(Moment::starting, Moment::running),
                         [](const auto& info) { return info.param == Moment::starting ? "starting" : "running"; });

TEST_P(Interrupt, EndsTheCommandAndItsActors) { interrupt(false); }
TEST_P(Interrupt, ToTheWholeGroupAsATerminalDoesEndsThemToo) { interrupt(true); }

}  // namespace
}  // namespace stretto::testing
