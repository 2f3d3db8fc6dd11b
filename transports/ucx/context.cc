// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include "log.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <utility>

namespace stretto::ucx {
namespace {

struct ReleaseConfig {
  void operator()(ucp_config_t* config) const { ucp_config_release(config); }
};
using Config = std::unique_ptr<ucp_config_t, ReleaseConfig>;

bool in_environment(const char* name) {
  return std::getenv(name) != nullptr;  // NOLINT(concurrency-mt-unsafe): UCX reads the same variables
}

void modify(const Config& config, const char* name, const std::string& value) {
  must(ucp_config_modify(config.get(), name, value.c_str()), std::string("UCX refused ") + name + " = " + value);
}

Config make_config(const ContextSettings& settings) {
  ucp_config_t* raw = nullptr;
  must(ucp_config_read(nullptr, nullptr, &raw), "UCX could not read its settings (UCX_* variables)");
  Config config(raw);
  if (!settings.tls.empty()) modify(config, "TLS", settings.tls);
  if (!settings.devices.empty()) modify(config, "NET_DEVICES", settings.devices);
  modify(config, "KEEPALIVE_INTERVAL", std::to_string(static_cast<int64_t>(settings.keepalive * 1e6)) + "us");
  // Without it an endpoint that reports errors has no shared memory: see uct_mm_iface_query in UCX.
  if (!in_environment("UCX_MM_ERROR_HANDLING")) modify(config, "MM_ERROR_HANDLING", "y");
  return config;
}

}  // namespace

Context::Context(const ContextSettings& settings) {
  take_over_log();
  const Config config = make_config(settings);
  ucp_params_t parameters{};
  parameters.field_mask = UCP_PARAM_FIELD_FEATURES | UCP_PARAM_FIELD_NAME;
  parameters.features = UCP_FEATURE_AM | UCP_FEATURE_RMA | UCP_FEATURE_WAKEUP;
  parameters.name = "stretto";
  must(ucp_init(&parameters, config.get(), &raw_), "UCX found nothing to use (transport.ucx.tls = '" + settings.tls +
                                                       "', devices = '" + settings.devices +
                                                       "'; `ucx_info -d` lists what there is)");
}

Context::~Context() { ucp_cleanup(raw_); }

std::vector<std::string> Context::resources() const {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* stream = open_memstream(&text, &size);
  if (stream == nullptr) throw Error(Code::overloaded, "no memory for UCX's list of transports");
  ucp_context_print_info(raw_, stream);
  std::fclose(stream);
  std::istringstream lines(std::string(text, size));
  std::free(text);
  std::vector<std::string> found;
  constexpr std::string_view kWanted = "resource ";
  for (std::string line; std::getline(lines, line);) {
    // "#   resource 3  :  md 1  dev 2  flags -- tcp/eth0"
    const auto at = line.find(kWanted);
    const auto name = line.rfind(' ');
    if (at != std::string::npos && name != std::string::npos) found.push_back(line.substr(name + 1));
  }
  return found;
}

Registration::Registration(const Context& context, void* memory, uint64_t bytes) : context_(context.raw()) {
  if (bytes == 0) return;
  ucp_mem_map_params_t parameters{};
  parameters.field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UCP_MEM_MAP_PARAM_FIELD_LENGTH;
  parameters.address = memory;
  parameters.length = bytes;
  must(ucp_mem_map(context_, &parameters, &raw_), "UCX could not register " + std::to_string(bytes) + " bytes");
}

Registration::Registration(Registration&& other) noexcept
    : context_(other.context_), raw_(std::exchange(other.raw_, nullptr)) {}

Registration& Registration::operator=(Registration&& other) noexcept {
  std::swap(context_, other.context_);
  std::swap(raw_, other.raw_);
  return *this;
}

Registration::~Registration() {
  if (raw_ != nullptr) ucp_mem_unmap(context_, raw_);
}

std::vector<std::byte> Registration::key() const {
  if (raw_ == nullptr) return {};
  void* buffer = nullptr;
  size_t size = 0;
  must(ucp_rkey_pack(context_, raw_, &buffer, &size), "UCX could not pack a key");
  const auto* bytes = static_cast<const std::byte*>(buffer);
  std::vector<std::byte> key(bytes, bytes + size);
  ucp_rkey_buffer_release(buffer);
  return key;
}

std::string library_version() { return ucp_get_version_string(); }

}  // namespace stretto::ucx
