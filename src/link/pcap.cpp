// SPDX-License-Identifier: Apache-2.0
#include "link/pcap.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/bytes.hpp"

namespace neigh::link {
namespace {

//  0      4     6     8         12        16       20
//  magic  major minor timezone  accuracy  snaplen  link type
constexpr std::size_t kFileHeader = 24;
//  0        4         8             12
//  seconds  fraction  bytes stored  bytes on the link
constexpr std::size_t kRecordHeader = 16;

constexpr std::uint32_t kMagicMicro = 0xa1b2c3d4;
constexpr std::uint32_t kMagicNano = 0xa1b23c4d;
constexpr std::uint32_t kMagicNextGeneration = 0x0a0d0d0a;  // reads the same in both orders
constexpr std::uint32_t kEthernet = 1;
constexpr std::uint32_t kLongestFrame = 262'144;  // what capture programs set as limit
constexpr std::int64_t kBillion = 1'000'000'000;

std::uint32_t swap(std::uint32_t value) {
  return value << 24U | (value & 0xff00U) << 8U | (value >> 8U & 0xff00U) | value >> 24U;
}
std::uint16_t swap(std::uint16_t value) { return static_cast<std::uint16_t>(value << 8U | value >> 8U); }

template <std::size_t N>
void store(std::array<std::uint8_t, N>& out, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

Error system_error(int number, std::string_view field, const std::string& path) {
  return Error{.code = number == EACCES || number == EPERM ? Errc::kPermissionDenied : Errc::kSystem,
               .sys_errno = number,
               .field = field,
               .detail = path};
}

Error no_pcap(Errc code, std::uint32_t offset, std::string_view field, std::string detail) {
  return Error{.code = code, .offset = offset, .field = field, .detail = std::move(detail)};
}

std::uint32_t clamp_offset(std::uint64_t at) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(at, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

Result<PcapWriter> PcapWriter::create(const std::string& path, const PcapWriterOptions& options) {
  File file(std::fopen(path.c_str(), "wbe"));
  if (file == nullptr) return system_error(errno, "path", path);
  PcapWriter writer(std::move(file), options);
  std::array<std::uint8_t, kFileHeader> header{};
  store(header, 0, kMagicNano);
  header[4] = 2;
  header[6] = 4;
  store(header, 16, kLongestFrame);
  store(header, 20, kEthernet);
  writer.put(header);
  if (Result<void> flushed = writer.flush(); !flushed) return flushed.error();
  return writer;
}

void PcapWriter::put(std::span<const std::uint8_t> bytes) {
  if (errno_ != 0) return;
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) errno_ = errno == 0 ? EIO : errno;
  bytes_ += bytes.size();
}

void PcapWriter::write(TimePoint at, std::span<const std::uint8_t> frame) {
  if (errno_ != 0 || full_ || bytes_ + kRecordHeader + frame.size() > options_.max_bytes ||
      frame.size() > kLongestFrame) {
    // The first frame left out is the last one looked at: a file with gaps would be misread.
    full_ = full_ || errno_ == 0;
    ++left_out_;
    return;
  }
  // Times before 1970 have no form in this format.
  const std::int64_t time = std::max<std::int64_t>((at.time_since_epoch() + options_.wall_clock_offset).count(), 0);
  std::array<std::uint8_t, kRecordHeader> header{};
  store(header, 0, static_cast<std::uint32_t>(time / kBillion));
  store(header, 4, static_cast<std::uint32_t>(time % kBillion));
  store(header, 8, static_cast<std::uint32_t>(frame.size()));
  store(header, 12, static_cast<std::uint32_t>(frame.size()));
  put(header);
  put(frame);
  if (errno_ == 0) {
    ++written_;
  } else {
    ++left_out_;
  }
}

Result<void> PcapWriter::flush() {
  if (errno_ == 0 && std::fflush(file_.get()) != 0) errno_ = errno;
  if (errno_ != 0) return Error{.code = Errc::kSystem, .sys_errno = errno_, .field = "pcap file"};
  if (full_) {
    return Error{.code = Errc::kTableFull,
                 .field = "pcap file",
                 .detail = std::to_string(left_out_) + " frames left out, limit " + std::to_string(options_.max_bytes) +
                           " bytes"};
  }
  return {};
}

Result<PcapReader> PcapReader::open(const std::string& path) {
  File file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return system_error(errno, "path", path);
  std::array<std::uint8_t, kFileHeader> header{};
  errno = 0;
  const std::size_t size = std::fread(header.data(), 1, header.size(), file.get());
  if (std::ferror(file.get()) != 0) return system_error(errno, "path", path);
  const ByteView view{std::span(header).first(size)};

  const Result<std::uint32_t> magic = view.load_be<std::uint32_t>(0, "pcap magic number");
  if (!magic) return no_pcap(Errc::kMalformed, 0, "pcap magic number", path + ": no pcap file: too short");
  if (*magic == kMagicNextGeneration) {
    return no_pcap(Errc::kNotSupported, 0, "pcap magic number",
                   path + ": pcapng; convert it with: editcap -F nsecpcap");
  }
  const bool big = *magic == kMagicMicro || *magic == kMagicNano;
  const bool little = swap(*magic) == kMagicMicro || swap(*magic) == kMagicNano;
  if (!big && !little) return no_pcap(Errc::kMalformed, 0, "pcap magic number", path + ": no pcap file");
  if (size < kFileHeader) {
    return no_pcap(Errc::kMalformed, static_cast<std::uint32_t>(size), "pcap file header", path + ": cut short");
  }
  const auto number16 = [&](std::size_t at) {
    const std::uint16_t value = *view.load_be<std::uint16_t>(at, {});
    return big ? value : swap(value);
  };
  const std::uint16_t major = number16(4);
  const std::uint16_t minor = number16(6);
  if (major != 2 || minor != 4) {
    return no_pcap(Errc::kNotSupported, 4, "pcap version",
                   path + ": version " + std::to_string(major) + "." + std::to_string(minor));
  }
  const std::uint32_t raw_type = *view.load_be<std::uint32_t>(20, {});
  const std::uint32_t type = (big ? raw_type : swap(raw_type)) & 0x0fffffffU;  // above: about the FCS
  if (type != kEthernet) {
    return no_pcap(Errc::kNotSupported, 20, "pcap link type", path + ": link type " + std::to_string(type));
  }
  return PcapReader(std::move(file), little, (big ? *magic : swap(*magic)) == kMagicNano);
}

Error PcapReader::malformed(std::uint64_t at, std::string_view field) const {
  return Error{.code = Errc::kMalformed,
               .offset = clamp_offset(at),
               .field = field,
               .detail = "record " + std::to_string(records_ + 1)};
}

Result<std::optional<PcapRecord>> PcapReader::next() {
  if (failed_) return *failed_;
  const auto fail = [this](Error error) {
    failed_ = std::move(error);
    return *failed_;
  };
  std::array<std::uint8_t, kRecordHeader> header{};
  errno = 0;
  const std::size_t size = std::fread(header.data(), 1, header.size(), file_.get());
  if (std::ferror(file_.get()) != 0) return fail(system_error(errno, "pcap file", {}));
  if (size == 0) return std::optional<PcapRecord>{};
  if (size < header.size()) return fail(malformed(offset_ + size, "pcap record header, cut short"));
  const ByteView view(header);
  const auto number = [&](std::size_t at) {
    const std::uint32_t value = *view.load_be<std::uint32_t>(at, {});
    return swapped_ ? swap(value) : value;
  };
  const std::uint32_t fraction = number(4);
  const std::uint32_t stored = number(8);
  const std::uint32_t original = number(12);
  if (fraction >= (nanoseconds_ ? 1'000'000'000U : 1'000'000U)) return fail(malformed(offset_ + 4, "pcap record time"));
  if (stored > kLongestFrame) return fail(malformed(offset_ + 8, "pcap record length"));
  if (original < stored) return fail(malformed(offset_ + 12, "pcap record original length"));
  frame_.resize(stored);
  const std::size_t got = stored == 0 ? 0 : std::fread(frame_.data(), 1, stored, file_.get());
  if (std::ferror(file_.get()) != 0) return fail(system_error(errno, "pcap file", {}));
  if (got < stored) return fail(malformed(offset_ + kRecordHeader + got, "pcap record, cut short"));
  offset_ += kRecordHeader + stored;
  ++records_;
  const Duration time = std::chrono::seconds{number(0)} + Duration{std::int64_t{fraction} * (nanoseconds_ ? 1 : 1000)};
  return std::optional<PcapRecord>{PcapRecord{.since_1970 = time, .original_size = original, .bytes = frame_}};
}

Result<std::span<const InFrame>> RecordingPort::receive(TimePoint now) {
  Result<std::span<const InFrame>> frames = recorded_.receive(now);
  if (frames) {
    for (const InFrame& frame : *frames) writer_.write(now, frame.bytes);
  }
  return frames;
}

Result<std::size_t> RecordingPort::send(TimePoint now, std::span<const OutFrame> frames) {
  for (const OutFrame& frame : frames) writer_.write(now, frame.bytes);
  return recorded_.send(now, frames);
}

ReplayPort::ReplayPort(PcapReader reader, const PortFacts& facts, TimePoint start)
    : reader_(std::move(reader)), facts_(facts), start_(start), last_(start) {
  read_ahead();
}

void ReplayPort::read_ahead() {
  ahead_at_.reset();
  Result<std::optional<PcapRecord>> record = reader_.next();
  if (!record) {
    failed_ = record.error();
    ahead_at_ = last_;  // The owner hears of it with its next call.
    return;
  }
  if (!*record) return;
  const PcapRecord& frame = **record;
  if (!first_) first_ = frame.since_1970;
  last_ = std::max(last_, start_ + (frame.since_1970 - *first_));
  ahead_at_ = last_;
  ahead_.assign(frame.bytes.begin(), frame.bytes.end());
}

std::optional<TimePoint> ReplayPort::next_frame() const { return ahead_at_; }

Result<std::span<const InFrame>> ReplayPort::receive(TimePoint now) {
  if (!ahead_at_ || *ahead_at_ > now) return std::span<const InFrame>{};
  if (failed_) return *failed_;
  current_.swap(ahead_);
  frame_ = InFrame{.bytes = current_};
  ++counters_.rx_frames;
  counters_.rx_bytes += current_.size();
  read_ahead();
  return std::span<const InFrame>(&frame_, 1);
}

Result<std::size_t> ReplayPort::send(TimePoint /*now*/, std::span<const OutFrame> frames) {
  counters_.tx_dropped += frames.size();
  return std::size_t{0};
}

// A recording holds what it holds.
Result<void> ReplayPort::join(const LinkAddress& /*group*/) { return {}; }
Result<void> ReplayPort::leave(const LinkAddress& /*group*/) { return {}; }

}  // namespace neigh::link
