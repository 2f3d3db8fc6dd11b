// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/catalogue.h"

#include "core/loader/plugin_folder.h"
#include "loader/handles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace stretto {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::PluginFolder;

/// The message with which a transport cannot be had.
std::string refusal(Catalogue& catalogue, const std::string& name) {
  try {
    catalogue.find(STRETTO_TRANSPORT, name);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::unavailable);
    return error.what();
  }
  ADD_FAILURE() << "transport '" << name << "' was found";
  return "";
}

/// The same where the folder holds this one faulty plugin.
std::string refusal_of(const std::string& plugin) {
  PluginFolder folder;
  const auto file = folder.link(plugin);
  Catalogue catalogue({folder.path()});
  const auto message = refusal(catalogue, plugin);
  EXPECT_THAT(message, HasSubstr(file.string()));
  return message;
}

TEST(Catalogue, FindsAComponentByKindAndName) {
  PluginFolder folder;
  const auto file = folder.link("sparse");
  Catalogue catalogue({folder.path()});
  const auto& found = catalogue.find(STRETTO_TRANSPORT, "sparse");
  EXPECT_EQ(found.name, "sparse");
  EXPECT_EQ(found.plugin, "sparse");
  EXPECT_EQ(found.version, "1.0");
  EXPECT_EQ(found.path, file);
  EXPECT_EQ(&found, &catalogue.find(STRETTO_TRANSPORT, "sparse"));
}

TEST(Catalogue, LoadsTheFileNamedLikeTheComponentAndNoOther) {
  PluginFolder folder;
  folder.link("crashing", "a_plugin");
  folder.link("sparse");
  Catalogue catalogue({folder.path()});
  EXPECT_EQ(catalogue.find(STRETTO_TRANSPORT, "sparse").name, "sparse");
}

TEST(Catalogue, FindsAComponentInAFileOfAnotherName) {
  PluginFolder folder;
  folder.link("no_query", "a");
  const auto file = folder.link("sparse", "b");
  Catalogue catalogue({folder.path()});
  EXPECT_EQ(catalogue.find(STRETTO_TRANSPORT, "sparse").path, file);
}

TEST(Catalogue, TakesTheFirstFolderThatOffersAComponent) {
  PluginFolder first;
  PluginFolder second;
  const auto file = first.link("sparse", "other");
  second.link("sparse");
  Catalogue catalogue({first.path(), second.path()});
  EXPECT_EQ(catalogue.find(STRETTO_TRANSPORT, "sparse").path, file);
}

TEST(Catalogue, DoesNotReplaceABrokenFileByAnother) {
  PluginFolder first;
  PluginFolder second;
  first.write("sparse.so", "this is text");
  second.link("sparse");
  Catalogue catalogue({first.path(), second.path()});
  EXPECT_THAT(refusal(catalogue, "sparse"), AllOf(HasSubstr("file too short"), Not(HasSubstr("there is no"))));
  EXPECT_THAT(catalogue.all(STRETTO_TRANSPORT), IsEmpty());
}

TEST(Catalogue, ListsEveryPathItTriedAndWhatItSaid) {
  PluginFolder folder;
  const auto good = folder.link("sparse");
  const auto bad = folder.write("text.so", "this is text");
  Catalogue catalogue({folder.path(), "/nonexistent/plugins"});
  EXPECT_THAT(refusal(catalogue, "carrier pigeon"),
              AllOf(HasSubstr(good.string() + " offers transport 'sparse'"), HasSubstr(bad.string()),
                    HasSubstr("file too short"), HasSubstr("/nonexistent/plugins: cannot be read: No such file")));
}

TEST(Catalogue, NamesTheNearestComponent) {
  PluginFolder folder;
  folder.link("sparse");
  Catalogue catalogue({folder.path()});
  EXPECT_THAT(refusal(catalogue, "sprase"), HasSubstr("did you mean 'sparse'?"));
}

TEST(Catalogue, SaysThatItHasNoFolderToSearch) {
  Catalogue catalogue({});
  EXPECT_THAT(refusal(catalogue, "shm"), HasSubstr("no folder was searched"));
}

TEST(Catalogue, ListsComponentsSortedAndReportsBrokenFiles) {
  PluginFolder folder;
  folder.link("sparse");
  folder.link("larger");
  const auto bad = folder.link("wrong_version");
  Catalogue catalogue({folder.path()});
  const auto all = catalogue.all(STRETTO_TRANSPORT);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]->name, "larger");
  EXPECT_EQ(all[1]->name, "sparse");
  const auto& reports = catalogue.reports();
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[2].path, bad);
  EXPECT_THAT(reports[2].error, HasSubstr("ABI version 7"));
  EXPECT_THAT(reports[0].error, IsEmpty());
}

TEST(Catalogue, IsUsedByManyThreadsAtOnce) {
  PluginFolder folder;
  folder.link("sparse");
  folder.link("larger");
  Catalogue catalogue({folder.path()});
  std::vector<const LoadedComponent*> found(8);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < found.size(); ++i)
      threads.emplace_back([&, i] { found[i] = &catalogue.find(STRETTO_TRANSPORT, i % 2 == 0 ? "sparse" : "larger"); });
  }
  for (size_t i = 2; i < found.size(); ++i) EXPECT_EQ(found[i], found[i - 2]);
}

TEST(LoadedPlugin, MustExportTheQuery) {
  EXPECT_THAT(refusal_of("no_query"), HasSubstr("does not export `stretto_plugin_query_v0`"));
}

TEST(LoadedPlugin, IsRefusedInTheLoadersOwnWords) {
  EXPECT_THAT(refusal_of("unresolved"), HasSubstr("undefined symbol: stretto_symbol_that_nobody_has"));
}

TEST(LoadedPlugin, MustBeBuiltForThisVersionOfTheBoundary) {
  EXPECT_THAT(refusal_of("wrong_version"), HasSubstr("ABI version 7; this stretto has version 0"));
}

TEST(LoadedPlugin, MustHaveStructsOfVersionZeroAtLeast) {
  EXPECT_THAT(refusal_of("small_plugin"), HasSubstr("its stretto_plugin has 16 bytes, fewer than the 48"));
  EXPECT_THAT(refusal_of("small_table"),
              AllOf(HasSubstr("transport 'small_table'"), HasSubstr("stretto_transport_api has 40 bytes")));
}

TEST(LoadedPlugin, MustOfferWhatIsRequired) {
  EXPECT_THAT(refusal_of("null_function"), HasSubstr("transport 'null_function': the required function `connect`"));
  EXPECT_THAT(refusal_of("null_allocate"), HasSubstr("transport 'null_allocate': the required function `allocate`"));
  EXPECT_THAT(refusal_of("null_word"), HasSubstr("transport 'null_word': the required function `offer_memory`"));
}

TEST(LoadedPlugin, MustHaveNames) {
  EXPECT_THAT(refusal_of("null_name"), HasSubstr("the name is NULL"));
  EXPECT_THAT(refusal_of("bad_rate"), HasSubstr("transport 'bad_rate': its rate `bandwidth` is -1; expected"));
  EXPECT_THAT(refusal_of("bad_utf8"), HasSubstr("the name caf\\xe9 is not UTF-8"));
  EXPECT_THAT(refusal_of("duplicate"), HasSubstr("two of its components are transport 'duplicate'"));
}

TEST(LoadedPlugin, MustHaveTheArraysItDeclares) {
  EXPECT_THAT(refusal_of("null_array"), HasSubstr("1 components are declared, but the array is NULL"));
  EXPECT_THAT(refusal_of("null_plugin"), HasSubstr("gave no plugin"));
}

TEST(LoadedPlugin, MustHaveDefaultsThatItsSchemaAllows) {
  EXPECT_THAT(refusal_of("bad_default"), HasSubstr("the default of 'depth', `9`, is wrong: found 9, expected an "
                                                   "integer from 1 to 8"));
}

TEST(LoadedPlugin, TellsWhyItsQueryFailed) {
  EXPECT_THAT(refusal_of("query_fails"), HasSubstr("its query failed (unavailable): the moon is in the wrong phase"));
  EXPECT_THAT(refusal_of("query_throws"), HasSubstr("let an exception escape: thrown across the boundary"));
}

TEST(LoadedPlugin, MayHaveLargerStructsThanThisHost) {
  PluginFolder folder;
  folder.link("larger");
  Catalogue catalogue({folder.path()});
  const auto& found = catalogue.find(STRETTO_TRANSPORT, "larger");
  EXPECT_EQ(found.raw->size, sizeof(stretto_component));
  EXPECT_EQ(static_cast<const stretto_transport_api*>(found.raw->api)->size, sizeof(stretto_transport_api));
}

TEST(LoadedPlugin, AnswersUnimplementedForOptionalFunctionsItLacks) {
  PluginFolder folder;
  folder.link("sparse");
  Catalogue catalogue({folder.path()});
  const auto& found = catalogue.find(STRETTO_TRANSPORT, "sparse");
  const auto* api = static_cast<const stretto_transport_api*>(found.raw->api);
  ASSERT_NE(api->group_begin, nullptr);
  try {
    checked("group_begin", api->group_begin, static_cast<stretto_transport*>(nullptr));
    FAIL() << "group_begin succeeded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::unimplemented);
    EXPECT_THAT(error.what(), HasSubstr("`group_begin` is not offered"));
  }
}

TEST(LoadedPlugin, WrapsAnotherComponentOnceItsQueryHasReturned) {
  PluginFolder folder;
  folder.link("sparse");
  folder.link("wrapping");
  Catalogue catalogue({folder.path()});
  ::testing::internal::CaptureStderr();
  const auto& found = catalogue.find(STRETTO_TRANSPORT, "wrapping");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "warning: wrapping was asked\n");
  const stretto_native device{sizeof(stretto_native), 0, "host", 0, 0};
  auto transport = TransportHandle::open(found, {0, 1, {}, device});
  Blob mine;
  EXPECT_TRUE(transport.connect(0, {}, mine, Deadline::max()));
}

TEST(LoadedPlugin, ShutsDownWithTheLastCatalogueThatUsedIt) {
  PluginFolder folder;
  folder.link("wrapping");
  ::testing::internal::CaptureStderr();
  {
    Catalogue outer({folder.path()});
    outer.find(STRETTO_TRANSPORT, "wrapping");
    {
      Catalogue inner({folder.path()});
      inner.find(STRETTO_TRANSPORT, "wrapping");
    }
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), Not(HasSubstr("shut down")));
    ::testing::internal::CaptureStderr();
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "wrapping was shut down\n");
}

TEST(BuiltInComponent, ComesBeforeThoseOfFolders) {
  PluginFolder folder;
  folder.link("sparse");
  Catalogue files({folder.path()});
  const auto& found = files.find(STRETTO_TRANSPORT, "sparse");
  Catalogue catalogue({folder.path()});
  catalogue.add(found.raw, "mine");
  EXPECT_EQ(catalogue.find(STRETTO_TRANSPORT, "sparse").plugin, "mine");
  EXPECT_TRUE(catalogue.find(STRETTO_TRANSPORT, "sparse").path.empty());
}

}  // namespace
}  // namespace stretto
