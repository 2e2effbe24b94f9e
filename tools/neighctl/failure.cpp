// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"

#include <fmt/format.h>

#include "text.hpp"

namespace neigh::ctl {

namespace {

// "192.0.2.7 on eth0", or what is known of it.
std::string subject(const Attempt& attempt) {
  const std::string address = attempt.address.empty() ? "the entry" : printable(attempt.address);
  return attempt.interface.empty() ? address : fmt::format("{} on {}", address, printable(attempt.interface));
}

std::string_view field_in_words(std::string_view field) {
  if (field == "link_address") return "link-layer address";
  if (field == "interface") return "interface";
  return field;
}

std::string entry_words(const Attempt& attempt) {
  const std::string dev = attempt.interface.empty() ? "" : fmt::format(" dev {}", printable(attempt.interface));
  return fmt::format("{}{}", printable(attempt.address), dev);
}

Failure explain_exists(const Attempt& attempt) {
  return {kRefused, "already_exists", fmt::format("{} already exists", subject(attempt)),
          fmt::format("'neighctl replace' overwrites it; 'neighctl get {}' shows it", entry_words(attempt))};
}

Failure explain_not_found(const Attempt& attempt) {
  std::string hint = "'neighctl list --state all' shows what is there";
  if (attempt.verb == "set") hint = "'neighctl add' creates it, 'neighctl replace' creates or overwrites";
  if (attempt.verb == "get") hint = fmt::format("'neighctl resolve {}' asks the wire", entry_words(attempt));
  return {kRefused, "not_found", fmt::format("there is no entry for {}", subject(attempt)), std::move(hint)};
}

Failure explain_permission(const Error& error, const Attempt& attempt) {
  const std::string_view capability = attempt.raw ? "CAP_NET_RAW" : "CAP_NET_ADMIN";
  const std::string_view doing = attempt.raw ? "sending on the wire" : "changing the table";
  std::string message = fmt::format("{} needs {}", doing, capability);
  if (!error.detail.empty() && error.detail.find(capability) == std::string::npos) {
    message += fmt::format(" ({})", printable(error.detail));
  }
  return {kNoPermission, "permission_denied", std::move(message),
          fmt::format("run it with sudo, or grant the capability once: sudo setcap {}+ep \"$(command -v neighctl)\"",
                      attempt.raw ? "cap_net_raw" : "cap_net_admin,cap_net_raw")};
}

Failure explain_table_full(const Attempt& attempt) {
  const bool v6 = attempt.address.find(':') != std::string::npos;
  std::string message = "the neighbor table is full";
  if (!attempt.table_state.empty()) message += fmt::format(": {}", attempt.table_state);
  return {
      kRefused, "table_full", std::move(message),
      attempt.address.empty()
          ? std::string("'neighctl doctor' says who fills it")
          : fmt::format("the limit is the sysctl net.{}.neigh.default.gc_thresh3; 'neighctl doctor' says who fills it",
                        v6 ? "ipv6" : "ipv4")};
}

Failure explain_invalid(const Error& error, const Attempt& attempt) {
  if (error.field == "address" && !attempt.address.empty() && error.detail.starts_with(attempt.address)) {
    return {kRefused, "invalid_argument", fmt::format("{}: it cannot be a neighbor", printable(error.detail)),
            "a neighbor is one host on the link: '192.0.2.7', 'fe80::1%eth0'"};
  }
  std::string message =
      error.field.empty() ? "the entry was refused" : fmt::format("{} was refused", field_in_words(error.field));
  if (!attempt.address.empty()) message += fmt::format(" for {}", subject(attempt));
  if (!error.detail.empty()) message += fmt::format(": {}", printable(error.detail));
  std::string hint;
  if (error.field == "link_address") hint = "'neighctl interfaces --json' tells the length on each interface";
  if (error.field == "flags") hint = "some flags need a newer kernel, and some exclude each other";
  // The line says something that cannot be, or the table refuses something that could.
  const ExitCode exit = error.field == "link_address" ? kUsage : kRefused;
  return {exit, "invalid_argument", std::move(message), std::move(hint), {}};
}

}  // namespace

std::string_view error_name(Errc code) noexcept {
  switch (code) {
    case Errc::kInvalidArgument:
      return "invalid_argument";
    case Errc::kNotFound:
      return "not_found";
    case Errc::kNoSuchInterface:
      return "no_such_interface";
    case Errc::kNoSuchAddress:
      return "no_such_address";
    case Errc::kAlreadyExists:
      return "already_exists";
    case Errc::kUnreachable:
      return "unreachable";
    case Errc::kPermissionDenied:
      return "permission_denied";
    case Errc::kNotSupported:
      return "not_supported";
    case Errc::kTableFull:
      return "table_full";
    case Errc::kNoMemory:
      return "no_memory";
    case Errc::kTimedOut:
      return "timed_out";
    case Errc::kMalformed:
      return "malformed";
    case Errc::kOverrun:
      return "overrun";
    case Errc::kSystem:
      return "system";
  }
  return "system";
}

Failure explain(const Error& error, const Attempt& attempt) {
  switch (error.code) {
    case Errc::kAlreadyExists:
      return explain_exists(attempt);
    case Errc::kNotFound:
      return explain_not_found(attempt);
    case Errc::kPermissionDenied:
      return explain_permission(error, attempt);
    case Errc::kTableFull:
      return explain_table_full(attempt);
    case Errc::kInvalidArgument:
      return explain_invalid(error, attempt);
    case Errc::kNoSuchInterface:
      return {kRefused, "no_such_interface",
              attempt.interface.empty() ? "there is no such interface"
                                        : fmt::format("there is no interface {}", printable(attempt.interface)),
              "'neighctl interfaces' lists them"};
    case Errc::kNoSuchAddress:
      return {kRefused, "no_such_address",
              error.detail.empty() ? fmt::format("{} is not an address of this host", subject(attempt))
              : error.detail.find("address of this host") != std::string::npos
                  ? printable(error.detail)
                  : fmt::format("not an address of this host: {}", printable(error.detail)),
              "'ip address show' lists the host's own addresses"};
    case Errc::kUnreachable:
      return {kRefused, "unreachable",
              error.detail.empty() ? fmt::format("nobody answered for {}", subject(attempt))
                                   : fmt::format("{}: {}", subject(attempt), printable(error.detail)),
              "is the host up and on this link? 'neighctl interfaces' shows which interfaces have a carrier"};
    case Errc::kTimedOut:
      return {kRefused, "timed_out", fmt::format("no answer for {} within the time given", subject(attempt)),
              "a longer --timeout waits longer"};
    case Errc::kNotSupported:
    case Errc::kNoMemory:
    case Errc::kMalformed:
    case Errc::kOverrun:
    case Errc::kSystem:
      break;
  }
  std::string message = attempt.address.empty() ? printable(error.message())
                                                : fmt::format("{}: {}", subject(attempt), printable(error.message()));
  std::string hint;
  if (error.code == Errc::kNotSupported) hint = "this host, kernel or interface does not have it";
  return {kRefused, std::string(error_name(error.code)), std::move(message), std::move(hint)};
}

namespace {

// Characters that are not seen and change the order of those that are: U+061C, U+200E and F, U+202A to E, U+2066 to 9.
bool reorders(std::string_view character) {
  return character == "\u061c" || (character >= "\u200e" && character <= "\u200f") ||
         (character >= "\u202a" && character <= "\u202e") || (character >= "\u2066" && character <= "\u2069");
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const auto first = static_cast<unsigned char>(text[at]);
    // C0 controls, DEL, bytes that are no UTF-8, and the C1 controls U+0080 to U+009F.
    const bool c1 = length == 2 && first == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0;
    const bool hidden = reorders(text.substr(at, length));
    if (length == 0 || c1 || hidden || first < 0x20 || first == 0x7f) {
      const std::size_t bytes = c1 || hidden ? length : 1;
      for (std::size_t i = 0; i < bytes; ++i) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at + i]));
      }
      at += bytes;
      continue;
    }
    out.append(text.substr(at, length));
    at += length;
  }
  return out;
}

std::string quotable(std::string_view text) {
  constexpr std::size_t kMostBytes = 256;  // so that a megabyte costs nothing
  constexpr std::size_t kMostColumns = 60;
  const std::string shown = printable(text.substr(0, kMostBytes));
  return text.size() > kMostBytes || columns(shown) > kMostColumns ? shortened(shown, kMostColumns, false) + ".."
                                                                   : shown;
}

}  // namespace neigh::ctl
