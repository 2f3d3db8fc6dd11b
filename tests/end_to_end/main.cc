// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "surroundings.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string_view>

namespace stretto::testing {

Surroundings& surroundings() {
  static Surroundings found;
  return found;
}

Catalogue& catalogue() {
  static Catalogue all({surroundings().plugins, surroundings().test_plugins});
  return all;
}

}  // namespace stretto::testing

int main(int count, char** arguments) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  auto& found = stretto::testing::surroundings();
  found.plugins = variable("STRETTO_PLUGINS");
  found.test_plugins = variable("STRETTO_TEST_PLUGINS");
  found.program = variable("STRETTO_PROGRAM");
  found.driver = variable("STRETTO_TEST_DRIVER");
  found.transport = variable("STRETTO_TEST_TRANSPORT");
  if (found.transport.empty()) found.transport = "shm";
  found.device = variable("STRETTO_TEST_DEVICE");
  if (found.device.empty()) found.device = "async_device";
  found.rendezvous = variable("STRETTO_TEST_RENDEZVOUS");
  if (found.rendezvous.empty()) found.rendezvous = "rendezvous";
  ::testing::InitGoogleTest(&count, arguments);  // instantiates tests by what was found
  if (const std::string seed = variable("STRETTO_SEED"); !seed.empty()) found.seed = std::stoull(seed);
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument.substr(0, 7) == "--seed=") found.seed = std::stoull(std::string(argument.substr(7)));
  }
  return RUN_ALL_TESTS();
}
