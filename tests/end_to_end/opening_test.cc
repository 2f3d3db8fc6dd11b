// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// In which order the actors of one process open their devices and transports.

#include "api_table.h"
#include "scene.h"

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace stretto::testing {
namespace {

/// A component's `open`.
template <class Api>
struct Stand {
  using Open = decltype(Api::open);
  Api* table = nullptr;
  Open own = nullptr;
  void stand_in(stretto_kind kind, const std::string& name, Open open) {
    table = &api_table<Api>(catalogue(), kind, name);
    own = std::exchange(table->open, open);
  }
  void step_down() { table->open = own; }
};

/// Whatever is opened while this lives, in its order, with a '+' where another opening had not come to its end. One
/// lives at a time.
class Openings {
 public:
  /// `failing`: the number of the one that fails with Code::overloaded; -1: none.
  explicit Openings(int failing = -1) : failing_(failing) {
    at = this;
    devices.stand_in(STRETTO_DEVICE, "cpu", open_device);
    transports.stand_in(STRETTO_TRANSPORT, surroundings().transport, open_transport);
  }
  Openings(const Openings&) = delete;
  Openings& operator=(const Openings&) = delete;
  ~Openings() {
    devices.step_down();
    transports.step_down();
  }
  std::string found() {
    const std::lock_guard lock(mutex_);
    return found_;
  }

 private:
  template <class Call>
  int32_t during(char what, const stretto_sink* sink, Call&& call) {
    bool fails = false;
    {
      const std::lock_guard lock(mutex_);
      if (under_way_++ != 0) found_ += '+';
      found_ += what;
      fails = count_++ == failing_;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (fails) sink->report(sink->context, kFull.data(), kFull.size());
    const int32_t code = fails ? STRETTO_OVERLOADED : call();
    const std::lock_guard lock(mutex_);
    --under_way_;
    return code;
  }
  static int32_t open_device(const stretto_device_open* request, stretto_device** device, const stretto_sink* sink) {
    return at->during('d', sink, [&] { return devices.own(request, device, sink); });
  }
  static int32_t open_transport(const stretto_transport_open* request, stretto_transport** transport,
                                const stretto_sink* sink) {
    return at->during('t', sink, [&] { return transports.own(request, transport, sink); });
  }

  static constexpr std::string_view kFull = "no room was left";
  inline static Openings* at = nullptr;
  inline static Stand<stretto_device_api> devices;
  inline static Stand<stretto_transport_api> transports;
  const int failing_;
  std::mutex mutex_;
  std::string found_;
  int under_way_ = 0;
  int count_ = 0;
};

/// A row of four actors.
Plan row() {
  Scene scene({});
  auto value = scene.input(kScalar);
  for (int i = 0; i < 4; ++i) value = scene.node(scene.actor(), "tensor.scale", value).arg("factor", 2.0).value();
  scene.output(value);
  const auto options = scene.options();
  return compile(scene.take(), options, catalogue());
}

TEST(Opening, ThreadsOpenOneAfterAnotherDevicesBeforeTransports) {
  Openings openings;
  auto runtime = Runtime::open(row(), catalogue(), run_options(false));
  // The driver's transports come last.
  EXPECT_EQ(openings.found().substr(0, 8), "ddddtttt") << openings.found();
  EXPECT_EQ(openings.found().find('+'), std::string::npos) << openings.found();
  EXPECT_EQ(runtime.execute(spans(scalar(1)), soon()).get(soon()).size(), 1U);
}

TEST(Opening, WhatCannotBeOpenedEndsTheOthersToo) {
  const Plan plan = row();
  for (int failing = 0; failing < 8; ++failing) {
    Openings openings(failing);
    try {
      Runtime::open(plan, catalogue(), run_options(false));
      ADD_FAILURE() << "opened, without the opening " << failing;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::overloaded) << error.what();
      EXPECT_NE(std::string(error.what()).find("actor '" + plan.actors[failing % 4].name + "'"), std::string::npos)
          << error.what();
    }
    // Nobody opens anything any more.
    EXPECT_EQ(openings.found(), std::string("ddddtttt").substr(0, failing + 1));
  }
  EXPECT_EQ(Runtime::open(plan, catalogue(), run_options(false)).execute(spans(scalar(1)), soon()).get(soon()).size(),
            1U);
}

}  // namespace
}  // namespace stretto::testing
