// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "word_names.h"

#include "stretto/error.h"

#include <fstream>
#include <sstream>
#include <string>
#include <sys/sysmacros.h>

namespace stretto::fake {
namespace {

/// One line of /proc/self/maps.
struct Mapping {
  uint64_t begin = 0, end = 0;
  bool shared = false;
  WordName start{};
};

std::optional<Mapping> read_mapping(const std::string& line) {
  std::istringstream text(line);
  Mapping mapping;
  std::string rights;
  unsigned major = 0, minor = 0;
  char dash = 0, colon = 0;
  text >> std::hex >> mapping.begin >> dash >> mapping.end >> rights >> mapping.start.offset >> major >> colon >> minor;
  text >> std::dec >> mapping.start.inode;
  if (!text || rights.size() != 4) return std::nullopt;
  mapping.start.device = makedev(major, minor);
  mapping.shared = rights[3] == 's' && mapping.start.inode != 0;
  return mapping;
}

std::optional<WordName> look_up(uint64_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const auto mapping = read_mapping(line);
    if (!mapping || address < mapping->begin || mapping->end <= address) continue;
    if (!mapping->shared) return std::nullopt;
    WordName name = mapping->start;
    name.offset += address - mapping->begin;
    return name;
  }
  throw Error(Code::internal, "FAKE CUDA: /proc/self/maps does not have a word that was pinned");
}

}  // namespace

std::optional<WordName> WordNames::of(const void* word) {
  const auto found = known_.find(word);
  if (found != known_.end()) return found->second;
  return known_[word] = look_up(reinterpret_cast<uintptr_t>(word));
}

void WordNames::forget(const void* memory, uint64_t bytes) {
  known_.erase(known_.lower_bound(memory), known_.lower_bound(static_cast<const std::byte*>(memory) + bytes));
}

}  // namespace stretto::fake
