// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "drawn_job.h"

#include "bytes.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <utility>

namespace stretto::fuzz {
namespace {

using Strings = std::vector<std::string>;

/// What nodes can read: an input, or a node's result, all of f32.
struct Value {
  std::string name;
  std::string result;  // ".low", or nothing
  uint32_t count;      // of its family; 0: a single one
  uint32_t rank;
};

struct Actor {
  std::string name;
  std::string device;
  uint32_t count;  // of its family; 0: a single one
};

/// Something written late, or not at all: what nothing reads is refused.
struct Draft {
  std::string name;
  std::string text;
  uint32_t count;
  bool read = false;
};

class Drawing {
 public:
  explicit Drawing(std::string_view bytes) : bytes_(bytes) {}

  std::string draw() {
    draw_compile();
    draw_actors();
    draw_inputs();
    for (uint32_t i = 0, nodes = 1 + bytes_.below(9); i < nodes; ++i) draw_node(i);
    if (nodes_.empty()) last_resort();
    for (const auto& input : inputs_)
      if (input.read) text_ += input.text;
    for (const auto& node : nodes_) draw_output(node);
    draw_rest();
    return std::move(text_);
  }

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    text_ += fmt::format(format, std::forward<Arguments>(arguments)...) + '\n';
  }

  void draw_compile() {
    overlap_ = !bytes_.one_in(2);
    line("[compile]\nscheduler = \"{}\"", overlap_ ? "overlap" : "serial");
    line("transport = \"{}\"", transport());
    if (bytes_.one_in(6)) line("driver_transport = \"{}\"", transport());
    line("inflight = {}", 1 + bytes_.below(6));
    if (bytes_.one_in(4)) line("costs = \"costs.toml\"");
  }

  std::string transport() { return bytes_.one_of(Strings{"shm", "shm", "rendezvous", "wire", "auto"}); }

  void draw_actors() {
    for (uint32_t i = 0, count = 1 + bytes_.below(4); i < count; ++i) {
      Actor actor{fmt::format("a{}", i), bytes_.one_of(Strings{"cpu", "cpu", "async_device", "async_device:1"}),
                  bytes_.one_in(2) ? 1 + bytes_.below(3) : 0};
      line("[actor.{}]\ndevice = \"{}\"", actor.name, actor.device);
      if (actor.count != 0) line("count = {}", actor.count);
      if (bytes_.one_in(3)) line("order = \"any\"");
      actors_.push_back(std::move(actor));
    }
  }

  void draw_inputs() {
    const auto before = std::exchange(text_, "");
    for (uint32_t i = 0, count = 2 + bytes_.below(3); i < count; ++i) {
      const uint32_t rank = i == 0 ? 0 : bytes_.below(3);
      const auto name = fmt::format("x{}", i);
      const auto dimensions = shape(rank);
      line("[[input]]\nname = \"{}\"\ndtype = \"f32\"\nshape = [{}]", name, fmt::join(dimensions, ", "));
      if (dynamic_) line("max_bytes = {}", bytes_.one_of(Strings{"4096", "\"1 MiB\""}));
      if (bytes_.one_in(4)) line("feed = {}", feed(dimensions));
      draw_channel(true);
      values_.push_back({name, "", 0, rank});
      inputs_.push_back({name, std::exchange(text_, ""), 0});
    }
    text_ = before;
  }

  std::string feed(const std::vector<int64_t>& dimensions) {
    if (dimensions.empty()) return "[1, -2.5, nan]";
    if (dimensions.size() == 1 && dimensions[0] == 2) return "[[1, 2], [0.5, inf]]";
    return dynamic_ && dimensions.size() == 1 ? "[[1], [], [0, 2]]" : "{ file = \"level.npy\" }";
  }

  /// Sets `dynamic_` where one of the dimensions is.
  std::vector<int64_t> shape(uint32_t rank) {
    std::vector<int64_t> dimensions;
    for (uint32_t i = 0; i < rank; ++i)
      dimensions.push_back(bytes_.one_of(std::vector<int64_t>{2, 2, 2, 4, 4, 2, 2, 1000, 0, -1}));
    dynamic_ = std::count(dimensions.begin(), dimensions.end(), -1) != 0;
    return dimensions;
  }

  void draw_channel(bool only_one) {
    if (!bytes_.one_in(3)) return;
    Strings options;
    if (bytes_.one_in(3)) options.push_back(fmt::format("transport = \"{}\"", transport()));
    if (bytes_.one_in(2)) options.push_back(fmt::format("slots = {}", 1 + bytes_.below(4)));
    if (bytes_.one_in(4))
      options.emplace_back(only_one && bytes_.one_in(2) ? "static_shape = true, direct_return = true"
                                                        : "static_shape = true");
    if (bytes_.one_in(6)) options.push_back(fmt::format("max_bytes = {}", 256U << bytes_.below(8)));
    line("channel = {{ {} }}", fmt::join(options, ", "));
  }

  void mark_read(const std::string& name) {
    for (auto* drafts : {&inputs_, &nodes_})
      for (auto& draft : *drafts) draft.read = draft.read || draft.name == name;
  }

  /// A value of this rank that a node of `count` members can read. Late ones are likelier, so that graphs get deep.
  std::optional<std::string> find(uint32_t rank, uint32_t count) {
    std::vector<const Value*> fitting;
    for (const auto& value : values_)
      if (value.rank == rank) fitting.push_back(&value);
    if (fitting.empty()) return std::nullopt;
    const auto& value = *fitting[fitting.size() - 1 - bytes_.below(static_cast<uint32_t>(fitting.size()))];
    const bool starred = value.count == count && !bytes_.one_in(4);
    if (value.count == 0 || starred) mark_read(value.name);
    if (value.count == 0) return value.name + value.result;
    if (starred) return value.name + "[*]" + value.result;
    return fmt::format("{}[{}]{}", value.name, bytes_.below(value.count), value.result);
  }

  /// The same for a port that takes a list.
  std::optional<std::string> find_list(uint32_t rank, uint32_t count) {
    Strings texts;
    for (uint32_t i = 0, length = 1 + bytes_.below(3); i < length; ++i)
      if (const auto found = find(rank, count)) texts.push_back(*found);
    if (bytes_.one_in(3))
      for (const auto& value : values_)
        if (value.count != 0 && value.rank == rank) {
          texts.push_back(value.name + "[:]" + value.result);
          mark_read(value.name);
        }
    if (texts.empty()) return std::nullopt;
    return fmt::format("[\"{}\"]", fmt::join(texts, "\", \""));
  }

  void draw_node(uint32_t number) {
    const auto& actor = bytes_.one_of(actors_);
    const bool starred = actor.count != 0 && !bytes_.one_in(4);
    on_ = actor.name;
    host_ = actor.device == "cpu";
    if (actor.count != 0) on_ += starred ? "[*]" : fmt::format("[{}]", bytes_.below(actor.count));
    node_ = {fmt::format("n{}", number), "", starred ? actor.count : 0, bytes_.below(3)};
    switch (bytes_.below(14)) {
      case 0: return fill();
      case 1: return dynamic_fill();
      case 2: return one("tensor.copy", "");
      case 3: return one("tensor.scale", fmt::format("factor = {}", 2 + bytes_.below(3)));
      case 4: return one("tensor.busy", fmt::format("seconds = {}e-3", bytes_.below(9)));
      case 5: return one("tensor.running_sum", "");
      case 6: return several("tensor.add", "values", "");
      case 7: return several("tensor.concat", "values", "");
      case 8: return one("tensor.split", "");
      case 9: return one("tensor.reduce", "op = \"max\"");
      case 10: return matmul();
      case 11: return one("tensor.fail", "at = [1, 3]");
      case 12:
        return several("trial.work", "x",
                       fmt::format("seconds = {}e-3, bytes = {}", bytes_.below(9), 1 + bytes_.below(99)));
      default: return one(bytes_.one_of(Strings{"tensor.describe", "tensor.checksum"}), "");
    }
  }

  void write_node(const std::string& op, const std::string& inputs, const std::string& args) {
    line("[[node]]\nname = \"{}\"\non = \"{}\"\nop = \"{}\"\ninputs = {{ {} }}", node_.name, on_, op, inputs);
    if (!args.empty()) line("args = {{ {} }}", args);
    const bool halves = op == "tensor.split", parts = op == "tensor.describe";
    draw_channel(!halves && !parts);
    nodes_.push_back({node_.name, "", node_.count});
    if (op == "tensor.checksum" || op == "trial.work") return;  // not of f32
    if (op == "tensor.reduce" || parts) node_.rank = 0;
    for (const char* result : halves  ? std::vector<const char*>{".low", ".high"}
                              : parts ? std::vector<const char*>{".value"}
                                      : std::vector<const char*>{""})
      values_.push_back({node_.name, result, node_.count, node_.rank});
  }

  void one(const std::string& op, const std::string& args) {
    if (op == "tensor.split") node_.rank = std::max(node_.rank, 1U);
    if (const auto x = find(node_.rank, node_.count)) write_node(op, fmt::format("x = \"{}\"", *x), args);
  }
  void several(const std::string& op, const char* port, const std::string& args) {
    if (op == "trial.work" && !host_) return;
    if (op == "tensor.concat") node_.rank = std::max(node_.rank, 1U);
    if (const auto list = find_list(node_.rank, node_.count)) write_node(op, fmt::format("{} = {}", port, *list), args);
  }
  void matmul() {
    node_.rank = 2;
    const auto a = find(2, node_.count), b = find(2, node_.count);
    if (a && b) write_node("blas.matmul", fmt::format("a = \"{}\", b = \"{}\"", *a, *b), "");
  }
  void fill() {
    const auto dimensions = shape(node_.rank);
    if (dynamic_) return;
    if (const auto value = find(0, node_.count))
      write_node("tensor.fill", fmt::format("value = \"{}\"", *value),
                 fmt::format("shape = [{}], dtype = \"f32\"", fmt::join(dimensions, ", ")));
  }
  void dynamic_fill() {
    node_.rank = 1;
    if (!host_) return;
    const auto value = find(0, node_.count);
    if (!value) return;
    if (!std::exchange(has_length_, true)) line("[[input]]\nname = \"length\"\ndtype = \"i64\"\nshape = [1]");
    write_node("tensor.fill", fmt::format("value = \"{}\", shape = \"length\"", *value),
               "dtype = \"f32\", max_bytes = 4096");
  }
  void last_resort() {
    on_ = actors_[0].name + (actors_[0].count == 0 ? "" : "[*]");
    node_ = {"n", "", actors_[0].count, 0};
    one("tensor.copy", "");
  }

  void draw_output(const Draft& node) {
    if (node.read ? !bytes_.one_in(3) : bytes_.one_in(9)) return;
    line("[[output]]\nname = \"{}\"", node.name);
    const auto text = node.name + (node.count != 0 ? "[*]" : "");
    line("from = {}", bytes_.one_in(6) ? fmt::format("{{ v = \"{}\" }}", text) : fmt::format("\"{}\"", text));
    if (bytes_.one_in(4)) line("expect = [1, 2.5, [3]]");
  }

  void draw_rest() {
    line("[run]\nexecutions = {}", 1 + bytes_.below(5));
    if (bytes_.one_in(3)) line("actors = \"processes\"");
    if (overlap_ && bytes_.one_in(4)) {
      line("[scheduler.overlap]\nlookahead = {}\nslots = {}", bytes_.below(4), bytes_.below(4));
      if (bytes_.one_in(3)) line("memory = {}\nobjective = \"latency\"", 1U << bytes_.below(16));
    }
    if (bytes_.one_in(9)) line("[transport.shm]\nspin = \"1 us\"");
  }

  Bytes bytes_;
  std::string text_ = "format = 1\n";
  std::vector<Actor> actors_;
  std::vector<Value> values_;
  std::vector<Draft> inputs_;
  std::vector<Draft> nodes_;
  Value node_{};
  std::string on_;
  bool host_ = true;
  bool dynamic_ = false;
  bool has_length_ = false;
  bool overlap_ = true;
};

}  // namespace

std::string drawn_job(std::string_view bytes) { return Drawing(bytes).draw(); }

}  // namespace stretto::fuzz
