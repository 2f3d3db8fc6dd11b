// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "example.h"
#include "scratch.h"

#include <array>
#include <random>

namespace stretto {
namespace {

/// What one random slip of a hand, or of a disk, makes of a text.
std::string mutated(std::string text, std::mt19937& random) {
  static constexpr std::array<const char*, 24> kPieces{"[",      "]",          "{",           "}",
                                                       "\"",     "'",          "=",           ".",
                                                       "\n",     "[[node]]\n", "[*]",         "[:]",
                                                       "[2]",    "-1",         "1e400",       "nan",
                                                       "\"\"\"", "#",          "\\u0000",     "99999999999999999999",
                                                       "= {",    ", ",         "[actor.x]\n", "\xF0\x9F\x8E\xB5"};
  for (uint32_t edits = 1 + random() % 3; edits > 0; --edits) {
    const size_t at = random() % (text.size() + 1);
    const size_t length = std::min<size_t>(random() % 20, text.size() - at);
    switch (random() % 5) {
      case 0: text.erase(at, length); break;
      case 1: text.insert(at, kPieces[random() % kPieces.size()]); break;
      case 2: text.replace(at, length, kPieces[random() % kPieces.size()]); break;
      case 3: text.insert(random() % (text.size() + 1), text.substr(at, length)); break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(random());
    }
  }
  return text;
}

using AMutatedJob = JobReading;

TEST_F(AMutatedJob, IsReadOrRefusedWithAPosition) {
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 1500; ++i) {
    const auto text = mutated(kExample, random);
    try {
      const auto job = read(text);
      for (const auto& node : job.graph.nodes) ASSERT_LT(node.actor, job.graph.actors.size());
    } catch (const Error& error) {
      ++refused;
      ASSERT_EQ(error.code(), Code::invalid_argument) << error.what();
      ASSERT_EQ(without_folder(error.what()).substr(0, 9), "job.toml:") << error.what() << "\n" << text;
    }
  }
  EXPECT_GT(refused, 500);
}

TEST_F(AMutatedJob, TakesAnySetAsRightOrWrong) {
  std::mt19937 random(8);
  const auto path = folder_.write("job.toml", kExample);
  for (int i = 0; i < 1000; ++i) {
    const auto text = mutated("node.make.args.shape=[8, 8]", random);
    try {
      EXPECT_EQ(read_job(path, {{}, {text}}).graph.actors.size(), 4U);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), Code::invalid_argument) << error.what();
    }
  }
}

}  // namespace
}  // namespace stretto
