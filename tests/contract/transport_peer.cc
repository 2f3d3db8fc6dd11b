// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
// The other process of the transports' tests: actor 1 of 2. It is told on its command line
//   its socket, the plugin's file, the transport's name, its options, and what to do:
//   echo N   answers N messages of channel 0 with their bytes reversed and their note, on channel 1
//   hold     receives execution 0 and keeps it, until it is killed
//   offer    sends execution 0 of channel 1, all bytes of a slot, says so, and waits until it is killed
//   pry      receives execution 0, tries to write into its slot, and exits with 7 if nothing stopped it
#include "word_socket.h"

#include <csignal>
#include <cstdio>
#include <sys/prctl.h>

namespace stretto::contract {
namespace {

int64_t in_a_minute() { return to_raw(std::chrono::steady_clock::now() + std::chrono::seconds(60)); }

void must(const char* what, const Outcome& outcome) {
  if (outcome.code != Code::ok) throw Error(outcome.code, std::string(what) + ": " + outcome.message);
}

void echo(OpenTransport& transport, int64_t count) {
  const OpenEnd& from = transport.reader(0);
  const OpenEnd& to = transport.writer(1);
  std::vector<std::byte> note(from.plan().note_bytes);
  for (int64_t execution = 0; execution < count; ++execution) {
    uint64_t bytes = 0;
    must("receive", from.receive(execution, &bytes, note.data(), in_a_minute()));
    must("acquire", to.acquire(execution, in_a_minute()));
    std::reverse_copy(from.slot(execution), from.slot(execution) + bytes, to.slot(execution));
    must("release", from.release(execution));
    must("send", to.send(execution, bytes, note.data(), in_a_minute()));
  }
}

int run(const std::vector<std::string>& words) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (words.size() < 6) throw std::runtime_error("too few arguments");
  const WordSocket socket(std::stoi(words[1]));
  const stretto_native host{sizeof host, 0, "host", 0, 0};
  OpenTransport transport(load_component(words[2], STRETTO_TRANSPORT, words[3]), words[4], 1, 2, &host);
  transport.open_ends(peer_channels());
  connect_over(socket, transport, in_a_minute());
  if (words[5] == "offer") {
    const OpenEnd& to = transport.writer(1);
    const auto payload = message_bytes(1, 0, to.plan().slot_bytes);
    std::copy(payload.begin(), payload.end(), to.slot(0));
    must("send", to.send(0, payload.size(), std::vector<std::byte>(to.plan().note_bytes).data(), in_a_minute()));
    socket.send({}, true);
    for (;;) pause();
  }
  if (words[5] == "echo") {
    echo(transport, std::stoll(words.at(6)));
    socket.receive();  // the other actor has what it wanted
    return 0;
  }
  uint64_t bytes = 0;
  std::vector<std::byte> note(transport.reader(0).plan().note_bytes);
  must("receive", transport.reader(0).receive(0, &bytes, note.data(), in_a_minute()));
  socket.send({}, true);
  if (words[5] == "pry") {
    *static_cast<volatile std::byte*>(transport.reader(0).slot(0)) = std::byte{1};
    return 7;
  }
  for (;;) pause();
}

}  // namespace
}  // namespace stretto::contract

int main(int argc, char** argv) {
  try {
    return stretto::contract::run({argv, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "transport_peer: %s\n", error.what());
    return 1;
  }
}
