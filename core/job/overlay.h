// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the command line lays over a job. Works on TOML as written, before it is checked. Pure.

#include "job/written.h"

namespace stretto {

/// --with: lays one file over another. Tables merge; entries of [[input]], [[node]] and [[output]] merge by name, new
/// ones come last; all else replaces what was there. Throws Code::invalid_argument where such an entry has no name.
void merge(Written& under, Written over);

/// --set: sets one key, "compile.inflight=5". The right side is a TOML value, else a bare text. Actors and entries are
/// found by name, which may be a pattern: "actor.*.device=cuda", "node.make.args.seconds=1". Throws
/// Code::invalid_argument where nothing has that name, with the nearest that has.
void set(Written& root, const std::string& text);

}  // namespace stretto
