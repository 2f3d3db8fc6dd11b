// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "trace/picture.h"

#include <fmt/format.h>

namespace stretto {

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string dot_text(const std::string& text) {
  return "\"" + replaced(replaced(text, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

std::string dot_box(size_t id, const Picture::Box& box) {
  const std::string text = dot_text(box.title + (box.subtitle.empty() ? "" : "\n" + box.subtitle));
  const char* shape = box.kind == Picture::Box::Kind::node         ? "box"
                      : box.kind == Picture::Box::Kind::collective ? "hexagon"
                                                                   : "oval";
  return fmt::format("b{} [label={}, shape={}];\n", id, replaced(text, "\n", "\\n"), shape);
}

std::string mermaid_text(const std::string& text) {
  return "\"" + replaced(replaced(text, "\"", "#quot;"), "\n", "<br>") + "\"";
}

std::string mermaid_box(size_t id, const Picture::Box& box) {
  const std::string text = mermaid_text(box.title + (box.subtitle.empty() ? "" : "\n" + box.subtitle));
  switch (box.kind) {
    case Picture::Box::Kind::node: return fmt::format("b{}[{}]\n", id, text);
    case Picture::Box::Kind::collective: return fmt::format("b{}{{{{{}}}}}\n", id, text);
    default: return fmt::format("b{}([{}])\n", id, text);
  }
}

}  // namespace

std::string to_dot(const Picture& picture) {
  std::string out =
      fmt::format("digraph {} {{\n  rankdir=LR;\n  node [style=filled, fillcolor=white];\n", dot_text(picture.title));
  for (size_t cluster = 0; cluster < picture.clusters.size(); ++cluster) {
    out += fmt::format("  subgraph cluster_{} {{\n    label={};\n    style=filled; fillcolor=gray95;\n", cluster,
                       dot_text(picture.clusters[cluster]));
    for (size_t id = 0; id < picture.boxes.size(); ++id)
      if (picture.boxes[id].cluster == static_cast<int32_t>(cluster)) out += "    " + dot_box(id, picture.boxes[id]);
    out += "  }\n";
  }
  for (size_t id = 0; id < picture.boxes.size(); ++id)
    if (picture.boxes[id].cluster < 0) out += "  " + dot_box(id, picture.boxes[id]);
  for (const auto& arrow : picture.arrows)
    out += fmt::format("  b{} -> b{} [label={}{}];\n", arrow.from, arrow.to, dot_text(arrow.label),
                       arrow.crosses ? ", penwidth=2" : "");
  return out + "}\n";
}

std::string to_mermaid(const Picture& picture) {
  std::string out = "flowchart LR\n";
  for (size_t cluster = 0; cluster < picture.clusters.size(); ++cluster) {
    out += fmt::format("  subgraph c{}[{}]\n", cluster, mermaid_text(picture.clusters[cluster]));
    for (size_t id = 0; id < picture.boxes.size(); ++id)
      if (picture.boxes[id].cluster == static_cast<int32_t>(cluster))
        out += "    " + mermaid_box(id, picture.boxes[id]);
    out += "  end\n";
  }
  for (size_t id = 0; id < picture.boxes.size(); ++id)
    if (picture.boxes[id].cluster < 0) out += "  " + mermaid_box(id, picture.boxes[id]);
  for (const auto& arrow : picture.arrows)
    out += fmt::format("  b{} {}|{}| b{}\n", arrow.from, arrow.crosses ? "==>" : "-->", mermaid_text(arrow.label),
                       arrow.to);
  return out;
}

}  // namespace stretto
