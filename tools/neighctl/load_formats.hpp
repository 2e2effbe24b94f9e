// SPDX-License-Identifier: Apache-2.0
// The formats behind load_input.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load_input.hpp"

namespace neigh::ctl {

/// What a member of an entry says, however it is called.
enum class Member : std::uint8_t {
  kAddress,
  kLinkAddress,
  kInterface,
  kIndex,
  kState,
  kFlags,
  kProtocol,
  kOneFlag,  ///< Its name is the flag, as in iproute2's {"router": null}.
  kIgnored,  ///< Ages, counters and the like, which cannot be written.
};

/// By the name that this project, iproute2 or a spreadsheet gives it. Nothing: unknown, so that data would be lost.
[[nodiscard]] std::optional<Member> member_of(std::string_view name);
/// The known name that `name` is a typo of; empty: none.
[[nodiscard]] std::string_view nearest_member(std::string_view name);

/// Puts an entry together from its members.
class EntryBuilder {
 public:
  /// Nothing, or what is wrong. A member that says the same thing twice is wrong, several flags are not.
  std::optional<Failure> put(Member member, std::string_view value);
  /// A member whose name is a flag.
  void put_flag(std::string_view name);

  /// A member of which the file says that there is none.
  void put_none(Member member);

  /// The entry, or what is missing in it. `from_ip`: iproute2 printed it. `skipped` as in LoadItem.
  [[nodiscard]] LoadItem finish(bool from_ip = false) const;
  [[nodiscard]] bool touched() const { return given_ != 0; }

 private:
  LoadedEntry entry_ = {};
  unsigned given_ = 0;  // one bit for each Member
};

/// Where the columns of our own table stand.
struct ListLayout {
  std::size_t flags = std::string_view::npos;
  std::size_t owner = std::string_view::npos;
};

/// Lines of one format after the other.
class LineParser {
 public:
  LineParser(LoadFormat format, const HostLookup& lookup) : format_(format), lookup_(lookup) {}

  /// What a line says, or nothing for an empty line, a comment or a header.
  std::optional<LoadItem> parse(std::string_view line);
  /// Of a line that is not read, since it is too long. Without its header the lines of CSV below it have no meaning.
  LoadItem too_long();

 private:
  using Content = std::variant<LoadedEntry, Failure>;
  struct Column {
    std::string name = {};
    Member member = Member::kIgnored;
  };
  std::optional<LoadItem> csv(std::string_view line);
  std::optional<Failure> csv_header(const std::vector<std::string>& fields);
  Content ethers(std::string_view line);

  LoadFormat format_;
  const HostLookup& lookup_;
  char separator_ = '\0';             // CSV: '\0' until the first line
  std::vector<Column> columns_ = {};  // CSV: empty until the first line
  bool refused_ = false;              // CSV: the header was, so nothing below it has a meaning
  ListLayout layout_ = {};
};

/// "A B" -> {"A", "B"}.
[[nodiscard]] std::vector<std::string_view> words_in(std::string_view line);

[[nodiscard]] LoadItem item_of(Failure failure);

/// One line of `ip neigh show`, with -s or without.
[[nodiscard]] LoadItem parse_ip_show(std::string_view line);
/// One line of an `ip -batch` file: "neigh add ADDRESS lladdr ... dev ...".
[[nodiscard]] LoadItem parse_ip_batch(std::string_view line);
/// One line of /proc/net/arp, `arp -n` or `arp -an`; nothing for a header.
[[nodiscard]] std::optional<LoadItem> parse_arp(std::string_view line);
/// One line of `neighctl list`, with --brief and --wide, too; nothing for the header, which fills `layout`.
[[nodiscard]] std::optional<LoadItem> parse_list(std::string_view line, ListLayout& layout);
/// One entry on one line; several are a mistake.
[[nodiscard]] std::optional<LoadItem> parse_json_line(std::string_view line);

/// A whole document: an array of entries, or an object that has one under "neighbors".
void read_json(CountingBuffer& input, const LoadSink& sink);

}  // namespace neigh::ctl
