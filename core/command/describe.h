// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Plans and values for a person's eyes. Pure.

#include "stretto/plan.h"
#include "stretto/runtime.h"

#include <nlohmann/json_fwd.hpp>

namespace stretto {

/// Lane by lane, what each step waits for. `all` adds the waits that the order on a lane already implies.
std::string describe(const Plan& plan, bool all);

/// A step without its actor, for where that is said already: "RECEIVE make[0]".
std::string short_name(const Plan& plan, const Step& step);

/// What a step waits for, in words: "COMPUTE sum on receiver of 2 executions before: frees a slot of make[0]".
std::string wait_text(const Plan& plan, const Step& step, const Wait& wait);

/// A value in a few words: all of a small one, the first elements of a large one. `text`: bytes that a person reads.
std::string describe(const Tensor& tensor, bool text);

/// dtype, shape, "text" as above, and of a value of up to 64 elements also "values", flat.
nlohmann::json to_json(const Tensor& tensor, bool text);

}  // namespace stretto
