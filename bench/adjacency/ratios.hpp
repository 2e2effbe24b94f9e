// SPDX-License-Identifier: Apache-2.0
// Runs of one interleaved measurement, and what they say: medians, ratios to a base and their spread.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace neigh::bench {

/// Prints nothing by itself; keeps nanoseconds per item of each repetition.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override;

  [[nodiscard]] bool has(const std::string& name) const { return times_.contains(name); }
  [[nodiscard]] const std::vector<double>& times(const std::string& name) const { return times_.at(name); }

 private:
  std::map<std::string, std::vector<double>> times_;
};

[[nodiscard]] double median_of(std::vector<double> values);

/// "9.1 [8.9 9.6]": median, least and most.
[[nodiscard]] std::string spread_of(const std::vector<double>& values);

/// Each of `values` over each of `base` of the same position: repetitions run next to each other.
[[nodiscard]] std::vector<double> ratios_of(const std::vector<double>& values, const std::vector<double>& base);

}  // namespace neigh::bench
