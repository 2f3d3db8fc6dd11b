// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Lanes and the hardware queues of a GPU that CUDA's MPS serves, where processes share them: a lane for which there is
/// no queue is refused, since it could hold the others up for ever.

#include "leftovers.h"
#include "scene.h"
#include "violations.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace stretto::testing {
namespace {

/// A folder that looks as if MPS served it.
class Mps : public ::testing::Environment {
 public:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "stretto-mps-" + std::to_string(getpid());
    std::filesystem::create_directory(folder_);
    std::ofstream(folder_ / "control").close();
    unsetenv("CUDA_DEVICE_MAX_CONNECTIONS");
    setenv("CUDA_MPS_PIPE_DIRECTORY", folder_.c_str(), 1);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

 private:
  std::filesystem::path folder_;
};
const auto* const mps = ::testing::AddGlobalTestEnvironment(new Mps);

/// A value that goes through so many actors on one GPU.
Graph row(int actors) {
  GraphBuilder build("row");
  ValueRef value = build.input("x", kScalar);
  for (int i = 0; i < actors; ++i) {
    const auto number = std::to_string(i);
    value = build.node("double" + number, build.actor("actor" + number, "cuda", 0), "tensor.scale")
                .bind("x", value)
                .arg("factor", 2.0)
                .value();
  }
  build.output("y", value);
  return build.take();
}

/// So many actors on one GPU that have nothing to do with each other.
Graph side_by_side(int actors) {
  GraphBuilder build("side by side");
  for (int i = 0; i < actors; ++i) {
    const auto number = std::to_string(i);
    build.output("y" + number, build.node("double" + number, build.actor("actor" + number, "cuda", 0), "tensor.scale")
                                   .bind("x", build.input("x" + number, kScalar))
                                   .arg("factor", 2.0)
                                   .value());
  }
  return build.take();
}

CompileOptions options(bool processes, bool crowded = false) {
  CompileOptions made;
  made.scheduler = "overlap";
  made.inflight = 2;
  made.processes = processes;
  Arguments device;
  device["crowded"].value = crowded;
  made.components.push_back({"device", "cuda", device, {}});
  return made;
}

size_t lanes(const Plan& plan) {
  return static_cast<size_t>(
      std::ranges::count_if(plan.lanes, [&](const PlanLane& lane) { return !plan.actors[lane.actor].blocking; }));
}

TEST(Queues, AreFewUnderMpsSoThatProcessesFit) {
  const Graph graph = row(4);
  EXPECT_TRUE(agrees(graph, options(true), small_numbers(graph, 6)));
  EXPECT_STREQ(std::getenv("CUDA_DEVICE_MAX_CONNECTIONS"), "8");
}

TEST(Queues, LanesOfOneProcessThatFindNoneAreRefused) {
  const Graph fits = row(2), too_many = row(4);
  ASSERT_LE(lanes(compile(fits, options(false), catalogue())), 8U);
  ASSERT_GT(lanes(compile(too_many, options(false), catalogue())), 8U);
  EXPECT_TRUE(agrees(fits, options(false), small_numbers(fits, 6)));
  const auto error =
      caught([&] { Runtime::open(compile(too_many, options(false), catalogue()), catalogue(), run_options(false)); });
  EXPECT_EQ(error.code, Code::overloaded) << error.text;
  for (const char* part : {"more lanes on CUDA device 0 than it has queues, 8,", "run actors as processes",
                           "CUDA_DEVICE_MAX_CONNECTIONS", "crowded = true"})
    EXPECT_NE(error.text.find(part), std::string::npos) << error.text;
  EXPECT_EQ(violation(), "");
  EXPECT_EQ(of_the_fake<size_t()>("stretto_fake_leaks")(), 0U);
  EXPECT_TRUE(agrees(fits, options(false), small_numbers(fits, 6))) << "what was refused has left lanes behind";
}

TEST(Queues, MayBeSharedWhereTheJobSaysSo) {
  const Graph graph = side_by_side(6);
  ASSERT_GT(lanes(compile(graph, options(false), catalogue())), 8U);
  EXPECT_TRUE(agrees(graph, options(false, true), small_numbers(graph, 6)));
}

}  // namespace
}  // namespace stretto::testing
