// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What steps cost: stated defaults, or what `stretto calibrate` measured. Plain values; nothing here blocks.
/// The file that holds them is described in core/compile/README.md.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stretto {

struct Plan;

/// Seconds, bytes and bytes per second. What is left out is as the component states it, else the default of costs.cc.
struct Costs {
  /// Of a device component.
  struct Device {
    std::optional<double> flops;           ///< per second, of an op that states no seconds and is not listed below
    std::optional<double> bandwidth;       ///< of the memory that an op reads and writes
    std::optional<double> copy_bandwidth;  ///< of a COPY step
    std::optional<double> launch;          ///< seconds that every COMPUTE and COPY takes at least
    std::optional<uint32_t> capacity;      ///< nodes that one actor's device computes at once
    std::map<std::string, double> ops;     ///< seconds of one launch, by cost key
  };
  /// Of a transport, or of one pair of actors over it.
  struct Transfer {
    std::optional<double> send;       ///< seconds that a SEND occupies its lane
    std::optional<double> latency;    ///< seconds of a RECEIVE whose message is there, besides the bytes
    std::optional<double> bandwidth;  ///< of the bytes that move; slots shared in place move none
  };
  /// Overrides its transport's numbers for one pair of actors.
  struct Link {
    std::string transport;
    std::string from;
    std::string to;
    Transfer transfer;
    /// What a transfer holds until it ends: links that name the same take turns. Else the link into `to`.
    std::optional<std::string> resource;
  };
  std::map<std::string, Device> devices;       ///< by component name
  std::map<std::string, Transfer> transports;  ///< by component name
  std::vector<Link> links;
};

/// The keys under which a node's op is looked up in Costs::Device::ops, most specific first:
/// "tensor.scale(factor = 2.0) f32[8] -> f32[8]" with the call's arguments, then "tensor.scale f32[8] -> f32[8]".
/// An op without arguments has the second key alone.
std::vector<std::string> cost_keys(const Plan& plan, uint32_t node);

}  // namespace stretto
