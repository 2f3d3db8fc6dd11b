// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Lanes that serve others: receives and copies in stand in the order in which what they bring is used, sends and
/// copies out in the order in which what they take is made.

#include "overlap/order.h"

namespace stretto::overlap {

/// Rewrites the serving lanes of an order. Lanes of a one-global-order transport, and those with a joint transition,
/// stay: their order has two sides. Ties stay as they are.
void follow(const TimedGraph& graph, Order& order);

}  // namespace stretto::overlap
