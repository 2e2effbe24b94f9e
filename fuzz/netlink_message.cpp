// SPDX-License-Identifier: Apache-2.0
// One rtnetlink message of each kind into its parser: no read past its end (the copy is exact), what is accepted makes
// sense, and a neighbor survives being written and read again.
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <memory>

#include "fuzz.hpp"
#include "rtnl/host_messages.hpp"
#include "rtnl/message.hpp"

namespace neigh::fuzz {

const std::size_t kLongest = 2048;

namespace {

/// `payload` behind a header, in memory of exactly its size and aligned as netlink has it.
class Message {
 public:
  Message(std::uint16_t type, std::uint16_t flags, std::span<const std::uint8_t> payload)
      : words_(new std::uint32_t[4 + (payload.size() + 3) / 4]()) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + payload.size());
    header.nlmsg_type = type;
    header.nlmsg_flags = flags;
    std::memcpy(words_.get(), &header, sizeof header);
    if (!payload.empty()) std::memcpy(words_.get() + 4, payload.data(), payload.size());
  }
  const nlmsghdr& operator*() const { return *static_cast<const nlmsghdr*>(static_cast<const void*>(words_.get())); }

 private:
  std::unique_ptr<std::uint32_t[]> words_;
};

template <class T>
void check_error(const Result<T>& parsed, std::size_t size) {
  if (parsed) return;
  require(parsed.error().code == Errc::kMalformed,
          "a message that does not parse is malformed:", parsed.error().message());
  require(parsed.error().offset <= size + sizeof(nlmsghdr), "the offset lies in the message");
}

void check_neighbor(const Neighbor& neighbor) {
  require(neighbor.address.size() == 4 || neighbor.address.size() == 16, "a neighbor has an address");
  require(neighbor.confirmed_age.count() >= 0 && neighbor.used_age.count() >= 0 && neighbor.updated_age.count() >= 0,
          "no age is negative");
  if (neighbor.interface == InterfaceIndex::kNone) return;
  alignas(4) std::array<std::uint8_t, rtnl::kMaxRequest> buffer{};
  const std::size_t size =
      rtnl::write_neighbor_request(buffer.data(), RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_CREATE, 7, neighbor);
  require(size <= buffer.size() && size % 4 == 0, "a request fits");
  const Message written(RTM_NEWNEIGH, 0, std::span(buffer).subspan(sizeof(nlmsghdr), size - sizeof(nlmsghdr)));
  Neighbor again;
  const auto read = rtnl::parse_neighbor(*written, again);
  require(read && *read, "what was written is read");
  require(again.key() == neighbor.key(), "the key is the same");
  if (!neighbor.flags.has(NeighborFlag::kProxy)) {
    require(again.link_address == neighbor.link_address, "the link-layer address is the same");
    require(again.state == neighbor.state, "the state is the same");
    require(again.protocol == neighbor.protocol, "the protocol is the same");
  }
}

/// Attributes in the usual order are read at once: what stands before them must make no difference.
void check_read_one_by_one(const Result<bool>& parsed, const Neighbor& neighbor,
                           std::span<const std::uint8_t> payload) {
  if (payload.size() < sizeof(ndmsg)) return;
  Bytes longer(payload.begin(), payload.begin() + sizeof(ndmsg));
  constexpr std::array<std::uint8_t, 4> kUnknown = {4, 0, 200, 0};
  longer.insert(longer.end(), kUnknown.begin(), kUnknown.end());
  longer.insert(longer.end(), payload.begin() + sizeof(ndmsg), payload.end());
  Neighbor other;
  const auto again = rtnl::parse_neighbor(*Message(RTM_NEWNEIGH, 0, longer), other);
  require(parsed.has_value() == again.has_value(), "an unknown attribute changes nothing");
  if (!parsed) {
    require(parsed.error().field == again.error().field, "an unknown attribute changes no error");
  } else if (*parsed) {
    require(neighbor.same_content(other) && neighbor.probes == other.probes &&
                neighbor.confirmed_age == other.confirmed_age && neighbor.used_age == other.used_age &&
                neighbor.updated_age == other.updated_age,
            "an unknown attribute changes no neighbor");
  }
}

}  // namespace

void run(std::span<const std::uint8_t> data) {
  Input in(data);
  const std::size_t kind = in.below(9);
  const std::uint16_t flags = in.u16();
  const Bytes payload = in.bytes(kLongest);
  switch (kind) {
    case 0: {
      const Message message(RTM_NEWNEIGH, flags, payload);
      Neighbor neighbor;
      const auto parsed = rtnl::parse_neighbor(*message, neighbor);
      check_error(parsed, payload.size());
      if (parsed && *parsed) check_neighbor(neighbor);
      check_read_one_by_one(parsed, neighbor, payload);
      break;
    }
    case 1: {
      const Message message(RTM_NEWLINK, flags, payload);
      const auto parsed = rtnl::parse_link(*message);
      check_error(parsed, payload.size());
      if (parsed) require(parsed->name.size() < 256 && parsed->name.find('\0') == std::string::npos, "a link's name");
      break;
    }
    case 2: {
      const Message message(RTM_DELLINK, flags, payload);
      check_error(rtnl::parse_link_gone(*message), payload.size());
      break;
    }
    case 3: {
      const Message message(RTM_NEWADDR, flags, payload);
      const auto own = rtnl::parse_own_address(*message);
      check_error(own, payload.size());
      const auto host = rtnl::parse_host_address(*message);
      check_error(host, payload.size());
      if (host) {
        require(host->address.family() != Family::kUnspecified, "an address is one");
        require(host->prefix_length <= host->address.size() * 8, "a prefix fits its family");
        require(own && own->address == host->address, "both readers read the same address");
      }
      break;
    }
    case 4: {
      const Message message(RTM_NEWNEIGHTBL, flags, payload);
      check_error(rtnl::parse_limits(*message), payload.size());
      check_error(rtnl::parse_neighbor_timers(*message), payload.size());
      break;
    }
    case 5: {
      const Message message(NLMSG_ERROR, flags, payload);
      const auto verdict = rtnl::parse_verdict(*message);
      check_error(verdict, payload.size());
      if (verdict) require(verdict->text.size() <= payload.size(), "the kernel's words are its own");
      break;
    }
    case 6: {
      const Message message(NLMSG_DONE, flags, payload);
      check_error(rtnl::parse_verdict(*message), payload.size());
      break;
    }
    case 7: {
      const Message message(RTM_NEWLINK, flags, payload);
      const auto link = rtnl::parse_host_link(*message);
      check_error(link, payload.size());
      require(!link || rtnl::parse_link(*message).has_value(), "a link in full is a link");
      break;
    }
    default: {
      const Message message(RTM_NEWROUTE, flags, payload);
      const auto parsed = rtnl::parse_route(*message);
      check_error(parsed, payload.size());
      if (parsed && parsed->has_value()) {
        require((*parsed)->routes.size() <= payload.size() + 1, "not more next hops than bytes");
        for (const Route& route : (*parsed)->routes) {
          require(route.prefix_length <= route.destination.size() * 8, "a prefix fits its family");
        }
      }
      break;
    }
  }
}

}  // namespace neigh::fuzz
