// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Element types, shapes and specs of values.

#include "stretto/error.h"

#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stretto {

/// An element type. Layout and codes are DLPack's.
class DType {
 public:
  constexpr DType() = default;
  constexpr DType(uint8_t code, uint8_t bits) : raw_{code, bits, 1} {}
  constexpr explicit DType(stretto_dtype raw) : raw_(raw) {}
  constexpr stretto_dtype raw() const { return raw_; }
  constexpr size_t bytes() const { return raw_.bits / 8U; }
  constexpr bool valid() const { return raw_.bits != 0; }
  friend constexpr bool operator==(DType a, DType b) {
    return a.raw_.code == b.raw_.code && a.raw_.bits == b.raw_.bits && a.raw_.lanes == b.raw_.lanes;
  }

 private:
  stretto_dtype raw_{0, 0, 0};
};

inline constexpr DType kI8{0, 8}, kI16{0, 16}, kI32{0, 32}, kI64{0, 64};
inline constexpr DType kU8{1, 8}, kU16{1, 16}, kU32{1, 32}, kU64{1, 64};
inline constexpr DType kF16{2, 16}, kF32{2, 32}, kF64{2, 64}, kBF16{4, 16}, kBool{6, 8};

struct NamedDType {
  DType dtype;
  const char* name;
};
/// All element types that have a name in jobs and messages.
inline constexpr std::array<NamedDType, 13> kDTypes{{{kI8, "i8"},
                                                     {kI16, "i16"},
                                                     {kI32, "i32"},
                                                     {kI64, "i64"},
                                                     {kU8, "u8"},
                                                     {kU16, "u16"},
                                                     {kU32, "u32"},
                                                     {kU64, "u64"},
                                                     {kF16, "f16"},
                                                     {kBF16, "bf16"},
                                                     {kF32, "f32"},
                                                     {kF64, "f64"},
                                                     {kBool, "bool"}}};

inline std::string to_text(DType dtype) {
  for (const auto& known : kDTypes)
    if (known.dtype == dtype) return known.name;
  return "dtype?";
}
inline std::optional<DType> dtype_named(std::string_view name) {
  for (const auto& known : kDTypes)
    if (name == known.name) return known.dtype;
  return std::nullopt;
}

/// Dimensions, slowest first; -1 is a dynamic dimension. At most STRETTO_MAX_RANK.
using Shape = std::vector<int64_t>;

inline std::string to_text(std::span<const int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + (shape[i] < 0 ? std::string("?") : std::to_string(shape[i]));
  return text + "]";
}

/// Bytes of a dense value, or nothing where a dimension is dynamic.
/// Throws Code::invalid_argument where the product does not fit 63 bits.
inline std::optional<uint64_t> bytes_of(DType dtype, std::span<const int64_t> shape) {
  uint64_t bytes = dtype.bytes();
  for (int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(dimension), &bytes) || bytes > INT64_MAX)
      throw Error(Code::invalid_argument, "a value of shape " + to_text(shape) + " does not fit into 63 bits of bytes");
  }
  return bytes;
}

/// What is known of a value before anything runs.
struct Spec {
  DType dtype;
  Shape shape;
  uint64_t max_bytes = 0;  ///< 0: not known; for a static shape, its bytes
  bool text = false;       ///< u8 data that a person reads as text

  bool dynamic() const {
    for (int64_t dimension : shape)
      if (dimension < 0) return true;
    return false;
  }
  friend bool operator==(const Spec&, const Spec&) = default;
};

inline std::string to_text(const Spec& spec) { return to_text(spec.dtype) + to_text(spec.shape); }

inline stretto_spec to_raw(const Spec& spec) {
  stretto_spec raw{};
  raw.size = sizeof raw;
  raw.dtype = spec.dtype.raw();
  raw.rank = static_cast<int32_t>(spec.shape.size());
  raw.flags = spec.text ? STRETTO_SPEC_TEXT : 0U;
  for (size_t i = 0; i < spec.shape.size() && i < STRETTO_MAX_RANK; ++i) raw.shape[i] = spec.shape[i];
  raw.max_bytes = spec.max_bytes;
  return raw;
}
inline Spec from_raw(const stretto_spec& raw) {
  if (raw.rank < 0 || raw.rank > STRETTO_MAX_RANK)
    throw Error(Code::internal, "a spec of rank " + std::to_string(raw.rank));
  return {DType(raw.dtype), Shape(raw.shape, raw.shape + raw.rank), raw.max_bytes,
          (raw.flags & STRETTO_SPEC_TEXT) != 0};
}

/// A tensor in an execution, as ops see it. A view: it owns nothing.
class TensorView {
 public:
  explicit TensorView(const stretto_tensor* raw) : raw_(raw) {}
  DType dtype() const { return DType(raw_->dtype); }
  std::span<const int64_t> shape() const { return {raw_->shape, static_cast<size_t>(raw_->rank)}; }
  uint64_t elements() const {
    uint64_t count = 1;
    for (int64_t dimension : shape()) count *= static_cast<uint64_t>(dimension);
    return count;
  }
  uint64_t bytes() const { return elements() * dtype().bytes(); }
  uint64_t capacity() const { return raw_->capacity; }
  template <class T = void>
  T* data() const {
    return static_cast<T*>(raw_->data);
  }

 protected:
  const stretto_tensor* raw_;
};

}  // namespace stretto
