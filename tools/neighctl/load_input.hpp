// SPDX-License-Identifier: Apache-2.0
// Reads entries from JSON, CSV, /etc/ethers-like lines, `ip neigh show` output and `ip -batch` files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <streambuf>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "failure.hpp"
#include "neigh/neighbor.hpp"

namespace neigh::ctl {

enum class LoadFormat : std::uint8_t { kAuto, kJson, kJsonLines, kCsv, kEthers, kIpShow, kIpBatch, kArp, kList };

/// "json", "jsonl", "csv", "ethers", "ip", "batch", "arp", "list"; "auto".
[[nodiscard]] std::string_view format_name(LoadFormat format);
[[nodiscard]] std::optional<LoadFormat> parse_format(std::string_view name);

/// An entry as a file spells it.
struct LoadedEntry {
  IpAddress address = {};
  std::string interface = {};  ///< Name, index or LUID; empty: the file does not say.
  std::string scope = {};      ///< What stands behind the '%' of the address; must mean the same interface.
  std::optional<std::uint32_t> index = {};  ///< `ifindex`; must be that of the same interface.
  LinkAddress link_address = {};
  std::optional<NudState> state = {};
  NeighborFlags flags = {};
  std::uint8_t protocol = 0;
  bool owner_said = false;  ///< `protocol` is what the file says, also where that is none.
};

/// One thing found in a file.
struct LoadItem {
  std::size_t line = 0;     ///< From 1.
  std::size_t column = 0;   ///< From 1, in bytes; 0: not known. Of the entry, or of the member that is wrong.
  std::string member = {};  ///< JSON: the member that is wrong.
  std::string text = {};    ///< What stood there, shortened.
  /// An entry, or why there is none.
  std::variant<LoadedEntry, Failure> content = LoadedEntry{};
  std::optional<LoadedEntry> unresolved = {};  ///< Set with `skipped`: the entry that has nothing to load.
  bool skipped = false;  ///< The Failure is no mistake: an unresolved entry, for example, has nothing to load.
};

/// Called for each item, in order; false ends the reading.
using LoadSink = std::function<bool(LoadItem)>;

/// Longest line, in bytes; a longer one is a mistake of that line alone.
inline constexpr std::size_t kLongestLoadLine = std::size_t{64} << 10U;

/// Where entries are read from.
class LoadBuffer : public std::streambuf {
 public:
  /// At its end: 0, or the errno for which there is no more of it. EINTR: the reader was asked to stop.
  [[nodiscard]] virtual int error() const noexcept = 0;
};

/// The error of any buffer; those of the standard library have none.
[[nodiscard]] int error_of(const std::streambuf& buffer) noexcept;

/// Gives what comes from another buffer again, from its beginning on, which it has looked at. A byte order mark in
/// front (UTF-8's, as spreadsheets write it) is left out.
class Beginning : public LoadBuffer {
 public:
  explicit Beginning(std::streambuf& from);
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] int error() const noexcept override { return error_of(from_); }

 protected:
  int_type underflow() override;

 private:
  std::streambuf& from_;
  std::string text_;
  std::vector<char> block_ = {};
};

/// Counts lines and bytes of what is read through it.
class CountingBuffer : public LoadBuffer {
 public:
  explicit CountingBuffer(std::streambuf& from) : from_(from), block_(kBlock) {}
  /// Line of the byte that is read next, from 1.
  [[nodiscard]] std::size_t line() {
    count_lines();
    return lines_;
  }
  /// Column of that byte less one, from 1: where what has been read ends.
  [[nodiscard]] std::size_t column() {
    count_lines();
    return bytes() - line_begin_;
  }
  [[nodiscard]] int error() const noexcept override { return error_of(from_); }
  [[nodiscard]] std::size_t bytes() const { return bytes_before_ + static_cast<std::size_t>(gptr() - eback()); }

 protected:
  int_type underflow() override;

 private:
  void count_lines();

  static constexpr std::size_t kBlock = std::size_t{64} << 10U;
  std::streambuf& from_;
  std::vector<char> block_;
  std::size_t bytes_before_ = 0;
  std::size_t lines_ = 1;
  std::size_t line_begin_ = 0;  // bytes in front of the line
  std::size_t counted_ = 0;     // bytes of the block whose newlines are in lines_
};

/// Of a text whose beginning is empty, or all comments.
inline constexpr LoadFormat kPlainFormat = LoadFormat::kEthers;

/// The format of a text that begins with `beginning`; kAuto if nothing in it says.
[[nodiscard]] LoadFormat guess_format(std::string_view beginning);

/// Resolves a host name to addresses; for /etc/ethers, which names hosts.
using HostLookup = std::function<std::vector<IpAddress>(const std::string&)>;

/// Reads everything, one item at a time. Never stops at a bad line; only a document that is no JSON ends there, and
/// says so in its last item, as does an input that cannot be read to its end; a line that is cut by that is none.
/// @param lookup  May be empty: host names are then refused.
void read_entries(CountingBuffer& input, LoadFormat format, const HostLookup& lookup, const LoadSink& sink);

/// As `read_entries`, in the format that the beginning says.
void read_detected(std::streambuf& input, const LoadSink& sink);

}  // namespace neigh::ctl
