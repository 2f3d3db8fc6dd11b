// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "program.h"

namespace stretto::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class AComparison : public Program {};

TEST_F(AComparison, RunsEachVariantAsOftenAsAskedInTurnsForwardsAndBackwards) {
  const Said said =
      stretto_says({"compare", job(), "--vary", "compile.scheduler=serial,overlap", "--repeat", "2", "-v", "--json"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  const auto at = [&](const std::string& words) { return said.err.find(words); };
  EXPECT_LT(at("run 1 of 4, compile.scheduler=serial: "), at("run 2 of 4, compile.scheduler=overlap: "));
  EXPECT_LT(at("run 2 of 4, compile.scheduler=overlap: "), at("run 3 of 4, compile.scheduler=overlap: "));
  EXPECT_LT(at("run 3 of 4, compile.scheduler=overlap: "), at("run 4 of 4, compile.scheduler=serial: "));
  EXPECT_NE(at("run 4 of 4, compile.scheduler=serial: "), std::string::npos);
  const json variants = json::parse(said.out).at("variants");
  ASSERT_EQ(variants.size(), 2U);
  for (const json& variant : variants) {
    EXPECT_EQ(variant.at("runs").size(), 2U);
    EXPECT_GT(variant.at("duration").get<double>(), 0);
    EXPECT_LE(variant.at("least"), variant.at("duration"));
    EXPECT_LE(variant.at("duration"), variant.at("most"));
    EXPECT_GT(variant.at("m").get<double>(), 0);
    EXPECT_GT(variant.at("t").get<double>(), 0);
    EXPECT_GT(variant.at("bound").get<double>(), 0);
    EXPECT_EQ(variant.at("m_step").get<std::string>().substr(0, 7), "COMPUTE");
    EXPECT_GT(variant.at("phi").get<double>(), 0);
  }
  EXPECT_EQ(variants.at(0).at("reduction"), 0);
}

TEST_F(AComparison, SetsTheBoundAgainstTheRunThatItWasMeasuredIn) {
  const Said said =
      stretto_says({"compare", job(), "--vary", "compile.scheduler=serial,overlap", "--repeat", "1", "--json"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  const json variants = json::parse(said.out).at("variants");
  ASSERT_EQ(variants.size(), 2U);
  for (const json& variant : variants)
    EXPECT_DOUBLE_EQ(variant.at("phi").get<double>(),
                     variant.at("bound").get<double>() / variant.at("duration").get<double>());
}

TEST_F(AComparison, OfTwoKeysHasEveryCombination) {
  const Said said = stretto_says({"compare", job(), "--vary", "compile.scheduler=serial,overlap", "--vary",
                                  "compile.inflight=1,2", "--repeat", "1"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(said.err, "");
  for (const char* word : {"variant", "reduction", "φ", "η", "CPU", "compile.scheduler=serial compile.inflight=1",
                           "compile.scheduler=overlap compile.inflight=2", "t: RECEIVE make", "m: COMPUTE "})
    EXPECT_THAT(said.out, HasSubstr(word));
}

TEST_F(AComparison, IsPredictedWithoutRunning) {
  const Said said =
      stretto_says({"compare", job(), "--vary", "compile.scheduler=serial,overlap", "--simulate", "--json"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  const json variants = json::parse(said.out).at("variants");
  EXPECT_EQ(variants.at(0).at("runs"), json::array());
  EXPECT_LE(variants.at(1).at("duration"), variants.at(0).at("duration")) << "overlap is never predicted slower";
  EXPECT_LE(variants.at(1).at("phi").get<double>(), 1.0 + 1e-9);
}

TEST_F(AComparison, KeepsCommasInsideBracketsAndQuotes) {
  const Said said = stretto_says({"compare", job("expect = [[2, 2, 2, 2], [4, 4, 4, 4], [8, 8, 8, 8]]\n", ""), "--vary",
                                  "node.make.args.shape=[4],[2, 3]", "--repeat", "1", "--json"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(json::parse(said.out).at("variants").at(1).at("variant"), "node.make.args.shape=[2, 3]");
}

TEST_F(AComparison, WhoseVariantDoesNotCompileNamesItAndRunsNothing) {
  const Said said = stretto_says({"compare", job(), "--vary", "compile.scheduler=serial,overlpa"});
  EXPECT_EQ(said.exit_code, 3);
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(said.err, HasSubstr("variant compile.scheduler=overlpa: "));
  EXPECT_THAT(said.err, HasSubstr("did you mean 'overlap'?"));
}

TEST_F(AComparison, WhoseVariantFailsShowsTheOthersAndExitsWith1) {
  const std::string file = job("expect = [[2, 2, 2, 2], [4, 4, 4, 4], [8, 8, 8, 8]]", "expect = [2, 2, 2, 2]");
  const Said said = stretto_says({"compare", file, "--vary", "run.executions=1,3", "--repeat", "2"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.out, HasSubstr("run.executions=1"));
  EXPECT_THAT(said.out, Not(HasSubstr("run.executions=3")));
  EXPECT_THAT(said.err, HasSubstr("variant run.executions=3: "));
  EXPECT_THAT(said.err, HasSubstr("expected 2, found 4"));
}

TEST_F(AComparison, RefusesWhatItCannotVary) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases{
      {{}, "--vary"},
      {{"--vary", "compile.inflight"}, "expected KEY=VALUE,VALUE"},
      {{"--vary", "compile.inflight=1"}, "found one value"},
      {{"--vary", "compile.inflight=1,1"}, "found '1' twice"},
      {{"--vary", "run.executions=1,2", "--vary", "run.executions=3,4"}, "found the key twice"},
      {{"--vary", "compile.inflight=1,2", "--repeat", "0"}, "--repeat"},
      {{"--vary", "compile.inflght=1,2"}, "did you mean 'inflight'?"},
  };
  for (const auto& [more, words] : cases) {
    std::vector<std::string> arguments{"compare", job()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Said said = stretto_says(arguments);
    EXPECT_EQ(said.exit_code, 2) << said.err;
    EXPECT_THAT(said.err, HasSubstr(words));
  }
}

}  // namespace
}  // namespace stretto::testing
