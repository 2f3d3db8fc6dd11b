// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "transport.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace stretto::ucx {
namespace {

constexpr std::chrono::milliseconds kFarewell{250};  // for each of the two steps of closing

Protocol protocol_named(const std::string& name) {
  return name == "get"   ? Protocol::get
         : name == "put" ? Protocol::put
         : name == "am"  ? Protocol::am
                         : Protocol::automatic;
}

/// Of the slots of an actor with this device.
Reach reach_of(const TransportOpen& request, const Context& context) {
  const std::string kind = request.device->kind;
  const auto& gpu = request.settings.text("gpu");
  if (kind == "host") return Reach::host;
  if (gpu == "direct") {
    const std::string missing = kind == kCuda ? context.cuda_is_missing() : "it knows 'cuda' alone";
    if (missing.empty()) return Reach::device;
    throw Error(Code::unavailable,
                "transport.ucx.gpu = 'direct': UCX " + library_version() + ", as it is here, does not reach '" + kind +
                    "' memory: " + missing +
                    "; expected one that was built with CUDA (libucx-cu13 on PyPI), with transport.ucx.tls, or "
                    "UCX_TLS, empty or with 'cuda' in it. Or set gpu = 'staged'");
  }
  if (request.device_api == nullptr)
    throw Error(Code::unavailable, "'" + kind +
                                       "' memory has to be staged, and this host passes no calls of the "
                                       "device: it is of an older stretto");
  return Reach::staged;
}

Error wrong(const ChannelInfo& channel, const std::string& what) {
  return {Code::invalid_argument, "channel '" + channel.name + "': " + what};
}

}  // namespace

/// Tells one peer that the way to it works.
struct UcxTransport::Greeting {
  Greeting(Peer& to, const Header& header)
      : peer(to),
        hello(header),
        command([](void* self) { static_cast<Greeting*>(self)->send(); }, this),
        operation([](void* self, Result result) { static_cast<Greeting*>(self)->sent(result); }, this) {}
  void send() { peer.endpoint().say(operation, std::as_bytes(std::span(&hello, 1))); }
  void sent(Result result) const {
    if (!result.ok()) peer.lose(result);
  }
  Peer& peer;
  Header hello;
  Command command;
  Operation operation;
};

std::vector<std::string> UcxTransport::findings() {
  std::vector<std::string> texts{"UCX " + library_version()};
  std::string found;
  const Context context({"", "", 1, true});
  for (const auto& resource : context.resources()) found += (found.empty() ? "" : " ") + resource;
  texts.push_back("transports/devices: " + found);
  const std::string missing = context.cuda_is_missing();
  texts.push_back("memory of GPUs: staged through pinned memory" +
                  (missing.empty() ? "; this UCX reaches it too, with gpu = 'direct'"
                                   : ", UCX itself does not reach it: " + missing));
  return texts;
}

UcxTransport::UcxTransport(const TransportOpen& request)
    : context_({request.settings.text("tls"), request.settings.text("devices"), request.settings.seconds("keepalive"),
                request.settings.text("gpu") == "direct"}),
      engine_(std::make_unique<Engine>(context_, static_cast<Receiver&>(*this))),
      worker_(*engine_, nanoseconds(request.settings.seconds("spin"))),
      device_{request.device_api, request.device_handle},
      wiring_{context_,
              *engine_,
              worker_,
              request.actor,
              protocol_named(request.settings.text("protocol")),
              request.settings.bytes("eager_bytes"),
              reach_of(request, context_),
              request.settings.bytes("staging_bytes"),
              static_cast<uint32_t>(request.settings.integer("staging_pieces"))} {
  // What came with its message is staged too, as one piece.
  if (wiring_.piece_bytes < wiring_.eager_bytes)
    throw Error(Code::invalid_argument, "transport.ucx.staging_bytes is " + std::to_string(wiring_.piece_bytes) +
                                            "; expected no less than eager_bytes, " +
                                            std::to_string(wiring_.eager_bytes));
}

UcxTransport::~UcxTransport() {
  for (const auto* stage : {&out_, &in_})
    if (*stage != nullptr) (*stage)->stop();
  worker_.stop();
  close_endpoints();
  // Memory goes back to its owner before UCX forgets about it, and before the worker goes: UCX 1.22 remembers with the
  // memory the worker's operations that an abort has left, and looks at them when that is unmapped.
  for (const auto& [id, writer] : writers_) writer->unregister();
  for (const auto& [id, reader] : readers_) reader->unregister();
  context_.unmap_all();
  engine_.reset();
}

void UcxTransport::check_opening(const ChannelInfo& channel) const {
  if (announced_) throw wrong(channel, "it was opened after connecting had begun");
  if (wiring_.actor >= kMostActors)
    throw wrong(channel, "actor " + std::to_string(wiring_.actor) + " is one too many; it serves " +
                             std::to_string(kMostActors) + " actors");
  if (channel.slots == 0) throw wrong(channel, "it has no slots; expected one or more");
  if (sizeof(Header) + channel.note_bytes > engine_->most_header_bytes())
    throw wrong(channel, "its notes of " + std::to_string(channel.note_bytes) + " bytes are longer than the " +
                             std::to_string(engine_->most_header_bytes() - sizeof(Header)) + " that UCX sends at once");
}

ChannelEnd* UcxTransport::open_writer(const ChannelInfo& channel) {
  check_opening(channel);
  if (channel.writer != wiring_.actor)
    throw wrong(channel,
                "actor " + std::to_string(channel.writer) + " writes it, not actor " + std::to_string(wiring_.actor));
  const std::lock_guard lock(opening_);
  const auto [place, fresh] = writers_.try_emplace(channel.id);
  if (!fresh)
    throw wrong(channel,
                "it has the number " + std::to_string(channel.id) + " of '" + place->second->channel().name + "'");
  place->second = std::make_unique<WriterEnd>(channel, wiring_);
  return place->second.get();
}

ChannelEnd* UcxTransport::open_reader(const ChannelInfo& channel) {
  check_opening(channel);
  if (std::find(channel.readers.begin(), channel.readers.end(), wiring_.actor) == channel.readers.end())
    throw wrong(channel, "actor " + std::to_string(wiring_.actor) + " is not among its readers");
  const std::lock_guard lock(opening_);
  const auto [place, fresh] = readers_.try_emplace(channel.id);
  if (!fresh)
    throw wrong(channel,
                "it has the number " + std::to_string(channel.id) + " of '" + place->second->channel().name + "'");
  place->second = std::make_unique<ReaderEnd>(channel, wiring_);
  return place->second.get();
}

bool UcxTransport::connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline deadline) {
  for (const auto& blob : theirs)
    for (const int descriptor : blob.descriptors) close(descriptor);  // this transport sends none
  if (wiring_.aborted) throw Error(Code::cancelled, "connecting ended: the transport was aborted");
  if (round == 0) {
    announced_ = true;
    make_stages();
    announce(mine);
    return false;
  }
  if (round == 1) {
    make_peers(theirs);
    // Arming a UCX that copies on streams of its own needs the device to be its thread's: every call makes it so.
    worker_.start([this] {
      if (wiring_.reach == Reach::device && device_.api != nullptr && device_.api->status != nullptr)
        device_.api->status(device_.handle, nullptr);
    });
    greet(deadline);
  }
  return true;
}

/// Each way has a stage if something is to go that way, with no more room than that needs.
void UcxTransport::make_stages() {
  if (wiring_.reach != Reach::staged) return;
  const auto make = [&](const char* name, const auto& ends, std::unique_ptr<Stage>& stage) {
    uint64_t most = 0;
    for (const auto& [id, end] : ends) most = std::max(most, end->channel().slot_bytes);
    if (most != 0)
      stage = std::make_unique<Stage>(device_, context_, worker_, name, wiring_.pieces,
                                      std::min(most, wiring_.piece_bytes));
    return stage.get();
  };
  wiring_.out = make("ucx out", writers_, out_);
  wiring_.in = make("ucx in", readers_, in_);
}

void UcxTransport::announce(Blob& mine) const {
  Announcement announcement;
  announcement.protocol = wiring_.protocol;
  announcement.piece_bytes = wiring_.piece_bytes;
  announcement.address = engine_->address();
  for (const auto& [id, writer] : writers_) announcement.written.emplace(id, writer->announced());
  for (const auto& [id, reader] : readers_) announcement.read.emplace(id, reader->announced());
  mine.bytes = to_bytes(announcement);
}

void* UcxTransport::allocate(uint64_t bytes) { return context_.allocate(bytes); }

void UcxTransport::make_peers(std::span<const BlobView> theirs) {
  std::map<uint32_t, Announcement> announcements;
  const auto meet = [&](const ChannelInfo& channel, uint32_t actor) -> const Announcement& {
    if (actor >= theirs.size() || theirs[actor].bytes.empty())
      throw wrong(channel, "actor " + std::to_string(actor) + " announced nothing");
    const auto known = announcements.find(actor);
    if (known != announcements.end()) return known->second;
    auto announcement = announcement_from(theirs[actor].bytes, actor);
    if (announcement.protocol != wiring_.protocol)
      throw wrong(channel, "actor " + std::to_string(actor) + " has another transport.ucx.protocol");
    if (announcement.piece_bytes != wiring_.piece_bytes)
      throw wrong(channel, "actor " + std::to_string(actor) + " has another transport.ucx.staging_bytes");
    auto& made = *peers_.emplace(actor, std::make_unique<Peer>(actor, [this] { wake_all(); })).first->second;
    try {
      made.connect(*engine_, announcement.address);
    } catch (const Error& error) {
      throw Error(error.code(),
                  "channel '" + channel.name + "', to actor " + std::to_string(actor) + ": " + error.what());
    }
    return announcements.emplace(actor, std::move(announcement)).first->second;
  };
  for (const auto& [id, writer] : writers_) {
    std::vector<WriterEnd::Reading> readers;
    for (const uint32_t actor : writer->channel().readers) {
      const auto& end = matching_end(meet(writer->channel(), actor).read, writer->channel(), actor);
      const bool reaches = wiring_.protocol == Protocol::put;
      readers.push_back({&peer(actor), end.reach, ring_of(actor, end, reaches)});
    }
    writer->connect(std::move(readers));
  }
  for (const auto& [id, reader] : readers_) {
    const uint32_t actor = reader->channel().writer;
    const auto& end = matching_end(meet(reader->channel(), actor).written, reader->channel(), actor);
    const bool reaches = wiring_.protocol == Protocol::get || wiring_.protocol == Protocol::automatic;
    reader->connect(peer(actor), end.reach, ring_of(actor, end, reaches));
  }
}

/// Another actor's slots, where they are to be reached from here: among hosts' memory alone.
RemoteRing UcxTransport::ring_of(uint32_t actor, const AnnouncedEnd& end, bool reaches) {
  const bool hosts = wiring_.reach == Reach::host && end.reach == Reach::host;
  return reaches && hosts ? RemoteRing(peer(actor).endpoint(), end) : RemoteRing();
}

void UcxTransport::greet(Deadline deadline) {
  for (const auto& [actor, peer] : peers_) {
    auto& greeting = *greetings_.emplace_back(
        std::make_unique<Greeting>(*peer, Header{static_cast<uint32_t>(Kind::hello), wiring_.actor, 0, 0, 0, 0}));
    worker_.post(greeting.command);
  }
  const auto lost = [&] { return std::ranges::any_of(peers_, [](const auto& entry) { return entry.second->gone(); }); };
  const auto met = [&] { return greeted_.load(std::memory_order_acquire) == peers_.size(); };
  const bool ended = worker_.wait(
      meeting_, [&] { return wiring_.aborted.load() || met() || lost(); }, deadline);
  if (wiring_.aborted) throw Error(Code::cancelled, "connecting ended: the transport was aborted");
  for (const auto& [actor, peer] : peers_)
    if (peer->gone())
      throw Error(Code::disconnected, "actor " + std::to_string(actor) + " went while connecting: " + peer->why());
  if (!ended)
    throw Error(Code::timed_out, "only " + std::to_string(greeted_.load()) + " of " + std::to_string(peers_.size()) +
                                     " actors answered over UCX; can the devices (transport.ucx.devices) reach each "
                                     "other?");
}

bool UcxTransport::arrived(const Arrival& arrival) noexcept {
  Header header{};
  if (arrival.header.size() < sizeof header) return false;
  std::memcpy(&header, arrival.header.data(), sizeof header);
  const auto rest = arrival.header.subspan(sizeof header);
  const auto writer_of = [this](uint32_t channel) {
    const auto place = writers_.find(channel);
    return place == writers_.end() ? nullptr : place->second.get();
  };
  const auto reader = readers_.find(header.channel);
  const bool read_here = reader != readers_.end() && reader->second->channel().writer == header.actor;
  switch (static_cast<Kind>(header.kind)) {
    case Kind::hello:
      greeted_.fetch_add(1, std::memory_order_release);
      meeting_.wake_all();
      break;
    case Kind::message:
    case Kind::promise:
      if (header.done_channel != 0)
        if (auto* writer = writer_of(header.done_channel - 1)) writer->on_done(header.actor, header.done_execution);
      return read_here && reader->second->on_message(header, rest, arrival);
    case Kind::piece: return read_here && reader->second->on_piece(header, rest, arrival);
    case Kind::failed:
      if (read_here) reader->second->on_failed(header.execution);
      break;
    case Kind::landed:
      if (read_here) reader->second->on_landed(header.execution);
      break;
    case Kind::wanted:
      if (auto* writer = writer_of(header.channel)) writer->on_wanted(header.actor, header.execution);
      break;
    case Kind::done:
      if (auto* writer = writer_of(header.channel)) writer->on_done(header.actor, header.execution);
      break;
  }
  return false;
}

void UcxTransport::wake_all() noexcept {
  meeting_.wake_all();
  for (const auto& [id, writer] : writers_) writer->wake();
  for (const auto& [id, reader] : readers_) reader->wake();
}

void UcxTransport::abort() noexcept {
  wiring_.aborted.store(true, std::memory_order_seq_cst);
  const std::lock_guard lock(opening_);
  wake_all();
}

void UcxTransport::close_endpoints() {
  const auto until = [this](auto&& ended) {
    const auto deadline = std::chrono::steady_clock::now() + kFarewell;
    while (!ended() && std::chrono::steady_clock::now() < deadline) engine_->progress();
    return ended();
  };
  const auto idle = [this] { return engine_->running() == 0; };
  for (const auto& [id, reader] : readers_) reader->drop_rendezvous();
  // What was said last reaches the peers, unless they are gone or everything is over anyway.
  const bool quiet = wiring_.aborted ? idle() : until(idle);
  const auto drop_keys = [this] {
    for (const auto& [id, writer] : writers_) writer->drop_keys();
    for (const auto& [id, reader] : readers_) reader->drop_keys();
  };
  // Keys go before the endpoints, except where operations still use them: those end with their endpoints.
  if (quiet) drop_keys();
  for (const auto& [actor, peer] : peers_) peer->close(!quiet || wiring_.aborted);
  until(idle);
  drop_keys();
}

}  // namespace stretto::ucx
