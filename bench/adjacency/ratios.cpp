// SPDX-License-Identifier: Apache-2.0
#include "ratios.hpp"

#include <algorithm>
#include <cstdio>

namespace neigh::bench {

void Collector::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
    const auto items = run.counters.find("items_per_second");
    if (items == run.counters.end()) continue;
    times_[run.run_name.function_name].push_back(1e9 / items->second.value);
  }
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string spread_of(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  char text[96];
  std::snprintf(text, sizeof text, "%.2f [%.2f %.2f]", median_of(values), *least, *most);
  return text;
}

std::vector<double> ratios_of(const std::vector<double>& values, const std::vector<double>& base) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(values.size(), base.size()); ++i) ratios.push_back(values[i] / base[i]);
  return ratios;
}

}  // namespace neigh::bench
