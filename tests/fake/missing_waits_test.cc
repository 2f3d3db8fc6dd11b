// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// A wait that is missing from a plan is found when the plan runs on fake GPUs: each kind of wait between lanes, each
/// time. The verifier would refuse such plans, so they are run without it.

#include "execution/driver.h"
#include "judge.h"
#include "launch/crew.h"
#include "profiler.h"
#include "scene.h"
#include "violations.h"

#include <algorithm>
#include <map>

namespace stretto::testing {
namespace {

constexpr int kTimes = 100;
constexpr int64_t kExecutions = 12;

/// From one GPU to another and back, every value in a single slot.
Graph there_and_back() {
  GraphBuilder build;
  const auto a = build.actor("a", "cuda", 0), b = build.actor("b", "cuda", 1);
  const auto x = build.input("x", spec(kF32, {64}));
  ChannelOptions tight;
  tight.slots = 1;
  const auto node = [&](const char* name, ActorHandle actor, const ValueRef& input) {
    return build.node(name, actor, "tensor.scale").bind("x", input).arg("factor", 2.0).channel(tight).value();
  };
  build.output("y", node("last", a, node("there", b, node("first", a, x))));
  return build.take();
}

Plan planned(const std::string& transport) {
  CompileOptions options;
  options.scheduler = "overlap";
  options.inflight = kExecutions;
  options.transport = transport;
  options.driver_transport = "shm";
  return compile(there_and_back(), options, catalogue());
}

constexpr const char* kWrongResult = "a wrong result";

Tensor all(int64_t value) { return tensor(kF32, {64}, std::vector<double>(64, static_cast<double>(value))); }

/// Of steps that actors issue, a profiler sees each.
size_t issued() {
  static auto* closed = fake::of_the_profiler<decltype(stretto_fake_closed_ranges)>("stretto_fake_closed_ranges");
  return closed();
}
bool await_issued(size_t steps) {
  static auto* await =
      fake::of_the_profiler<decltype(stretto_fake_await_closed_ranges)>("stretto_fake_await_closed_ranges");
  return await(steps);
}

/// What is issued of so many executions before anybody waits for them: what offsets keep back comes with blank rounds.
size_t issued_at_once(const Plan& plan, int64_t executions) {
  size_t sum = 0;
  for (const auto& step : plan.steps)
    if (step.lane >= 0) sum += static_cast<size_t>(std::max<int64_t>(0, executions - step.offset));
  return sum;
}

/// Runs executions that are issued before the first operation starts, until they end or something fails. The host
/// learns nothing that could stand in for a wait. Returns what failed; empty: nothing.
std::string run_unverified(const Plan& plan) {
  const auto shared = std::make_shared<const Plan>(plan);
  const auto page = ControlPage::create(*shared);
  RunOptions options = run_options(false);
  options.progress = RunOptions::Seconds(5);
  Crew crew(shared, catalogue(), page, options);
  Driver driver(shared, catalogue(), page);
  std::string failure;
  try {
    crew.run(driver.endpoints(), [&](const Error& error) { driver.kill(error); });
    driver.start();
    std::vector<int64_t> executions;
    {
      const Held held;
      const size_t steps = issued() + issued_at_once(plan, kExecutions);
      for (int64_t i = 0; i < kExecutions; ++i) {
        std::vector<Tensor> fed{all(i + 1)};
        executions.push_back(driver.execute(spans(fed), soon()));
      }
      EXPECT_TRUE(await_issued(steps)) << "not everything is issued";
    }
    for (const int64_t execution : executions)
      if (driver.get(execution, soon())[0].bytes != all(8 * (execution + 1)).bytes) failure = kWrongResult;
  } catch (const Error& error) {
    failure = error.what();
  }
  driver.close();
  driver.collect(soon());
  crew.abort();
  crew.join(std::chrono::seconds(10));
  return failure;
}

/// A wait between lanes, by where it stands in the plan.
struct Place {
  uint32_t step;
  size_t wait;
};

/// Whether a GPU's accesses show that a wait is missing: both steps touch one slot, one of them writes, and the bytes
/// come from a GPU and go to one. What the driver's host threads do is not seen.
bool seen_by_gpus(const Plan& plan, const Step& from, const Step& to) {
  const auto hosts = [&](const Step& step) {
    if (step.channel < 0) return false;
    const auto& channel = plan.channels[static_cast<size_t>(step.channel)];
    return channel.writer == plan.driver() || channel.readers.front().actor == plan.driver();
  };
  if (hosts(from) || hosts(to)) return false;
  const auto meet = [](const Numbers& written, const Numbers& touched) {
    return std::any_of(written.begin(), written.end(),
                       [&](uint32_t ring) { return std::find(touched.begin(), touched.end(), ring) != touched.end(); });
  };
  return meet(from.results, to.inputs) || meet(from.results, to.results) || meet(from.inputs, to.results);
}

Plan without(Plan plan, const Place& place) {
  auto& waits = plan.steps[place.step].waits;
  std::vector<Wait> left(waits.begin(), waits.end());
  left.erase(left.begin() + static_cast<std::ptrdiff_t>(place.wait));
  waits.assign(left.begin(), left.end());
  return plan;
}

bool refused(const Plan& plan) {
  try {
    verify(plan);
    return false;
  } catch (const Error&) {
    return true;
  }
}

/// The waits that the plan can't do without, by kind: "RECEIVE before COMPUTE", "… before its slot is used again".
std::map<std::string, std::vector<Place>> needed_waits(const Plan& plan) {
  std::map<std::string, std::vector<Place>> found;
  for (uint32_t number = 0; number < plan.steps.size(); ++number)
    for (size_t i = 0; i < plan.steps[number].waits.size(); ++i) {
      const Wait& wait = plan.steps[number].waits[i];
      const Step &from = plan.steps[wait.from], &to = plan.steps[number];
      if (wait.by != Wait::By::lane || wait.tokens >= kExecutions / 2 || !seen_by_gpus(plan, from, to) ||
          !refused(without(plan, {number, i})))
        continue;
      const std::string kind = std::string(to_text(from.kind)) + " before " + to_text(to.kind);
      found[wait.tokens > 0 ? kind + " into its slot" : kind].push_back({number, i});
    }
  return found;
}

class MissingWait : public ::testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  void SetUp() override { expect_violations(); }
  void TearDown() override { forgive(); }
};

TEST_P(MissingWait, IsFoundEachTime) {
  const auto [transport, kind] = GetParam();
  const Plan plan = planned(transport);
  const auto needed = needed_waits(plan);
  std::string kinds;
  for (const auto& [name, places] : needed) kinds += "\n  " + name;
  const auto found = needed.find(kind);
  ASSERT_NE(found, needed.end()) << "there are:" << kinds;
  ASSERT_EQ(run_unverified(plan), "") << "the whole plan";
  ASSERT_EQ(violation(), "") << "the whole plan";
  for (int i = 0; i < kTimes; ++i) {
    const Place& place = found->second[static_cast<size_t>(i) % found->second.size()];
    const std::string failure = run_unverified(without(plan, place));
    // Where only the host made an order, and the wrong one, it is the poison of fresh memory that shows.
    ASSERT_TRUE(violation().find("nothing orders") != std::string::npos || failure == kWrongResult)
        << "time " << i << ", in front of " << plan.steps[place.step].name << ", failed with '" << failure << "'";
    forgive();
  }
}

std::string name_of(const ::testing::TestParamInfo<std::pair<const char*, const char*>>& info) {
  std::string name = info.param.second;
  std::erase(name, ' ');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Nccl, MissingWait,
                         ::testing::Values(std::pair("nccl", "COMPUTE before SEND"),
                                           std::pair("nccl", "SEND before COMPUTE into its slot"),
                                           std::pair("nccl", "RECEIVE before COMPUTE"),
                                           std::pair("nccl", "COMPUTE before RECEIVE into its slot")),
                         name_of);
// Not the others: behind a transport that the host drives, what a courier knows when it raises a word may cover for a
// wait between a copy and a computation.
INSTANTIATE_TEST_SUITE_P(Shm, MissingWait,
                         ::testing::Values(std::pair("shm", "COMPUTE before COPY"),
                                           std::pair("shm", "COPY before SEND"),
                                           std::pair("shm", "RECEIVE before COPY")),
                         name_of);

}  // namespace
}  // namespace stretto::testing
