// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/ready.h"
#include "job/overlay.h"
#include "job/schema.h"

#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

using nlohmann::json;

constexpr int kFormat = 1;

std::string hex(const std::vector<std::byte>& bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += kDigits[static_cast<unsigned>(byte) >> 4];
    text += kDigits[static_cast<unsigned>(byte) & 15];
  }
  return text;
}

unsigned digit_of(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a') + 10;
  throw Error(Code::invalid_argument, fmt::format("feeds: found '{}', expected hex digits", digit));
}

std::vector<std::byte> unhex(const std::string& text) {
  std::vector<std::byte> bytes(text.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(digit_of(text[2 * i]) << 4 | digit_of(text[2 * i + 1]));
  return bytes;
}

json to_json(const Source& source) { return {source.file, source.line, source.column}; }

Source source_from(const json& in) {
  return {in.at(0).get<std::string>(), in.at(1).get<uint32_t>(), in.at(2).get<uint32_t>()};
}

/// JSON has no infinities and no NaN: they are written as tables.
json to_json(const Written& written) {
  if (const auto* flag = written.as<bool>()) return *flag;
  if (const auto* number = written.as<int64_t>()) return *number;
  if (const auto* text = written.as<std::string>()) return *text;
  if (const auto* number = written.as<double>())
    return std::isfinite(*number) ? json(*number) : json{{"real", fmt::format("{}", *number)}};
  json list = json::array();
  if (const auto* items = written.as<Written::List>())
    for (const auto& item : *items) list.push_back(to_json(item));
  return list;
}

double real_from(const std::string& text) {
  if (text == "inf") return INFINITY;
  if (text == "-inf") return -INFINITY;
  if (text == "nan" || text == "-nan") return NAN;
  throw Error(Code::invalid_argument, fmt::format("expectations: found the real '{}'", text));
}

Written written_from(const json& in) {
  if (in.is_boolean()) return {in.get<bool>(), {}};
  if (in.is_number_integer()) return {in.get<int64_t>(), {}};
  if (in.is_number()) return {in.get<double>(), {}};
  if (in.is_string()) return {in.get<std::string>(), {}};
  if (in.is_object()) return {real_from(in.at("real").get<std::string>()), {}};
  Written::List list;
  for (const auto& item : in) list.push_back(written_from(item));
  return {std::move(list), {}};
}

json to_json(const Feed& feed) {
  json values = json::array();
  for (const Tensor& value : feed.values)
    values.push_back({{"dtype", to_text(value.dtype)}, {"shape", value.shape}, {"bytes", hex(value.bytes)}});
  return values;
}

Feed feed_from(const json& in, const PlanInput& input, const Spec& spec) {
  Feed feed;
  for (const auto& value : in) {
    const auto dtype = dtype_named(value.at("dtype").get<std::string>());
    if (!dtype || !(*dtype == spec.dtype))
      throw Error(Code::invalid_argument, fmt::format("feeds: input '{}': found the dtype {}, expected {}", input.name,
                                                      value.at("dtype").dump(), to_text(spec.dtype)));
    Tensor tensor{*dtype, value.at("shape").get<Shape>(), unhex(value.at("bytes").get<std::string>())};
    if (bytes_of(tensor.dtype, tensor.shape) != tensor.bytes.size())
      throw Error(Code::invalid_argument, fmt::format("feeds: input '{}': found {} bytes for {}{}", input.name,
                                                      tensor.bytes.size(), to_text(*dtype), to_text(tensor.shape)));
    feed.values.push_back(std::move(tensor));
  }
  return feed;
}

json to_json(const Expectation& expectation) {
  return {{"outputs", expectation.outputs},
          {"field", expectation.field},
          {"value", to_json(expectation.value)},
          {"tolerance", expectation.tolerance},
          {"source", to_json(expectation.source)}};
}

Expectation expectation_from(const json& in, const Plan& plan) {
  Expectation expectation;
  expectation.outputs = in.at("outputs").get<std::vector<uint32_t>>();
  for (const uint32_t output : expectation.outputs)
    if (output >= plan.outputs.size())
      throw Error(Code::invalid_argument,
                  fmt::format("expectations: found output {}, there are {}", output, plan.outputs.size()));
  expectation.field = in.at("field").get<std::string>();
  expectation.value = written_from(in.at("value"));
  expectation.tolerance = in.at("tolerance").get<double>();
  expectation.source = source_from(in.at("source"));
  return expectation;
}

/// [run] as a job writes it, so that --set, the checks and the reading are those of a job.
Written run_written(const json& in) {
  Written::Table run;
  for (const auto& [key, value] : in.items()) run.push_back({key, {}, written_from(value)});
  Written root{Written::Table{}, {}};
  root.as<Written::Table>()->push_back({"run", {}, {std::move(run), {}}});
  return root;
}

void apply_sets(Written& root, const std::vector<std::string>& sets) {
  for (const auto& text : sets) {
    const std::string key = text.substr(0, text.find('='));
    if (!key.starts_with("run.") || key == "run.actors")
      throw Error(Code::invalid_argument,
                  fmt::format("--set {}: a saved plan is compiled already and takes keys of [run] alone, 'run.actors' "
                              "excepted: give this one to `plan --save`",
                              key));
    set(root, text);
  }
}

Ready from_json(const json& in, const std::vector<std::string>& sets) {
  if (!in.is_object() || in.value("stretto", "") != "plan") throw Error(Code::invalid_argument, "not a saved plan");
  if (in.at("format") != kFormat)
    throw Error(Code::invalid_argument, fmt::format("found format {}, expected {}: save it again with this stretto",
                                                    in.at("format").dump(), kFormat));
  Ready ready;
  ready.plan = plan_from_json(in.at("plan").dump());
  verify(ready.plan);
  Written run = run_written(in.at("run"));
  apply_sets(run, sets);
  check_job(run);
  read_run(Section(&run, job_schema()).section("run"), ready.job);
  ready.job.run.processes = ready.plan.processes;
  const auto& feeds = in.at("feeds");
  if (feeds.size() != ready.plan.inputs.size())
    throw Error(Code::invalid_argument, fmt::format("{} feeds for {} inputs", feeds.size(), ready.plan.inputs.size()));
  for (size_t i = 0; i < feeds.size(); ++i) {
    const PlanInput& input = ready.plan.inputs[i];
    ready.job.feeds.push_back(feed_from(feeds[i], input, ready.plan.values.at(input.value).spec));
  }
  for (const auto& expectation : in.at("expectations"))
    ready.job.expectations.push_back(expectation_from(expectation, ready.plan));
  return ready;
}

}  // namespace

std::string save(const Ready& ready) {
  const RunOptions& run = ready.job.run;
  json feeds = json::array();
  for (const Feed& feed : ready.job.feeds) feeds.push_back(to_json(feed));
  json expectations = json::array();
  for (const Expectation& expectation : ready.job.expectations) expectations.push_back(to_json(expectation));
  return json{{"stretto", "plan"},
              {"format", kFormat},
              {"run",
               {{"executions", ready.job.executions},
                {"open", run.open.count()},
                {"submit", run.submit.count()},
                {"get", run.get.count()},
                {"progress", run.progress.count()},
                {"close", run.close.count()}}},
              {"feeds", feeds},
              {"expectations", expectations},
              {"plan", json::parse(to_json(ready.plan))}}
             .dump(1, ' ', false, json::error_handler_t::replace) +
         "\n";
}

Ready load_saved(const std::string& path, const std::string& text, const std::vector<std::string>& sets) {
  try {
    return from_json(json::parse(text), sets);
  } catch (const json::exception& error) {
    throw Error(Code::invalid_argument, fmt::format("{}: not a saved plan: {}", path, error.what()));
  } catch (const Error& error) {
    const std::string what = error.what();
    throw Error(error.code(), what.starts_with("--set") ? what : path + ": " + what);
  }
}

}  // namespace stretto
