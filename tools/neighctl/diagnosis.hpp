// SPDX-License-Identifier: Apache-2.0
// What is wrong with a neighbor table, as a pure function over what was read from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neigh/interface.hpp"
#include "neigh/neighbor.hpp"
#include "neigh/table.hpp"

namespace neigh::ctl {

enum class Severity : std::uint8_t { kOk, kNotice, kWarning, kCritical };

/// "ok", "notice", "warning", "critical".
[[nodiscard]] std::string_view severity_name(Severity severity);

/// One network namespace that could be read.
struct NamespaceView {
  std::string name = {};  ///< Empty: the one doctor runs in.
  std::vector<Interface> interfaces = {};
  std::vector<Neighbor> neighbors = {};  ///< Of every state, proxies left out.
  std::vector<IpAddress> own = {};       ///< Addresses of the host itself.
};

struct DoctorInput {
  std::vector<TableLimits> limits = {};
  std::vector<NamespaceView> namespaces = {};
  bool sysctl_here = false;  ///< The thresholds can be set in this namespace: it is the initial one.
};

/// One interface's part in a table.
struct InterfaceShare {
  std::string network_namespace = {};  ///< Empty: this one.
  std::string interface = {};
  InterfaceIndex index = InterfaceIndex::kNone;
  std::size_t entries = 0;
  std::size_t collectable = 0;
  double percent = 0;  ///< Of the entries that were read.
  std::array<std::size_t, kNudStateCount> states = {};
};

/// One family's table. The kernel counts its entries over all namespaces and tells the sum alone; of the entries
/// that could not be read it is not known how many are collectable, hence two bounds.
struct TableDiagnosis {
  TableLimits limits = {};
  std::size_t read = 0;               ///< Entries that were read.
  std::size_t exempt = 0;             ///< Of them: permanent or extern_learn, which gc_thresh3 does not count.
  std::size_t elsewhere = 0;          ///< Entries of namespaces that were not read.
  std::size_t collectable_least = 0;  ///< Collectable entries: those that were read.
  std::size_t collectable_most = 0;   ///< The same if everything elsewhere is collectable.
  double fill_percent = 0;            ///< collectable_least of gc_thresh3.
  Severity severity = Severity::kOk;
  std::vector<InterfaceShare> shares = {};  ///< Fullest first.
};

struct Finding {
  Severity severity = Severity::kNotice;
  std::string_view code = {};  ///< Stable name for programs.
  Family family = Family::kUnspecified;
  std::string interface = {};  ///< Empty: not about one.
  std::string message = {};
  std::string hint = {};
};

struct Diagnosis {
  Severity worst = Severity::kOk;
  std::vector<TableDiagnosis> tables = {};
  std::vector<Finding> findings = {};     ///< Worst first.
  std::vector<std::string> sysctls = {};  ///< Lines for a file below /etc/sysctl.d; empty: nothing to set.
};

/// True for entries that the collector leaves alone and gc_thresh3 does not count.
/// @source Linux net/core/neighbour.c: permanent entries and externally learned ones are not on the gc list.
[[nodiscard]] bool is_exempt(const Neighbor& neighbor);

[[nodiscard]] Diagnosis diagnose(const DoctorInput& input);

}  // namespace neigh::ctl
