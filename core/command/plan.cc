// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/command.h"

#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

using nlohmann::json;

std::string hex(const std::vector<std::byte>& bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

std::vector<std::byte> unhex(const std::string& text) {
  std::vector<std::byte> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoul(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

/// A saved plan: "plan" as to_json writes it, and what a run needs besides.
Ready load_saved(const std::string& path, const std::string& text) {
  Ready ready;
  try {
    const json in = json::parse(text);
    if (in.at("stretto") != "plan") throw Error(Code::invalid_argument, fmt::format("{}: not a saved plan", path));
    ready.plan = plan_from_json(in.at("plan").dump());
    ready.job.executions = in.at("executions").get<int64_t>();
    ready.job.run.processes = ready.plan.processes;
    for (const auto& feed : in.at("feeds")) {
      Feed values;
      for (const auto& value : feed) {
        const auto dtype = dtype_named(value.at("dtype").get<std::string>());
        if (!dtype) throw Error(Code::invalid_argument, fmt::format("{}: feeds: an unknown dtype", path));
        values.values.push_back({*dtype, value.at("shape").get<Shape>(), unhex(value.at("bytes").get<std::string>())});
      }
      ready.job.feeds.push_back(std::move(values));
    }
  } catch (const json::exception& error) {
    throw Error(Code::invalid_argument, fmt::format("{}: not a saved plan: {}", path, error.what()));
  } catch (const std::invalid_argument&) {
    throw Error(Code::invalid_argument, fmt::format("{}: feeds: bytes that are no hex digits", path));
  }
  if (ready.job.feeds.size() != ready.plan.inputs.size())
    throw Error(Code::invalid_argument,
                fmt::format("{}: {} feeds for {} inputs", path, ready.job.feeds.size(), ready.plan.inputs.size()));
  verify(ready.plan);
  return ready;
}

}  // namespace

std::string save(const Ready& ready) {
  json feeds = json::array();
  for (const Feed& feed : ready.job.feeds) {
    json values = json::array();
    for (const Tensor& value : feed.values)
      values.push_back({{"dtype", to_text(value.dtype)}, {"shape", value.shape}, {"bytes", hex(value.bytes)}});
    feeds.push_back(std::move(values));
  }
  return json{{"stretto", "plan"},
              {"executions", ready.job.executions},
              {"feeds", feeds},
              {"plan", json::parse(to_json(ready.plan))}}
      .dump(1);
}

Ready prepare(const Invocation& invocation) {
  std::ifstream file(invocation.job, std::ios::binary);
  if (file && file.peek() == '{') {
    if (!invocation.overlays.files.empty() || !invocation.overlays.sets.empty())
      throw Error(Code::invalid_argument,
                  "--with and --set change a job, not a saved plan: give them to `plan --save`");
    return load_saved(invocation.job, {std::istreambuf_iterator<char>(file), {}});
  }
  Ready ready;
  ready.job = read_job(invocation.job, invocation.overlays);
  ready.plan = compile(ready.job.graph, ready.job.compile, invocation.catalogue);
  return ready;
}

int check_command(const Invocation& invocation) {
  const Ready ready = prepare(invocation);
  if (invocation.json)
    fmt::print("{}\n",
               json{{"ok", true}, {"nodes", ready.plan.nodes.size()}, {"steps", ready.plan.steps.size()}}.dump());
  else
    fmt::print("ok: {} nodes on {} actors, {} channels, {} steps, hash {}\n", ready.plan.nodes.size(),
               ready.plan.driver(), ready.plan.channels.size(), ready.plan.steps.size(),
               hash(ready.plan).substr(0, 12));
  return kDone;
}

int plan_command(const Invocation& invocation) {
  const Ready ready = prepare(invocation);
  if (!invocation.save.empty()) {
    std::ofstream file(invocation.save, std::ios::binary);
    file << save(ready);
    if (!file.flush()) throw Error(Code::invalid_argument, fmt::format("cannot write '{}'", invocation.save));
    if (!invocation.quiet) fmt::print(stderr, "saved {}\n", invocation.save);
  } else {
    fmt::print("{}\n", invocation.json ? to_json(ready.plan) : describe(ready.plan));
  }
  return kDone;
}

}  // namespace stretto
