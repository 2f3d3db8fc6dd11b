// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "example.h"
#include "scratch.h"

namespace stretto {
namespace {

class OverlaysOfAJob : public JobReading {
 protected:
  Job with_set(const std::string& text) { return read(kExample, {{}, {text}}); }
  std::string failure_of_set(const std::string& text) { return failure(kExample, {{}, {text}}); }
  Job with_file(const std::string& text) { return read(kExample, {{folder_.write("more.toml", text)}, {}}); }
  std::string failure_of_file(const std::string& text) {
    return failure(kExample, {{folder_.write("more.toml", text)}, {}});
  }
};

TEST_F(OverlaysOfAJob, SetTakesABareTextForAText) {
  EXPECT_EQ(with_set("compile.scheduler=serial").compile.scheduler, "serial");
  EXPECT_EQ(with_set("compile.scheduler = \"serial\"").compile.scheduler, "serial");
  EXPECT_EQ(with_set("compile.inflight=1").compile.inflight, 1U);
  EXPECT_EQ(with_set("run.get=10 s").run.get.count(), 10);
}

TEST_F(OverlaysOfAJob, SetSaysItsKeyForAPosition) {
  const auto job = with_set("compile.scheduler=serial");
  EXPECT_EQ(to_prefix(job.compile.scheduler_source), "--set compile.scheduler: ");
  EXPECT_EQ(failure_of_set("compile.shceduler=serial"),
            "--set compile.shceduler: found the unknown key 'shceduler' in [compile], expected one of scheduler, "
            "transport, driver_transport, inflight, costs; did you mean 'scheduler'?");
  EXPECT_EQ(failure_of_set("compile.inflight=many"),
            "--set compile.inflight: 'inflight': found the text \"many\", expected an integer from 1 to 4096");
}

TEST_F(OverlaysOfAJob, SetFindsActorsAndNodesByName) {
  EXPECT_EQ(with_set("actor.receiver.device=cuda:1").graph.actors[3].device_index, 1);
  EXPECT_EQ(with_set("actor.sender.count=2").graph.actors.size(), 3U);
  const auto job = with_set("node.make.args.shape=[8, 8]");
  EXPECT_EQ(std::get<std::vector<int64_t>>(job.graph.nodes[0].args.at("shape").value), (std::vector<int64_t>{8, 8}));
  EXPECT_EQ(with_set("input.level.feed=[3.0]").feeds[0].values.size(), 1U);
  EXPECT_EQ(with_set("output.branch.expect.value=1.0").expectations.size(), 3U);
}

TEST_F(OverlaysOfAJob, SetTakesPatternsForNames) {
  for (const char* text : {"actor.*.device=cuda", "actors.*.device=cuda", "actor.\"*\".device=cuda"}) {
    const auto job = with_set(text);
    for (const auto& actor : job.graph.actors) EXPECT_EQ(actor.device, "cuda");
  }
  const auto job = with_set("node.m*.channel.slots=7");
  EXPECT_EQ(job.graph.nodes[0].channel.slots, 7U);
  EXPECT_EQ(job.graph.nodes[3].channel.slots, 7U);
  EXPECT_FALSE(job.graph.nodes[6].channel.slots);
}

TEST_F(OverlaysOfAJob, SetNamesTheNearestThatIsThere) {
  EXPECT_EQ(failure_of_set("actor.reciever.device=cuda"),
            "--set actor.reciever.device: found no actor named 'reciever'; did you mean 'receiver'?");
  EXPECT_EQ(failure_of_set("node.zzz.op=x.y"),
            "--set node.zzz.op: found no node named 'zzz'; there are make, multiply, describe");
  EXPECT_EQ(failure_of_set("actor.device=cuda"), "--set actor.device: found no key, expected actor.NAME.KEY=VALUE");
}

TEST_F(OverlaysOfAJob, SetMakesOptionsOfComponents) {
  const auto job = with_set("transport.ucx.tls=posix,cma");
  ASSERT_EQ(job.compile.components.size(), 3U);
  EXPECT_EQ(job.compile.components[1].name, "ucx");
  EXPECT_EQ(std::get<std::string>(job.compile.components[1].options.at("tls").value), "posix,cma");
}

TEST_F(OverlaysOfAJob, SetRejectsWhatIsNoAssignment) {
  for (const char* text : {"compile.scheduler", "=1", "compile.=1", ".x=1", "\"open=1", ""})
    EXPECT_NE(failure_of_set(text).find("expected KEY.KEY=VALUE"), std::string::npos) << text;
}

TEST_F(OverlaysOfAJob, SetRejectsWhatIsNoText) {
  EXPECT_NE(failure_of_set("transport.ucx.tls=\xff").find("found bytes that are no UTF-8"), std::string::npos);
}

TEST_F(OverlaysOfAJob, SetRejectsAKeyOfManyParts) {
  std::string key = "transport.shm";
  for (int i = 0; i < 10'000; ++i) key += ".a";
  const auto text = failure(kExample, {{}, {key + "=1"}});
  EXPECT_NE(text.find("found a key of 10002 parts"), std::string::npos) << text;
  EXPECT_LT(text.size(), 500U);
}

TEST_F(OverlaysOfAJob, ALineBreakInAValueIsNoSecondKey) {
  EXPECT_NE(failure_of_set("compile.inflight=1\nscheduler=2").find("found the text"), std::string::npos);
}

TEST_F(OverlaysOfAJob, TablesOfAFurtherFileMerge) {
  const auto job = with_file("[compile]\nscheduler = \"serial\"\n[run]\nexecutions = 9\n[transport.shm]\nslots = 1\n");
  EXPECT_EQ(job.compile.scheduler, "serial");
  EXPECT_EQ(job.compile.inflight, 5U);
  EXPECT_EQ(job.executions, 9);
  EXPECT_TRUE(job.run.processes);
  EXPECT_EQ(job.compile.components[0].options.size(), 2U);
  EXPECT_EQ(std::filesystem::path(job.compile.scheduler_source.file).filename(), "more.toml");
}

TEST_F(OverlaysOfAJob, EntriesOfAFurtherFileMergeByName) {
  const auto job = with_file(R"(
[[node]]
name = "make"
args = { dtype = "f64" }
[[node]]
name = "again"
on = "receiver"
op = "tensor.copy"
inputs = { x = "multiply[0]" }
)");
  EXPECT_EQ(std::get<std::string>(job.graph.nodes[0].args.at("dtype").value), "f64");
  EXPECT_EQ(job.graph.nodes[0].args.size(), 2U);
  EXPECT_EQ(job.graph.nodes.back().name, "again");
  EXPECT_EQ(job.graph.nodes.size(), 10U);
}

TEST_F(OverlaysOfAJob, EntriesOfAFurtherFileNeedANameToMergeBy) {
  EXPECT_NE(failure_of_file("\n[[node]]\nop = \"tensor.copy\"\n").find("more.toml:2:1: found an entry of [[node]]"),
            std::string::npos);
}

TEST_F(OverlaysOfAJob, SetLiesOverFurtherFiles) {
  const auto job = read(kExample, {{folder_.write("more.toml", "[run]\nexecutions = 9\n")}, {"run.executions=2"}});
  EXPECT_EQ(job.executions, 2);
}

TEST_F(OverlaysOfAJob, AMissingFileIsNamed) {
  EXPECT_NE(failure(kExample, {{folder_ / "none.toml"}, {}}).find("cannot read 'none.toml': No such file"),
            std::string::npos);
}

}  // namespace
}  // namespace stretto
