// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "queues.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>

namespace stretto::cuda {
namespace {

constexpr const char* kVariable = "CUDA_DEVICE_MAX_CONNECTIONS";
constexpr int kMost = 32;
constexpr int kOwn = 8;  ///< CUDA's choice, where nothing is set or what is set makes no sense

const char* variable(const char* name) {
  return std::getenv(name);  // NOLINT(concurrency-mt-unsafe): choose_queues alone sets one, before there are threads
}

int queues() {
  const char* text = variable(kVariable);
  const int stated = text == nullptr ? kOwn : std::atoi(text);
  return stated < 1 || stated > kMost ? kOwn : stated;
}

struct Lanes {
  std::mutex mutex;
  std::map<int, int> open;  ///< by device: how many
};

Lanes& lanes() {
  static Lanes all;
  return all;
}

}  // namespace

bool served_by_mps() {
  const char* folder = variable("CUDA_MPS_PIPE_DIRECTORY");
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::path(folder == nullptr ? "/tmp/nvidia-mps" : folder) / "control",
                                 ignored);
}

void choose_queues() {
  const auto number = std::to_string(served_by_mps() ? kOwn : kMost);
  setenv(kVariable, number.c_str(), 0);  // NOLINT(concurrency-mt-unsafe): plugins are loaded by one thread
}

Stream::Stream(int device, bool urgent, bool crowded) : device_(device) {
  int lowest = 0;
  int highest = 0;
  STRETTO_CUDA(cudaDeviceGetStreamPriorityRange, &lowest, &highest);
  const std::lock_guard lock(lanes().mutex);
  int& open = lanes().open[device_];
  if (open >= queues() && !crowded)
    throw Error(Code::overloaded, "this process has more lanes on CUDA device " + std::to_string(device_) +
                                      " than it has queues, " + std::to_string(queues()) +
                                      ", so that they could hold each other up; run actors as processes, or " +
                                      "put fewer on one device" +
                                      (queues() < kMost ? std::string(", or set ") + kVariable + ", up to 32" : "") +
                                      "; [device.cuda] crowded = true has them try");
  STRETTO_CUDA(cudaStreamCreateWithPriority, &stream_, cudaStreamNonBlocking, urgent ? highest : lowest);
  ++open;
}

Stream::~Stream() {
  cudaSetDevice(device_);
  cudaStreamDestroy(stream_);
  const std::lock_guard lock(lanes().mutex);
  --lanes().open[device_];
}

}  // namespace stretto::cuda
