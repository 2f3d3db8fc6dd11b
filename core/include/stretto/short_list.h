// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <type_traits>
#include <utility>

namespace stretto {

/// A list of trivial values that is nearly always short: up to `Within` of them lie in the object itself, more on the
/// heap. Used like a std::vector; a plan has millions of these, and a vector would allocate for each and lead every
/// look at it elsewhere in memory. boost::container::small_vector, at 40 bytes for four indices in place of 24, would
/// make a large plan that much larger, and programs that include plan.h need Boost.
template <class T, uint32_t Within>
class ShortList {
  static_assert(std::is_trivial_v<T>);

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  ShortList() noexcept = default;
  ShortList(std::initializer_list<T> values) { assign(values.begin(), values.end()); }
  ShortList(const ShortList& other) { assign(other.begin(), other.end()); }
  ShortList(ShortList&& other) noexcept { swap(other); }
  ShortList& operator=(const ShortList& other) {
    if (this != &other) assign(other.begin(), other.end());
    return *this;
  }
  ShortList& operator=(ShortList&& other) noexcept {
    swap(other);
    return *this;
  }
  ~ShortList() {
    if (is_far()) delete[] store_.far;
  }

  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return is_far() ? store_.far : store_.near; }
  const T* data() const { return is_far() ? store_.far : store_.near; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  T& operator[](size_t i) { return data()[i]; }
  const T& operator[](size_t i) const { return data()[i]; }
  const T& front() const { return data()[0]; }
  T& back() { return data()[size_ - 1]; }
  const T& back() const { return data()[size_ - 1]; }

  void clear() { size_ = 0; }
  void reserve(size_t count) {
    if (count <= capacity_) return;
    T* const far = new T[count];
    std::copy(begin(), end(), far);
    if (is_far()) delete[] store_.far;
    store_.far = far;
    capacity_ = static_cast<uint32_t>(count);
  }
  void push_back(T value) {
    if (size_ == capacity_) reserve(size_t{2} * size_);
    data()[size_++] = value;
  }
  T& emplace_back() {
    push_back(T{});
    return back();
  }
  void pop_back() { --size_; }
  template <class Iterator>
  void assign(Iterator first, Iterator last) {
    const auto count = static_cast<uint32_t>(std::distance(first, last));
    size_ = 0;
    reserve(count);
    std::copy(first, last, data());
    size_ = count;
  }
  T* erase(const T* at) {
    T* const place = begin() + (at - begin());
    std::copy(place + 1, end(), place);
    --size_;
    return place;
  }
  void swap(ShortList& other) noexcept {
    std::swap(store_, other.store_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }
  friend bool operator==(const ShortList& a, const ShortList& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  union Store {
    T near[Within];
    T* far;
  };
  bool is_far() const { return capacity_ > Within; }

  uint32_t size_ = 0;
  uint32_t capacity_ = Within;
  Store store_{};
};

}  // namespace stretto
