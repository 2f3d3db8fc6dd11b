// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What every transport with collectives must do between actors of one process. A backend joins with
///
///     INSTANTIATE_TEST_SUITE_P(Nccl, CollectivesContract, testing::Values(TransportUnderTest{{"nccl", "nccl"}, …}));

#include "ensemble.h"
#include "numbers.h"

namespace stretto::contract {

class CollectivesContract : public testing::TestWithParam<TransportUnderTest> {
 protected:
  static std::unique_ptr<Ensemble> connected(uint32_t actors, const std::vector<CollectivePlan>& collectives,
                                             std::vector<ChannelPlan> channels = {}) {
    auto ensemble = std::make_unique<Ensemble>(GetParam(), actors, std::move(channels), collectives);
    const Outcome outcome = ensemble->connect();
    if (outcome.code != Code::ok) throw Error(outcome.code, "connect: " + outcome.message);
    return ensemble;
  }

  /// Small whole numbers, told by member, execution and element: no order of reduction rounds.
  static double number(size_t member, int64_t execution, uint64_t at) {
    return static_cast<double>((member + 2 * static_cast<uint64_t>(execution) + at) % 5 + 1);
  }
  static Value input(const CollectivePlan& plan, size_t member, int64_t execution) {
    std::vector<double> numbers;
    for (uint64_t at = 0; at < plan.elements; ++at) numbers.push_back(number(member, execution, at));
    return rounded(plan.dtype, {static_cast<int64_t>(plan.elements)}, numbers);
  }
  static double combined(int32_t reduction, double a, double b) {
    switch (reduction) {
      case STRETTO_REDUCE_PRODUCT: return a * b;
      case STRETTO_REDUCE_MIN: return std::min(a, b);
      case STRETTO_REDUCE_MAX: return std::max(a, b);
      default: return a + b;
    }
  }
  static Value expected(const CollectivePlan& plan, size_t member, int64_t execution) {
    std::vector<double> numbers;
    const auto reduced = [&](uint64_t at) {
      double total = number(0, execution, at);
      for (size_t other = 1; other < plan.members.size(); ++other)
        total = combined(plan.reduction, total, number(other, execution, at));
      return total;
    };
    const uint64_t part = plan.elements / plan.members.size();
    switch (plan.kind) {
      case STRETTO_ALL_REDUCE:
        for (uint64_t at = 0; at < plan.elements; ++at) numbers.push_back(reduced(at));
        break;
      case STRETTO_REDUCE_SCATTER:
        for (uint64_t at = member * part; at < (member + 1) * part; ++at) numbers.push_back(reduced(at));
        break;
      case STRETTO_ALL_GATHER:
        for (size_t other = 0; other < plan.members.size(); ++other)
          for (uint64_t at = 0; at < plan.elements; ++at) numbers.push_back(number(other, execution, at));
        break;
      case STRETTO_BROADCAST:
        for (uint64_t at = 0; at < plan.elements; ++at) numbers.push_back(number(plan.root, execution, at));
        break;
    }
    const auto count = static_cast<int64_t>(numbers.size());
    return rounded(plan.dtype, {count}, numbers);
  }

  /// One member's part in one execution. Blocks. One thread for each actor.
  static Outcome take_part(Ensemble& ensemble, uint32_t id, const CollectivePlan& plan, size_t member,
                           int64_t execution) {
    const uint32_t actor = plan.members[member];
    const auto& device = ensemble.device(actor);
    auto& lane = ensemble.lane(actor);
    const bool gives = plan.kind != STRETTO_BROADCAST || plan.root == member;
    const Value mine = input(plan, member, execution);
    const Value wanted = expected(plan, member, execution);
    PinnedBytes given(device, mine.bytes);
    PinnedBytes got(device, wanted.bytes.size());
    const DeviceMemory from(device, mine.bytes.size());
    const DeviceMemory into(device, wanted.bytes.size());
    lane.copy(from.data(), given.data(), mine.bytes.size());
    const auto& api = ensemble.transport(actor).api();
    stretto_end* part = ensemble.transport(actor).part(id);
    const Outcome joined =
        lane.run([&](const stretto_native& native, const stretto_sink* sink) {
              return api.lane_collective(part, &native, gives ? from.data() : nullptr, into.data(), sink);
            })
            .get();
    lane.copy(got.data(), into.data(), wanted.bytes.size());
    const Outcome settled = lane.settle();
    EXPECT_TRUE(got.bytes() == wanted.bytes)
        << "collective " << id << ", member " << member << ", execution " << execution << ", " << to_text(plan.dtype);
    return joined.code != Code::ok ? joined : settled;
  }

  /// Every actor takes its parts in the collectives in their order, so many times.
  static void run(Ensemble& ensemble, uint32_t actors, const std::vector<CollectivePlan>& plans, int64_t executions) {
    std::vector<std::thread> threads;
    for (uint32_t actor = 0; actor < actors; ++actor)
      threads.emplace_back([&, actor] {
        for (int64_t execution = 0; execution < executions; ++execution)
          for (uint32_t id = 0; id < plans.size(); ++id) {
            const auto& members = plans[id].members;
            const auto found = std::ranges::find(members, actor);
            if (found == members.end()) continue;
            const auto member = static_cast<size_t>(std::distance(members.begin(), found));
            EXPECT_TRUE(succeeded(take_part(ensemble, id, plans[id], member, execution)));
          }
      });
    for (auto& thread : threads) thread.join();
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CollectivesContract);

TEST_P(CollectivesContract, SaysThatItHasThem) {
  const auto& subject = GetParam().subject;
  const auto& component = load_component(plugin_path(subject.plugin), STRETTO_TRANSPORT, subject.component);
  const auto& api = *static_cast<const stretto_transport_api*>(component.api);
  EXPECT_NE(api.flags & STRETTO_TRANSPORT_COLLECTIVES, 0U);
  EXPECT_NE(api.flags & STRETTO_TRANSPORT_STREAM_ORDERED, 0U);
  EXPECT_NE(reinterpret_cast<const void*>(api.collective), nullptr);
  EXPECT_NE(reinterpret_cast<const void*>(api.lane_collective), nullptr);
}

TEST_P(CollectivesContract, EachKindGivesEveryMemberWhatIsItsOwn) {
  std::vector<CollectivePlan> plans;
  for (const auto kind : {STRETTO_ALL_REDUCE, STRETTO_ALL_GATHER, STRETTO_REDUCE_SCATTER, STRETTO_BROADCAST}) {
    const bool reduces = kind == STRETTO_ALL_REDUCE || kind == STRETTO_REDUCE_SCATTER;
    plans.push_back({.kind = kind, .reduction = reduces ? STRETTO_REDUCE_SUM : 0, .members = {0, 1, 2, 3}, .root = 2});
  }
  auto ensemble = connected(4, plans);
  run(*ensemble, 4, plans, 5);
}

TEST_P(CollectivesContract, ReducesEveryWayAndType) {
  std::vector<CollectivePlan> plans;
  for (const int32_t way : {STRETTO_REDUCE_SUM, STRETTO_REDUCE_PRODUCT, STRETTO_REDUCE_MIN, STRETTO_REDUCE_MAX})
    for (const DType dtype : all_numbers())
      plans.push_back({.reduction = way, .dtype = dtype, .elements = 1001, .members = {1, 0}});
  auto ensemble = connected(2, plans);
  run(*ensemble, 2, plans, 2);
}

TEST_P(CollectivesContract, TheOrderOfTheSetIsThatOfTheParts) {
  const std::vector<CollectivePlan> plans{{.kind = STRETTO_ALL_GATHER, .reduction = 0, .members = {2, 0, 1}},
                                          {.kind = STRETTO_REDUCE_SCATTER, .members = {2, 0, 1}},
                                          {.kind = STRETTO_BROADCAST, .reduction = 0, .members = {2, 0, 1}, .root = 1}};
  auto ensemble = connected(3, plans);
  run(*ensemble, 3, plans, 3);
}

TEST_P(CollectivesContract, SetsMayOverlap) {
  const std::vector<CollectivePlan> plans{{.members = {0, 1, 2}},
                                          {.members = {2, 1, 3}},
                                          {.kind = STRETTO_ALL_GATHER, .reduction = 0, .members = {3, 0}},
                                          {.members = {0, 1, 2, 3}}};
  auto ensemble = connected(4, plans);
  run(*ensemble, 4, plans, 10);
}

TEST_P(CollectivesContract, StandBesideChannelsOfTheSameActors) {
  const std::vector<CollectivePlan> plans{{.members = {1, 0}}};
  auto ensemble = connected(2, plans, {{.slots = 1, .slot_bytes = 100}});
  std::thread writer([&] {
    for (int64_t execution = 0; execution < 10; ++execution) {
      EXPECT_TRUE(succeeded(send_message(*ensemble, 0, execution, message_bytes(0, execution, 100))));
      EXPECT_TRUE(succeeded(take_part(*ensemble, 0, plans[0], 1, execution)));
    }
  });
  for (int64_t execution = 0; execution < 10; ++execution) {
    std::vector<std::byte> payload;
    EXPECT_TRUE(succeeded(receive_message(*ensemble, 0, 0, execution, 100, payload)));
    EXPECT_TRUE(payload == message_bytes(0, execution, 100));
    EXPECT_TRUE(succeeded(take_part(*ensemble, 0, plans[0], 0, execution)));
  }
  writer.join();
}

TEST_P(CollectivesContract, AbortEndsTheWaitForAMemberThatDoesNotCome) {
  const std::vector<CollectivePlan> plans{{.members = {0, 1}}};
  auto ensemble = connected(2, plans);
  auto& lane = ensemble->lane(0);
  const DeviceMemory from(ensemble->device(0), 48), into(ensemble->device(0), 48);
  auto joining = std::async(std::launch::async, [&] {
    const Outcome joined = lane.run([&](const stretto_native& native, const stretto_sink* sink) {
                                 return ensemble->transport(0).api().lane_collective(
                                     ensemble->transport(0).part(0), &native, from.data(), into.data(), sink);
                               })
                               .get();
    const Outcome settled = lane.settle();
    return joined.code != Code::ok ? joined : settled;
  });
  for (uint32_t actor = 0; actor < 2; ++actor) {
    ensemble->transport(actor).abort();
    ensemble->device(actor).abort();
  }
  EXPECT_TRUE(failed_with(Code::cancelled, joining.get()));
}

}  // namespace stretto::contract
