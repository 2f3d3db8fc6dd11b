// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/handles.h"

#include <fmt/format.h>
#include <utility>

namespace stretto {

namespace {

/// Calls a function whose absence means that there is nothing to do.
template <class Function, class... Values>
void if_offered(const char* what, Function function, Values... values) {
  try {
    checked(what, function, values...);
  } catch (const Error& error) {
    if (error.code() != Code::unimplemented) throw;
  }
}

template <class T>
T* given(T* made, const char* call, const LoadedComponent& component) {
  if (made == nullptr)
    throw Error(Code::internal, fmt::format("{} '{}' ({}): {} reported success and made nothing",
                                            to_text(component.kind), component.name, component.path.string(), call));
  return made;
}

template <class T>
T* given(T* made, const char* call) {
  if (made == nullptr) throw Error(Code::internal, fmt::format("{} reported success and made nothing", call));
  return made;
}

std::unique_ptr<RawSettings> settings_for(const LoadedComponent& component, const Arguments& settings) {
  return std::make_unique<RawSettings>(settings, component.raw->options, component.raw->option_count);
}

stretto_channel to_raw(const ChannelInfo& channel) {
  return {sizeof(stretto_channel),
          channel.id,
          channel.slots,
          channel.note_bytes,
          channel.slot_bytes,
          channel.writer,
          static_cast<uint32_t>(channel.readers.size()),
          channel.readers.data(),
          channel.name.c_str(),
          channel.words,
          0};
}

stretto_collective to_raw(const CollectiveInfo& collective) {
  return {sizeof(stretto_collective),
          collective.id,
          collective.kind,
          collective.reduction,
          collective.dtype.raw(),
          collective.root,
          collective.input_elements,
          static_cast<uint32_t>(collective.members.size()),
          0,
          collective.members.data(),
          collective.name.c_str()};
}

}  // namespace

// ---- devices

void SemaphoreHandle::Close::operator()(stretto_semaphore* semaphore) const noexcept {
  api->semaphore_close(semaphore);
}

void SemaphoreHandle::host_signal(uint64_t value) {
  checked("host_signal", raw_.get_deleter().api->host_signal, raw_.get(), value);
}

void SemaphoreHandle::host_wait(uint64_t value, Deadline deadline) {
  checked("host_wait", raw_.get_deleter().api->host_wait, raw_.get(), value, to_raw(deadline));
}

LaneHandle::LaneHandle(const stretto_device_api* api, stretto_lane* raw) : raw_(raw, Close{api}) {
  native_.size = sizeof native_;
  checked("lane_native", api->lane_native, raw, &native_);
  if (native_.kind == nullptr) native_.kind = api->memory_kind;
}

void LaneHandle::Close::operator()(stretto_lane* lane) const noexcept { api->lane_close(lane); }

void LaneHandle::signal(SemaphoreHandle& semaphore, uint64_t value) {
  checked("lane_signal", raw_.get_deleter().api->lane_signal, raw_.get(), semaphore.raw(), value);
}

void LaneHandle::wait(SemaphoreHandle& semaphore, uint64_t value) {
  checked("lane_wait", raw_.get_deleter().api->lane_wait, raw_.get(), semaphore.raw(), value);
}

void LaneHandle::copy(void* destination, const void* source, uint64_t bytes) {
  checked("lane_copy", raw_.get_deleter().api->lane_copy, raw_.get(), destination, source, bytes);
}

void LaneHandle::begin_capture() { checked("capture_begin", raw_.get_deleter().api->capture_begin, raw_.get()); }

CaptureHandle LaneHandle::end_capture() {
  const auto* api = raw_.get_deleter().api;
  stretto_capture* capture = nullptr;
  checked("capture_end", api->capture_end, raw_.get(), &capture);
  CaptureHandle handle;
  handle.raw_ = {given(capture, "capture_end"), CaptureHandle::Close{api}};
  return handle;
}

void LaneHandle::give_up_capture() noexcept {
  try {
    end_capture();
  } catch (const Error&) {  // what failed before says why
  }
}

void LaneHandle::mark(uint64_t mark) {
  checked("capture_mark", raw_.get_deleter().api->capture_mark, raw_.get(), mark);
}

void LaneHandle::follow(LaneHandle& other, uint64_t mark) {
  checked("capture_follow", raw_.get_deleter().api->capture_follow, raw_.get(), other.raw_.get(), mark);
}

void CaptureHandle::Close::operator()(stretto_capture* capture) const noexcept { api->capture_close(capture); }

void CaptureHandle::launch() { checked("capture_launch", raw_.get_deleter().api->capture_launch, raw_.get()); }

LaneRange::LaneRange(LaneHandle& lane, const std::string& name, int64_t execution) : lane_(lane) {
  lane_.raw_.get_deleter().api->range_push(lane_.raw_.get(), name.c_str(), execution);
}

LaneRange::~LaneRange() { lane_.raw_.get_deleter().api->range_pop(lane_.raw_.get()); }

void DeviceHandle::Close::operator()(stretto_device* device) const noexcept { api->close(device); }

DeviceHandle DeviceHandle::open(const LoadedComponent& component, int index, const Arguments& settings) {
  const auto* api = static_cast<const stretto_device_api*>(component.raw->api);
  auto raw_settings = settings_for(component, settings);
  const stretto_device_open request{sizeof(stretto_device_open), index, raw_settings->raw()};
  stretto_device* device = nullptr;
  checked("open", api->open, &request, &device);
  DeviceHandle handle;
  handle.raw_ = {given(device, "open", component), Close{api, std::move(raw_settings)}};
  return handle;
}

bool DeviceHandle::blocking() const { return (api()->flags & STRETTO_DEVICE_BLOCKING) != 0; }
bool DeviceHandle::host_accessible() const { return (api()->flags & STRETTO_DEVICE_HOST_ACCESSIBLE) != 0; }

void* DeviceHandle::allocate(uint64_t bytes) {
  void* memory = nullptr;
  checked("allocate", api()->allocate, raw_.get(), bytes, &memory);
  return given(memory, "allocate");
}

void DeviceHandle::free(void* memory) noexcept { api()->free(raw_.get(), memory); }

void DeviceHandle::pin(void* memory, uint64_t bytes) { if_offered("pin", api()->pin, raw_.get(), memory, bytes); }

void DeviceHandle::unpin(void* memory) noexcept { api()->unpin(raw_.get(), memory); }

LaneHandle DeviceHandle::open_lane(const std::string& name, int priority) {
  stretto_lane* lane = nullptr;
  checked("lane_open", api()->lane_open, raw_.get(), name.c_str(), priority, &lane);
  return {api(), given(lane, "lane_open")};
}

SemaphoreHandle DeviceHandle::open_semaphore() {
  stretto_semaphore* semaphore = nullptr;
  checked("semaphore_open", api()->semaphore_open, raw_.get(), &semaphore);
  return {api(), given(semaphore, "semaphore_open")};
}

void* DeviceHandle::allocate_exported(uint64_t bytes, Exported& exported) {
  void* memory = nullptr;
  checked("allocate_exported", api()->allocate_exported, raw_.get(), bytes, &memory,
          static_cast<void*>(exported.data()));
  return given(memory, "allocate_exported");
}

void* DeviceHandle::import_memory(const Exported& exported) {
  void* memory = nullptr;
  checked("import_memory", api()->import_memory, raw_.get(), static_cast<const void*>(exported.data()), &memory);
  return given(memory, "import_memory");
}

void DeviceHandle::release_memory(void* memory) noexcept { api()->release_memory(raw_.get(), memory); }

SemaphoreHandle DeviceHandle::open_semaphore_at(std::atomic<uint64_t>& word) {
  stretto_semaphore* semaphore = nullptr;
  checked("semaphore_at", api()->semaphore_at, raw_.get(), static_cast<void*>(&word), &semaphore);
  return {api(), given(semaphore, "semaphore_at")};
}

void DeviceHandle::abort() noexcept { api()->abort(raw_.get()); }

void DeviceHandle::status() { if_offered("status", api()->status, raw_.get()); }

// ---- transports

void* EndHandle::slot(uint32_t index) {
  void* memory = nullptr;
  checked("slot", api_->slot, raw_, index, &memory);
  return given(memory, "slot");
}

void EndHandle::bind(uint32_t slot, void* memory, uint64_t bytes) {
  if_offered("bind", api_->bind, raw_, slot, memory, bytes);
}

void EndHandle::acquire(int64_t execution, Deadline deadline) {
  checked("acquire", api_->acquire, raw_, execution, to_raw(deadline));
}

void EndHandle::send(int64_t execution, uint64_t bytes, const void* note, Deadline deadline) {
  checked("send", api_->send, raw_, execution, bytes, note, to_raw(deadline));
}

uint64_t EndHandle::receive(int64_t execution, void* note, Deadline deadline) {
  uint64_t bytes = 0;
  checked("receive", api_->receive, raw_, execution, &bytes, note, to_raw(deadline));
  return bytes;
}

void EndHandle::release(int64_t execution) { checked("release", api_->release, raw_, execution); }

void EndHandle::lane_send(const stretto_native& lane, const void* memory, uint64_t bytes) {
  checked("lane_send", api_->lane_send, raw_, &lane, memory, bytes);
}

void EndHandle::lane_receive(const stretto_native& lane, void* memory, uint64_t bytes) {
  checked("lane_receive", api_->lane_receive, raw_, &lane, memory, bytes);
}

void EndHandle::lane_collective(const stretto_native& lane, const void* input, void* result) {
  checked("lane_collective", api_->lane_collective, raw_, &lane, input, result);
}

void EndHandle::offer_memory(const Exported& exported) {
  checked("offer_memory", api_->offer_memory, raw_, static_cast<const void*>(exported.data()));
}

Exported EndHandle::offered_memory() {
  Exported exported{};
  checked("offered_memory", api_->offered_memory, raw_, static_cast<void*>(exported.data()));
  return exported;
}

std::atomic<uint64_t>& EndHandle::word(uint32_t index) {
  void* word = nullptr;
  checked("word", api_->word, raw_, index, &word);
  return *static_cast<std::atomic<uint64_t>*>(given(word, "word"));
}

void TransportHandle::Close::operator()(stretto_transport* transport) const noexcept { api->close(transport); }

TransportHandle TransportHandle::open(const LoadedComponent& component, const TransportRequest& request) {
  const auto* api = static_cast<const stretto_transport_api*>(component.raw->api);
  auto raw_settings = settings_for(component, request.settings);
  const stretto_transport_open open{sizeof(stretto_transport_open),
                                    request.actor,
                                    request.actor_count,
                                    0,
                                    raw_settings->raw(),
                                    &request.device,
                                    request.opened == nullptr ? nullptr : request.opened->api(),
                                    request.opened == nullptr ? nullptr : request.opened->raw()};
  stretto_transport* transport = nullptr;
  checked("open", api->open, &open, &transport);
  TransportHandle handle;
  handle.raw_ = {given(transport, "open", component), Close{api, std::move(raw_settings)}};
  return handle;
}

EndHandle TransportHandle::writer(const ChannelInfo& channel) {
  const auto raw = to_raw(channel);
  stretto_end* end = nullptr;
  checked("writer", api()->writer, raw_.get(), &raw, &end);
  return {api(), given(end, "writer")};
}

EndHandle TransportHandle::reader(const ChannelInfo& channel) {
  const auto raw = to_raw(channel);
  stretto_end* end = nullptr;
  checked("reader", api()->reader, raw_.get(), &raw, &end);
  return {api(), given(end, "reader")};
}

EndHandle TransportHandle::collective(const CollectiveInfo& collective) {
  const auto raw = to_raw(collective);
  stretto_end* end = nullptr;
  checked("collective", api()->collective, raw_.get(), &raw, &end);
  return {api(), given(end, "collective")};
}

std::string refusal_of(const LoadedComponent& component, const CollectiveInfo& collective) {
  const auto* api = static_cast<const stretto_transport_api*>(component.raw->api);
  if (api->offers_collective == nullptr) return {};
  const auto raw = to_raw(collective);
  try {
    checked("offers_collective", api->offers_collective, &raw);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

std::string refusal_of_device_slots(const LoadedComponent& component, const Arguments& settings) {
  const auto* api = static_cast<const stretto_transport_api*>(component.raw->api);
  if ((api->flags & STRETTO_TRANSPORT_DEVICE_SLOTS) == 0)
    return fmt::format("transport '{}' has no DEVICE_SLOTS", component.name);
  if (api->offers_device_slots == nullptr) return {};
  const auto raw = settings_for(component, settings);
  try {
    checked("offers_device_slots", api->offers_device_slots, raw->raw());
  } catch (const Error& error) {
    if (error.code() != Code::unimplemented) throw;
    return error.what();
  }
  return {};
}

bool TransportHandle::connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline deadline) {
  std::vector<stretto_blob> blobs;
  blobs.reserve(theirs.size());
  std::vector<const stretto_blob*> pointers;
  for (const auto& view : theirs)
    pointers.push_back(
        &blobs.emplace_back(stretto_blob{sizeof(stretto_blob), static_cast<uint32_t>(view.descriptors.size()),
                                         view.descriptors.data(), view.bytes.data(), view.bytes.size()}));
  stretto_blob answer{};
  answer.size = sizeof answer;
  int32_t done = 0;
  checked("connect", api()->connect, raw_.get(), round, pointers.empty() ? nullptr : pointers.data(),
          static_cast<uint32_t>(pointers.size()), &answer, &done, to_raw(deadline));
  const auto* bytes = static_cast<const std::byte*>(answer.bytes);
  if (bytes != nullptr)
    mine.bytes.assign(bytes, bytes + answer.byte_count);
  else
    mine.bytes.clear();
  if (answer.descriptors != nullptr)
    mine.descriptors.assign(answer.descriptors, answer.descriptors + answer.descriptor_count);
  else
    mine.descriptors.clear();
  return done != 0;
}

void* TransportHandle::allocate(uint64_t bytes) {
  void* memory = nullptr;
  checked("allocate", api()->allocate, raw_.get(), bytes, &memory);
  return given(memory, "allocate");
}

void TransportHandle::group_begin() { checked("group_begin", api()->group_begin, raw_.get()); }
void TransportHandle::group_end() { checked("group_end", api()->group_end, raw_.get()); }
void TransportHandle::abort() noexcept { api()->abort(raw_.get()); }
uint32_t TransportHandle::flags() const { return api()->flags; }

}  // namespace stretto
