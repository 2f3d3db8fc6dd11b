// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/text.h"

#include <gtest/gtest.h>

namespace stretto {
namespace {

TEST(Utf8, IsWhatTheRfcSays) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("caf\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x8e\xbb"));
  EXPECT_FALSE(is_utf8("caf\xe9"));
  EXPECT_FALSE(is_utf8("\xc0\xaf")) << "overlong";
  EXPECT_FALSE(is_utf8("\xed\xa0\x80")) << "a surrogate";
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80")) << "over U+10FFFF";
  EXPECT_FALSE(is_utf8("\xe2\x86")) << "cut off";
}

TEST(EscapedText, ShowsWhatATerminalMustNotSee) {
  EXPECT_EQ(escaped("a\x1b[31m\xff\n"), "a\\x1b[31m\\xff\\x0a");
  EXPECT_EQ(escaped("caf\xc3\xa9"), "caf\xc3\xa9");
}

TEST(AnExcerpt, IsAllOfAShortTextAndTheBeginningOfALongOne) {
  const std::string name(200, 'a');
  EXPECT_EQ(excerpt(name), name);
  EXPECT_EQ(excerpt("\x1b"), "\\x1b");
  EXPECT_EQ(excerpt(name + "b"), name + "… (201 bytes)");
  EXPECT_EQ(excerpt(name.substr(1) + "\xc3\xa9"), name.substr(1) + "… (201 bytes)") << "no half of a letter";
  EXPECT_TRUE(is_utf8(excerpt(std::string(1000, '\x80'))));
}

}  // namespace
}  // namespace stretto
