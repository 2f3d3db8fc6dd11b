// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What a hop through shared memory costs, as a multiple of what the hardware takes to move a cache line from core to
/// core, probed in the same half second; and what the size of the value adds for a reader of one element.

#include "ensemble.h"
#include "spread.h"
#include "stretto/catalogue.h"
#include "stretto/runtime.h"

#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <sys/resource.h>

namespace stretto::bench {
namespace {

using Clock = std::chrono::steady_clock;

double nanoseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
}

void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

/// One way, in ns: `there` and `back` are called by two threads on two cores, turn by turn.
template <class There, class Back>
double one_way(int64_t turns, There&& there, Back&& back) {
  std::thread other([&] {
    pin_to(1);
    for (int64_t turn = 0; turn < turns; ++turn) back(turn);
  });
  pin_to(0);
  const auto begin = Clock::now();
  for (int64_t turn = 0; turn < turns; ++turn) there(turn);
  const double total = nanoseconds_since(begin);
  other.join();
  return total / static_cast<double>(2 * turns);
}

/// The floor: two cores hand one cache line to and fro.
double cache_line() {
  struct alignas(64) Line {
    std::atomic<int64_t> value{0};
  };
  static Line ping, pong;
  ping.value = 0;
  pong.value = 0;
  return one_way(
      20'000,
      [&](int64_t turn) {
        ping.value.store(turn + 1, std::memory_order_release);
        while (pong.value.load(std::memory_order_acquire) <= turn) {
        }
      },
      [&](int64_t turn) {
        while (ping.value.load(std::memory_order_acquire) <= turn) {
        }
        pong.value.store(turn + 1, std::memory_order_release);
      });
}

/// Two actors that answer each other over two channels of one transport.
class PingPong {
 public:
  PingPong(const std::string& plugin, uint64_t bytes)
      : ensemble_({{plugin, plugin, ""}, {"cpu", "cpu", ""}}, 2,
                  {{.slots = 2, .slot_bytes = bytes, .writer = 0, .readers = {1}},
                   {.slots = 2, .slot_bytes = bytes, .writer = 1, .readers = {0}}}) {
    if (const auto outcome = ensemble_.connect(); outcome.code != Code::ok) throw Error(outcome.code, outcome.message);
  }
  double hop(int64_t turns) {
    const int64_t first = next_;
    next_ += turns;
    return one_way(
        turns,
        [&](int64_t turn) {
          send(0, first + turn);
          receive(1, first + turn);
        },
        [&](int64_t turn) {
          receive(0, first + turn);
          send(1, first + turn);
        });
  }

 private:
  static constexpr int64_t kNever = STRETTO_NO_DEADLINE;
  void send(uint32_t channel, int64_t execution) {
    auto& end = ensemble_.writer(channel);
    char note[16] = {};
    end.acquire(execution, kNever);
    end.slot(execution)[0] = std::byte{1};
    end.send(execution, end.plan().slot_bytes, note, kNever);
  }
  void receive(uint32_t channel, int64_t execution) {
    auto& end = ensemble_.reader(channel);
    char note[16];
    uint64_t bytes = 0;
    end.receive(execution, &bytes, note, kNever);
    end.release(execution);
  }
  contract::Ensemble ensemble_;
  int64_t next_ = 0;
};

/// A run whose one node, on an actor of its own, reads one element of its input.
class OneElement {
 public:
  OneElement(Catalogue& catalogue, uint64_t bytes, bool processes, const std::string& program) {
    GraphBuilder build;
    Spec spec;
    spec.dtype = kF32;
    spec.shape = {static_cast<int64_t>(bytes / 4)};
    const auto x = build.input("x", spec);
    const auto node = build.node("first", build.actor("reader"), "tensor.describe").bind("x", x);
    build.output("value", node.value("value"));
    RunOptions options;
    options.processes = processes;
    options.actor_program = program;
    CompileOptions compiling;
    compiling.inflight = 1;
    compiling.processes = processes;
    runtime_.emplace(Runtime::open(compile(build.take(), compiling, catalogue), catalogue, options));
    for (const auto& slot : loan()) std::memset(slot.data, 0, slot.bytes);
    take();
  }
  /// From handing the filled slot over to having the element, in ns.
  double execution() {
    loan();
    return take();
  }

 private:
  std::vector<TensorSpan> loan() { return runtime_->loan_inputs(Deadline::max()); }
  double take() {
    const auto begin = Clock::now();
    runtime_->execute({}).get();
    return nanoseconds_since(begin);
  }
  std::optional<Runtime> runtime_;
};

void print_hop() {
  PingPong shm("shm", 8);
  std::vector<double> floors, hops, ratios;
  for (int sample = 0; sample < 40; ++sample) {
    const double before = cache_line();
    hops.push_back(shm.hop(20'000));
    const double after = cache_line();
    floors.push_back((before + after) / 2);
    ratios.push_back(hops.back() / floors.back());
  }
  fmt::print("shm, 8 B, one way: {} ns; a cache line: {} ns; ratio {}\n", to_text(spread(hops), 0),
             to_text(spread(floors), 0), to_text(spread(ratios)));
}

void print_sizes(Catalogue& catalogue, const std::string& program) {
  for (const bool processes : {false, true}) {
    OneElement small(catalogue, 8, processes, program), large(catalogue, 256ULL << 20, processes, program);
    std::vector<double> of_small, of_large, ratios;
    const auto block = [](OneElement& run) {
      std::vector<double> samples;
      for (int i = 0; i < 200; ++i) samples.push_back(run.execution());
      return spread(samples).median;
    };
    for (int sample = 0; sample < 20; ++sample) {  // A B B A
      const double a = block(small), b = block(large), c = block(large), d = block(small);
      of_small.push_back((a + d) / 2e3);
      of_large.push_back((b + c) / 2e3);
      ratios.push_back((b + c) / (a + d));
    }
    fmt::print("{}: execute and get, a node that reads one element of 8 B: {} µs; of 256 MiB: {} µs; ratio {}\n",
               processes ? "processes" : "threads", to_text(spread(of_small), 1), to_text(spread(of_large), 1),
               to_text(spread(ratios)));
  }
}

double cpu_seconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The processor time that open runs with nothing to do take. Of the actors' it is known once they have ended, so the
/// same run is measured with and without ten idle seconds.
void print_idle(Catalogue& catalogue, const std::string& program) {
  constexpr double kIdle = 10;
  const auto cost = [&](double idle) {
    const double children = cpu_seconds(RUSAGE_CHILDREN), self = cpu_seconds(RUSAGE_SELF);
    {
      OneElement run(catalogue, 8, true, program);
      run.execution();
      std::this_thread::sleep_for(std::chrono::duration<double>(idle));
      run.execution();  // it is still there
    }
    return cpu_seconds(RUSAGE_CHILDREN) - children + cpu_seconds(RUSAGE_SELF) - self;
  };
  const double busy = cost(0);
  const double all = cost(kIdle);
  fmt::print("idle for {} s, all processes together: {:.2f} % of a core\n", kIdle, 100 * (all - busy) / kIdle);
}

}  // namespace
}  // namespace stretto::bench

int main() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (std::thread::hardware_concurrency() < 2) {
    fmt::print("skipped: a hop from core to core needs two cores\n");
    return 77;
  }
  stretto::Catalogue catalogue({variable("STRETTO_PLUGINS")});
  stretto::bench::print_hop();
  stretto::bench::print_sizes(catalogue, variable("STRETTO_PROGRAM"));
  stretto::bench::print_idle(catalogue, variable("STRETTO_PROGRAM"));
  return 0;
}
