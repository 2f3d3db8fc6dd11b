// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/literal.h"
#include "stretto/catalogue.h"
#include "stretto/option.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stretto {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The given value checked against one option, as the only one of its schema.
Arguments checked_against(const Option& option, const Arguments& given) {
  const stretto_option* schema[] = {&option};
  return check_arguments(given, schema, 1, "option of transport 'shm'", {"job.toml", 3, 1});
}

template <class T>
T value_of(const Option& option, const Literal& value) {
  return std::get<T>(checked_against(option, {{option.name, {value, {}}}}).at(option.name).value);
}

std::string refusal(const Option& option, const Literal& value, const std::string& name = "x") {
  try {
    checked_against(option, {{name, {value, {"job.toml", 12, 7}}}});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
    return error.what();
  }
  ADD_FAILURE() << "the value was accepted";
  return "";
}

TEST(Argument, KeepsItsTypeAndPosition) {
  const auto complete = checked_against(Option(Type::integer, "x", ""), {{"x", {int64_t{4}, {"job.toml", 9, 2}}}});
  EXPECT_EQ(std::get<int64_t>(complete.at("x").value), 4);
  EXPECT_EQ(complete.at("x").source.line, 9U);
}

TEST(Argument, MayBeAnIntegerWhereARealIsExpected) {
  EXPECT_EQ(value_of<double>(Option(Type::real, "x", ""), int64_t{3}), 3.0);
  EXPECT_EQ(value_of<std::vector<double>>(Option(Type::reals, "x", ""), std::vector<int64_t>{1, 2}),
            (std::vector<double>{1, 2}));
}

TEST(Argument, IsNoRealWhereAnIntegerIsExpected) {
  EXPECT_EQ(refusal(Option(Type::integer, "x", ""), 3.5),
            "job.toml:12:7: 'x', option of transport 'shm': found 3.5, expected an integer");
}

TEST(Argument, MayBeASizeWithAUnit) {
  const Option option(Type::bytes, "x", "");
  EXPECT_EQ(value_of<int64_t>(option, int64_t{4096}), 4096);
  EXPECT_EQ(value_of<int64_t>(option, std::string("64 MiB")), 67'108'864);
  EXPECT_EQ(value_of<int64_t>(option, std::string("10 kB")), 10'000);
  EXPECT_EQ(value_of<int64_t>(option, std::string("1.5KiB")), 1536);
  EXPECT_THAT(refusal(option, std::string("64 MIB")), HasSubstr("'MIB' is no unit; the units are B, kB"));
  EXPECT_THAT(refusal(option, std::string("0.3 B")), HasSubstr("not a whole number of bytes"));
  EXPECT_THAT(refusal(option, int64_t{-1}), HasSubstr("found -1, expected a size"));
  EXPECT_THAT(refusal(option, std::string("much")), HasSubstr("it starts with no number"));
}

TEST(Argument, MayBeADurationWithAUnit) {
  const Option option(Type::seconds, "x", "");
  EXPECT_EQ(value_of<double>(option, std::string("10 ms")), 0.01);
  EXPECT_EQ(value_of<double>(option, std::string("2 s")), 2.0);
  EXPECT_EQ(value_of<double>(option, std::string("5 us")), 5e-6);
  EXPECT_EQ(value_of<double>(option, int64_t{2}), 2.0);
  EXPECT_THAT(refusal(option, std::string("10")), HasSubstr("it has no unit; the units are ns, us, ms, s, min, h"));
}

TEST(Argument, ThatIsADtypeMustBeKnown) {
  EXPECT_EQ(value_of<std::string>(Option(Type::dtype, "x", ""), std::string("bf16")), "bf16");
  EXPECT_THAT(refusal(Option(Type::dtype, "x", ""), std::string("f31")), HasSubstr("did you mean \"f32\"?"));
}

TEST(Argument, ThatIsAnEmptyListFitsEveryList) {
  const Literal empty = std::vector<int64_t>{};
  EXPECT_TRUE(value_of<std::vector<double>>(Option(Type::reals, "x", ""), empty).empty());
  EXPECT_TRUE(value_of<std::vector<std::string>>(Option(Type::texts, "x", ""), empty).empty());
}

TEST(Argument, StaysInItsRange) {
  EXPECT_THAT(refusal(Option(Type::integer, "x", "").at_least(1).at_most(8), int64_t{9}),
              HasSubstr("found 9, expected an integer from 1 to 8"));
  EXPECT_THAT(refusal(Option(Type::integers, "x", "").at_least(0), std::vector<int64_t>{3, -1}),
              HasSubstr("found -1 in the list, expected a list of integers, each of at least 0"));
  EXPECT_THAT(refusal(Option(Type::real, "x", "").at_least(0), std::nan("")), HasSubstr("found nan"));
}

TEST(Argument, IsOneOfItsChoices) {
  const Option option = Option(Type::text, "x", "").one_of("sum|max|min");
  EXPECT_EQ(value_of<std::string>(option, std::string("max")), "max");
  EXPECT_THAT(refusal(option, std::string("mx")),
              HasSubstr("expected one of \"sum\", \"max\", \"min\"; did you mean \"max\"?"));
}

TEST(Argument, OfUnknownNameIsAnErrorThatNamesTheNearest) {
  EXPECT_EQ(refusal(Option(Type::integer, "slots", ""), int64_t{1}, "slotz"),
            "job.toml:12:7: there is no option of transport 'shm' named 'slotz'; did you mean 'slots'?");
}

TEST(Argument, ThatIsRequiredMustBeThere) {
  try {
    checked_against(Option(Type::dtype, "dtype", "of the result").needed(), {});
    FAIL() << "nothing was missed";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "job.toml:3:1: 'dtype', option of transport 'shm', is missing: expected a dtype (of the result)");
  }
}

TEST(Argument, HasItsDefaultWhereItIsAbsent) {
  const auto only = [](const Option& option) { return checked_against(option, {}).at(option.name).value; };
  EXPECT_EQ(std::get<int64_t>(only(Option(Type::integer, "x", "").otherwise("32"))), 32);
  EXPECT_EQ(std::get<std::string>(only(Option(Type::text, "x", "").otherwise("\"a\""))), "a");
  EXPECT_EQ(std::get<double>(only(Option(Type::seconds, "x", "").otherwise("\"10 ms\""))), 0.01);
  EXPECT_EQ(std::get<std::vector<int64_t>>(only(Option(Type::integers, "x", "").otherwise("[1, 2]"))),
            (std::vector<int64_t>{1, 2}));
  EXPECT_TRUE(checked_against(Option(Type::integer, "x", ""), {}).empty());
}

TEST(RawSettings, HoldsEveryTypeForThePlugin) {
  const Option flag(Type::boolean, "flag", "");
  const Option size(Type::bytes, "size", "");
  const Option time(Type::seconds, "time", "");
  const Option type(Type::dtype, "type", "");
  const Option whole(Type::integers, "whole", "");
  const Option real(Type::reals, "real", "");
  const Option words(Type::texts, "words", "");
  const Option absent(Type::text, "absent", "");
  const stretto_option* schema[] = {&flag, &size, &time, &type, &whole, &real, &words, &absent};
  const Arguments given{{"flag", {true, {}}},
                        {"size", {std::string("1 KiB"), {}}},
                        {"time", {int64_t{2}, {}}},
                        {"type", {std::string("f16"), {}}},
                        {"whole", {std::vector<int64_t>{7, -1}, {}}},
                        {"real", {std::vector<int64_t>{1}, {}}},
                        {"words", {std::vector<std::string>{"a", "b"}, {}}}};
  const RawSettings raw(check_arguments(given, schema, 8, "option of transport 'shm'", {}), schema, 8);
  const Settings settings(raw.raw());
  EXPECT_TRUE(settings.boolean("flag"));
  EXPECT_EQ(settings.bytes("size"), 1024U);
  EXPECT_EQ(settings.seconds("time"), 2.0);
  EXPECT_EQ(settings.dtype("type"), kF16);
  ASSERT_EQ(settings.integers("whole").size(), 2U);
  EXPECT_EQ(settings.integers("whole")[1], -1);
  EXPECT_EQ(settings.reals("real")[0], 1.0);
  EXPECT_FALSE(settings.has("absent"));
  EXPECT_STREQ(raw.raw()->items[6]->texts[1], "b");
}

TEST(NearestName, ForgivesSlipsAndNothingElse) {
  EXPECT_EQ(nearest("shem", {"shm", "ucx", "nccl"}), "shm");
  EXPECT_EQ(nearest("matmlu", {"matmul", "gemm"}), "matmul");
  EXPECT_EQ(nearest("hsm", {"shm"}), "shm");
  EXPECT_EQ(nearest("infiniband", {"shm", "ucx", "nccl"}), std::nullopt);
  EXPECT_EQ(nearest("shm", {}), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000'000, 'a'), {"shm", "ucx", "nccl"}), std::nullopt) << "and at once";
}

}  // namespace
}  // namespace stretto
