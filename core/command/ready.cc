// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/ready.h"

#include <fstream>

namespace stretto {

Ready prepare(const Invocation& invocation, const std::vector<std::string>& sets) {
  Overlays overlays = invocation.overlays;
  overlays.sets.insert(overlays.sets.end(), sets.begin(), sets.end());
  std::ifstream file(invocation.job, std::ios::binary);
  if (file && file.peek() == '{') {
    if (!overlays.files.empty())
      throw Error(Code::invalid_argument, "--with changes a job, not a saved plan: give it to `plan --save`");
    return load_saved(invocation.job, {std::istreambuf_iterator<char>(file), {}}, overlays.sets);
  }
  Ready ready;
  ready.job = read_job(invocation.job, overlays);
  ready.plan = compile(ready.job.graph, ready.job.compile, invocation.catalogue);
  return ready;
}

}  // namespace stretto
