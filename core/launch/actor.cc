// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "launch/actor.h"

#include "execution/executor.h"

#include <csignal>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace stretto {

Message pack_blobs(const std::string& type, std::span<const BlobView> blobs) {
  Message message{type, {}, {}, {}};
  message.body = {{"bytes", nlohmann::json::array()}, {"descriptors", nlohmann::json::array()}};
  for (const BlobView& blob : blobs) {
    message.body["bytes"].push_back(blob.bytes.size());
    message.body["descriptors"].push_back(blob.descriptors.size());
    message.bytes.insert(message.bytes.end(), blob.bytes.begin(), blob.bytes.end());
    message.descriptors.insert(message.descriptors.end(), blob.descriptors.begin(), blob.descriptors.end());
  }
  return message;
}

Blobs::Blobs(Message message) : message_(std::move(message)) {
  size_t byte = 0;
  size_t descriptor = 0;
  const auto& sizes = message_.body.at("bytes");
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto bytes = sizes[i].get<size_t>();
    const auto count = message_.body.at("descriptors").at(i).get<size_t>();
    if (bytes > message_.bytes.size() - byte || count > message_.descriptors.size() - descriptor)
      throw Error(Code::internal, "garbage on the control connection");
    views.push_back(
        {std::span(message_.bytes).subspan(byte, bytes), std::span(message_.descriptors).subspan(descriptor, count)});
    byte += bytes;
    descriptor += count;
  }
}

nlohmann::json versions_of(const Plan& plan, Catalogue& catalogue) {
  nlohmann::json versions = nlohmann::json::array();
  for (const ComponentUse& use : plan.components) {
    if (use.kind == to_text(STRETTO_SCHEDULER)) continue;  // its work is done, and in the plan
    const bool ops = use.kind == to_text(STRETTO_OP_LIBRARY);
    const LoadedComponent& loaded =
        ops ? catalogue.find_ops(use.name, use.variant)
            : catalogue.find(use.kind == to_text(STRETTO_DEVICE) ? STRETTO_DEVICE : STRETTO_TRANSPORT, use.name);
    versions.push_back({{"name", use.kind + "." + use.name}, {"plugin", loaded.plugin}, {"version", loaded.version}});
  }
  return versions;
}

namespace {

Message failed(const Error& error) {
  return {"failed", {{"code", static_cast<int>(error.code())}, {"text", error.what()}}, {}, {}};
}

nlohmann::json to_json(const std::vector<StepTimes>& times) {
  nlohmann::json list = nlohmann::json::array();
  for (size_t step = 0; step < times.size(); ++step)
    if (times[step].count != 0)
      list.push_back({step, times[step].count, times[step].total, times[step].minimum, times[step].maximum});
  return list;
}

/// The main thread of an actor: hears the driver and the lanes' end.
class ActorLoop {
 public:
  ActorLoop(const Plan& plan, uint32_t actor, Catalogue& catalogue, std::shared_ptr<ControlPage> page, Link& link,
            uint64_t trace_executions, bool exit_when_stuck)
      : link_(link),
        exit_when_stuck_(exit_when_stuck),
        ended_(eventfd(0, EFD_CLOEXEC)),
        executor_(plan, actor, catalogue, std::move(page), trace_executions) {
    link_.send({"device", {}, {}, {}});
  }

  void run() {
    while (!over_) {
      pollfd entries[2] = {{link_.descriptor(), POLLIN, 0}, {ended_.get(), POLLIN, 0}};
      if (poll(entries, 2, gone_ ? 1000 : -1) == 0 && exit_when_stuck_) _exit(1);
      if (entries[1].revents != 0) lanes_ended();
      if (!over_ && !gone_ && entries[0].revents != 0) hear();
    }
  }

 private:
  void lanes_ended() {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(ended_.get(), &count, sizeof count);
    executor_.join();
    running_ = false;
    if (gone_) {
      over_ = true;
      return;
    }
    const auto failure = executor_.failure();
    Message message =
        failure ? failed(*failure) : Message{"ended", {{"times", to_json(executor_.step_times())}}, {}, {}};
    message.bytes = executor_.packed_traces();
    link_.send(message);
  }

  void hear() {
    auto message = link_.receive();
    if (!message || message->type == "bye") {
      gone_ = true;
      executor_.abort();
      if (!running_) over_ = true;
    } else if (message->type == "abort") {
      executor_.abort();
      if (!running_) over_ = true;
    } else if (message->type == "open") {
      executor_.open_transports();
      link_.send({"ready", {{"transports", executor_.endpoints().transports()}}, {}, {}});
    } else if (message->type == "connect") {
      connect(std::move(*message));
    } else if (message->type == "run") {
      running_ = true;
      executor_.start([this] {
        const uint64_t one = 1;
        [[maybe_unused]] const ssize_t put = ::write(ended_.get(), &one, sizeof one);
      });
      link_.send({"running", {}, {}, {}});
    } else {
      throw Error(Code::internal, "an unknown message on the control connection: " + message->type);
    }
  }

  void connect(Message message) {
    const auto transport = message.body.at("transport").get<uint32_t>();
    const auto round = message.body.at("round").get<uint32_t>();
    const Deadline deadline = deadline_from_raw(message.body.at("deadline").get<int64_t>());
    const Blobs theirs(std::move(message));
    const Envelope mine = executor_.endpoints().connect(
        transport, round, round == 0 ? std::span<const BlobView>() : std::span(theirs.views), deadline);
    const BlobView view{mine.bytes, mine.descriptors};
    Message answer = pack_blobs("connect", std::span(&view, 1));
    answer.body["done"] = mine.done;
    link_.send(answer);
  }

  Link& link_;
  bool exit_when_stuck_;
  bool gone_ = false;
  bool over_ = false;
  bool running_ = false;
  Descriptor ended_;
  Executor executor_;
};

}  // namespace

void run_actor(const Plan& plan, uint32_t actor, Catalogue& catalogue, std::shared_ptr<ControlPage> page, Link& link,
               uint64_t trace_executions, bool exit_when_stuck) {
  try {
    ActorLoop(plan, actor, catalogue, std::move(page), link, trace_executions, exit_when_stuck).run();
  } catch (const std::exception& thrown) {
    const auto* error = dynamic_cast<const Error*>(&thrown);
    try {
      link.send(failed(error != nullptr ? *error : Error(Code::internal, thrown.what())));
    } catch (const Error&) {  // the driver has gone: nobody to tell
    }
  }
}

int actor_main() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGINT, SIG_IGN);  // the driver decides, and says so over the control connection
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);  // the driver's mask came along
  Link link{Descriptor(kActorDescriptor)};
  try {
    auto hello = link.receive();
    if (!hello) return 1;
    const Plan plan =
        plan_from_json(std::string(reinterpret_cast<const char*>(hello->bytes.data()), hello->bytes.size()));
    verify(plan);
    std::vector<std::filesystem::path> folders;
    for (const auto& folder : hello->body.at("folders")) folders.emplace_back(folder.get<std::string>());
    Catalogue catalogue(folders);
    const auto page = ControlPage::map(plan, hello->descriptors.at(0));
    link.send({"hello",
               {{"token", hello->body.at("token")}, {"hash", hash(plan)}, {"versions", versions_of(plan, catalogue)}},
               {},
               {}});
    run_actor(plan, hello->body.at("actor").get<uint32_t>(), catalogue, page, link,
              hello->body.at("trace_executions").get<uint64_t>(), true);
    return 0;
  } catch (const std::exception& thrown) {
    const auto* error = dynamic_cast<const Error*>(&thrown);
    try {
      link.send(failed(error != nullptr ? *error : Error(Code::internal, thrown.what())));
    } catch (const Error&) {
    }
    return 1;
  }
}

}  // namespace stretto
