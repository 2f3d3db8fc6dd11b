// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A plan's graph as a picture: nodes in their actors, values as arrows. Pure; any thread.

#include "stretto/plan.h"

namespace stretto {

struct Picture {
  struct Box {
    enum class Kind { input, node, collective, output };
    Kind kind;
    std::string title;
    std::string subtitle;  ///< the op, or the value
    int32_t cluster = -1;  ///< into `clusters`; -1: outside all, where the driver and collectives are
  };
  struct Arrow {
    uint32_t from;
    uint32_t to;
    std::string label;     ///< the value's type; for one that crosses actors also the transport
    bool crosses = false;  ///< from one actor to another
  };
  std::string title;
  std::vector<std::string> clusters;  ///< the actors that have nodes
  std::vector<Box> boxes;
  std::vector<Arrow> arrows;
};

Picture picture_of(const Plan& plan);

/// Graphviz.
std::string to_dot(const Picture& picture);
/// For Markdown.
std::string to_mermaid(const Picture& picture);
/// By a layout of its own: a band per actor, from left to right by the longest path from an input.
std::string to_svg(const Picture& picture);

}  // namespace stretto
