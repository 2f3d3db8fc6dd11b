// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The transport ucx beside ucx_perftest on the same cores in the same minute, in turn (A B B A): bandwidth of 64 MiB
/// messages over shared memory and over tcp, against the best of perftest's tests; and a hop of 8 B against UCP's tag
/// matching, where both spin.

#include "spread.h"
#include "word_socket.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace stretto::bench {
namespace {

using contract::ChannelPlan;
using contract::OpenEnd;
using contract::OpenTransport;
using contract::Outcome;
using contract::WordSocket;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kLarge = 64 << 20;
constexpr int kRounds = 4;  // of A B B A

void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);  // threads made later inherit it
}

void must(const char* what, const Outcome& outcome) {
  if (outcome.code != Code::ok) throw Error(outcome.code, std::string(what) + ": " + outcome.message);
}

/// What both processes do with one connection: a job's words are "bytes", "messages", "options".
struct Work {
  uint64_t bytes;
  int64_t messages;
  std::string options;
  bool hop;
};

std::vector<ChannelPlan> channels_of(const Work& work) {
  // A stream has one buffer on each side, as perftest has: with two it would need twice the cache.
  return {{.slots = work.hop ? 2U : 1U, .slot_bytes = work.bytes, .note_bytes = 0, .writer = 0, .readers = {1}},
          {.slots = 2, .slot_bytes = work.hop ? work.bytes : 8, .note_bytes = 0, .writer = 1, .readers = {0}}};
}

/// One actor of two, connected.
class Actor {
 public:
  Actor(const Work& work, uint32_t number, const WordSocket& socket)
      : transport_(contract::load_component(contract::plugin_path("ucx"), STRETTO_TRANSPORT, "ucx"), work.options,
                   number, 2, &host_) {
    transport_.open_ends(channels_of(work));
    contract::connect_over(socket, transport_, STRETTO_NO_DEADLINE);
  }
  /// Waits until the slot of an execution is free, for `send`.
  void acquire(uint32_t channel, int64_t execution) {
    must("acquire", transport_.writer(channel).acquire(execution, STRETTO_NO_DEADLINE));
  }
  void send(uint32_t channel, int64_t execution, uint64_t bytes) {
    const OpenEnd& end = transport_.writer(channel);
    const std::array<char, 16> note{};
    must("send", end.send(execution, bytes, note.data(), STRETTO_NO_DEADLINE));
  }
  /// As actor 1.
  void answer(int64_t execution, uint64_t bytes) {
    acquire(1, execution);
    send(1, execution, bytes);
  }
  void receive(uint32_t channel, int64_t execution) {
    const OpenEnd& end = transport_.reader(channel);
    std::array<char, 16> note{};
    uint64_t bytes = 0;
    must("receive", end.receive(execution, &bytes, note.data(), STRETTO_NO_DEADLINE));
    must("release", end.release(execution));
  }

 private:
  static constexpr stretto_native host_{sizeof(stretto_native), 0, "host", 0, 0};
  OpenTransport transport_;
};

/// Actor 0 sends; of a hop, actor 1 answers. Actor 1 says when it is done. Seconds, at actor 0.
double take_part(const Work& work, uint32_t number, const WordSocket& socket) {
  Actor actor(work, number, socket);
  const int64_t warm = work.messages / 10 + 2;
  Clock::time_point begin;
  for (int64_t execution = 0; execution < warm + work.messages; ++execution) {
    if (number == 0) actor.acquire(0, execution);
    if (execution == warm) begin = Clock::now();  // of a stream, with its one slot: all before has been received
    if (number == 0) actor.send(0, execution, work.bytes);
    if (number == 1) actor.receive(0, execution);
    if (work.hop && number == 1) actor.answer(execution, work.bytes);
    if (work.hop && number == 0) actor.receive(1, execution);
  }
  if (number == 1) actor.answer(work.hop ? warm + work.messages : 0, 8);
  if (number == 0) actor.receive(1, work.hop ? warm + work.messages : 0);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  number == 0 ? static_cast<void>(socket.receive()) : socket.send({}, true);
  return seconds;
}

pid_t start(const std::vector<std::string>& words, int descriptor, bool quiet) {
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  for (auto& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (descriptor >= 0) posix_spawn_file_actions_adddup2(&actions, descriptor, 3);
  if (quiet) posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (quiet) posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t process = 0;
  const int result = posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (result != 0) throw std::runtime_error("cannot start " + words[0]);
  return process;
}

double seconds_of(const Work& work) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::runtime_error("socketpair");
  const WordSocket socket(ends[0]);
  const pid_t peer = start({"/proc/self/exe", std::to_string(work.bytes), std::to_string(work.messages), work.options,
                            work.hop ? "hop" : "stream"},
                           ends[1], false);
  ::close(ends[1]);
  const double seconds = take_part(work, 0, socket);
  waitpid(peer, nullptr, 0);
  return seconds;
}

/// The columns of perftest's last line: average latency in µs (one way), bandwidth in MiB/s.
struct Perftest {
  double latency;
  double bandwidth;
};
Perftest perftest(const std::string& environment, const std::string& test, uint64_t bytes, int64_t iterations) {
  static int port = 23'400;
  ++port;
  for (const auto& variable : {environment, std::string("UCX_NET_DEVICES=lo")}) {
    const auto at = variable.find('=');
    setenv(variable.substr(0, at).c_str(), variable.substr(at + 1).c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  }
  const pid_t server = start({"ucx_perftest", "-p", std::to_string(port), "-c", "1"}, -1, true);
  const std::string command = fmt::format(
      "for i in 1 2 3 4 5 6 7 8 9; do ucx_perftest 127.0.0.1 -p {} -c 0 -t {} -s {} -n {} -w {} -f -v "
      "2>/dev/null && exit; sleep 0.2; done",
      port, test, bytes, iterations, iterations / 10 + 2);
  std::FILE* output = popen(command.c_str(), "r");
  std::array<char, 512> line{};
  Perftest found{};
  while (std::fgets(line.data(), line.size(), output) != nullptr) {
    double iterations_done = 0, typical = 0, overall = 0;
    std::sscanf(line.data(), " %lf,%lf,%lf,%lf,%lf", &iterations_done, &typical, &found.latency, &overall,
                &found.bandwidth);
  }
  pclose(output);
  kill(server, SIGTERM);
  waitpid(server, nullptr, 0);
  for (const char* name : {"UCX_TLS", "UCX_NET_DEVICES"}) unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  if (found.latency == 0) throw std::runtime_error("ucx_perftest said nothing");
  return found;
}

void print_bandwidth(const std::string& tls, const std::string& protocol, int64_t messages) {
  const Work work{kLarge, messages,
                  "tls = '" + tls + "'\nprotocol = '" + protocol + "'" + (tls == "tcp" ? "\ndevices = 'lo'" : ""),
                  false};
  const auto ours = [&] {
    return static_cast<double>(kLarge >> 20) * static_cast<double>(messages) / seconds_of(work);
  };
  std::map<std::string, double> best;
  for (const char* test : {"tag_bw", "ucp_am_bw", "ucp_put_bw", "ucp_get"})
    best[test] = perftest("UCX_TLS=" + tls, test, kLarge, messages).bandwidth;
  const auto winner = std::ranges::max_element(best, {}, [](const auto& entry) { return entry.second; })->first;
  const auto theirs = [&] { return perftest("UCX_TLS=" + tls, winner, kLarge, messages).bandwidth; };
  std::vector<double> mine, other, ratios;
  for (int round = 0; round < kRounds; ++round) {
    const double a = theirs(), b = ours(), c = ours(), d = theirs();
    mine.push_back((b + c) / 2);
    other.push_back((a + d) / 2);
    ratios.push_back((b + c) / (a + d));
  }
  fmt::print("64 MiB over {}, {}: {} MiB/s; ucx_perftest's best, {}: {} MiB/s; ratio {}\n", tls, protocol,
             to_text(spread(mine), 0), winner, to_text(spread(other), 0), to_text(spread(ratios)));
}

void print_hop(const std::string& tls) {
  const Work work{8, 20'000, "tls = '" + tls + "'\nspin = 1", true};
  const auto ours = [&] { return 1e9 * seconds_of(work) / static_cast<double>(2 * work.messages); };
  const auto theirs = [&] { return 1e3 * perftest("UCX_TLS=" + tls, "tag_lat", 8, work.messages).latency; };
  std::vector<double> mine, other, ratios;
  for (int round = 0; round < kRounds; ++round) {
    const double a = theirs(), b = ours(), c = ours(), d = theirs();
    mine.push_back((b + c) / 2);
    other.push_back((a + d) / 2);
    ratios.push_back((b + c) / (a + d));
  }
  fmt::print("8 B over {}, one way, both spinning: {} ns; UCP tag: {} ns; ratio {}\n", tls, to_text(spread(mine), 0),
             to_text(spread(other), 0), to_text(spread(ratios)));
}

}  // namespace
}  // namespace stretto::bench

int main(int count, char** arguments) {
  using namespace stretto::bench;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);                      // a bench that is cut short has said what it knows
  if (std::system("command -v ucx_perftest >/dev/null") != 0) {  // NOLINT(concurrency-mt-unsafe,cert-env33-c)
    fmt::print("skipped: there is no ucx_perftest (Debian: ucx-utils)\n");
    return 77;
  }
  if (count == 5) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin_to(1);
    take_part({std::stoull(arguments[1]), std::stoll(arguments[2]), arguments[3], std::string(arguments[4]) == "hop"},
              1, WordSocket(3));
    return 0;
  }
  pin_to(0);
  print_hop("posix,cma");
  print_bandwidth("posix,cma", "auto", 100);
  print_bandwidth("tcp", "auto", 40);
  return 0;
}
