// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Reading sized structs that somebody else made, and standing in for functions that they lack.

#include "stretto/abi.h"
#include "stretto/error.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <type_traits>

namespace stretto {

/// The bytes of each struct in version 0 of the boundary: what any plugin has at least. Frozen; structs only grow.
template <class T>
constexpr uint32_t kFirstSize = 0;
template <>
inline constexpr uint32_t kFirstSize<stretto_option> = 64;
template <>
inline constexpr uint32_t kFirstSize<stretto_port> = 24;
template <>
inline constexpr uint32_t kFirstSize<stretto_op> = 96;
template <>
inline constexpr uint32_t kFirstSize<stretto_op_library_api> = 24;
template <>
inline constexpr uint32_t kFirstSize<stretto_device_api> = 168;
template <>
inline constexpr uint32_t kFirstSize<stretto_transport_api> = 160;
template <>
inline constexpr uint32_t kFirstSize<stretto_scheduler_api> = 16;
template <>
inline constexpr uint32_t kFirstSize<stretto_component> = 48;
template <>
inline constexpr uint32_t kFirstSize<stretto_plugin> = 48;

/// The struct's name in abi.h, for messages.
template <class T>
constexpr const char* kStructName = "";
template <>
inline constexpr const char* kStructName<stretto_option> = "stretto_option";
template <>
inline constexpr const char* kStructName<stretto_port> = "stretto_port";
template <>
inline constexpr const char* kStructName<stretto_op> = "stretto_op";
template <>
inline constexpr const char* kStructName<stretto_op_library_api> = "stretto_op_library_api";
template <>
inline constexpr const char* kStructName<stretto_device_api> = "stretto_device_api";
template <>
inline constexpr const char* kStructName<stretto_transport_api> = "stretto_transport_api";
template <>
inline constexpr const char* kStructName<stretto_scheduler_api> = "stretto_scheduler_api";
template <>
inline constexpr const char* kStructName<stretto_component> = "stretto_component";
template <>
inline constexpr const char* kStructName<stretto_plugin> = "stretto_plugin";

[[noreturn]] inline void refuse(const std::string& message) { throw Error(Code::unavailable, message); }

/// A full-size copy of a struct of any size from version 0's up; what it lacks is zero.
/// `owner` is said in messages: "device 'cpu'".
template <class T>
T taken(const T* theirs, const std::string& owner) {
  static_assert(kFirstSize<T> != 0 && kFirstSize<T> <= sizeof(T) && std::is_trivially_copyable_v<T>);
  if (theirs == nullptr) refuse(fmt::format("{}: the {} is NULL", owner, kStructName<T>));
  uint32_t size = 0;
  std::memcpy(&size, theirs, sizeof size);
  if (size < kFirstSize<T>)
    refuse(fmt::format("{}: its {} has {} bytes, fewer than the {} of ABI version 0; set `size` to the struct's sizeof",
                       owner, kStructName<T>, size, kFirstSize<T>));
  T ours{};
  std::memcpy(&ours, theirs, std::min<size_t>(size, sizeof ours));
  ours.size = sizeof ours;
  return ours;
}

/// A text as template argument.
template <size_t Length>
struct FixedText {
  constexpr FixedText(const char (&text)[Length]) {
    std::copy_n(text, Length, characters);
  }  // NOLINT: meant to convert
  char characters[Length]{};
};

/// Throws unless the plugin offers a function that it must.
template <class Function>
void demand(Function* function, const char* name, const std::string& owner) {
  if (function == nullptr) refuse(fmt::format("{}: the required function `{}` is NULL", owner, name));
}

namespace detail {
inline const stretto_sink* last_of(const stretto_sink* sink) { return sink; }
template <class First, class... Rest>
const stretto_sink* last_of(First /*first*/, Rest... rest) {
  return last_of(rest...);
}
template <FixedText Name, class... Arguments>
int32_t unimplemented(Arguments... arguments) {
  return report(last_of(arguments...), Code::unimplemented,
                std::string("`") + Name.characters + "` is not offered by this component");
}
}  // namespace detail

/// Puts a function that answers STRETTO_UNIMPLEMENTED where the plugin offers none.
template <FixedText Name, class... Arguments>
void stand_in(int32_t (*&function)(Arguments...)) {
  if (function == nullptr) function = &detail::unimplemented<Name, Arguments...>;
}
/// The same for a function that cannot fail: it does nothing.
template <FixedText Name, class... Arguments>
void stand_in(void (*&function)(Arguments...)) {
  if (function == nullptr) function = [](Arguments...) {};
}

}  // namespace stretto
