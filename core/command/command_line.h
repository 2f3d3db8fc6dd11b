// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The command line: subcommands, options, help.

#include "command/command.h"

#include <variant>

namespace stretto {

/// A subcommand to call, and what to call it with.
struct Chosen {
  int (*command)(const Invocation&);
  Request request;
};

/// Help or a version that was asked for, to be printed on stdout.
struct Answer {
  std::string text;
};

/// Throws Code::invalid_argument, with the nearest right word, where the line is wrong. Pure.
std::variant<Chosen, Answer> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace stretto
