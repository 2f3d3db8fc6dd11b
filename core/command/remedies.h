// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What could be changed about a job, and what each change would bring.

#include "command/progress.h"
#include "command/ready.h"
#include "stretto/prediction.h"

namespace stretto {

struct Remedy {
  std::string what;   ///< "--set node.make.channel.slots=3", or "COMPUTE multiply[0] twice as fast"
  size_t keys = 0;    ///< of the job that it sets: `what` can be given to stretto as it stands; 0: of machine or code
  double period = 0;  ///< predicted
};

/// Tries changes that the bottleneck suggests: slots of the values on its circuit, one more in flight, freely ordered
/// actors, the other schedulers; each is compiled anew and predicted. Then each of its steps and its resource twice as
/// fast. Those that bring a hundredth of the period at least, best first. A change that does not compile is none. A
/// saved plan cannot be compiled anew: its slots and window are tried on the plan itself.
std::vector<Remedy> find_remedies(const Invocation& invocation, const Ready& ready, const Prediction& prediction,
                                  Progress& progress);

}  // namespace stretto
