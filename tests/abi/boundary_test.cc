// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/child.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

namespace stretto {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Path = std::filesystem::path;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string(name) + " is not set: run with `meson test`");
  return value;
}

ChildResult run(const std::vector<std::string>& arguments) {
  return run_child(arguments, std::chrono::steady_clock::now() + std::chrono::seconds(60));
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// What the compiler says to a file with this content, given nothing but the SDK; empty when it compiles.
std::string complaints(const std::string& content, const std::string& language, const std::string& standard) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("stretto-boundary-" + std::to_string(getpid()) + (language == "c" ? ".c" : ".cc"));
  std::ofstream(file) << content;
  const auto compiler = environment(language == "c" ? "STRETTO_CC" : "STRETTO_CXX");
  const auto result =
      run({"/usr/bin/env", compiler, "-std=" + standard, "-x", language, "-I", environment("STRETTO_SDK"), "-Wall",
           "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", file.string()});
  std::filesystem::remove(file);
  EXPECT_EQ(result.exit_code == 0, result.diagnostics.empty());
  return result.diagnostics;
}

std::vector<Path> files_in(const Path& folder, const std::string& extension) {
  std::vector<Path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == extension) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<Path> house_plugins() { return files_in(environment("STRETTO_PLUGINS"), ".so"); }

/// Dynamic symbols of a library, as nm lists them.
std::vector<std::string> symbols(const Path& library, const std::string& which) {
  const auto result = run({"/usr/bin/env", "nm", "-D", "--format=just-symbols", which, library.string()});
  EXPECT_EQ(result.exit_code, 0) << result.diagnostics;
  return words(result.output);
}

TEST(PluginSdk, IsAllThatAPluginSees) {
  for (const auto& header : files_in(Path(environment("STRETTO_SDK")) / "../include/stretto", ".h")) {
    const auto include = "stretto/" + header.filename().string();
    EXPECT_THAT(complaints("#include \"" + include + "\"\n", "c++", "c++20"), HasSubstr(include + ": No such file"));
  }
  EXPECT_THAT(complaints("#include \"loader/handles.h\"\n", "c++", "c++20"), HasSubstr("No such file"));
}

TEST(PluginSdk, CompilesHeaderByHeader) {
  const auto headers = files_in(Path(environment("STRETTO_SDK")) / "stretto", ".h");
  EXPECT_THAT(headers, Not(IsEmpty()));
  for (const auto& header : headers) {
    const auto include = "#include \"stretto/" + header.filename().string() + "\"\n";
    EXPECT_THAT(complaints(include, "c++", "c++20"), IsEmpty()) << header;
  }
}

TEST(PluginSdk, HasABoundaryInC11) {
  EXPECT_THAT(complaints("#include \"stretto/abi.h\"\nint32_t stretto_is_c(stretto_code code);\n"
                         "int32_t stretto_is_c(stretto_code code) { return (int32_t)code; }\n",
                         "c", "c11"),
              IsEmpty());
}

TEST(HousePlugin, ExportsTheQueryAlone) {
  EXPECT_THAT(house_plugins(), Not(IsEmpty()));
  for (const auto& plugin : house_plugins())
    EXPECT_THAT(symbols(plugin, "--defined-only"), ElementsAre("stretto_plugin_query_v0")) << plugin;
}

TEST(HousePlugin, NeedsNothingOfTheCore) {
  for (const auto& plugin : house_plugins())
    for (const auto& symbol : symbols(plugin, "--undefined-only"))
      EXPECT_THAT(symbol, Not(HasSubstr("stretto"))) << plugin;
}

TEST(HousePlugin, LoadsIntoAHostThatIsNotStretto) {
  std::vector<std::string> arguments{environment("STRETTO_LOAD_ALONE")};
  for (const auto& plugin : house_plugins()) arguments.push_back(plugin.string());
  const auto result = run(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.diagnostics;
  EXPECT_THAT(result.output, HasSubstr("shm: shm\n"));
}

}  // namespace
}  // namespace stretto
