// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/control_page.h"

#include <cstring>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace stretto {

namespace {

constexpr size_t kErrorText = 1000;
constexpr size_t kLaneStride = 64 / sizeof(std::atomic<uint64_t>);  // one lane's counter per cache line

[[noreturn]] void throw_errno(const char* what) {
  throw Error(Code::internal, std::string(what) + ": " + std::strerror(errno));
}

std::byte* map_shared(int descriptor, uint64_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (data == MAP_FAILED) throw_errno("mapping shared memory");
  return static_cast<std::byte*>(data);
}

}  // namespace

SharedMapping SharedMapping::create(uint64_t bytes) {
  const int descriptor = memfd_create("stretto-control", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) throw_errno("memfd_create");
  if (ftruncate(descriptor, static_cast<off_t>(bytes)) != 0) {
    close(descriptor);
    throw_errno("sizing shared memory");
  }
  fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
  return map(descriptor, bytes);
}

SharedMapping SharedMapping::map(int descriptor, uint64_t bytes) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0 || static_cast<uint64_t>(status.st_size) < bytes) {
    close(descriptor);
    throw Error(Code::internal,
                "shared memory of " + std::to_string(status.st_size) + " bytes, expected " + std::to_string(bytes));
  }
  try {
    return {descriptor, map_shared(descriptor, bytes), bytes};
  } catch (...) {
    close(descriptor);
    throw;
  }
}

SharedMapping::SharedMapping(SharedMapping&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      data_(std::exchange(other.data_, nullptr)),
      bytes_(other.bytes_) {}

SharedMapping::~SharedMapping() {
  if (data_ != nullptr) munmap(data_, bytes_);
  if (descriptor_ >= 0) close(descriptor_);
}

struct alignas(64) ControlPage::Header {
  std::atomic<uint64_t> rounds;
  std::atomic<uint64_t> end;  ///< 1 + number of rounds in all, once known; 0 before
  std::atomic<uint32_t> aborted;
  ParkingSpot spot;
  alignas(64) std::atomic<int64_t> executions[kRounds];
};

struct ControlPage::ErrorEntry {
  std::atomic<int64_t> execution;  ///< plus one; 0: empty
  int32_t node;
  int32_t code;
  uint32_t length;
  char text[kErrorText];
};

struct alignas(64) ControlPage::BoardEntry {
  ParkingSpot spot;
  std::atomic<int64_t> shaped;   ///< execution plus one
  std::atomic<int64_t> settled;  ///< execution plus one
  Note shape;
  Note status;
};

struct ControlPage::Layout {
  uint64_t lanes, errors, board, bytes, window;
};

std::vector<uint32_t> boards_of_collectives(const Plan& plan) {
  std::vector<uint32_t> first{static_cast<uint32_t>(plan.channels.size())};
  for (const auto& collective : plan.collectives)
    first.push_back(first.back() + (collective.transport < 0 ? 0 : static_cast<uint32_t>(collective.nodes.size())));
  return first;
}

ControlPage::Layout ControlPage::layout(const Plan& plan) {
  const auto aligned = [](uint64_t bytes) { return (bytes + 63) / 64 * 64; };
  Layout out{};
  // Errors and notes of an execution are read before it leaves the in-flight window, so that one more than `inflight`
  // entries never collide.
  out.window = plan.inflight + 1ULL;
  out.lanes = aligned(sizeof(Header));
  out.errors = out.lanes + plan.lanes.size() * 64;
  out.board = aligned(out.errors + plan.lanes.size() * out.window * sizeof(ErrorEntry));
  out.bytes = out.board + uint64_t{boards_of_collectives(plan).back()} * out.window * sizeof(BoardEntry);
  return out;
}

ControlPage::ControlPage(const Plan& plan, SharedMapping mapping) : mapping_(std::move(mapping)) {
  const Layout at = layout(plan);
  // Zeroed memory is the initial state of every atomic here, on whichever side maps first.
  header_ = reinterpret_cast<Header*>(mapping_.data());
  lanes_ = reinterpret_cast<std::atomic<uint64_t>*>(mapping_.data() + at.lanes);
  errors_ = reinterpret_cast<ErrorEntry*>(mapping_.data() + at.errors);
  board_ = reinterpret_cast<BoardEntry*>(mapping_.data() + at.board);
  board_end_ = board_ + uint64_t{boards_of_collectives(plan).back()} * at.window;
  window_ = at.window;
}

std::shared_ptr<ControlPage> ControlPage::create(const Plan& plan) {
  return std::shared_ptr<ControlPage>(new ControlPage(plan, SharedMapping::create(layout(plan).bytes)));
}

std::shared_ptr<ControlPage> ControlPage::map(const Plan& plan, int descriptor) {
  return std::shared_ptr<ControlPage>(new ControlPage(plan, SharedMapping::map(descriptor, layout(plan).bytes)));
}

void ControlPage::publish(int64_t execution) {
  const uint64_t round = header_->rounds.load(std::memory_order_relaxed);
  header_->executions[round % kRounds].store(execution, std::memory_order_relaxed);
  header_->rounds.store(round + 1, std::memory_order_release);
  header_->spot.wake_all();
}

void ControlPage::publish_last() {
  header_->end.store(header_->rounds.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  header_->spot.wake_all();
}

uint64_t ControlPage::rounds() const { return header_->rounds.load(std::memory_order_acquire); }

bool ControlPage::await_round(uint64_t round) {
  bool published = false;
  header_->spot.wait(
      [&] {
        if (aborted()) return true;
        published = header_->rounds.load(std::memory_order_acquire) > round;
        const uint64_t end = header_->end.load(std::memory_order_acquire);
        return published || (end != 0 && round >= end - 1);
      },
      Deadline::max());
  return published && !aborted();
}

int64_t ControlPage::execution_of(int64_t round) const {
  return round < 0 ? -1 : header_->executions[static_cast<uint64_t>(round) % kRounds].load(std::memory_order_relaxed);
}

void ControlPage::abort() {
  header_->aborted.store(1, std::memory_order_release);
  header_->spot.wake_all();
  // Board entries are parked on one by one; there is no list of who waits where.
  for (BoardEntry* entry = board_; entry != board_end_; ++entry) entry->spot.wake_all();
}

bool ControlPage::aborted() const { return header_->aborted.load(std::memory_order_acquire) != 0; }

void ControlPage::set_completed(uint32_t lane, uint64_t steps) {
  lanes_[lane * kLaneStride].store(steps, std::memory_order_release);
}

uint64_t ControlPage::completed(uint32_t lane) const {
  return lanes_[lane * kLaneStride].load(std::memory_order_acquire);
}

ControlPage::ErrorEntry& ControlPage::error(uint32_t lane, int64_t execution) const {
  return errors_[lane * window_ + static_cast<uint64_t>(execution) % window_];
}

Note ControlPage::record_error(uint32_t lane, int64_t execution, int32_t node, Code code, const std::string& text) {
  const std::scoped_lock lock(recording_);
  ErrorEntry& entry = error(lane, execution);
  if (entry.execution.load(std::memory_order_relaxed) != execution + 1) {
    entry.node = node;
    entry.code = static_cast<int32_t>(code);
    entry.length = static_cast<uint32_t>(std::min(text.size(), kErrorText));
    std::memcpy(entry.text, text.data(), entry.length);
    // Published by the message that carries the poison; the stamp only tells the first error from later ones.
    entry.execution.store(execution + 1, std::memory_order_release);
  }
  Note poison;
  poison.execution = execution;
  poison.code = entry.code;
  poison.node = entry.node;
  poison.lane = lane;
  return poison;
}

std::string ControlPage::error_text(const Note& poison) const {
  const ErrorEntry& entry = error(poison.lane, poison.execution);
  if (entry.execution.load(std::memory_order_acquire) != poison.execution + 1) return "(the text of the error is gone)";
  return {entry.text, std::min<size_t>(entry.length, kErrorText)};
}

ControlPage::BoardEntry& ControlPage::board(uint32_t channel, int64_t execution) const {
  return board_[channel * window_ + static_cast<uint64_t>(execution) % window_];
}

void ControlPage::post_shape(uint32_t channel, const Note& note) {
  BoardEntry& entry = board(channel, note.execution);
  entry.shape = note;
  entry.shaped.store(note.execution + 1, std::memory_order_release);
  entry.spot.wake_all();
}

void ControlPage::post_settled(uint32_t channel, const Note& note) {
  BoardEntry& entry = board(channel, note.execution);
  entry.status = note;
  entry.settled.store(note.execution + 1, std::memory_order_release);
  entry.spot.wake_all();
}

Note ControlPage::await_shape(uint32_t channel, int64_t execution, Deadline deadline) {
  BoardEntry& entry = board(channel, execution);
  const bool there = entry.spot.wait(
      [&] { return aborted() || entry.shaped.load(std::memory_order_acquire) == execution + 1; }, deadline);
  if (aborted()) throw Error(Code::cancelled, "the run was aborted");
  if (!there) throw Error(Code::timed_out, "no note of the value's shape");
  return entry.shape;
}

Note ControlPage::await_settled(uint32_t channel, int64_t execution, Deadline deadline) {
  BoardEntry& entry = board(channel, execution);
  const bool there = entry.spot.wait(
      [&] { return aborted() || entry.settled.load(std::memory_order_acquire) == execution + 1; }, deadline);
  if (aborted()) throw Error(Code::cancelled, "the run was aborted");
  if (!there) throw Error(Code::timed_out, "no note of the value's status");
  return entry.status;
}

}  // namespace stretto
