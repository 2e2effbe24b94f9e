// SPDX-License-Identifier: Apache-2.0
// wire_samples write FILE: frames of our emitter as a pcap file, and on standard output one line for each: what it is.
// wire_samples read FILE:  one line for each frame of a pcap file: what our parser made of it.
// cross_check.py compares the lines with what other dissectors see.
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

#include "cases.hpp"
#include "wire/echo.hpp"
#include "wire/mld.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::wire::test {
namespace {

std::string digits(std::span<const std::uint8_t> bytes) {
  std::string out;
  for (const std::uint8_t b : bytes) {
    char pair[3];
    std::snprintf(pair, sizeof pair, "%02x", b);
    out += pair;
  }
  return out.empty() ? "-" : out;
}

std::string link(const std::optional<LinkAddress>& address) { return address ? address->to_string() : "-"; }

std::string text(const EthernetHeader& h) {
  std::string out = h.source.to_string() + ">" + h.destination.to_string();
  if (h.tag) out += " tag=" + std::to_string(*h.tag);
  return out;
}

std::string text(const ArpPacket& p) {
  return "arp op=" + std::to_string(static_cast<int>(p.operation)) + " sha=" + p.sender_link.to_string() +
         " spa=" + p.sender.to_string() + " tha=" + p.target_link.to_string() + " tpa=" + p.target.to_string();
}

struct MessageText {
  std::string operator()(const RouterSolicit& m) const { return "rs sllao=" + link(m.source_link); }
  std::string operator()(const RouterAdvert& m) const {
    std::ostringstream out;
    out << "ra hop_limit=" << +m.hop_limit << " m=" << m.managed << " o=" << m.other_config
        << " lifetime=" << m.router_lifetime_s << " reachable=" << m.reachable_time_ms
        << " retrans=" << m.retrans_time_ms << " sllao=" << link(m.source_link)
        << " mtu=" << (m.mtu ? std::to_string(*m.mtu) : "-");
    for (const PrefixInformation& p : m.prefixes) {
      out << " prefix=" << p.prefix.to_string() << "/" << +p.length << ",l=" << p.on_link << ",a=" << p.autonomous
          << "," << p.valid_lifetime_s << "," << p.preferred_lifetime_s;
    }
    return out.str();
  }
  std::string operator()(const NeighborSolicit& m) const {
    return "ns target=" + m.target.to_string() + " sllao=" + link(m.source_link) + " nonce=" + digits(m.nonce);
  }
  std::string operator()(const NeighborAdvert& m) const {
    std::ostringstream out;
    out << "na r=" << m.is_router << " s=" << m.solicited << " o=" << m.override_flag
        << " target=" << m.target.to_string() << " tllao=" << link(m.target_link);
    return out.str();
  }
  std::string operator()(const Redirect& m) const {
    return "redirect target=" + m.target.to_string() + " destination=" + m.destination.to_string() +
           " tllao=" + link(m.target_link) + " redirected=" + (m.redirected ? digits(*m.redirected) : "none");
  }
};

std::string addresses(const IpAddress& source, const IpAddress& destination) {
  return source.to_string() + ">" + destination.to_string() + " ";
}

std::string text(const NdPacket& p) {
  return addresses(p.source, p.destination) + std::visit(MessageText{}, p.message);
}

std::string text(const Echo& e) {
  return "echo reply=" + std::to_string(e.is_reply) + " id=" + std::to_string(e.identifier) +
         " seq=" + std::to_string(e.sequence) + " data=" + digits(e.data);
}

std::string text(Drop d) { return "drop " + std::string(describe(d.reason).name); }

std::string text(const MldQuery& q) {
  return "mld-query v=" + std::to_string(q.version) + " source=" + q.source.to_string() +
         " group=" + q.group.to_string() + " ms=" + std::to_string(q.max_response_ms) +
         " for_sources=" + std::to_string(q.for_sources);
}

std::string text(const Ip4Packet& p) {
  const auto echo = parse_echo4(p);
  return addresses(p.source, p.destination) + (echo ? text(*echo) : text(echo.error()));
}

std::string text(const Ip6Packet& p) {
  const auto echo = parse_echo6(p);
  return addresses(p.source, p.destination) + (echo ? text(*echo) : text(echo.error()));
}

std::string text(const Frame& frame) {
  return text(frame.header) + " " + std::visit([](const auto& content) { return text(content); }, frame.content);
}

// https://www.tcpdump.org/manpages/pcap-savefile.5.html, in this machine's byte order.
constexpr std::uint32_t kPcapMagic = 0xa1b2c3d4;

class PcapWriter {
 public:
  explicit PcapWriter(const char* path) : file_(path, std::ios::binary) {
    put(kPcapMagic);
    put(0x00040002U);  // version 2.4: two 16-bit halves
    put(0);
    put(0);
    put(65535);
    put(1);  // LINKTYPE_ETHERNET
  }
  void frame(std::span<const std::uint8_t> bytes) {
    put(++seconds_);
    put(0);
    put(static_cast<std::uint32_t>(bytes.size()));
    put(static_cast<std::uint32_t>(bytes.size()));
    file_.write(std::string(bytes.begin(), bytes.end()).data(), static_cast<std::streamsize>(bytes.size()));
  }
  [[nodiscard]] bool good() { return file_.flush().good(); }

 private:
  void put(std::uint32_t value) {
    static_assert(std::endian::native == std::endian::little, "the version halves above are in this order");
    char raw[4];
    std::memcpy(raw, &value, 4);
    file_.write(raw, 4);
  }
  std::ofstream file_;
  std::uint32_t seconds_ = 0;
};

class Writer {
 public:
  explicit Writer(const char* path) : pcap_(path) {}

  // Frames and their line; a frame that our emitter refuses ends the program with a failure.
  template <class Emit>
  void add(const std::string& line, Emit emit, std::size_t pad_to = 0) {
    Bytes buffer(2048, 0xa5);
    FrameWriter out{buffer};
    const auto size = emit(out);
    if (!size) {
      std::cerr << line << ": " << size.error().message() << "\n";
      ok_ = false;
      return;
    }
    out.pad_to(pad_to);
    pcap_.frame(out.written());
    std::cout << line << "\n";
  }
  [[nodiscard]] bool good() { return ok_ && pcap_.good(); }

 private:
  PcapWriter pcap_;
  bool ok_ = true;
};

bool write(const char* path) {
  Writer out(path);
  for (const GoodFrame& f : good_frames()) {
    // Other dissectors know addresses of 6 bytes on Ethernet only.
    if (f.policy.link.address_size != 6 || !f.canonical) continue;
    if (const auto* packet = std::get_if<ArpPacket>(&f.message)) {
      const auto emit = [&](FrameWriter& w) { return emit_arp_frame(f.header, *packet, w, f.policy); };
      const std::string line = text(f.header) + " " + text(*packet);
      out.add(line, emit);
      out.add(line, emit, kMinimumFrameSize);
    } else {
      const auto& nd = std::get<NdPacket>(f.message);
      out.add(text(f.header) + " " + text(nd), [&](FrameWriter& w) { return emit_nd_frame(f.header, nd, w); });
    }
  }
  const EthernetHeader there{.destination = kPeer, .source = kOurs};
  const EthernetHeader back{.destination = kOurs, .source = kPeer};
  const Bytes data = hex("00010203040506");
  const Echo request{.identifier = 77, .sequence = 1, .data = data};
  Echo reply = request;
  reply.is_reply = true;
  out.add(text(there) + " " + addresses(kOurs4, kPeer4) + text(request),
          [&](FrameWriter& w) { return emit_echo4_frame(there, kOurs4, kPeer4, request, w); });
  out.add(text(back) + " " + addresses(kPeer4, kOurs4) + text(reply),
          [&](FrameWriter& w) { return emit_echo4_frame(back, kPeer4, kOurs4, reply, w); });
  out.add(text(there) + " " + addresses(kOurs6, kPeer6) + text(request),
          [&](FrameWriter& w) { return emit_echo6_frame(there, kOurs6, kPeer6, request, w); });
  out.add(text(back) + " " + addresses(kPeer6, kOurs6) + text(reply),
          [&](FrameWriter& w) { return emit_echo6_frame(back, kPeer6, kOurs6, reply, w); });
  const std::array records = {MldRecord{.group = solicited_node(kOurs6)},
                              MldRecord{.type = MldRecordType::kModeIsExclude, .group = ip("ff02::1:ff00:7")},
                              MldRecord{.type = MldRecordType::kChangeToInclude, .group = ip("ff05::1:3")}};
  const MldReport report{.source_link = kOurs, .source = kOursLocal, .records = records};
  out.add(text(EthernetHeader{.destination = mac("33:33:00:00:00:16"), .source = kOurs}) + " " +
              addresses(kOursLocal, ip("ff02::16")) + "mld-report 4,ff02::1:ff00:1 2,ff02::1:ff00:7 3,ff05::1:3",
          [&](FrameWriter& w) { return emit_mld_report_frame(report, w); });
  return out.good();
}

bool read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  const Bytes bytes(content.begin(), content.end());
  const ByteView view{bytes};
  std::size_t at = 24;
  if (const auto magic = view.load<std::uint32_t>(0, "magic"); !magic || *magic != kPcapMagic) return false;
  while (at < view.size()) {
    const auto size = view.load<std::uint32_t>(at + 8, "captured length");
    if (!size) return false;
    const auto frame = view.slice(at + 16, *size, "frame");
    if (!frame) return false;
    at += 16 + *size;
    const auto parsed = parse_frame(*frame);
    std::cout << (parsed ? text(*parsed) : text(parsed.error())) << "\n";
  }
  return true;
}

}  // namespace
}  // namespace neigh::wire::test

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  if (mode == "write") return neigh::wire::test::write(argv[2]) ? 0 : 1;
  if (mode == "read") return neigh::wire::test::read(argv[2]) ? 0 : 1;
  std::cerr << "usage: wire_samples write|read FILE\n";
  return 2;
}
