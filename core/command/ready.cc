// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/ready.h"

#include <fstream>

namespace stretto {

std::vector<TensorSpan> inputs_of(Ready& ready, int64_t execution) {
  std::vector<TensorSpan> inputs;
  for (auto& feed : ready.job.feeds) {
    Tensor& value = feed.values[static_cast<size_t>(execution) % feed.values.size()];
    inputs.push_back({value.dtype, value.shape, value.bytes.data(), value.bytes.size()});
  }
  return inputs;
}

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
