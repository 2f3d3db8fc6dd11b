// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
// Ops that stand in for others in trials of schedules and of failures.
#include "signatures.h"

namespace stretto::tensor {

OpInfo BusySignature::info() const {
  return {kBusy,
          "The input, after the lane was held for a stated time",
          {{"x", "any value"}},
          {{"result", "the same value"}},
          {Option(Type::seconds, "seconds", "how long, the copy included").needed().at_least(0).at_most(1e6),
           Option(Type::boolean, "spin", "keep a core busy, instead of sleeping").otherwise("false")}};
}

Inference BusySignature::infer(const Call& call) const {
  Inference inference = like(only_input(kBusy, call), 0);
  inference.seconds = call.args().seconds("seconds");
  return inference;
}

OpInfo FailSignature::info() const {
  return {kFail,
          "The input, but an error at stated executions",
          {{"x", "any value"}},
          {{"result", "the same value"}},
          {Option(Type::integers, "at", "the executions that fail").otherwise("[]").at_least(0),
           Option(Type::text, "message", "what the error says").otherwise("\"told to fail\"")}};
}

Inference FailSignature::infer(const Call& call) const { return like(only_input(kFail, call), 0); }

}  // namespace stretto::tensor
