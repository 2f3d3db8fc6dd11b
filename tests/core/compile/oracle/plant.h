// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Plans made wrong on purpose, at every place where one can be.

#include "stretto/plan.h"

#include <functional>

namespace stretto::testing {

using Take = std::function<void(const Plan& wrong, const std::string& what)>;

/// Leaves out each wait by lane in turn.
void drop_waits(const Plan& plan, const Take& take);

/// Reuses slots early: waits for one execution less, asks for no slot, gives one back unread or a step too early, or
/// has half the slots.
void reuse_early(const Plan& plan, const Take& take);

/// Lets two steps of a rendezvous that follow each other on a lane change places there, and in the order of issue.
void swap_rendezvous(const Plan& plan, const Take& take);

/// Gives each node of a blocking device a state, and then a lane of its own. What its old lane's order made true for
/// it, nothing does any more.
void move_stateful(const Plan& plan, const Take& take);

/// Lets each two nodes of an actor share a workspace.
void share_workspaces(const Plan& plan, const Take& take);

}  // namespace stretto::testing
