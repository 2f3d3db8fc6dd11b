// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the host's threads say to each other, told to the fake GPU. It sees CUDA's calls alone, and which of them the
/// runtime means as an order they do not show: a semaphore that the host raises is a store, a message of shared memory
/// another. Both cross the boundary between the core and the plugins, by value: the semaphore's counter, the
/// channel's execution. The watch stands there, in the tables through which the core calls the plugins, and calls on.

#include "stretto/catalogue.h"

namespace stretto::testing {

/// A wait that the watch can leave out, as if the runtime did not have it.
enum class Courier {
  waits,        ///< nothing is left out
  is_deaf,      ///< it does not wait for its lane
  is_not_heard  ///< its lane does not wait for it
};

/// A word that lanes of several actors raise and await, where they share a device.
enum class Words {
  order,           ///< as the runtime has it
  are_not_awaited  ///< no lane waits for any
};

/// From now on, of the devices `cpu` and `cuda` and the transport `shm`; host threads are told apart. What the driver
/// reads and writes is told too. Once, for the whole process, which has one run at a time, and one thread that drives
/// it.
void watch(Catalogue& catalogue);

/// Any thread, while nothing runs.
void leave_out(Courier what);
void leave_out(Words what);

/// Steps that issuing threads have done with, over all runs. Any thread.
size_t issued_steps();
/// Blocks until there are so many: true. False after 30 s. Any thread.
bool await_issued_steps(size_t steps);

}  // namespace stretto::testing
