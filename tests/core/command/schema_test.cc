// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/written.h"
#include "json_schema.h"
#include "program.h"

namespace stretto::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json as_json(const Written& written) {
  if (const auto* flag = written.as<bool>()) return *flag;
  if (const auto* number = written.as<int64_t>()) return *number;
  if (const auto* number = written.as<double>()) return *number;
  if (const auto* text = written.as<std::string>()) return *text;
  if (const auto* list = written.as<Written::List>()) {
    json out = json::array();
    for (const auto& item : *list) out.push_back(as_json(item));
    return out;
  }
  json out = json::object();
  for (const auto& entry : *written.as<Written::Table>()) out[entry.key] = as_json(entry.value);
  return out;
}

class ASchema : public Program {
 protected:
  ASchema() : schema_(json::parse(stretto_says({"schema"}).out)), check_(schema_) {}
  std::string failure(const std::string& text) { return check_.failure(as_json(parse_toml(text, "job.toml"))); }
  /// The job with `from` replaced.
  std::string failure(const std::string& from, const std::string& to) {
    job(from, to);
    return failure(read("job.toml"));
  }

  json schema_;
  JsonSchema check_;
};

TEST_F(ASchema, AcceptsEveryExample) {
  size_t jobs = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(variable("STRETTO_SOURCE") + "/examples")) {
    if (entry.path().filename() != "job.toml") continue;  // others lie over one of these
    ++jobs;
    EXPECT_EQ(check_.failure(as_json(read_toml(entry.path().string()))), "") << entry.path();
  }
  EXPECT_GE(jobs, 1U);
  EXPECT_EQ(failure(kSum), "");
}

TEST_F(ASchema, AcceptsWhatItCannotKnow) {
  EXPECT_EQ(failure("[run]", "[transport.elsewhere]\nany = 1\n[run]"), "");
  EXPECT_EQ(failure("tensor.add", "elsewhere.op"), "");
  EXPECT_EQ(failure("executions = 3", "executions = 3\nprogress = \"10 s\"\nget = 5"), "");
}

TEST_F(ASchema, RefusesSlips) {
  EXPECT_THAT(failure("inflight = 2", "inflght = 2"), HasSubstr("/compile/inflght: not allowed"));
  EXPECT_THAT(failure("inflight = 2", "inflight = 0"), HasSubstr("/compile/inflight: below"));
  EXPECT_THAT(failure("count = 2", "count = \"two\""), HasSubstr("/actor/sender/count: not of type"));
  EXPECT_THAT(failure("dtype = \"f32\"\nshape = []", "dtype = \"f31\"\nshape = []"), HasSubstr("/input/0/dtype"));
  EXPECT_THAT(failure("op = \"tensor.add\"\n", ""), HasSubstr("/node/1: without \"op\""));
  EXPECT_THAT(failure("tensor.add", "add"), HasSubstr("/node/1/op"));
  EXPECT_THAT(failure("\"make[:]\"", "\"make[\""), HasSubstr("/node/1/inputs/values"));
  EXPECT_THAT(failure("[run]", "[transport.shm]\nspin = -1\n[run]"), HasSubstr("/transport/shm/spin: fits none"));
  EXPECT_THAT(failure("[run]", "[transport.shm]\nspni = 1\n[run]"), HasSubstr("/transport/shm/spni: not allowed"));
  EXPECT_THAT(failure("shape = [4], dtype", "shpae = [4], dtype"), HasSubstr("/node/0/args/shpae: not allowed"));
  EXPECT_THAT(failure("{ value = \"level\" }", "{ valeu = \"level\" }"), HasSubstr("/node/0/inputs/valeu"));
  EXPECT_THAT(failure("executions = 3", "progress = \"10 parsecs\""), HasSubstr("/run/progress"));
}

TEST_F(ASchema, HelpsAnEditor) {
  const json& compile = schema_.at("properties").at("compile").at("properties");
  EXPECT_THAT(compile.at("inflight").at("description"), HasSubstr("under way"));
  EXPECT_EQ(compile.at("inflight").at("default"), 2);
  EXPECT_THAT(compile.at("transport").at("examples").dump(), HasSubstr("\"shm\""));
  EXPECT_EQ(schema_.at("$schema"), "http://json-schema.org/draft-07/schema#");
}

class ADrawing : public Program {};

TEST_F(ADrawing, InDotHasNodesInTheirActors) {
  const Said said = stretto_says({"draw", job()});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("subgraph cluster_2 {\n    label=\"receiver\""));
  EXPECT_THAT(said.out, HasSubstr("[label=\"sum\\ntensor.add\", shape=box]"));
  EXPECT_THAT(said.out, HasSubstr("[label=\"f32[4] over shm\", penwidth=2]"));
  EXPECT_EQ(std::count(said.out.begin(), said.out.end(), '{'), std::count(said.out.begin(), said.out.end(), '}'));
}

TEST_F(ADrawing, InMermaidHasNodesInTheirActors) {
  const Said said = stretto_says({"draw", job(), "--format", "mermaid"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.out, ::testing::StartsWith("flowchart LR\n  subgraph c0[\"sender[0]\"]\n"));
  EXPECT_THAT(said.out, HasSubstr(" ==>|\"f32[4] over shm\"| "));
}

TEST_F(ADrawing, InSvgIsWholeXmlInAFile) {
  const Said said = stretto_says({"draw", job(), "--format", "svg", "-o", path("job.svg")});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(said.out, "");
  const std::string svg = read("job.svg");
  EXPECT_THAT(svg, ::testing::StartsWith("<svg xmlns="));
  EXPECT_THAT(svg, HasSubstr(">receiver</text>"));
  EXPECT_THAT(svg, HasSubstr("<title>sum: tensor.add</title>"));
  const auto count = [&](const std::string& word) {
    size_t found = 0;
    for (auto at = svg.find(word); at != std::string::npos; at = svg.find(word, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("<rect"), count("</rect>") + 1) << "the background has no title";
  EXPECT_EQ(count("marker-end"), 5U) << "two values to the senders, two to the receiver, one to the driver";
}

TEST_F(ADrawing, InAnUnknownFormatIsAnError) {
  const Said said = stretto_says({"draw", job(), "--format", "gif"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_THAT(said.err, HasSubstr("gif"));
  EXPECT_EQ(stretto_says({"draw", job(), "-o", path("none/job.dot")}).exit_code, 2);
}

}  // namespace
}  // namespace stretto::testing
