// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "trace/svg.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto {

namespace {

std::string escaped_xml(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += letter;
    }
  }
  return out;
}

std::string title(const std::string& tooltip) {
  return tooltip.empty() ? "" : fmt::format("<title>{}</title>", escaped_xml(tooltip));
}

}  // namespace

void Svg::rectangle(double x, double y, double width, double height, const std::string& fill, const std::string& stroke,
                    double radius, const std::string& tooltip) {
  shapes_ += fmt::format(
      R"(<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" rx="{}" fill="{}" stroke="{}">{}</rect>)", x, y,
      width, height, radius, fill, stroke, title(tooltip));
  shapes_ += '\n';
}

void Svg::text(double x, double y, const std::string& text, double size, const std::string& anchor,
               const std::string& fill) {
  shapes_ += fmt::format(R"(<text x="{:.2f}" y="{:.2f}" font-size="{}" text-anchor="{}" fill="{}">{}</text>)", x, y,
                         size, anchor, fill, escaped_xml(text));
  shapes_ += '\n';
}

void Svg::line(double x1, double y1, double x2, double y2, const std::string& stroke, double width) {
  shapes_ += fmt::format(R"(<line x1="{:.2f}" y1="{:.2f}" x2="{:.2f}" y2="{:.2f}" stroke="{}" stroke-width="{}"/>)", x1,
                         y1, x2, y2, stroke, width);
  shapes_ += '\n';
}

void Svg::arrow(double x1, double y1, double x2, double y2, const std::string& stroke, double width,
                const std::string& tooltip) {
  const double bend = std::max(30.0, (x2 - x1) / 2);
  shapes_ += fmt::format(
      R"svg(<path d="M{:.2f},{:.2f} C{:.2f},{:.2f} {:.2f},{:.2f} {:.2f},{:.2f}" fill="none" stroke="{}" stroke-width="{}" marker-end="url(#head)">{}</path>)svg",
      x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2, stroke, width, title(tooltip));
  shapes_ += '\n';
}

std::string Svg::document(double width, double height, const std::string& title_text) const {
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0:.0f}" height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}" font-family="sans-serif">
<title>{2}</title>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse"><path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>
<rect width="100%" height="100%" fill="white"/>
{3}</svg>
)",
      width, height, escaped_xml(title_text), shapes_);
}

}  // namespace stretto
