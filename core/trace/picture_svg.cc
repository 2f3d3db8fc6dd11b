// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "trace/picture.h"
#include "trace/svg.h"

#include <algorithm>
#include <map>

namespace stretto {

namespace {

constexpr double kBoxWidth = 150;
constexpr double kBoxHeight = 38;
constexpr double kColumn = kBoxWidth + 70;
constexpr double kRow = kBoxHeight + 16;
constexpr double kPadding = 28;
constexpr double kMargin = 16;

/// A band per cluster, the driver's first; a column per depth.
class Layout {
 public:
  explicit Layout(const Picture& picture) : picture_(picture), depths_(picture.boxes.size()) {
    // Boxes are in an order in which every arrow but those of a wrong graph leads forwards, once sorted by depth.
    bool changed = true;
    for (size_t round = 0; changed && round <= picture.boxes.size(); ++round) {
      changed = false;
      for (const auto& arrow : picture.arrows)
        if (depths_[arrow.to] <= depths_[arrow.from]) {
          depths_[arrow.to] = depths_[arrow.from] + 1;
          changed = true;
        }
    }
    for (size_t id = 0; id < depths_.size(); ++id) {
      rows_.push_back(taken_[{picture.boxes[id].cluster, depths_[id]}]++);
      heights_[picture.boxes[id].cluster] =
          std::max(heights_[picture.boxes[id].cluster], static_cast<double>(rows_.back() + 1));
      columns_ = std::max(columns_, depths_[id] + 1);
    }
    double y = kMargin;
    for (auto& [cluster, rows] : heights_) {
      tops_[cluster] = y;
      rows = rows * kRow + kPadding;
      y += rows + kMargin;
    }
    height_ = y;
  }

  double x(size_t box) const { return 2 * kMargin + static_cast<double>(depths_[box]) * kColumn; }
  double y(size_t box) const {
    return tops_.at(picture_.boxes[box].cluster) + kPadding + static_cast<double>(rows_[box]) * kRow;
  }
  double width() const { return 4 * kMargin + static_cast<double>(columns_) * kColumn - (kColumn - kBoxWidth); }
  double height() const { return height_; }
  const std::map<int32_t, double>& tops() const { return tops_; }
  double band(int32_t cluster) const { return heights_.at(cluster); }

 private:
  const Picture& picture_;
  std::vector<size_t> depths_;
  std::vector<size_t> rows_;
  std::map<std::pair<int32_t, size_t>, size_t> taken_;
  std::map<int32_t, double> heights_;  ///< rows first, then pixels
  std::map<int32_t, double> tops_;
  size_t columns_ = 0;
  double height_ = 0;
};

std::string cut(const std::string& text) {
  constexpr size_t kFits = 24;
  if (text.size() <= kFits) return text;
  size_t end = kFits - 1;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // no half characters
  return text.substr(0, end) + "…";
}

}  // namespace

std::string to_svg(const Picture& picture) {
  const Layout layout(picture);
  const bool collectives =
      std::ranges::any_of(picture.boxes, [](const auto& box) { return box.kind == Picture::Box::Kind::collective; });
  const std::string outside = collectives ? "driver, and collectives" : "driver";
  Svg svg;
  for (const auto& [cluster, top] : layout.tops()) {
    svg.rectangle(kMargin, top, layout.width() - 2 * kMargin, layout.band(cluster), cluster < 0 ? "#fff" : "#eef3f8",
                  "#ccd", 6);
    svg.text(kMargin + 8, top + 16, cluster < 0 ? outside : picture.clusters[static_cast<size_t>(cluster)], 12, "start",
             "#567");
  }
  for (const auto& arrow : picture.arrows)
    svg.arrow(layout.x(arrow.from) + kBoxWidth, layout.y(arrow.from) + kBoxHeight / 2, layout.x(arrow.to),
              layout.y(arrow.to) + kBoxHeight / 2, arrow.crosses ? "#c60" : "#999", arrow.crosses ? 2 : 1, arrow.label);
  for (size_t id = 0; id < picture.boxes.size(); ++id) {
    const auto& box = picture.boxes[id];
    const bool node = box.kind == Picture::Box::Kind::node || box.kind == Picture::Box::Kind::collective;
    svg.rectangle(layout.x(id), layout.y(id), kBoxWidth, kBoxHeight, node ? "#fff" : "#f4f4f4", "#789", node ? 3 : 18,
                  box.title + (box.subtitle.empty() ? "" : ": " + box.subtitle));
    const double middle = layout.x(id) + kBoxWidth / 2;
    svg.text(middle, layout.y(id) + (box.subtitle.empty() ? 24 : 16), cut(box.title), 12, "middle");
    if (!box.subtitle.empty()) svg.text(middle, layout.y(id) + 31, cut(box.subtitle), 10, "middle", "#666");
  }
  return svg.document(layout.width(), layout.height(), picture.title);
}

}  // namespace stretto
