// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/growth.h"

#include <fmt/format.h>

namespace stretto {

namespace {

// What is compiled from so much takes a few hundred MiB and a few seconds.
constexpr uint64_t kMostMembers = 100'000;
constexpr uint64_t kMostEdges = 300'000;
constexpr uint64_t kMostBytes = uint64_t{32} << 20;

/// About what a copy takes.
uint64_t bytes_in(const Written& written) {
  uint64_t bytes = sizeof(Literal);
  if (const auto* text = written.as<std::string>()) bytes += text->size();
  if (const auto* list = written.as<Written::List>())
    for (const auto& item : *list) bytes += bytes_in(item);
  if (const auto* table = written.as<Written::Table>())
    for (const auto& entry : *table) bytes += entry.key.size() + bytes_in(entry.value);
  return bytes;
}

}  // namespace

void Growth::add_members(uint64_t count, const Place& place, const std::string& title) {
  members_ += count > 0 ? count - 1 : 0;
  if (members_ > kMostMembers)
    reject(place, fmt::format("{}: found families that add more than {} actors, nodes and outputs to what is written, "
                              "expected fewer",
                              title, kMostMembers));
}

void Growth::add_edges(uint64_t count, const Place& place, const std::string& title) {
  edges_ += count > 0 ? count - 1 : 0;
  if (edges_ > kMostEdges)
    reject(place, fmt::format("{}: found families that add more than {} edges to what is written, expected fewer",
                              title, kMostEdges));
}

void Growth::add_copies(uint64_t count, const Written& written, const std::string& title) {
  if (count <= 1) return;
  bytes_ += (count - 1) * bytes_in(written);
  if (bytes_ > kMostBytes)
    reject(written.place, fmt::format("{}: found families whose members have more than {} MiB of arguments and other "
                                      "settings, expected less: fewer members, or shorter values",
                                      title, kMostBytes >> 20));
}

}  // namespace stretto
