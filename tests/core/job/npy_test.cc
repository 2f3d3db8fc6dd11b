// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/npy.h"

#include "job/element.h"
#include "scratch.h"

#include <random>

namespace stretto {
namespace {

/// An .npy file as numpy writes it.
std::string npy(const std::string& descr, const std::string& shape, const std::string& data, int version = 1,
                const std::string& order = "False") {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  const size_t prefix = version == 1 ? 10 : 12;
  while ((prefix + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  for (size_t i = 0; i < prefix - 8; ++i) file += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return file + header + data;
}

template <class T>
std::string bytes(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(std::data(values)), values.size() * sizeof(T)};
}

std::string why_not(const std::string& file) {
  try {
    parse_npy(file, "x.npy");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
    return error.what();
  }
  ADD_FAILURE() << "this was read without an error";
  return "";
}

TEST(Npy, ReadsAllThreeFormats) {
  for (const int version : {1, 2, 3}) {
    const auto tensor = parse_npy(npy("<f4", "(3, 2)", bytes<float>({1, 2, 3, 4, 5, 6}), version), "x.npy");
    EXPECT_EQ(tensor.dtype, kF32);
    EXPECT_EQ(tensor.shape, (Shape{3, 2}));
    EXPECT_EQ(std::get<double>(load_element(kF32, tensor.bytes.data() + 20)), 6.0);
  }
}

TEST(Npy, ReadsScalarsVectorsAndNothing) {
  EXPECT_TRUE(parse_npy(npy("<i8", "()", bytes<int64_t>({7})), "x.npy").shape.empty());
  EXPECT_EQ(parse_npy(npy("|u1", "(3,)", "abc"), "x.npy").shape, (Shape{3}));
  EXPECT_EQ(parse_npy(npy("<f8", "(0, 5)", ""), "x.npy").shape, (Shape{0, 5}));
  EXPECT_EQ(parse_npy(npy("|b1", "(1,)", bytes<char>({1})), "x.npy").dtype, kBool);
}

TEST(Npy, ReadsAColumnMajorVectorWhichIsRowMajorToo) {
  EXPECT_EQ(parse_npy(npy("|u1", "(3,)", "abc", 1, "True"), "x.npy").shape, (Shape{3}));
}

TEST(Npy, SaysWhatItCannotRead) {
  EXPECT_NE(why_not(npy("<f4", "(2, 1)", bytes<float>({1, 2}), 1, "True")).find("column-major"), std::string::npos);
  EXPECT_NE(why_not(npy(">f4", "(1,)", bytes<float>({1}))).find("save it with the other byte order"),
            std::string::npos);
  EXPECT_NE(why_not(npy("<c16", "(0,)", "")).find("'<c16'"), std::string::npos);
  EXPECT_NE(why_not(npy("<f4", "(2,)", bytes<float>({1}))).find("found 4 bytes of elements, expected 8 for f32[2]"),
            std::string::npos);
  EXPECT_NE(why_not(npy("<f4", "(2,)", bytes<float>({1, 2, 3}))).find("found 12 bytes"), std::string::npos);
  EXPECT_NE(why_not("PK\x03\x04").find("does not start with"), std::string::npos);
  EXPECT_NE(why_not(std::string("\x93NUMPY\x01\0\xff\xff{", 11)).find("ends in its header"), std::string::npos);
  EXPECT_NE(why_not(std::string("\x93NUMPY\x09\0\x00\x00", 10)).find("found format 9"), std::string::npos);
  EXPECT_NE(why_not(npy("<f4", "(-1,)", "")).find("no list of sizes"), std::string::npos);
  EXPECT_NE(why_not(npy("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)", "")).find("more than 9 axes"), std::string::npos);
  EXPECT_NE(why_not(npy("<f8", "(4611686018427387904, 4611686018427387904)", "")).find("63 bits"), std::string::npos);
}

TEST(Npy, SurvivesBytesThatAreWrong) {
  std::mt19937 random(1);
  const auto right = npy("<f4", "(2, 2)", bytes<float>({1, 2, 3, 4}));
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto wrong = right;
    for (uint32_t edits = 1 + random() % 4; edits > 0; --edits) {
      const auto at = random() % wrong.size();
      if (random() % 4 == 0)
        wrong.resize(std::max<size_t>(at, 1));
      else
        wrong[at] = static_cast<char>(random());
    }
    try {
      const auto tensor = parse_npy(wrong, "x.npy");
      ASSERT_EQ(bytes_of(tensor.dtype, tensor.shape), tensor.bytes.size());
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10'000);
}

class NpyFeed : public JobReading {
 protected:
  static std::string job(const std::string& spec) {
    return "[[input]]\nname = \"x\"\n" + spec + "\nfeed = { file = \"x.npy\" }\n";
  }
};

TEST_F(NpyFeed, CountsExecutionsAlongAFurtherAxis) {
  folder_.write("x.npy", npy("<f4", "(2, 3)", bytes<float>({1, 2, 3, 4, 5, 6})));
  const auto read_back = read(job("dtype = \"f32\"\nshape = [3]"));
  ASSERT_EQ(read_back.feeds[0].values.size(), 2U);
  EXPECT_EQ(read_back.feeds[0].values[1].shape, (Shape{3}));
  EXPECT_EQ(std::get<double>(load_element(kF32, read_back.feeds[0].values[1].bytes.data())), 4.0);
}

TEST_F(NpyFeed, IsOneValueForAllExecutionsWithoutThatAxis) {
  folder_.write("x.npy", npy("<f4", "(2, 3)", bytes<float>({1, 2, 3, 4, 5, 6})));
  const auto read_back = read(job("dtype = \"f32\"\nshape = [-1, 3]\nmax_bytes = 64"));
  ASSERT_EQ(read_back.feeds[0].values.size(), 1U);
  EXPECT_EQ(read_back.feeds[0].values[0].shape, (Shape{2, 3}));
}

TEST_F(NpyFeed, MustHaveTheInputsTypeAndShape) {
  folder_.write("x.npy", npy("<f4", "(2, 3)", bytes<float>({1, 2, 3, 4, 5, 6})));
  EXPECT_EQ(failure(job("dtype = \"f64\"\nshape = [3]")),
            "job.toml:5:17: input 'x' of f64[3]: found elements of f32 in 'x.npy', expected f64");
  EXPECT_EQ(failure(job("dtype = \"f32\"\nshape = [2]")),
            "job.toml:5:17: input 'x' of f32[2]: found the shape [2, 3] in 'x.npy', expected [2], or one axis more in "
            "front that counts executions");
}

TEST_F(NpyFeed, IsAFileThatEnds) {
  const auto from = [](const std::string& file) {
    return "[[input]]\nname = \"x\"\ndtype = \"f32\"\nshape = [3]\nfeed = { file = \"" + file + "\" }\n";
  };
  EXPECT_EQ(failure(from("/dev/zero")),
            "job.toml:5:17: input 'x' of f32[3]: '/dev/zero' is a device, a pipe or a socket; expected a regular file "
            "with an .npy array");
  EXPECT_EQ(failure(from("/dev")),
            "job.toml:5:17: input 'x' of f32[3]: '/dev' is a folder; expected a regular file with an .npy array");
}

TEST_F(NpyFeed, HasNoMoreValuesThanAreReasonable) {
  folder_.write("x.npy", npy("<f4", "(1000000000000000000, 0)", ""));
  EXPECT_EQ(failure(job("dtype = \"f32\"\nshape = [0]")),
            "job.toml:5:17: input 'x' of f32[0]: found 1000000000000000000 values by execution in 'x.npy', expected "
            "1000000 at most");
}

}  // namespace
}  // namespace stretto
