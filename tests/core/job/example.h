// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace stretto {

/// The reference job: three senders, one receiver. Uses every construct that a job commonly has.
inline constexpr const char* kExample = R"(format = 1

[compile]
scheduler = "overlap"
transport = "shm"
inflight = 5

[actor.sender]
count = 3
device = "cpu"

[actor.receiver]
device = "cpu"
order = "bound"

[[input]]
name = "level"
dtype = "f32"
shape = []
feed = [0.0, 0.25, 0.5, 1.0, 2.0]

[[node]]
name = "make"
on = "sender[*]"
op = "tensor.fill"
inputs = { value = "level" }
args = { shape = [64, 64], dtype = "f32" }
channel = { static_shape = true, direct_return = true, slots = 2 }

[[node]]
name = "multiply"
on = "receiver"
op = "blas.matmul"
inputs = { a = "make[*]", b = "make[*]" }

[[node]]
name = "describe"
on = "receiver"
op = "tensor.describe"
inputs = { x = "make[*]" }

[[output]]
name = "branch"
from = "describe[*]"
expect = { value = [0.0, 0.25, 0.5, 1.0, 2.0], shape = [64, 64], dtype = "f32" }

[[output]]
name = "product"
from = "multiply[*]"

[run]
executions = 5
actors = "processes"

[transport.shm]
spin = "10 us"

[scheduler.overlap]
lookahead = 2
)";

}  // namespace stretto
