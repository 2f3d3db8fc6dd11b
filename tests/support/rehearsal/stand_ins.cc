// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/stand_ins.h"

#include "stretto/op.h"
#include "stretto/transport.h"

namespace stretto::testing {

namespace {

class Work final : public Op {
 public:
  OpInfo info() const override {
    return {"work",
            "Takes a stated time",
            {{"x", "any values", STRETTO_PORT_LIST}},
            {{"result", "bytes"}},
            {Option(Type::seconds, "seconds", "how long").needed().at_least(0),
             Option(Type::bytes, "bytes", "of the result").needed().at_least(1)}};
  }
  Inference infer(const Call& call) const override {
    Inference inference;
    const auto bytes = static_cast<int64_t>(call.args().bytes("bytes"));
    inference.results.push_back({DType{1, 8}, {bytes}, static_cast<uint64_t>(bytes), false});
    inference.seconds = call.args().seconds("seconds");
    return inference;
  }
  std::unique_ptr<Kernel> prepare(const Call& /*call*/, const stretto_native& /*lane*/) const override {
    throw Error(Code::unimplemented, "trial.work never runs");
  }
};

class Wire final : public Transport {
 public:
  explicit Wire(const TransportOpen& /*open*/) { throw Error(Code::unimplemented, "the transport wire never runs"); }
  ChannelEnd* open_writer(const ChannelInfo& /*channel*/) override { return nullptr; }
  ChannelEnd* open_reader(const ChannelInfo& /*channel*/) override { return nullptr; }
  bool connect(uint32_t /*round*/, std::span<const BlobView> /*theirs*/, Blob& /*mine*/,
               Deadline /*deadline*/) override {
    return true;
  }
  void abort() noexcept override {}
};

}  // namespace

void add_stand_ins(Catalogue& catalogue) {
  catalogue.add(&transport_component<Wire>({"wire",
                                            "for compilation alone",
                                            STRETTO_TRANSPORT_MULTI_READER | STRETTO_TRANSPORT_DYNAMIC |
                                                STRETTO_TRANSPORT_CARRIES_NOTE | STRETTO_TRANSPORT_THREADS |
                                                STRETTO_TRANSPORT_PROCESSES,
                                            STRETTO_COMPLETES_ON_COPY,
                                            {"host"}})
                     ->raw,
                "stand-ins");
  catalogue.add(&op_library_component<Work>("trial", "for compilation alone", "host")->raw, "stand-ins");
}

uint64_t wire_bytes(double seconds) { return static_cast<uint64_t>(seconds * 5e9) + 1; }

}  // namespace stretto::testing
