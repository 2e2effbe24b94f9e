// SPDX-License-Identifier: Apache-2.0
#include "support/ip_tool.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "support/process.hpp"

namespace neigh::test {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint32_t> number_of(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint32_t>();
}

IpNeigh parse_row(const Json& row, const std::string& dev) {
  IpNeigh parsed;
  parsed.dst = text_of(row, "dst");
  // The tool leaves the device out where it was asked for one.
  parsed.dev = row.contains("dev") ? text_of(row, "dev") : dev;
  parsed.lladdr = text_of(row, "lladdr");
  if (const auto states = row.find("state"); states != row.end() && states->is_array()) {
    for (const Json& state : *states) parsed.states.push_back(state.get<std::string>());
  }
  parsed.router = row.contains("router");  // flags are members with the value null
  parsed.proxy = row.contains("proxy");
  parsed.managed = row.contains("managed");
  parsed.extern_learn = row.contains("extern_learn");
  parsed.offload = row.contains("offload");
  parsed.protocol = text_of(row, "protocol");
  parsed.refcnt = number_of(row, "refcnt");
  parsed.used = number_of(row, "used");
  parsed.confirmed = number_of(row, "confirmed");
  parsed.updated = number_of(row, "updated");
  parsed.probes = number_of(row, "probes");
  return parsed;
}

std::vector<IpNeigh> show(const std::string& dev, int family, const char* which) {
  std::string command = "ip -json -statistics";
  if (family != 0) command += family == 4 ? " -4" : " -6";
  command += " neigh show";
  if (!dev.empty()) command += " dev " + dev;
  command += which;

  std::vector<IpNeigh> rows;
  const CommandResult result = must_run(command);
  if (!result.ok() || result.out.find_first_not_of(" \n") == std::string::npos) return rows;
  const Json list = Json::parse(result.out, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) {
    ADD_FAILURE() << command << ": not a JSON list\n" << result;
    return rows;
  }
  for (const Json& row : list) {
    IpNeigh parsed = parse_row(row, dev);
    EXPECT_FALSE(parsed.dst.empty()) << command << ": a row without address\n" << row;
    rows.push_back(std::move(parsed));
  }
  return rows;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const IpNeigh& row) {
  out << row.dst << " dev " << row.dev << " lladdr " << (row.lladdr.empty() ? "-" : row.lladdr);
  for (const std::string& state : row.states) out << ' ' << state;
  if (row.router) out << " router";
  if (row.proxy) out << " proxy";
  if (row.managed) out << " managed";
  if (row.extern_learn) out << " extern_learn";
  if (row.offload) out << " offload";
  if (!row.protocol.empty()) out << " proto " << row.protocol;
  return out;
}

std::vector<IpNeigh> ip_neigh_json(const std::string& dev, int family) { return show(dev, family, " nud all"); }
std::vector<IpNeigh> ip_neigh_proxies(const std::string& dev, int family) { return show(dev, family, " proxy"); }

std::optional<IpNeigh> ip_neigh_find(const std::string& dev, std::string_view dst) {
  std::optional<IpNeigh> found;
  for (IpNeigh& row : ip_neigh_json(dev)) {
    if (row.dst != dst) continue;
    EXPECT_FALSE(found) << "twice in the table: " << row;
    found = std::move(row);
  }
  return found;
}

}  // namespace neigh::test
