// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "program.h"

namespace stretto::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class ACheckOfAPlugin : public Program {
 protected:
  static json checked(const std::string& file, int exit_code) {
    const Said said = stretto_says({"plugin", "check", file, "--json"});
    EXPECT_EQ(said.exit_code, exit_code) << said.out << said.err;
    return json::parse(said.out);
  }
  static std::string faulty(const std::string& name) { return variable("STRETTO_FAULTY") + "/" + name + ".so"; }
};

TEST_F(ACheckOfAPlugin, FindsNothingBrokenInThoseOfThisTree) {
  for (const char* name : {"cpu", "shm", "serial", "overlap", "tensor_cpu", "blas_cpu"}) {
    const std::string file = variable("STRETTO_PLUGINS") + "/" + name + ".so";
    if (!std::filesystem::exists(file)) continue;  // an optional library was not there to build it
    const json report = checked(file, 0);
    EXPECT_EQ(report.at("ok"), true);
    int holds = 0;
    for (const json& check : report.at("checks")) holds += check.at("state") == "holds" ? 1 : 0;
    EXPECT_GE(holds, 4) << name << report.dump(1);
  }
}

TEST_F(ACheckOfAPlugin, PrintsEachClaimAndACount) {
  const Said said = stretto_says({"plugin", "check", variable("STRETTO_PLUGINS") + "/serial.so"});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.out, HasSubstr("holds      scheduler serial: a job with 2 executions under way is verified"));
  EXPECT_THAT(said.out, HasSubstr(" hold, 0 broken, "));
  EXPECT_THAT(stretto_says({"plugin", "check", "-q", variable("STRETTO_PLUGINS") + "/serial.so"}).out,
              Not(HasSubstr("holds      ")));
}

TEST_F(ACheckOfAPlugin, ReportsACrashWithItsLastWords) {
  const json report = checked(faulty("crashing"), 3);
  EXPECT_EQ(report.at("ok"), false);
  EXPECT_EQ(report.at("checks").at(0).at("check"), "it loads");
  EXPECT_THAT(report.at("checks").at(0).at("reason"), HasSubstr("crashed: signal 11"));
  EXPECT_THAT(report.at("checks").at(0).at("reason"), HasSubstr("last words of the crashing plugin"));
}

TEST_F(ACheckOfAPlugin, ReportsWhatTheTablesGetWrong) {
  EXPECT_THAT(checked(faulty("null_function"), 3).dump(), HasSubstr("the required function `connect` is NULL"));
  EXPECT_THAT(checked(faulty("no_query"), 3).dump(), HasSubstr("does not export"));
}

TEST_F(ACheckOfAPlugin, OfNoFileIsAWrongCommandLine) {
  EXPECT_EQ(stretto_says({"plugin", "check", path("none.so")}).exit_code, 2);
  EXPECT_EQ(checked(write("text.so", "no library"), 3).at("ok"), false);
}

}  // namespace
}  // namespace stretto::testing
