// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A job: what a TOML file says. The graph, how to compile it, what to feed, what to expect, how to run.

#include "job/written.h"
#include "stretto/graph.h"
#include "stretto/runtime.h"

#include <string>
#include <vector>

namespace stretto {

/// The values of one graph input, by execution; shorter feeds start over.
struct Feed {
  std::vector<Tensor> values;
  Source source;
};

/// What one field of an output, or of all outputs of a family, must be. The value's depth says how it is meant: as
/// deep as the field's rank, it holds for every execution; one deeper, it is a list by execution that starts over. A
/// single number stands for every element.
struct Expectation {
  std::vector<uint32_t> outputs;  ///< into Graph::outputs
  std::string field;              ///< empty: the only one
  Written value;
  double tolerance = 0;  ///< relative; 0: bit for bit
  Source source;
};

struct Job {
  Graph graph;
  CompileOptions compile;
  RunOptions run;
  int64_t executions = 1;
  std::vector<Feed> feeds;  ///< by graph input; without values where the job gives none
  std::vector<Expectation> expectations;
};

/// What lies over the file: `--with FILE` in order, then `--set key=value` in order.
struct Overlays {
  std::vector<std::string> files;
  std::vector<std::string> sets;
};

/// Reads a job. Pure but for reading files. Throws Code::invalid_argument: "file:line:column: what was found, what was
/// expected, the nearest right name"; what --set wrote has "--set KEY: " for a position.
Job read_job(const std::string& path, const Overlays& overlays = {});

/// The same of what was parsed already. `path` names the job, and relative paths in it start from its folder.
Job job_of(const Written& written, const std::string& path);

class Section;
/// [run] of a checked job, or of a saved plan: executions, deadlines, what actors are. Pure.
void read_run(const Section& run, Job& job);

}  // namespace stretto
