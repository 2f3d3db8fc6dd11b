// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/plugin.h"

#include "transport.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "ucx"
#endif

namespace {

using stretto::Option;
using stretto::Type;

constexpr uint64_t kMostEagerBytes = 65'536;

std::vector<Option> options() {
  std::vector<Option> all;
  all.push_back(Option(Type::text, "tls", "UCX's transports, as in UCX_TLS: \"posix,cma,tcp\"; empty: UCX_TLS, or all")
                    .otherwise("\"\""));
  all.push_back(Option(Type::text, "devices", "network devices, as in UCX_NET_DEVICES; empty: UCX_NET_DEVICES, or all")
                    .otherwise("\"\""));
  all.push_back(
      Option(
          Type::text, "protocol",
          "how payloads of host memory travel once their RECEIVE is issued: read by the reader (get), written by the "
          "writer and flushed (put), by UCX's rendezvous (am), or copied by the receiving lane where the writer's "
          "memory is mapped in the reader and am elsewhere (auto)")
          .otherwise("\"auto\"")
          .one_of("auto|get|put|am"));
  all.push_back(
      Option(Type::bytes, "eager_bytes", "payloads of host memory up to this travel with their message, before RECEIVE")
          .otherwise("8192")
          .at_least(0)
          .at_most(static_cast<double>(kMostEagerBytes)));
  all.push_back(
      Option(Type::text, "gpu",
             "how memory of GPUs is reached: through pinned host memory in pieces (staged), or by UCX itself "
             "(direct), which takes UCX 1.19 or later, built with CUDA, and has not carried a value on a real GPU yet")
          .otherwise("\"staged\"")
          .one_of("staged|direct"));
  all.push_back(Option(Type::bytes, "staging_bytes", "of a piece of a staged payload; no less than eager_bytes")
                    .otherwise("4194304")
                    .at_least(4096)
                    .at_most(1 << 30));
  all.push_back(Option(Type::integer, "staging_pieces",
                       "pieces that a staged payload has under way at once; an actor pins so many for each way")
                    .otherwise("4")
                    .at_least(2)
                    .at_most(64));
  all.push_back(Option(Type::seconds, "keepalive", "how often UCX looks whether silent peers live")
                    .otherwise("0.1")
                    .at_least(0.01)
                    .at_most(3600));
  all.push_back(Option(Type::seconds, "spin", "how long a waiting thread spins before it parks in the kernel")
                    .otherwise("10e-6")
                    .at_least(0)
                    .at_most(1));
  return all;
}

}  // namespace

STRETTO_PLUGIN(
    STRETTO_NAME, "0.1.0",
    stretto::transport_component<stretto::ucx::UcxTransport>(
        {STRETTO_NAME,
         "UCX: shared memory, other processes' memory, networks; readers have slots of their own, on GPUs too",
         STRETTO_TRANSPORT_MULTI_READER | STRETTO_TRANSPORT_DYNAMIC | STRETTO_TRANSPORT_CARRIES_NOTE |
             STRETTO_TRANSPORT_PROCESSES | STRETTO_TRANSPORT_THREADS | STRETTO_TRANSPORT_HOSTS |
             STRETTO_TRANSPORT_ALLOCATES | STRETTO_TRANSPORT_STAGES,
         STRETTO_COMPLETES_ON_POST,
         {"host", stretto::ucx::kCuda},
         kMostEagerBytes},
        options()))
