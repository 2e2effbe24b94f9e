// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "values.hpp"

namespace neigh::ctl {

namespace {

Format format_of(const Args& args) {
  if (args.has("jsonl")) return Format::kJsonLines;
  if (args.has("json")) return Format::kJson;
  if (args.has("brief")) return Format::kBrief;
  if (args.has("wide")) return Format::kWide;
  return Format::kHuman;
}

}  // namespace

Context::Context(Args given, Output& out_to, Output& err_to, Style out_style, Style error_style, OpenTable open)
    : args(std::move(given)),
      out(out_to),
      err(err_to),
      style(out_style),
      err_style(error_style),
      format(format_of(args)),
      open_(std::move(open)) {}

Checked<NeighborTable*> Context::table() {
  if (!home_.table) {
    auto opened = open_(args);
    if (!opened) return std::move(opened).failure();
    home_ = std::move(*opened);
  }
  return home_.table.get();
}

std::optional<Route> Context::route(const IpAddress& address) {
  if (!table() || !home_.route) return std::nullopt;
  return home_.route(address);
}

Checked<std::span<const Interface>> Context::interfaces() {
  if (!interfaces_) {
    auto home = table();
    if (!home) return std::move(home).failure();
    auto read = (*home)->interfaces();
    if (!read) return explain(read.error(), {});
    interfaces_ = std::move(*read);
  }
  return std::span<const Interface>(*interfaces_);
}

void Context::renew_interface(InterfaceIndex index) {
  if (!interfaces() || !interfaces_) return;
  auto now = home_.table->find_interface(index);
  if (!now) return;
  const auto known =
      std::find_if(interfaces_->begin(), interfaces_->end(), [&](const Interface& i) { return i.index == index; });
  if (known == interfaces_->end()) {
    interfaces_->push_back(std::move(*now));
  } else {
    *known = std::move(*now);
  }
}

const Interface* Context::interface(InterfaceIndex index) {
  const auto known = interfaces();
  if (!known) return nullptr;
  const auto found = std::find_if(known->begin(), known->end(), [&](const Interface& i) { return i.index == index; });
  return found == known->end() ? nullptr : &*found;
}

std::string Context::interface_name(InterfaceIndex index) {
  const Interface* known = interface(index);
  return known != nullptr ? known->name : fmt::format("if{}", to_number(index));
}

Checked<std::optional<Interface>> Context::interface_option(std::string_view name) {
  const auto text = args.one(name);
  if (!text) return std::optional<Interface>();
  const auto known = interfaces();
  if (!known) return known.failure();
  auto found = find_interface(*text, *known);
  if (!found) return std::move(found).failure();
  return std::optional<Interface>(std::move(*found));
}

Family Context::family() const {
  if (args.has("ipv4")) return Family::kIpv4;
  if (args.has("ipv6")) return Family::kIpv6;
  return Family::kUnspecified;
}

void write_failure(JsonWriter& writer, const Failure& failure) {
  writer.member("error", failure.error).member("message", failure.message);
  if (!failure.hint.empty()) writer.member("hint", failure.hint);
}

int Context::fail(const Failure& failure) {
  if (machine()) {
    json_line(out, [&](JsonWriter& writer) { write_failure(writer, failure); });
  }
  complain(failure);
  return failure.exit;
}

void Context::complain(const Failure& failure) {
  if (machine()) return;
  out.flush();  // what was printed before stands before
  err.line(fmt::format("{} {}", err_style.paint(Tone::kBad, "neighctl:"), failure.message));
  if (!failure.hint.empty()) err.line(fmt::format("  {} {}", err_style.paint(Tone::kInfo, "hint:"), failure.hint));
  err.flush();
}

}  // namespace neigh::ctl
