// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/cost_file.h"

#include "scratch.h"

#include <gtest/gtest.h>

namespace stretto {
namespace {

class ACostFile : public ::testing::Test {
 protected:
  Costs read(const std::string& text) { return read_costs(folder_.write("costs.toml", text)); }
  std::string refusal(const std::string& text) {
    try {
      read(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::invalid_argument);
      const std::string what = error.what();
      return what.substr(what.find("costs.toml"));
    }
    return "";
  }
  ScratchFolder folder_;
};

TEST_F(ACostFile, SaysWhatItSays) {
  const auto costs = read(R"(format = 1
[device.cpu]
flops = 2e10
launch = "2 us"
capacity = 2
[device.cpu.op]
"blas.matmul f32[8, 8] f32[8, 8] -> f32[8, 8]" = "21 ms"
[transport.shm]
latency = 1e-5
[[link]]
transport = "ucx"
from = "a"
to = "b"
bandwidth = 1000000000
resource = "port of a"
)");
  const auto& cpu = costs.devices.at("cpu");
  EXPECT_EQ(cpu.flops, 2e10);
  EXPECT_EQ(cpu.launch, 2e-6);
  EXPECT_EQ(cpu.capacity, 2U);
  EXPECT_FALSE(cpu.bandwidth.has_value());
  EXPECT_EQ(cpu.ops.at("blas.matmul f32[8, 8] f32[8, 8] -> f32[8, 8]"), 0.021);
  EXPECT_EQ(costs.transports.at("shm").latency, 1e-5);
  EXPECT_FALSE(costs.transports.at("shm").send.has_value());
  ASSERT_EQ(costs.links.size(), 1U);
  EXPECT_EQ(costs.links[0].to, "b");
  EXPECT_EQ(costs.links[0].transfer.bandwidth, 1e9);
  EXPECT_EQ(costs.links[0].resource, "port of a");
}

TEST_F(ACostFile, ReadsBackWhatIsWritten) {
  Costs costs;
  costs.devices["cpu"].ops["tensor.scale(factor = 2.5, name = \"x\") f32[8] -> f32[8]"] = 1.25e-7;
  costs.devices["cpu"].flops = 12345678901.0;
  costs.devices["cpu"].ops["a.b(text = \"\n\x7f\\\")"] = 1;
  costs.devices["gpu:0"].launch = 3e-6;
  costs.transports["ucx"] = {1e-6, 0.1, std::nullopt};
  costs.links.push_back({"ucx", "sender[0]", "receiver", {std::nullopt, std::nullopt, 1e10}, "port of sender[0]"});
  const auto text = to_toml(costs);
  const auto again = read(text);
  EXPECT_EQ(to_toml(again), text);
  EXPECT_EQ(again.devices.at("cpu").ops, costs.devices.at("cpu").ops);
  EXPECT_EQ(again.links.at(0).from, "sender[0]");
  EXPECT_EQ(again.links.at(0).resource, "port of sender[0]");
}

TEST_F(ACostFile, IsRefusedWithAPosition) {
  EXPECT_EQ(refusal("[device.cpu]\nflop = 1e9\n").substr(0, 15), "costs.toml:2:1:");
  EXPECT_NE(refusal("[device.cpu]\nflop = 1e9\n").find("'flops'"), std::string::npos);
  EXPECT_EQ(refusal("[device.cpu.op]\n\"a.b ->\" = \"soon\"\n").substr(0, 13), "costs.toml:2:");
  EXPECT_EQ(refusal("[device.cpu.op]\n\"a.b ->\" = -1\n").substr(0, 13), "costs.toml:2:");
  EXPECT_EQ(refusal("[device.cpu.op]\n\"a.b ->\" = 1e300\n").substr(0, 13), "costs.toml:2:");
  EXPECT_EQ(refusal("[transport.shm]\nbandwidth = 0\n").substr(0, 13), "costs.toml:2:");
  EXPECT_NE(refusal("[transport.shm]\nlatency = inf\n").find("from 0 to 1000000000"), std::string::npos);
  EXPECT_NE(refusal("[[link]]\ntransport = \"shm\"\n").find("from"), std::string::npos);
  EXPECT_NE(refusal("format = 2\n"), "");
}

}  // namespace
}  // namespace stretto
