// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "program.h"

namespace stretto::testing {
namespace {

using ::testing::HasSubstr;

/// Installs this tree into a folder of the test, so that a plugin is built as outsiders build it.
class ANewPlugin : public Program, public ::testing::WithParamInterface<const char*> {
 protected:
  static ChildResult run(const std::string& line) {
    return run_child({"/bin/sh", "-c", line}, std::chrono::steady_clock::now() + std::chrono::minutes(4));
  }
  std::string templates() const { return variable("STRETTO_SOURCE") + "/core/sdk/templates"; }
};

TEST_P(ANewPlugin, BuildsWithTheInstalledSdkKeepsItsContractAndRuns) {
  const std::string kind = GetParam();
  const std::string name = "my_" + kind;
  const std::string root = path("root");
  const ChildResult installed =
      run("meson install -C " + variable("STRETTO_BUILD") + " --no-rebuild --tags devel --destdir " + root +
          " && find " + root + " -name stretto-sdk.pc -printf '%h\\n'");
  ASSERT_EQ(installed.exit_code, 0) << installed.diagnostics;
  const auto packages = installed.output.substr(0, installed.output.find_last_not_of('\n') + 1);
  const std::string folder = packages.substr(packages.rfind('\n') + 1);

  const Said made = stretto_says({"plugin", "new", kind, name, "-o", path(name), "--templates", templates()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("meson setup build"));
  const ChildResult built = run("cd " + path(name) + " && export PKG_CONFIG_SYSROOT_DIR=" + root +
                                " PKG_CONFIG_PATH=" + folder + " && meson setup build --werror && ninja -C build");
  ASSERT_EQ(built.exit_code, 0) << built.output << built.diagnostics;

  const std::string file = path(name) + "/build/" + name + ".so";
  const Said checked = stretto_says({"plugin", "check", file, "-v"});
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
  EXPECT_THAT(checked.out, HasSubstr(" 0 broken, "));
  const Said ran = stretto_says({"run", path(name) + "/job.toml", "--plugins", path(name) + "/build"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
}

INSTANTIATE_TEST_SUITE_P(Kinds, ANewPlugin, ::testing::Values("transport", "scheduler", "device", "ops"),
                         [](const auto& info) { return std::string(info.param); });

class APluginProject : public Program {};

TEST_F(APluginProject, OverwritesNothing) {
  std::filesystem::create_directory(path("taken"));
  const Said said = stretto_says({"plugin", "new", "ops", "mine", "-o", path("taken")});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_THAT(said.err, HasSubstr("exists already"));
  EXPECT_TRUE(std::filesystem::is_empty(path("taken")));
}

TEST_F(APluginProject, HasAKindAndAName) {
  const Said kind = stretto_says({"plugin", "new", "schedular", "mine", "-o", path("mine")});
  EXPECT_EQ(kind.exit_code, 2);
  EXPECT_THAT(kind.err, HasSubstr("did you mean 'scheduler'?"));
  const Said name = stretto_says({"plugin", "new", "scheduler", "My-Own", "-o", path("mine")});
  EXPECT_EQ(name.exit_code, 2);
  EXPECT_THAT(name.err, HasSubstr("expected lower-case letters"));
  const Said lost =
      stretto_says({"plugin", "new", "scheduler", "mine", "-o", path("mine"), "--templates", path("none")});
  EXPECT_EQ(lost.exit_code, 3);
  EXPECT_THAT(lost.err, HasSubstr("--templates DIR says where"));
}

}  // namespace
}  // namespace stretto::testing
