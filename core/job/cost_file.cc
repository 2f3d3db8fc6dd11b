// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/cost_file.h"

#include "job/schema.h"
#include "loader/literal.h"
#include "loader/text.h"

#include <array>
#include <fmt/format.h>

namespace stretto {

namespace {

constexpr double kMostSeconds = 1e9;

JobKey number(Type type, const char* name, const char* help, double least) {
  return {Form::option, Option(type, name, help).at_least(least)};
}
JobKey seconds(const char* name, const char* help) {
  return {Form::option, Option(Type::seconds, name, help).at_least(0).at_most(kMostSeconds)};
}
JobKey needed_text(const char* name, const char* help) {
  return {Form::option, Option(Type::text, name, help).needed()};
}

const JobKey kSend = seconds("send", "that a SEND occupies its lane");
const JobKey kLatency = seconds("latency", "of a RECEIVE whose message is there");
const JobKey kBandwidth = number(Type::real, "bandwidth", "bytes per second", 1);

const std::array kDeviceKeys{
    number(Type::real, "flops", "per second", 1),
    kBandwidth,
    number(Type::real, "copy_bandwidth", "of COPY steps, bytes per second", 1),
    seconds("launch", "that every COMPUTE and COPY takes at least"),
    number(Type::integer, "capacity", "nodes that one actor's device computes at once", 1),
    JobKey{Form::arguments,
           Option(Type::text, "op", "seconds of one launch, by op, specs of inputs and specs of results"), nullptr,
           JobKey::kAnyText},
};
const JobTable kDevice{"a [device.NAME]", kDeviceKeys};
const std::array kTransferKeys{kSend, kLatency, kBandwidth};
const JobTable kTransfer{"a [transport.NAME]", kTransferKeys};
const std::array kLinkKeys{
    needed_text("transport", "the transport's name"),
    needed_text("from", "the writing actor"),
    needed_text("to", "the reading actor"),
    kSend,
    kLatency,
    kBandwidth,
    JobKey{Form::option, Option(Type::text, "resource", "what a transfer holds; else the link into the reading actor")},
};
const JobTable kLink{"a [[link]]", kLinkKeys};
const std::array kFileKeys{
    JobKey{Form::option, Option(Type::integer, "format", "of this file").at_least(1).at_most(1).otherwise("1")},
    shaped(Form::named_tables, "device", "what a device's steps cost", &kDevice),
    shaped(Form::named_tables, "transport", "what a transport's steps cost", &kTransfer),
    shaped(Form::entries, "link", "the same for two actors", &kLink),
};
const JobTable kFile{"a cost file", kFileKeys};

double seconds_of_op(const WrittenEntry& entry) {
  static const Option kSeconds = Option(Type::seconds, "seconds", "of one launch").at_least(0).at_most(kMostSeconds);
  const auto written = to_argument(entry.value, fmt::format("'{}'", excerpt(entry.key)));
  try {
    return std::get<double>(converted(written.value, kSeconds));
  } catch (const Error& error) {
    reject(entry.value.place, fmt::format("'{}': {}", excerpt(entry.key), error.what()));
  }
}

Costs::Device device_of(const Section& written) {
  Costs::Device device;
  device.flops = written.get<double>("flops");
  device.bandwidth = written.get<double>("bandwidth");
  device.copy_bandwidth = written.get<double>("copy_bandwidth");
  device.launch = written.get<double>("launch");
  if (const auto capacity = written.get<int64_t>("capacity"))
    device.capacity = static_cast<uint32_t>(std::min<int64_t>(*capacity, 65536));
  if (const auto* ops = written.written("op"))
    for (const auto& entry : *ops->as<Written::Table>()) device.ops[entry.key] = seconds_of_op(entry);
  return device;
}

Costs::Transfer transfer_of(const Section& written) {
  return {written.get<double>("send"), written.get<double>("latency"), written.get<double>("bandwidth")};
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\u{:04x}", byte);
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

template <class Number>
void put(std::string& text, const char* name, const std::optional<Number>& value) {
  if (value) text += fmt::format("{} = {}\n", name, *value);
}

void put(std::string& text, const Costs::Transfer& transfer) {
  put(text, "send", transfer.send);
  put(text, "latency", transfer.latency);
  put(text, "bandwidth", transfer.bandwidth);
}

}  // namespace

Costs costs_of(const Written& root) {
  check_written(root, "the cost file", kFile);
  Costs costs;
  if (const auto* devices = root.find("device"))
    for (const auto& entry : *devices->as<Written::Table>())
      costs.devices[entry.key] = device_of(Section(&entry.value, kDevice));
  if (const auto* transports = root.find("transport"))
    for (const auto& entry : *transports->as<Written::Table>())
      costs.transports[entry.key] = transfer_of(Section(&entry.value, kTransfer));
  if (const auto* links = root.find("link"))
    for (const auto& entry : *links->as<Written::List>()) {
      const Section link(&entry, kLink);
      costs.links.push_back({*link.get<std::string>("transport"), *link.get<std::string>("from"),
                             *link.get<std::string>("to"), transfer_of(link), link.get<std::string>("resource")});
    }
  return costs;
}

Costs read_costs(const std::string& path) { return costs_of(read_toml(path)); }

std::string to_toml(const Costs& costs) {
  std::string text = "format = 1\n";
  for (const auto& [name, device] : costs.devices) {
    text += fmt::format("\n[device.{}]\n", quoted(name));
    put(text, "flops", device.flops);
    put(text, "bandwidth", device.bandwidth);
    put(text, "copy_bandwidth", device.copy_bandwidth);
    put(text, "launch", device.launch);
    put(text, "capacity", device.capacity);
    if (device.ops.empty()) continue;
    text += fmt::format("\n[device.{}.op]\n", quoted(name));
    for (const auto& [key, seconds] : device.ops) text += fmt::format("{} = {}\n", quoted(key), seconds);
  }
  for (const auto& [name, transfer] : costs.transports) {
    text += fmt::format("\n[transport.{}]\n", quoted(name));
    put(text, transfer);
  }
  for (const auto& link : costs.links) {
    text += fmt::format("\n[[link]]\ntransport = {}\nfrom = {}\nto = {}\n", quoted(link.transport), quoted(link.from),
                        quoted(link.to));
    put(text, link.transfer);
    if (link.resource) text += fmt::format("resource = {}\n", quoted(*link.resource));
  }
  return text;
}

}  // namespace stretto
