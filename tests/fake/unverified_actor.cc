// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// An actor process that runs its plan as it is, right or wrong, with the watch over its host threads. It is started as
/// `stretto actor` is. Whoever plants a wait that is missing in one actor says so in that one's environment.

#include "launch/actor.h"
#include "watch.h"

#include <cstdio>
#include <cstdlib>

namespace stretto::testing {
namespace {

void run() {
  Link link{Descriptor(kActorDescriptor)};
  auto hello = link.receive();
  if (!hello) return;
  const Plan plan =
      plan_from_json(std::string(reinterpret_cast<const char*>(hello->bytes.data()), hello->bytes.size()));
  std::vector<std::filesystem::path> folders;
  for (const auto& folder : hello->body.at("folders")) folders.emplace_back(folder.get<std::string>());
  Catalogue catalogue(folders);
  const auto page = ControlPage::map(plan, hello->descriptors.at(0));
  link.send({"hello",
             {{"token", hello->body.at("token")}, {"hash", hash(plan)}, {"versions", versions_of(plan, catalogue)}},
             {},
             {}});
  watch(catalogue);
  run_actor(plan, hello->body.at("actor").get<uint32_t>(), catalogue, page, link, 0, true);
}

}  // namespace
}  // namespace stretto::testing

int main() {
  if (std::getenv("STRETTO_TEST_DEAF_TO_WORDS") != nullptr)
    stretto::testing::leave_out(stretto::testing::Words::are_not_awaited);
  try {
    stretto::testing::run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "unverified actor: %s\n", error.what());
    return 1;
  }
}
