// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "launch/crew.h"

#include "launch/actor.h"

#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace stretto {

namespace {

std::atomic<bool> left_behind{false};  ///< a thread, by any crew

std::string make_token() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw Error(Code::internal, "no random bytes for the run's token");
  std::string text;
  for (unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

/// Starts `program actor`, after the words that launch it, with the control connection as descriptor 3 and an empty
/// standard input.
int spawn_actor(const PlanActor& actor, const std::string& program, int control) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);  // results are the driver's to print
  posix_spawn_file_actions_adddup2(&actions, control, kActorDescriptor);
  std::vector<std::string> words = actor.launch;
  words.insert(words.end(), {program, "actor"});
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int pid = -1;
  const int failure = posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0)
    throw Error(Code::unavailable,
                fmt::format("cannot start actor '{}' with '{}': {}", actor.name, words[0], std::strerror(failure)));
  return pid;
}

}  // namespace

Crew::Crew(std::shared_ptr<const Plan> plan, Catalogue& catalogue, std::shared_ptr<ControlPage> page,
           const RunOptions& options)
    : plan_(std::move(plan)),
      page_(std::move(page)),
      options_(options),
      token_(make_token()),
      members_(plan_->driver()),
      transports_of_(plan_->driver()),
      times_(plan_->steps.size()),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (uint32_t actor = 0; actor < members_.size(); ++actor) members_[actor].name = plan_->actors[actor].name;
  std::promise<void> started;
  auto when_started = started.get_future();
  watcher_ = std::thread([this, &catalogue, &started, from = watch_from_.get_future()]() mutable {
    try {
      if (options_.processes)
        start_processes(catalogue, started);
      else
        started.set_value();
    } catch (...) {
      started.set_exception(std::current_exception());
    }
    from.wait();
    if (!stop_) watch();
  });
  try {
    when_started.get();
    if (options_.processes) check_versions(catalogue);
    open(catalogue);
  } catch (...) {
    abort();
    join(std::chrono::seconds(1));
    throw;
  }
}

// Libraries set themselves up when they are first used: load modules, patch functions, take locks of the loader and of
// drivers in one order here and in another there. UCX, which asks the CUDA driver in a constructor of a module that it
// loads, and the driver, which loads libraries while it makes a context, wait for each other for ever if two threads
// open them at the same time. So the actors of one process open one after another, and all devices before any
// transport, as an actor that has a process to itself does anyway.
void Crew::open(Catalogue& catalogue) {
  const Deadline deadline = deadline_after(options_.open);
  const auto answers = [&](const char* type, auto&& ask) {
    std::vector<Message> heard;
    for (uint32_t actor = 0; actor < members_.size(); ++actor) {
      ask(actor);
      if (!options_.processes) heard.push_back(await(members_[actor], type, deadline));
    }
    if (options_.processes)
      for (Member& member : members_) heard.push_back(await(member, type, deadline));
    return heard;
  };
  answers("device", [&](uint32_t actor) {
    if (!options_.processes) start_thread(catalogue, actor);
  });
  const auto ready = answers("ready", [&](uint32_t actor) { members_[actor].link->send({"open", {}, {}, {}}); });
  for (uint32_t actor = 0; actor < members_.size(); ++actor)
    transports_of_[actor] = ready[actor].body.at("transports").get<std::vector<uint32_t>>();
}

void Crew::start_thread(Catalogue& catalogue, uint32_t actor) {
  Member& member = members_[actor];
  auto [ours, theirs] = Link::make_pair();
  member.link = std::make_unique<Link>(std::move(ours));
  member.thread_ended = std::make_shared<std::atomic<bool>>(false);
  // The thread owns all that it uses, so that it may outlive the run, and what the caller has, if a call of a plugin
  // does not return in time.
  member.thread =
      std::thread([plan = plan_, page = page_, plugins = catalogue.share(), actor, trace = options_.trace_executions,
                   ended = member.thread_ended, socket = std::move(theirs)]() mutable {
        {
          Link link(std::move(socket));
          run_actor(*plan, actor, *plugins, page, link, trace, false);
        }
        ended->store(true);
      });
}

void Crew::start_processes(Catalogue& catalogue, std::promise<void>& started) {
  const std::string plan = to_json(*plan_);
  std::vector<std::byte> bytes(plan.size());
  std::memcpy(bytes.data(), plan.data(), plan.size());
  nlohmann::json folders = nlohmann::json::array();
  for (const auto& folder : catalogue.folders()) folders.push_back(folder.string());
  std::vector<Descriptor> theirs;
  for (uint32_t actor = 0; actor < members_.size(); ++actor) {
    Member& member = members_[actor];
    auto pair = Link::make_pair();
    member.link = std::make_unique<Link>(std::move(pair.first));
    member.pid = spawn_actor(plan_->actors[actor], options_.actor_program, pair.second.get());
    member.pidfd = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, member.pid, 0)));
    if (member.pidfd.get() < 0) throw Error(Code::internal, std::string("pidfd_open: ") + std::strerror(errno));
  }
  for (uint32_t actor = 0; actor < members_.size(); ++actor) {
    const Message hello{
        "hello",
        {{"token", token_}, {"actor", actor}, {"folders", folders}, {"trace_executions", options_.trace_executions}},
        bytes,
        {page_->descriptor()}};
    try {
      members_[actor].link->send(hello);
    } catch (const Error&) {  // it has died already: whoever awaits it says how
    }
  }
  started.set_value();
}

void Crew::check_versions(Catalogue& catalogue) {
  const Deadline deadline = deadline_after(options_.open);
  const std::string ours = hash(*plan_);
  const nlohmann::json versions = versions_of(*plan_, catalogue);
  for (Member& member : members_) {
    const Message hello = await(member, "hello", deadline);
    if (hello.body.at("token") != token_)
      throw Error(Code::internal, fmt::format("actor '{}' answered with another run's token", member.name));
    if (hello.body.at("hash") != ours)
      throw Error(Code::invalid_argument,
                  fmt::format("actor '{}' has plan {}, the driver {}: use the same stretto on both sides", member.name,
                              hello.body.at("hash").get<std::string>(), ours));
    if (hello.body.at("versions") != versions)
      throw Error(Code::invalid_argument, fmt::format("actor '{}' loaded {}, the driver {}: use the same plugins",
                                                      member.name, hello.body.at("versions").dump(), versions.dump()));
  }
}

Message Crew::await(Member& member, const std::string& type, Deadline deadline) {
  std::optional<Message> message;
  try {
    message = member.link->receive(deadline);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("actor '{}', while waiting for '{}': {}", member.name, type, error.what()));
  }
  if (!message)
    throw Error(Code::disconnected, fmt::format("actor '{}' {}", member.name, end_of(member, std::chrono::seconds(1))));
  if (message->type == "failed")
    throw Error(static_cast<Code>(message->body.at("code").get<int>()),
                fmt::format("actor '{}': {}", member.name, message->body.at("text").get<std::string>()));
  if (message->type != type)
    throw Error(Code::internal, fmt::format("actor '{}' sent '{}', expected '{}'", member.name, message->type, type));
  return std::move(*message);
}

void Crew::run(Endpoints& endpoints, std::function<void(const Error&)> died) {
  died_ = std::move(died);
  const Deadline deadline = deadline_after(options_.open);
  std::vector<std::vector<uint32_t>> members_of(plan_->components.size());
  for (uint32_t actor = 0; actor < members_.size(); ++actor)
    for (uint32_t transport : transports_of_[actor]) members_of[transport].push_back(actor);
  for (uint32_t transport : endpoints.transports()) members_of[transport].push_back(plan_->driver());
  for (const uint32_t transport : order_of_connecting(*plan_)) connect(transport, endpoints, members_of, deadline);
  for (Member& member : members_) member.link->send({"run", {}, {}, {}});
  for (Member& member : members_) await(member, "running", deadline);
  // All or none: what runs beside one that could not start is of no use, and its end is not to be waited for.
  for (Member& member : members_) member.phase = Phase::running;
  progress_since_ = std::chrono::steady_clock::now();
  watch_from_.set_value();
}

void Crew::connect(uint32_t transport, Endpoints& endpoints, const std::vector<std::vector<uint32_t>>& members_of,
                   Deadline deadline) {
  std::vector<Blobs> received;
  std::vector<Envelope> ours;
  std::vector<BlobView> blobs(plan_->actors.size());
  for (uint32_t round = 0, done = 0; done < members_of[transport].size(); ++round) {
    Message tell = pack_blobs("connect", blobs);
    tell.body["transport"] = transport;
    tell.body["round"] = round;
    tell.body["deadline"] = to_raw(deadline);
    for (uint32_t actor : members_of[transport])
      if (actor != plan_->driver()) members_[actor].link->send(tell);
    // The driver's own copies of the descriptors, for its transport to keep.
    std::vector<std::vector<int>> copies(blobs.size());
    std::vector<BlobView> theirs = blobs;
    std::vector<BlobView> next(blobs.size());
    std::vector<Blobs> answers;
    answers.reserve(members_of[transport].size());
    done = 0;
    for (uint32_t actor : members_of[transport]) {
      if (actor == plan_->driver()) {
        for (size_t i = 0; i < theirs.size(); ++i) {
          for (int descriptor : theirs[i].descriptors) copies[i].push_back(fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
          theirs[i].descriptors = copies[i];
        }
        ours.push_back(endpoints.connect(
            transport, round, round == 0 ? std::span<const BlobView>() : std::span<const BlobView>(theirs), deadline));
        done += ours.back().done ? 1 : 0;
      }
    }
    for (uint32_t actor : members_of[transport]) {
      if (actor == plan_->driver()) {
        next[actor] = {ours.back().bytes, ours.back().descriptors};
        continue;
      }
      Message answer = await(members_[actor], "connect", deadline);
      done += answer.body.at("done").get<bool>() ? 1 : 0;
      answers.emplace_back(std::move(answer));
      next[actor] = answers.back().views.at(0);
    }
    for (const Blobs& old : received)
      for (const BlobView& view : old.views)
        for (int descriptor : view.descriptors) close(descriptor);
    received = std::move(answers);
    blobs = next;
  }
  for (const Blobs& old : received)
    for (const BlobView& view : old.views)
      for (int descriptor : view.descriptors) close(descriptor);
}

void Crew::abort() noexcept {
  page_->abort();
  for (Member& member : members_) {
    try {
      if (member.link) member.link->send({"abort", {}, {}, {}});
    } catch (...) {  // gone already
    }
  }
}

std::string Crew::end_of(Member& member, std::chrono::milliseconds patience) {
  if (member.pid < 0) return "ended before its time";
  pollfd entry{member.pidfd.get(), POLLIN, 0};
  if (poll(&entry, 1, static_cast<int>(patience.count())) <= 0)
    return fmt::format("(process {}) closed its control connection", member.pid);
  int status = 0;
  if (member.reaped || waitpid(member.pid, &status, 0) != member.pid) return "is gone";
  member.reaped = true;
  if (WIFSIGNALED(status))
    return fmt::format("(process {}) was killed by signal {} ({})", member.pid, WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
  return fmt::format("(process {}) exited with status {}", member.pid, WEXITSTATUS(status));
}

void Crew::join(std::chrono::duration<double> patience) {
  if (joined_) return;
  joined_ = true;
  const Deadline deadline = deadline_after(patience);
  {
    std::unique_lock lock(mutex_);
    bool running = false;
    for (const Member& member : members_) running = running || member.phase == Phase::running;
    if (running)
      changed_.wait_until(lock, deadline, [&] {
        for (const Member& member : members_)
          if (member.phase == Phase::running) return false;
        return true;
      });
  }
  stop_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(wake_.get(), &one, sizeof one);
  try {
    watch_from_.set_value();
  } catch (const std::future_error&) {  // it watches already
  }
  if (watcher_.joinable()) watcher_.join();
  for (Member& member : members_) {
    try {
      if (member.link) member.link->send({"bye", {}, {}, {}});
    } catch (const Error&) {  // gone already
    }
  }
  for (Member& member : members_) {
    const auto left =
        std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()),
                 std::chrono::milliseconds(member.phase == Phase::running ? 0 : 1000));
    if (member.pid > 0 && !member.reaped) {
      pollfd entry{member.pidfd.get(), POLLIN, 0};
      if (poll(&entry, 1, static_cast<int>(left.count())) <= 0) kill(member.pid, SIGKILL);
      waitpid(member.pid, nullptr, 0);
      member.reaped = true;
    }
    if (!member.thread.joinable()) continue;
    // A thread cannot be killed. One whose op does not return is left behind; it owns what it uses.
    const auto until = std::chrono::steady_clock::now() + left;
    while (!member.thread_ended->load() && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (member.thread_ended->load()) {
      member.thread.join();
    } else {
      left_behind = true;
      member.thread.detach();
    }
  }
}

Crew::~Crew() {
  if (!joined_) abort();
  join(options_.close);
}

bool threads_left_behind() noexcept { return left_behind.load(); }

}  // namespace stretto
