// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include "log.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <ucs/config/global_opts.h>
#include <utility>

namespace stretto::ucx {
namespace {

constexpr uint64_t kBlock = 1 << 20;

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

/// Sets one of UCX's transports, where its user did not by a variable. UCX knows the setting without the transport's
/// name up to 1.15 or so, and with it later; 1.13 takes a name that it does not know, 1.22 refuses it.
void prefer(const Config& config, const std::string& transport, const std::string& name, const char* value) {
  if (in_environment(("UCX_" + transport + "_" + name).c_str())) return;
  const auto accepts = [&](const std::string& key) {
    return ucp_config_modify(config.get(), key.c_str(), value) == UCS_OK;
  };
  const bool short_one = accepts(name);
  const bool long_one = accepts(transport + "_" + name);
  if (!short_one && !long_one) modify(config, (transport + "_" + name).c_str(), value);
}

/// Has UCX ask the driver what memory is. Else it takes for the host's what it has not seen being allocated, and what
/// it sees hangs on hooks in the driver, which a module of its own (libucm_cuda) sets if that can be loaded. So a GPU's
/// memory was read as another process's, and came out as an input/output error.
void ask_what_memory_is() {
  constexpr const char* kName = "MEMTYPE_CACHE";
  if (in_environment("UCX_MEMTYPE_CACHE")) return;
  must(ucs_global_opts_set_value(kName, "n"), std::string("UCX refused ") + kName + " = n");
}

Config make_config(const ContextSettings& settings) {
  ucp_config_t* raw = nullptr;
  must(ucp_config_read(nullptr, nullptr, &raw), "UCX could not read its settings (UCX_* variables)");
  Config config(raw);
  if (!settings.tls.empty()) modify(config, "TLS", settings.tls);
  // A UCX that knows CUDA pins what it maps, and then the device can't. What is staged has no use for that.
  if (!settings.cuda && settings.tls.empty() && !in_environment("UCX_TLS")) modify(config, "TLS", "^cuda");
  if (!settings.devices.empty()) modify(config, "NET_DEVICES", settings.devices);
  modify(config, "KEEPALIVE_INTERVAL", std::to_string(static_cast<int64_t>(settings.keepalive * 1e6)) + "us");
  // Without it an endpoint that reports errors has no shared memory: see uct_mm_iface_query in UCX.
  if (!in_environment("UCX_MM_ERROR_HANDLING")) modify(config, "MM_ERROR_HANDLING", "y");
  // Nor has its rendezvous cma, unless memory can be taken back from a peer that is thought dead (select.c). Here no
  // peer can go on with it: it reads in calls that it makes itself, and the run is over once one of its actors is lost.
  prefer(config, "CMA", "MEMORY_INVALIDATE", "y");
  // What crosses a socket with errors reported is copied in pieces of this size; with 64 KiB at two thirds of the rate.
  prefer(config, "TCP", "RX_SEG_SIZE", "512k");
  return config;
}

}  // namespace

Context::Context(const ContextSettings& settings) {
  take_over_log();
  if (settings.cuda) ask_what_memory_is();
  const Config config = make_config(settings);
  ucp_params_t parameters{};
  parameters.field_mask = UCP_PARAM_FIELD_FEATURES | UCP_PARAM_FIELD_NAME;
  parameters.features = UCP_FEATURE_AM | UCP_FEATURE_RMA | UCP_FEATURE_WAKEUP;
  parameters.name = "stretto";
  must(ucp_init(&parameters, config.get(), &raw_), "UCX found nothing to use (transport.ucx.tls = '" + settings.tls +
                                                       "', devices = '" + settings.devices +
                                                       "'; `ucx_info -d` lists what there is)");
}

Context::~Context() {
  blocks_.clear();
  ucp_cleanup(raw_);
}

// cuda_copy alone tells memory of a GPU from the host's, and copies it where nothing else reaches both ends.
// Before 1.19 it does so in the context of the thread that happens to progress, which is any lane here.
std::string Context::cuda_is_missing() const {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  ucp_get_version(&major, &minor, &release);
  if (std::pair(major, minor) < std::pair(1U, 19U)) return "it takes 1.19 or later";
  const auto found = resources();
  const bool copies = std::ranges::any_of(found, [](const auto& name) { return name.starts_with("cuda_copy/"); });
  return copies ? "" : "its transport cuda_copy is missing";
}

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

void* Context::allocate(uint64_t bytes) {
  const uint64_t wanted = (bytes + kPage - 1) / kPage * kPage;
  if (blocks_.empty() || blocks_.back().bytes - blocks_.back().used < wanted) {
    const uint64_t size = std::max(wanted, kBlock);
    blocks_.push_back({Registration::allocate(raw_, size), size, 0});
  }
  Block& block = blocks_.back();
  return static_cast<std::byte*>(block.registration.memory()) + std::exchange(block.used, block.used + wanted);
}

const Registration* Context::allocated(const void* memory) const {
  for (const auto& block : blocks_) {
    const auto* begin = static_cast<const std::byte*>(block.registration.memory());
    if (memory >= begin && memory < begin + block.bytes) return &block.registration;
  }
  return nullptr;
}

Registration::Registration(ucp_context_h context, void* memory, uint64_t bytes, bool cuda)
    : context_(context), memory_(memory) {
  if (bytes == 0) return;
  ucp_mem_map_params_t parameters{};
  parameters.field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UCP_MEM_MAP_PARAM_FIELD_LENGTH;
  parameters.address = memory;
  parameters.length = bytes;
  if (cuda) {
    // 1.22 takes the kind of memory only with the access, too.
    parameters.field_mask |= UCP_MEM_MAP_PARAM_FIELD_MEMORY_TYPE | UCP_MEM_MAP_PARAM_FIELD_PROT;
    parameters.memory_type = UCS_MEMORY_TYPE_CUDA;
    parameters.prot = UCP_MEM_MAP_PROT_LOCAL_READ | UCP_MEM_MAP_PROT_LOCAL_WRITE | UCP_MEM_MAP_PROT_REMOTE_READ |
                      UCP_MEM_MAP_PROT_REMOTE_WRITE;
  }
  must(ucp_mem_map(context_, &parameters, &raw_), "UCX could not register " + std::to_string(bytes) + " bytes");
}

Registration Registration::allocate(ucp_context_h context, uint64_t bytes) {
  ucp_mem_map_params_t parameters{};
  parameters.field_mask = UCP_MEM_MAP_PARAM_FIELD_LENGTH | UCP_MEM_MAP_PARAM_FIELD_FLAGS;
  parameters.length = bytes;
  parameters.flags = UCP_MEM_MAP_ALLOCATE;
  Registration made;
  made.context_ = context;
  must(ucp_mem_map(context, &parameters, &made.raw_), "UCX has no memory of " + std::to_string(bytes) + " bytes");
  ucp_mem_attr_t attributes{};
  attributes.field_mask = UCP_MEM_ATTR_FIELD_ADDRESS;
  must(ucp_mem_query(made.raw_, &attributes), "UCX could not tell where its memory lies");
  made.memory_ = attributes.address;
  std::memset(made.memory_, 0, bytes);
  return made;
}

Registration::Registration(Registration&& other) noexcept
    : context_(other.context_), raw_(std::exchange(other.raw_, nullptr)), memory_(other.memory_) {}

Registration& Registration::operator=(Registration&& other) noexcept {
  std::swap(context_, other.context_);
  std::swap(raw_, other.raw_);
  std::swap(memory_, other.memory_);
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
