// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "program.h"

namespace stretto::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Plugins : public Program {};

TEST_F(Plugins, AreListedByKind) {
  const Said said = stretto_says({"plugin", "list"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_LT(said.out.find("device     cpu"), said.out.find("transport  shm"));
  EXPECT_LT(said.out.find("transport  shm"), said.out.find("scheduler  overlap"));
  EXPECT_THAT(stretto_says({"plugin", "list", "-v"}).out, HasSubstr("shm.so"));
  const json report = json::parse(stretto_says({"plugin", "list", "--json"}).out);
  EXPECT_GE(report.at("components").size(), 5U);
  EXPECT_EQ(report.at("unusable"), json::array());
}

TEST_F(Plugins, ThatCrashOrHaveNoQueryAreReportedBesideTheOthers) {
  std::filesystem::create_symlink(variable("STRETTO_FAULTY") + "/crashing.so", path("crashing.so"));
  std::filesystem::create_symlink(variable("STRETTO_FAULTY") + "/no_query.so", path("no_query.so"));
  for (const char* command : {"list", "doctor"}) {
    std::vector<std::string> arguments{command, "--plugins", folder_.string()};
    if (std::string(command) == "list") arguments.insert(arguments.begin(), "plugin");
    const Said said = stretto_says(arguments);
    EXPECT_EQ(said.exit_code, 3);
    EXPECT_THAT(said.out + said.err, HasSubstr("crashing.so: crashed while it was loaded: signal 11"));
    EXPECT_THAT(said.out + said.err, HasSubstr("no_query.so: does not export"));
    EXPECT_THAT(said.out, HasSubstr("shm"));
  }
}

TEST_F(Plugins, AreDescribedWithOptionsOpsAndCapabilities) {
  const Said transport = stretto_says({"plugin", "info", "shm"});
  EXPECT_EQ(transport.exit_code, 0);
  EXPECT_THAT(transport.out, HasSubstr("options, under [transport.shm]:"));
  EXPECT_THAT(transport.out, HasSubstr("shares slots"));
  const Said ops = stretto_says({"plugin", "info", "tensor"});
  EXPECT_THAT(ops.out, HasSubstr("fill(value, shape?) → result: "));
  EXPECT_THAT(ops.out, HasSubstr("add(values…) → sum: "));
  const json report = json::parse(stretto_says({"plugin", "info", "tensor", "--json"}).out);
  EXPECT_EQ(report.at(0).at("kind"), "ops");
}

TEST_F(Plugins, AreAskedByFileToo) {
  const Said good = stretto_says({"plugin", "info", variable("STRETTO_PLUGINS") + "/serial.so"});
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_THAT(good.out, HasSubstr("scheduler serial: "));
  const Said bad = stretto_says({"plugin", "info", variable("STRETTO_FAULTY") + "/crashing.so"});
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_THAT(bad.err, HasSubstr("signal 11"));
}

TEST_F(Plugins, ThatAreMisspeltGetTheNearestName) {
  const Said said = stretto_says({"plugin", "info", "tensr"});
  EXPECT_EQ(said.exit_code, 3);
  EXPECT_THAT(said.err, HasSubstr("no component is named 'tensr'; did you mean 'tensor'?"));
}

TEST_F(Plugins, AndTheMachineAreShownByDoctor) {
  const Said said = stretto_says({"doctor"});
  EXPECT_EQ(said.exit_code, 0) << said.out;
  for (const char* word : {"cores", "memory", "locked memory", "folder", "cpu: 1 device"})
    EXPECT_THAT(said.out, HasSubstr(word));
  const json report = json::parse(stretto_says({"doctor", "--json"}).out);
  EXPECT_GE(report.at("machine").at("cores_usable").get<int>(), 1);
}

TEST_F(Plugins, SayWhatTheirLibrariesFound) {
  const json report = json::parse(stretto_says({"doctor", "--json"}).out);
  for (const json& plugin : report.at("plugins"))
    for (const json& component : plugin.at("components"))
      if (component.at("name") == "ucx") {
        EXPECT_THAT(component.at("findings").at(0).get<std::string>(), ::testing::StartsWith("UCX 1."));
        EXPECT_THAT(component.at("findings").at(1).get<std::string>(), HasSubstr("/memory"));
        EXPECT_THAT(component.at("findings").at(2).get<std::string>(), ::testing::StartsWith("memory of GPUs: "));
        return;
      }
  GTEST_SKIP() << "no plugin here says any: ucx was not built";
}

TEST_F(Plugins, HaveTheirVariablesShownByDoctor) {
  setenv("SHM_COLOUR", "blue", 1);
  const Said said = stretto_says({"doctor"});
  unsetenv("SHM_COLOUR");
  EXPECT_THAT(said.out, HasSubstr("variable   SHM_COLOUR=blue\n"));
}

}  // namespace
}  // namespace stretto::testing
