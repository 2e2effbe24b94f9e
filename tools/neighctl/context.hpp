// SPDX-License-Identifier: Apache-2.0
// What a command works with.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "args.hpp"
#include "failure.hpp"
#include "home.hpp"
#include "json.hpp"
#include "output.hpp"
#include "vendor.hpp"

namespace neigh::ctl {

enum class Format : unsigned char { kHuman, kBrief, kWide, kJson, kJsonLines };

/// Opens the table that the command line names; called at most once, when a command needs it.
using OpenTable = std::function<Checked<Home>(const Args&)>;

class Context {
 public:
  Context(Args given, Output& out_to, Output& err_to, Style out_style, Style error_style, OpenTable open);

  Args args;
  Output& out;
  Output& err;
  Style style;      ///< Of `out`.
  Style err_style;  ///< Of `err`.
  Format format = Format::kHuman;
  Vendors vendors;

  [[nodiscard]] bool machine() const { return format == Format::kJson || format == Format::kJsonLines; }
  [[nodiscard]] bool lines() const { return format == Format::kJsonLines; }
  [[nodiscard]] bool quiet() const { return args.has("quiet"); }

  /// The table; opened at the first call.
  [[nodiscard]] Checked<NeighborTable*> table();
  /// Where packets to `address` go.
  [[nodiscard]] std::optional<Route> route(const IpAddress& address);

  /// The host's interfaces, read at the first call and again by `refresh_interfaces`.
  [[nodiscard]] Checked<std::span<const Interface>> interfaces();
  void refresh_interfaces() { interfaces_.reset(); }
  /// Reads one interface again, which may have another name by now. One that is gone keeps the name it had.
  void renew_interface(InterfaceIndex index);
  /// Name of an interface; "if7" for one that is gone.
  [[nodiscard]] std::string interface_name(InterfaceIndex index);
  [[nodiscard]] const Interface* interface(InterfaceIndex index);

  /// The interface that option `name` gives, or nothing if it is not given.
  [[nodiscard]] Checked<std::optional<Interface>> interface_option(std::string_view name);

  /// -4 or -6.
  [[nodiscard]] Family family() const;

  /// Tells a failure in the format asked for and returns its exit code. With --json the error is the document.
  int fail(const Failure& failure);
  /// Tells a failure beside output that goes on: on the error output for people, nothing for programs, whose
  /// document carries it.
  void complain(const Failure& failure);
  /// As `fail`, from an error of the library.
  int fail(const Error& error, const Attempt& attempt) { return fail(explain(error, attempt)); }

  /// One JSON document: calls `fill` with the writer inside the outer object.
  template <class F>
  void document(F&& fill) {
    JsonWriter writer(out.buffer());
    writer.begin_object();
    fill(writer);
    writer.end_object();
    out.write("\n");
  }

 private:
  OpenTable open_;
  Home home_ = {};
  std::optional<std::vector<Interface>> interfaces_ = {};
};

/// `error` and `message`, and `hint` if there is one, as members of the object that is open.
void write_failure(JsonWriter& writer, const Failure& failure);

/// One object on a line of its own.
template <class F>
void json_line(Output& out, F&& fill) {
  JsonWriter writer(out.buffer());
  writer.begin_object();
  fill(writer);
  writer.end_object();
  out.write("\n");
}

}  // namespace neigh::ctl
