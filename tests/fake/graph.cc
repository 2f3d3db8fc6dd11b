// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "graph.h"

#include "stretto/error.h"

#include <algorithm>

namespace stretto::fake {

uint32_t Recorder::branch_of(const Stream* stream) const {
  return static_cast<uint32_t>(std::ranges::find(streams_, stream) - streams_.begin());
}

Graph::Item& Recorder::add(Stream* stream) {
  const uint32_t branch = branch_of(stream);
  known_.resize(streams_.size());
  for (auto& clock : known_) clock.resize(streams_.size(), 0);
  ++known_[branch][branch];
  auto& item = graph_.items.emplace_back();
  item.branch = branch;
  return item;
}

void Recorder::add(Stream* stream, Operation operation) {
  if (operation.ready != nullptr || operation.accesses.empty())
    throw Error(Code::internal, "FAKE CUDA: in a capture: " + operation.what);
  add(stream).operation = std::move(operation);
}

void Recorder::add(Stream* stream, std::function<void(Stream*)> call) { add(stream).call = std::move(call); }

int32_t Recorder::record(Stream* stream) {
  const auto number = static_cast<int32_t>(graph_.events++);
  add(stream).record = number;
  event_.push_back(known_[branch_of(stream)]);
  return number;
}

void Recorder::wait(Stream* stream, int32_t event) {
  if (branch_of(stream) == streams_.size()) streams_.push_back(stream);
  add(stream).wait = event;
  auto& clock = known_[branch_of(stream)];
  const auto& before = event_[static_cast<size_t>(event)];
  for (size_t branch = 0; branch < before.size(); ++branch) clock[branch] = std::max(clock[branch], before[branch]);
}

Graph Recorder::end() {
  over_ = true;
  // The event that the first stream waits for last is not part of what has to be waited for.
  for (uint32_t branch = 1; branch < streams_.size(); ++branch) {
    const auto last = std::ranges::find_if(graph_.items.rbegin(), graph_.items.rend(), [&](const Graph::Item& item) {
      return item.branch == branch && item.record < 0;
    });
    const auto after = std::ranges::count_if(graph_.items.rbegin(), last,
                                             [&](const Graph::Item& item) { return item.branch == branch; });
    if (known_[0].size() <= branch || known_[0][branch] < known_[branch][branch] - static_cast<uint64_t>(after))
      throw Error(Code::internal, "FAKE CUDA: a capture ends before a stream that it has taken in");
  }
  graph_.branches = static_cast<uint32_t>(streams_.size());
  return std::move(graph_);
}

}  // namespace stretto::fake
