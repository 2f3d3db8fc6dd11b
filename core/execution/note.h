// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What travels beside a value: its status and, for dynamic values, its shape.

#include "stretto/value.h"

#include <type_traits>

namespace stretto {

/// Plain bytes: crosses processes. `code` is ok, or the poison of this execution, raised by `node`, whose text stands
/// in the control page at (`lane`, execution).
struct Note {
  int64_t execution = -1;
  int32_t code = 0;
  int32_t node = -1;
  uint32_t lane = 0;
  stretto_dtype dtype{};
  int32_t rank = 0;
  uint32_t reserved = 0;
  int64_t shape[STRETTO_MAX_RANK] = {};
  uint64_t bytes = 0;

  bool ok() const { return code == 0; }
};
static_assert(std::is_trivially_copyable_v<Note> && sizeof(Note) == 104);

/// The note of a healthy value. Blocks never; a dynamic dimension is taken as 0.
inline Note make_note(int64_t execution, DType dtype, std::span<const int64_t> shape) {
  Note note;
  note.execution = execution;
  note.dtype = dtype.raw();
  note.rank = static_cast<int32_t>(shape.size());
  note.bytes = dtype.bytes();
  for (size_t i = 0; i < shape.size(); ++i) {
    note.shape[i] = shape[i] < 0 ? 0 : shape[i];
    note.bytes *= static_cast<uint64_t>(note.shape[i]);
  }
  return note;
}

/// The note of a value that does not exist, because `cause` poisoned its execution. Static values keep their spec, so
/// that both ends of a copying transport agree on the bytes; dynamic ones have none.
inline Note make_poison(const Note& cause, const Spec& spec) {
  Note note = make_note(cause.execution, spec.dtype, spec.shape);
  if (spec.dynamic()) note.bytes = 0;
  note.code = cause.code;
  note.node = cause.node;
  note.lane = cause.lane;
  return note;
}

}  // namespace stretto
