// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Transports: they carry the channels that cross actors.
/// Derive from Transport and, per channel end, from WriterEnd and ReaderEnd; hand `transport_component<MyTransport>(…)`
/// to STRETTO_PLUGIN. The rules of each call stand in abi.h.

#include "stretto/device.h"

namespace stretto {

/// One channel as an end sees it. Owns its texts.
struct ChannelInfo {
  uint32_t id;
  uint32_t slots;
  uint32_t note_bytes;
  uint64_t slot_bytes;
  uint32_t writer;
  std::vector<uint32_t> readers;
  std::string name;
  uint32_t words = 0;  ///< of a channel whose slots lie in the device's memory; 0: it is none
};

/// One collective as a member sees it. Owns its texts.
struct CollectiveInfo {
  uint32_t id;
  stretto_collective_kind kind;
  int32_t reduction;  ///< stretto_reduction; 0: it reduces nothing
  DType dtype;
  uint32_t root;
  uint64_t input_elements;
  std::vector<uint32_t> members;
  std::string name;
};

/// One actor's end of one channel, or its part in one collective. A stream-ordered transport overrides the lane calls,
/// a host-driven one the rest of its role. Defaults throw Code::unimplemented. Different ends are used concurrently.
class ChannelEnd {
 public:
  ChannelEnd() = default;
  ChannelEnd(const ChannelEnd&) = delete;
  ChannelEnd& operator=(const ChannelEnd&) = delete;
  virtual ~ChannelEnd() = default;
  virtual void* slot(uint32_t /*index*/) { unimplemented("slot"); }
  virtual void bind(uint32_t /*slot*/, void* /*memory*/, uint64_t /*bytes*/) {}
  virtual void acquire(int64_t /*execution*/, Deadline /*deadline*/) { unimplemented("acquire"); }
  virtual void send(int64_t /*execution*/, uint64_t /*bytes*/, const void* /*note*/, Deadline /*deadline*/) {
    unimplemented("send");
  }
  /// Returns the bytes of the message.
  virtual uint64_t receive(int64_t /*execution*/, void* /*note*/, Deadline /*deadline*/) { unimplemented("receive"); }
  virtual void release(int64_t /*execution*/) { unimplemented("release"); }
  virtual void lane_send(const stretto_native& /*lane*/, const void* /*memory*/, uint64_t /*bytes*/) {
    unimplemented("lane_send");
  }
  virtual void lane_receive(const stretto_native& /*lane*/, void* /*memory*/, uint64_t /*bytes*/) {
    unimplemented("lane_receive");
  }
  /// `input` is null where the member has none.
  virtual void lane_collective(const stretto_native& /*lane*/, const void* /*input*/, void* /*result*/) {
    unimplemented("lane_collective");
  }
  /// With STRETTO_TRANSPORT_DEVICE_SLOTS, these three, on ends of channels with words.
  virtual void offer_memory(const Exported& /*exported*/) { unimplemented("offer_memory"); }
  virtual Exported offered_memory() { unimplemented("offered_memory"); }
  virtual std::atomic<uint64_t>& word(uint32_t /*index*/) { unimplemented("word"); }

 private:
  [[noreturn]] static void unimplemented(const char* what) {
    throw Error(Code::unimplemented, std::string(what) + " is not offered by this transport");
  }
};

struct TransportOpen {
  uint32_t actor;
  uint32_t actor_count;
  Settings settings;
  const stretto_native* device;
  const stretto_device_api* device_api = nullptr;  ///< null: the actor has no device
  stretto_device* device_handle = nullptr;
};

/// Bytes and file descriptors for another actor. A view.
struct BlobView {
  std::span<const std::byte> bytes;
  std::span<const int> descriptors;
};
struct Blob {
  std::vector<std::byte> bytes;
  std::vector<int> descriptors;
};

/// One actor's instance. A derived class has a constructor `(const TransportOpen&)`.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;  ///< ends live until here, and are destroyed by it
  virtual ChannelEnd* open_writer(const ChannelInfo& channel) = 0;
  virtual ChannelEnd* open_reader(const ChannelInfo& channel) = 0;
  /// With STRETTO_TRANSPORT_COLLECTIVES: this actor's part in one.
  virtual ChannelEnd* open_collective(const CollectiveInfo& /*collective*/) {
    throw Error(Code::unimplemented, "collectives are not offered by this transport");
  }
  /// One round of connecting; `theirs` is empty in round 0. Fills `mine`. Returns whether this actor is done.
  virtual bool connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline deadline) = 0;
  /// With STRETTO_TRANSPORT_ALLOCATES: zeroed host memory for one slot, until this is destroyed. Before connect.
  virtual void* allocate(uint64_t /*bytes*/) {
    throw Error(Code::unimplemented, "memory is not offered by this transport");
  }
  virtual void group_begin() { throw Error(Code::unimplemented, "groups are not offered by this transport"); }
  virtual void group_end() { throw Error(Code::unimplemented, "groups are not offered by this transport"); }
  /// Ends every wait, present and future, with Code::cancelled. Any thread; never blocks.
  virtual void abort() noexcept = 0;
};

/// Rough rates from actor to actor: they rank steps where nothing has been measured. 0: the core's default.
struct TransportRates {
  double latency = 0;    ///< seconds of a RECEIVE whose message is there, besides its bytes
  double bandwidth = 0;  ///< bytes per second
};

struct TransportInfo {
  const char* name;
  const char* summary;
  uint32_t flags;  ///< STRETTO_TRANSPORT_…
  stretto_completion send_completion;
  std::vector<const char*> memory_kinds;
  uint64_t eager_bytes = 0;
  TransportRates rates{};
};

namespace detail {

/// The instance and the blob that `connect` last filled.
struct TransportHandle {
  std::unique_ptr<Transport> transport;
  Blob mine;
};

inline ChannelInfo channel_from_raw(const stretto_channel& raw) {
  const bool has_words = raw.size >= offsetof(stretto_channel, words) + sizeof raw.words;  // an older host has none
  return {raw.id,         raw.slots,
          raw.note_bytes, raw.slot_bytes,
          raw.writer,     {raw.readers, raw.readers + raw.reader_count},
          raw.name,       has_words ? raw.words : 0};
}

inline CollectiveInfo collective_from_raw(const stretto_collective& raw) {
  return {raw.id,
          static_cast<stretto_collective_kind>(raw.kind),
          raw.reduction,
          DType(raw.dtype),
          raw.root,
          raw.input_elements,
          {raw.members, raw.members + raw.member_count},
          raw.name};
}

template <class Derived>
void add_collectives(stretto_transport_api& api) {
  if constexpr (requires(const CollectiveInfo& collective) { Derived::offer(collective); })
    api.offers_collective = [](const stretto_collective* collective, const stretto_sink* sink) {
      return guard(sink, [&] { Derived::offer(collective_from_raw(*collective)); });
    };
  api.collective = [](stretto_transport* transport, const stretto_collective* collective, stretto_end** end,
                      const stretto_sink* sink) {
    return guard(sink, [&] {
      *end = raw_of<stretto_end>(
          as<TransportHandle>(transport).transport->open_collective(collective_from_raw(*collective)));
    });
  };
  api.lane_collective = [](stretto_end* end, const stretto_native* lane, const void* input, void* result,
                           const stretto_sink* sink) {
    return guard(sink, [&] { as<ChannelEnd>(end).lane_collective(*lane, input, result); });
  };
}

template <class Derived>
void add_device_slots(stretto_transport_api& api) {
  if constexpr (requires(const Settings& settings) { Derived::offer_device_slots(settings); })
    api.offers_device_slots = [](const stretto_settings* settings, const stretto_sink* sink) {
      return guard(sink, [&] { Derived::offer_device_slots(Settings(settings)); });
    };
  api.offer_memory = [](stretto_end* end, const void* exported, const stretto_sink* sink) {
    return guard(sink, [&] {
      Exported told{};
      std::memcpy(told.data(), exported, told.size());
      as<ChannelEnd>(end).offer_memory(told);
    });
  };
  api.offered_memory = [](stretto_end* end, void* exported, const stretto_sink* sink) {
    return guard(sink, [&] {
      const Exported told = as<ChannelEnd>(end).offered_memory();
      std::memcpy(exported, told.data(), told.size());
    });
  };
  api.word = [](stretto_end* end, uint32_t index, void** word, const stretto_sink* sink) {
    return guard(sink, [&] { *word = &as<ChannelEnd>(end).word(index); });
  };
}

template <class Derived>
stretto_transport_api make_transport_api(const TransportInfo& info, const std::vector<const char*>& memory_kinds) {
  stretto_transport_api api{};
  api.size = sizeof api;
  api.flags = info.flags;
  api.send_completion = info.send_completion;
  api.memory_kind_count = static_cast<uint32_t>(memory_kinds.size());
  api.memory_kinds = memory_kinds.data();
  api.eager_bytes = info.eager_bytes;
  api.open = [](const stretto_transport_open* request, stretto_transport** transport, const stretto_sink* sink) {
    return guard(sink, [&] {
      auto handle = std::make_unique<TransportHandle>();
      TransportOpen given{request->actor, request->actor_count, Settings(request->settings), request->device};
      if (request->size >= sizeof *request) {
        given.device_api = request->device_api;
        given.device_handle = request->device_handle;
      }
      handle->transport = std::make_unique<Derived>(given);
      *transport = raw_of<stretto_transport>(handle.release());
    });
  };
  api.writer = [](stretto_transport* transport, const stretto_channel* channel, stretto_end** end,
                  const stretto_sink* sink) {
    return guard(sink, [&] {
      *end = raw_of<stretto_end>(as<TransportHandle>(transport).transport->open_writer(channel_from_raw(*channel)));
    });
  };
  api.reader = [](stretto_transport* transport, const stretto_channel* channel, stretto_end** end,
                  const stretto_sink* sink) {
    return guard(sink, [&] {
      *end = raw_of<stretto_end>(as<TransportHandle>(transport).transport->open_reader(channel_from_raw(*channel)));
    });
  };
  api.connect = [](stretto_transport* transport, uint32_t round, const stretto_blob* const* theirs, uint32_t count,
                   stretto_blob* mine, int32_t* done, int64_t deadline, const stretto_sink* sink) {
    return guard(sink, [&] {
      auto& handle = as<TransportHandle>(transport);
      std::vector<BlobView> views;
      for (uint32_t i = 0; theirs != nullptr && i < count; ++i)
        views.push_back({{static_cast<const std::byte*>(theirs[i]->bytes), theirs[i]->byte_count},
                         {theirs[i]->descriptors, theirs[i]->descriptor_count}});
      handle.mine = {};
      *done = handle.transport->connect(round, views, handle.mine, deadline_from_raw(deadline)) ? 1 : 0;
      *mine = {sizeof(stretto_blob), static_cast<uint32_t>(handle.mine.descriptors.size()),
               handle.mine.descriptors.data(), handle.mine.bytes.data(), handle.mine.bytes.size()};
    });
  };
  api.slot = [](stretto_end* end, uint32_t slot, void** memory, const stretto_sink* sink) {
    return guard(sink, [&] { *memory = as<ChannelEnd>(end).slot(slot); });
  };
  api.bind = [](stretto_end* end, uint32_t slot, void* memory, uint64_t bytes, const stretto_sink* sink) {
    return guard(sink, [&] { as<ChannelEnd>(end).bind(slot, memory, bytes); });
  };
  api.acquire = [](stretto_end* end, int64_t execution, int64_t deadline, const stretto_sink* sink) {
    return guard(sink, [&] { as<ChannelEnd>(end).acquire(execution, deadline_from_raw(deadline)); });
  };
  api.send = [](stretto_end* end, int64_t execution, uint64_t bytes, const void* note, int64_t deadline,
                const stretto_sink* sink) {
    return guard(sink, [&] { as<ChannelEnd>(end).send(execution, bytes, note, deadline_from_raw(deadline)); });
  };
  api.receive = [](stretto_end* end, int64_t execution, uint64_t* bytes, void* note, int64_t deadline,
                   const stretto_sink* sink) {
    return guard(sink, [&] { *bytes = as<ChannelEnd>(end).receive(execution, note, deadline_from_raw(deadline)); });
  };
  api.release = [](stretto_end* end, int64_t execution, const stretto_sink* sink) {
    return guard(sink, [&] { as<ChannelEnd>(end).release(execution); });
  };
  api.lane_send = [](stretto_end* end, const stretto_native* lane, const void* memory, uint64_t bytes,
                     const stretto_sink* sink) {
    return guard(sink, [&] { as<ChannelEnd>(end).lane_send(*lane, memory, bytes); });
  };
  api.lane_receive = [](stretto_end* end, const stretto_native* lane, void* memory, uint64_t bytes,
                        const stretto_sink* sink) {
    return guard(sink, [&] { as<ChannelEnd>(end).lane_receive(*lane, memory, bytes); });
  };
  api.group_begin = [](stretto_transport* transport, const stretto_sink* sink) {
    return guard(sink, [&] { as<TransportHandle>(transport).transport->group_begin(); });
  };
  api.group_end = [](stretto_transport* transport, const stretto_sink* sink) {
    return guard(sink, [&] { as<TransportHandle>(transport).transport->group_end(); });
  };
  api.abort = [](stretto_transport* transport) { as<TransportHandle>(transport).transport->abort(); };
  api.close = [](stretto_transport* transport) { delete &as<TransportHandle>(transport); };
  api.allocate = [](stretto_transport* transport, uint64_t bytes, void** memory, const stretto_sink* sink) {
    return guard(sink, [&] { *memory = as<TransportHandle>(transport).transport->allocate(bytes); });
  };
  api.latency = info.rates.latency;
  api.bandwidth = info.rates.bandwidth;
  add_collectives<Derived>(api);
  add_device_slots<Derived>(api);
  return api;
}
}  // namespace detail

/// The component of one transport. A class with collectives may have `static void offer(const CollectiveInfo&)`, which
/// is pure and throws Code::unimplemented with the reason where it can't do one; one with device slots may have `static
/// void offer_device_slots(const Settings&)`, alike. A class that has `static
/// std::vector<std::string> findings()` is asked by `stretto doctor` for the version of its library and what that
/// found, one a text.
template <class Derived>
Component* transport_component(const TransportInfo& info, std::vector<Option> options = {}) {
  static const auto* kinds = new std::vector<const char*>(info.memory_kinds);
  static const auto* api = new stretto_transport_api(detail::make_transport_api<Derived>(info, *kinds));
  static auto* component = new Component(STRETTO_TRANSPORT, info.name, info.summary, std::move(options), api);
  detail::add_findings<Derived>(*component);
  return component;
}

}  // namespace stretto
