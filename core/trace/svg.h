// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The few shapes of SVG that pictures are made of. Pure.

#include <string>

namespace stretto {

/// Collects shapes in the order in which they cover each other.
class Svg {
 public:
  void rectangle(double x, double y, double width, double height, const std::string& fill,
                 const std::string& stroke = "none", double radius = 0, const std::string& tooltip = "");
  /// `anchor`: "start", "middle" or "end".
  void text(double x, double y, const std::string& text, double size = 12, const std::string& anchor = "start",
            const std::string& fill = "#222");
  void line(double x1, double y1, double x2, double y2, const std::string& stroke, double width = 1);
  /// From left to right, bent, with a head.
  void arrow(double x1, double y1, double x2, double y2, const std::string& stroke, double width,
             const std::string& tooltip);
  /// The whole document.
  std::string document(double width, double height, const std::string& title) const;

 private:
  std::string shapes_;
};

}  // namespace stretto
