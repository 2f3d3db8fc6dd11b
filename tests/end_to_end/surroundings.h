// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the tests were built with, as main found it in the environment and on the command line.

#include "stretto/catalogue.h"

#include <optional>

namespace stretto::testing {

struct Surroundings {
  std::string plugins;           ///< folder of the house plugins
  std::string test_plugins;      ///< folder of async_device, rendezvous, random_offset
  std::string program;           ///< the stretto executable
  std::string transport;         ///< the one that carries all edges which are to be buffered
  std::string device;            ///< an asynchronous one; another one than async_device: all actors are on it
  std::string rendezvous;        ///< the transport that carries all edges which are to be a rendezvous
  std::string driver;            ///< driver_program; empty where a test has no use for it
  std::optional<uint64_t> seed;  ///< --seed=N or STRETTO_SEED: replay this random graph alone
};

/// Written by main before the first test.
Surroundings& surroundings();

/// All plugins of the build. One per program: plugins are never unloaded.
Catalogue& catalogue();

}  // namespace stretto::testing
