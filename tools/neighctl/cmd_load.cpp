// SPDX-License-Identifier: Apache-2.0
// neighctl load
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstring>

#include "commands.hpp"
#include "context.hpp"
#include "load_file.hpp"
#include "load_run.hpp"
#include "options.hpp"
#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr OptionSpec kOptions[] = {
    opt::with_help(opt::kDev, "interface of entries for which the file names none"),
    opt::with_help(opt::kStateToSet,
                   "state of all entries, whatever the file says (default: the file's, or permanent)"),
    {.name = "format",
     .letter = 'f',
     .kind = ValueKind::kChoice,
     .metavar = "FORMAT",
     .help = "auto (default), json, jsonl, csv, ethers, ip, batch, arp or list",
     .choices = "auto json jsonl csv ethers ip batch arp list"},
    {.name = "create", .help = "entries that exist are refused"},
    {.name = "set", .help = "only entries that exist are changed"},
    {.name = "delete", .help = "the entries are removed"},
    {.name = "atomic", .letter = 'A', .help = "all or nothing: at the first failure everything is undone"},
    {.name = "keep-going", .letter = 'k', .help = "go on after failures (default)"},
    opt::with_help(opt::kDryRun, "show + added, ~ changed, - removed, and change nothing"),
    {.name = "verbose", .letter = 'v', .help = "one line for each entry, not only for failures"},
    {.name = "by-name", .help = "the interface's name counts, also where the file's ifindex is another one here"},
    {.name = "names", .help = "look up host names that stand for addresses (ethers)"},
};

constexpr Example kExamples[] = {
    {"neighctl load hosts.csv --dry-run", "what would be done"},
    {"neighctl load /etc/ethers --names dev eth0", "ethers(5): names are looked up, the interface is given"},
    {"neighctl list --json nud permanent > saved.json; neighctl load saved.json", "save and restore"},
    {"ip neigh show | ssh other neighctl load - dev eth0 nud permanent", "from another tool"},
    {"neighctl load table.json --atomic", "all or nothing"},
};

std::vector<IpAddress> look_up(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  std::vector<IpAddress> addresses;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    if (a->ai_family == AF_INET && a->ai_addrlen >= sizeof(sockaddr_in)) {
      sockaddr_in v4{};
      std::memcpy(&v4, a->ai_addr, sizeof v4);
      std::array<std::uint8_t, 4> bytes{};
      std::memcpy(bytes.data(), &v4.sin_addr, sizeof bytes);
      addresses.push_back(IpAddress::v4(bytes));
    } else if (a->ai_family == AF_INET6 && a->ai_addrlen >= sizeof(sockaddr_in6)) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, a->ai_addr, sizeof v6);
      std::array<std::uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), &v6.sin6_addr, sizeof bytes);
      addresses.push_back(IpAddress::v6(bytes));
    }
  }
  ::freeaddrinfo(found);
  return addresses;
}

Checked<LoadSettings> settings_from(Context& context) {
  const Args& args = context.args;
  LoadSettings settings;
  const int operations =
      static_cast<int>(args.has("create")) + static_cast<int>(args.has("set")) + static_cast<int>(args.has("delete"));
  if (operations > 1) return usage_failure("'--create', '--set' and '--delete' exclude each other");
  if (args.has("atomic") && args.has("keep-going")) {
    return usage_failure("'--atomic' and '--keep-going' exclude each other");
  }
  settings.operation = args.has("create")   ? Operation::kCreate
                       : args.has("set")    ? Operation::kSet
                       : args.has("delete") ? Operation::kRemove
                                            : Operation::kReplace;
  settings.atomic = args.has("atomic");
  settings.dry_run = args.has("dry-run");
  settings.verbose = args.has("verbose");
  settings.by_name = args.has("by-name");
  settings.format = parse_format(args.one("format").value_or("auto")).value_or(LoadFormat::kAuto);
  if (const auto state = args.one("state")) settings.state = parse_nud_state(*state).value_or(NudState::kPermanent);
  auto dev = context.interface_option("dev");
  if (!dev) return std::move(dev).failure();
  if (*dev) settings.default_interface = (**dev).index;
  if (args.has("names")) settings.lookup = look_up;
  return settings;
}

}  // namespace

int run_load(Context& context) {
  auto settings = settings_from(context);
  if (!settings) return context.fail(settings.failure());
  const std::string& path = context.args.positional.front();
  InputFile file;
  if (auto wrong = file.open(path)) return context.fail(*wrong);
  return load_from(context, *settings, file);
}

constinit const CommandSpec kLoadCommand = {
    .name = "load",
    .aliases = "restore import",
    .summary = "Write many entries from a file",
    .about =
        "Reads entries and writes them, many at a time. Existing entries are overwritten unless --create, --set or "
        "--delete says otherwise. The format is seen from the beginning of the file:\n\n"
        "json: what 'neighctl list --json' and 'ip -j neigh' print. jsonl: one object a line. csv: with a header "
        "(address, lladdr, interface, state, flags, protocol), or these columns in this order, separated by ',' or "
        "';'. "
        "ethers: 'LLADDR ADDRESS' as in ethers(5), or 'ADDRESS LLADDR'. ip: what 'ip neigh show' prints. batch: 'neigh "
        "add ...' lines as for 'ip -batch'. arp: /proc/net/arp, 'arp -n' or 'arp -an'. list: what 'neighctl list' "
        "prints.\n\n"
        "Names of the interface that contradict each other (the scope of an address, interface, ifindex) are refused. "
        "An "
        "index that was saved before a restart or on another host may be out of date: --by-name goes by the names.\n\n"
        "Nothing is lost in silence: a column or a JSON key that is not known is refused, with the name that it is a "
        "typo of. Ages, counters and a column 'comment' are ignored.\n\n"
        "A bad line stops nothing: every line gets its own result with its number, and the rest is loaded. With "
        "--atomic a bad line means that nothing is loaded, and a refused entry that everything is undone. Unresolved "
        "entries of a saved table have nothing to load and are skipped. Failures that are alike are told three times "
        "and "
        "then counted; --verbose tells every line.",
    .positional = {.metavar = "FILE", .kind = ValueKind::kFile, .least = 1, .most = 1, .help = "file, or '-'"},
    .options = kOptions,
    .examples = kExamples,
    .exits = "4 if some entries failed, 1 if all were refused or the file is not there, 2 if no line was understood.",
    .needs = "CAP_NET_ADMIN, but not for --dry-run",
    .run = run_load,
};

}  // namespace neigh::ctl
