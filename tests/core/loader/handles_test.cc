// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/handles.h"

#include <cstdlib>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace stretto {
namespace {

using ::testing::HasSubstr;

Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(30); }

/// The house plugins, with complete settings.
class Handles : public ::testing::Test {
 protected:
  DeviceHandle device() {
    const auto& component = catalogue_.find(STRETTO_DEVICE, "cpu");
    return DeviceHandle::open(component, 0, defaults(component.raw->options, component.raw->option_count));
  }
  static Arguments defaults(const stretto_option* const* schema, uint32_t count, const Arguments& given = {}) {
    return check_arguments(given, schema, count, "option", {});
  }
  static std::vector<std::filesystem::path> folders() {
    const char* folder = std::getenv("STRETTO_PLUGINS");
    if (folder == nullptr) throw std::runtime_error("STRETTO_PLUGINS is not set: run with `meson test`");
    return {folder};
  }
  /// One round of one actor. It owns the descriptors that it is told; those in `mine` stay valid until its next round
  /// only, so each other actor gets its own.
  static bool connect(TransportHandle& transport, uint32_t round, const std::vector<Blob>& told, Blob& mine) {
    std::vector<BlobView> views;
    for (const auto& blob : told) views.push_back({blob.bytes, blob.descriptors});
    return transport.connect(round, views, mine, soon());
  }
  static Blob copy_of(const Blob& blob) {
    Blob copy = blob;
    for (auto& descriptor : copy.descriptors) descriptor = dup(descriptor);
    return copy;
  }

  Catalogue catalogue_{folders()};
};

TEST_F(Handles, OfADeviceOpenMemoryLanesAndSemaphores) {
  auto cpu = device();
  EXPECT_TRUE(cpu.blocking());
  EXPECT_TRUE(cpu.host_accessible());
  auto lane = cpu.open_lane("lane", 0);
  EXPECT_STREQ(lane.native().kind, "host");
  auto semaphore = cpu.open_semaphore();
  void* memory = cpu.allocate(64);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0U);
  const int64_t value = 42;
  lane.copy(memory, &value, sizeof value);
  lane.signal(semaphore, 3);
  semaphore.host_wait(3, soon());
  lane.wait(semaphore, 2);
  EXPECT_EQ(std::memcmp(memory, &value, sizeof value), 0);
  cpu.free(memory);
  cpu.status();
}

TEST_F(Handles, ThrowWhatThePluginReports) {
  auto cpu = device();
  auto semaphore = cpu.open_semaphore();
  try {
    semaphore.host_wait(1, std::chrono::steady_clock::now());
    FAIL() << "nobody has signalled";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::timed_out);
  }
  cpu.abort();
  try {
    semaphore.host_wait(1, soon());
    FAIL() << "the device was aborted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::cancelled);
  }
}

TEST_F(Handles, MayBeMovedAndAssignedOver) {
  DeviceHandle first;  // outlives its semaphores
  auto cpu = device();
  auto semaphore = cpu.open_semaphore();
  auto other = std::move(semaphore);
  semaphore = cpu.open_semaphore();
  semaphore.host_signal(1);
  other.host_signal(2);
  other.host_wait(2, soon());
  semaphore.host_wait(1, soon());
  first = std::move(cpu);
  cpu = device();
  cpu = device();
  cpu.open_semaphore().host_signal(1);
}

TEST_F(Handles, OfATransportCarryAMessage) {
  auto cpu = device();
  auto lane = cpu.open_lane("lane", 1);
  const auto& component = catalogue_.find(STRETTO_TRANSPORT, "shm");
  const auto settings = defaults(component.raw->options, component.raw->option_count);
  auto writer = TransportHandle::open(component, {0, 2, settings, lane.native()});
  auto reader = TransportHandle::open(component, {1, 2, settings, lane.native()});
  EXPECT_NE(writer.flags() & STRETTO_TRANSPORT_SHARES_SLOTS, 0U);
  const ChannelInfo channel{0, 2, 8, 64, 0, {1}, "x → reader"};
  auto from = writer.writer(channel);
  auto to = reader.reader(channel);
  std::vector<Blob> writer_is_told;
  std::vector<Blob> reader_is_told;
  for (uint32_t round = 0, done = 0; done < 2; ++round) {
    Blob writers;
    Blob readers;
    done = (connect(writer, round, writer_is_told, writers) ? 1U : 0U) +
           (connect(reader, round, reader_is_told, readers) ? 1U : 0U);
    if (done == 2) break;
    writer_is_told = {copy_of(writers), copy_of(readers)};
    reader_is_told = {copy_of(writers), copy_of(readers)};
  }
  const int64_t note = 7;
  int64_t received = 0;
  from.acquire(0, soon());
  std::memcpy(from.slot(0), "hello", 6);
  from.send(0, 6, &note, soon());
  EXPECT_EQ(to.receive(0, &received, soon()), 6U);
  EXPECT_EQ(received, 7);
  EXPECT_STREQ(static_cast<const char*>(to.slot(0)), "hello");
  to.release(0);
  reader.abort();
  writer.abort();
}

TEST_F(Handles, OfAnOpInferPrepareAndLaunch) {
  const auto& library = catalogue_.find_ops("tensor", "host");
  const auto scale = OpHandle::find(library, "scale");
  const auto args = defaults(scale.raw().args, scale.raw().arg_count, {{"factor", {3.0, {}}}});
  const std::vector<Spec> inputs{{kF32, {2}, 8}};
  const std::vector<uint32_t> counts{1};
  const auto inference = scale.infer(inputs, counts, args);
  ASSERT_EQ(inference.results.size(), 1U);
  EXPECT_EQ(inference.results[0].shape, Shape{2});

  auto cpu = device();
  auto lane = cpu.open_lane("lane", 0);
  auto kernel = scale.prepare(inputs, counts, args, lane.native());
  float x[2] = {1, -2};
  float y[2] = {};
  stretto_tensor input{sizeof(stretto_tensor), kF32.raw(), 1, 0, {2}, x, sizeof x};
  stretto_tensor result{sizeof(stretto_tensor), kF32.raw(), 1, 0, {2}, y, sizeof y};
  const stretto_tensor* const input_list[] = {&input};
  stretto_tensor* const result_list[] = {&result};
  kernel.launch({sizeof(stretto_launch), 1, 1, 0, 0, &lane.native(), input_list, result_list, nullptr});
  EXPECT_EQ(y[0], 3.0F);
  EXPECT_EQ(y[1], -6.0F);
}

TEST_F(Handles, OfAnOpNameTheNearestWhereThereIsNone) {
  try {
    OpHandle::find(catalogue_.find_ops("tensor", "host"), "scael");
    FAIL() << "there is an op 'scael'";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
    EXPECT_THAT(error.what(), HasSubstr("has no op 'scael'; did you mean 'scale'?"));
  }
}

TEST_F(Handles, OfAnOpLibraryAreForOneKindOfDevice) {
  try {
    catalogue_.find_ops("tensor", "tape");
    FAIL() << "tensor was found for 'tape' devices";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::unavailable);
    EXPECT_THAT(error.what(), ::testing::ContainsRegex("it is there for .*'host'"));
  }
}

}  // namespace
}  // namespace stretto
