// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/lower.h"

#include "compile/joint.h"
#include "compile/rows.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

namespace stretto::compiling {

namespace {

class Lowering {
 public:
  Lowering(const std::vector<PlanActor>& actors, const Checked& checked, uint32_t inflight, Cut& cut)
      : actors_(actors),
        checked_(checked),
        inflight_(static_cast<int32_t>(inflight)),
        cut_(cut),
        driver_(static_cast<uint32_t>(actors.size()) - 1),
        writer_(cut.rings.size()),
        consumer_(cut.rings.size(), -1),
        last_reader_(cut.rings.size(), 0) {}

  Marked take() {
    reserve_steps();
    make_ticket();
    for (uint32_t n = 0; n < checked_.nodes.size(); ++n) make_compute(n);
    make_copies();
    for (uint32_t c = 0; c < cut_.channels.size(); ++c) make_channel(c);
    gather_readers();
    for (uint32_t c = 0; c < cut_.channels.size(); ++c) note_releases(c);
    add_data_and_reuse();
    add_written_order();
    return std::move(marked_);
  }

 private:
  void reserve_steps() {
    size_t count = 1 + checked_.nodes.size() + cut_.copies.size();
    for (const auto& channel : cut_.channels) count += 1 + channel.readers.size();
    marked_.steps.reserve(count);
    marked_.node.reserve(count);
    marked_.consumer.reserve(count);
  }

  /// A step whose kind's own part is still to be filled in; `finish` it then.
  Step& begin(StepKind kind, std::initializer_list<std::string_view> name, uint32_t actor) {
    Step& step = marked_.steps.emplace_back();
    step.kind = kind;
    step.actor = actor;
    size_t length = 0;
    for (const auto part : name) length += part.size();
    step.name.reserve(length);
    for (const auto part : name) step.name += part;
    return step;
  }

  /// Notes what the last step touches. Its number.
  uint32_t finish(Step& step, int32_t node, int32_t consumer) {
    const auto number = static_cast<uint32_t>(marked_.steps.size()) - 1;
    for (const uint32_t ring : step.inputs) read(step, number, ring);
    for (const uint32_t ring : step.results) {
      writer_[ring] = number;
      // Through an alias a RECEIVE touches nothing; the driver reads the slot once it is there.
      const bool alias = cut_.rings[ring].alias >= 0;
      if (!alias || step.actor == driver_) step.accesses.push_back({Access::Kind::ring, !alias, ring});
    }
    marked_.node.push_back(node);
    marked_.consumer.push_back(consumer);
    return number;
  }

  void read(Step& step, uint32_t number, uint32_t ring) {
    if (std::exchange(last_reader_[ring], number) == number) return;  // one node may take a value several times
    step.accesses.push_back({Access::Kind::ring, false, ring});
  }

  void place(uint32_t from, uint32_t to, int32_t tokens, int32_t ring = -1) {
    marked_.places.push_back({from, to, tokens, ring});
  }

  void make_ticket() { marked_.ticket_step = finish(begin(StepKind::compute, {"TICKET"}, driver_), -1, -1); }

  /// A node on one actor, or a member of a collective: its COLLECTIVE step where a transport does it.
  void make_compute(uint32_t n) {
    const auto& node = checked_.nodes[n];
    const bool joint = by_transport(node);
    Step& step = begin(joint ? StepKind::collective : StepKind::compute,
                       {joint ? "COLLECTIVE " : "COMPUTE ", node.name}, node.actor);
    step.node = static_cast<int32_t>(n);
    if (joint) step.joint = static_cast<int32_t>(cut_.channels.size()) + node.collective;
    for (const uint32_t value : values_read(node, checked_.collectives)) {
      const uint32_t ring = cut_.ring_of(value, node.actor);
      step.inputs.push_back(ring);
      if (consumer_[ring] < 0) consumer_[ring] = static_cast<int32_t>(n);
    }
    for (const uint32_t value : node.results) step.results.push_back(cut_.home[value]);
    if (node.stateful) step.accesses.push_back({Access::Kind::state, true, n});
    const uint32_t number = finish(step, static_cast<int32_t>(n), static_cast<int32_t>(n));
    compute_.push_back(number);
    if (marked_.steps[number].inputs.empty()) place(marked_.ticket_step, number, 0);
  }

  bool by_transport(const PlanNode& node) const {
    return node.collective >= 0 && checked_.collectives[static_cast<uint32_t>(node.collective)].transport >= 0;
  }

  int32_t earlier(int32_t a, int32_t b) const { return a < 0 ? b : b < 0 ? a : std::min(a, b); }

  void make_copies() {
    // What a copy leads to: for an incoming one its ring's readers, for an outgoing one the channel's.
    for (const auto& copy : cut_.copies)
      if (copy.incoming) consumer_[copy.from] = earlier(consumer_[copy.from], consumer_[copy.to]);
    for (const auto& channel : cut_.channels)
      for (const auto& reader : channel.readers)
        if (channel.ring != cut_.home[channel.value] || channel.writer == driver_)
          consumer_[channel.ring] = earlier(consumer_[channel.ring], consumer_[reader.ring]);
    for (const auto& copy : cut_.copies) {
      const auto& value = checked_.values[copy.value];
      const uint32_t actor = cut_.rings[copy.to].actor;
      Step& step = begin(StepKind::copy,
                         {"COPY ", value.name, copy.incoming ? " into " : " out of ", actors_[actor].name}, actor);
      step.inputs = {copy.from};
      step.results = {copy.to};
      const int32_t consumer = consumer_[copy.to];
      finish(step, copy.incoming ? consumer : value.node, consumer);
    }
  }

  int32_t first_consumer(const Channel& channel) const {
    int32_t first = -1;
    for (const auto& reader : channel.readers) first = earlier(first, consumer_[reader.ring]);
    return first;
  }

  void make_channel(uint32_t c) {
    auto& channel = cut_.channels[c];
    const auto& value = checked_.values[channel.value];
    const bool from_driver = channel.writer == driver_;
    const int32_t joint = channel.rendezvous ? static_cast<int32_t>(c) : -1;

    Step& send = begin(StepKind::send, {"SEND ", channel.name}, channel.writer);
    send.channel = static_cast<int32_t>(c);
    send.joint = joint;
    if (!from_driver) send.inputs = {channel.ring};
    channel.send_step = finish(send, value.node, first_consumer(channel));
    if (from_driver) fill_by_driver(channel);
    if (channel.gives_back()) marked_.steps[*writer_[channel.ring]].acquires.push_back(c);

    for (auto& reader : channel.readers) {
      Step& receive =
          begin(StepKind::receive, {"RECEIVE ", value.name, " on ", actors_[reader.actor].name}, reader.actor);
      receive.channel = static_cast<int32_t>(c);
      receive.joint = joint;
      receive.results = {reader.ring};
      const int32_t consumer = consumer_[reader.ring];
      reader.receive_step = finish(receive, reader.actor == driver_ ? -1 : consumer, consumer);
      if (joint < 0) place(channel.send_step, reader.receive_step, 0);
      if (reader.actor == driver_) place(reader.receive_step, marked_.ticket_step, inflight_);
    }
  }

  /// The driver fills the slot as part of the first SEND of that ring.
  void fill_by_driver(const Channel& channel) {
    auto& send = marked_.steps[channel.send_step];
    send.inputs = {channel.ring};
    const bool first = !writer_[channel.ring];
    if (first) writer_[channel.ring] = channel.send_step;
    send.accesses.push_back({Access::Kind::ring, first, channel.ring});
    place(marked_.ticket_step, channel.send_step, 0);
  }

  /// What reads each ring: the steps' inputs, turned round. The driver's first SEND reads what it fills itself.
  void gather_readers() {
    readers_ = Rows(cut_.rings.size(), [&](auto&& reads) {
      std::fill(last_reader_.begin(), last_reader_.end(), 0);
      for (uint32_t step = 0; step < marked_.steps.size(); ++step)
        for (const uint32_t ring : marked_.steps[step].inputs)
          if (std::exchange(last_reader_[ring], step) != step) reads(ring, step);
    });
  }

  void note_releases(uint32_t c) {
    const auto& channel = cut_.channels[c];
    if (!channel.gives_back()) return;
    for (const auto& reader : channel.readers) {
      if (reader.actor == driver_) continue;
      if (!channel.shares_slots)
        marked_.steps[reader.receive_step].releases.push_back(c);
      else
        for (const uint32_t step : readers_[reader.ring]) marked_.steps[step].releases.push_back(c);
    }
  }

  void add_data_and_reuse() {
    const Rows producers(marked_.steps.size(), [&](auto&& makes) {
      for (uint32_t ring = 0; ring < cut_.rings.size(); ++ring)
        for (const uint32_t reader : readers_[ring])
          if (reader != *writer_[ring]) makes(reader, *writer_[ring]);
    });
    for (uint32_t ring = 0; ring < cut_.rings.size(); ++ring)
      for (const uint32_t reader : readers_[ring]) reuse(ring, reader);
    std::vector<uint32_t> row;
    for (uint32_t step = 0; step < marked_.steps.size(); ++step) {
      row.assign(producers[step].begin(), producers[step].end());
      std::sort(row.begin(), row.end());
      row.erase(std::unique(row.begin(), row.end()), row.end());
      for (const uint32_t producer : row) place(producer, step, 0);
    }
    for (const auto& channel : cut_.channels) reuse_by_transport(channel);
  }

  /// A reader on the actor of the slots themselves. What reads through an alias is the channel's affair.
  void reuse(uint32_t ring, uint32_t reader) {
    if (cut_.rings[ring].alias >= 0 || reader == *writer_[ring]) return;
    const auto& step = marked_.steps[reader];
    // A SEND over shared slots reads nothing itself, and ends before those whose releases the writer acquires.
    if (step.kind == StepKind::send && cut_.channels[static_cast<uint32_t>(step.channel)].shares_slots) return;
    place(reader, *writer_[ring], static_cast<int32_t>(cut_.rings[ring].slots), static_cast<int32_t>(ring));
  }

  void reuse_by_transport(const Channel& channel) {
    if (!channel.gives_back()) return;
    const uint32_t writer = *writer_[channel.ring];
    const auto tokens = static_cast<int32_t>(cut_.rings[channel.ring].slots);
    for (const auto& reader : channel.readers) {
      if (!channel.shares_slots || reader.actor == driver_) {
        place(reader.receive_step, writer, tokens, static_cast<int32_t>(channel.ring));
        continue;
      }
      for (const uint32_t step : readers_[reader.ring]) place(step, writer, tokens, static_cast<int32_t>(channel.ring));
    }
  }

  /// Of what computes: a transport's step waits for its input alone, as a SEND and a RECEIVE do.
  void add_written_order() {
    std::vector<std::optional<uint32_t>> last(actors_.size());
    for (uint32_t n = 0; n < checked_.nodes.size(); ++n) {
      const uint32_t actor = checked_.nodes[n].actor;
      if (actors_[actor].any_order || by_transport(checked_.nodes[n])) continue;
      if (last[actor]) place(*last[actor], compute_[n], 0);
      last[actor] = compute_[n];
    }
  }

  const std::vector<PlanActor>& actors_;
  const Checked& checked_;
  int32_t inflight_;
  Cut& cut_;
  uint32_t driver_;
  Marked marked_;
  std::vector<uint32_t> compute_;                // by node
  std::vector<std::optional<uint32_t>> writer_;  // by ring: the step that fills it
  Rows readers_;                                 // by ring
  std::vector<int32_t> consumer_;                // by ring: the first node in written order that needs it
  std::vector<uint32_t> last_reader_;            // by ring: the last step seen to read it; the ticket reads none
};

}  // namespace

Marked lower(const std::vector<PlanActor>& actors, const Checked& checked, uint32_t inflight, Cut& cut) {
  return Lowering(actors, checked, inflight, cut).take();
}

}  // namespace stretto::compiling
