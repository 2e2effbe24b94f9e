// SPDX-License-Identifier: Apache-2.0
/// @file
/// Files of the classic pcap format: a header of 24 bytes, then for each frame a header of 16 bytes and its bytes.
/// Written with times in nanoseconds; read with either unit and either byte order. Ethernet only.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "link/port.hpp"
#include "neigh/result.hpp"

namespace neigh::link {

/// Closes a stdio file.
struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }  // NOLINT(cppcoreguidelines-owning-memory)
};
using File = std::unique_ptr<std::FILE, FileCloser>;

struct PcapWriterOptions {
  /// Added to every time: the wall clock's time at the engine's time zero. Nothing: the times are written as they are,
  /// so that a simulation gives the same file every time.
  Duration wall_clock_offset{0};
  std::uint64_t max_bytes = 1'000'000'000;  ///< No frame is written that would make the file longer.
};

/// Writes frames to a file. What it could not write is counted; `flush` tells why.
class PcapWriter {
 public:
  /// Replaces what is in the file.
  [[nodiscard]] static Result<PcapWriter> create(const std::string& path, const PcapWriterOptions& options = {});

  void write(TimePoint at, std::span<const std::uint8_t> frame);
  /// @retval Errc::kSystem     a write failed, now or before; nothing was written after it.
  /// @retval Errc::kTableFull  frames were left out because of `max_bytes`.
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  PcapWriter(File file, const PcapWriterOptions& options) : file_(std::move(file)), options_(options) {}
  void put(std::span<const std::uint8_t> bytes);

  File file_;
  PcapWriterOptions options_;
  std::uint64_t bytes_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t left_out_ = 0;
  bool full_ = false;
  int errno_ = 0;
};

/// A frame of a file. `original_size` is larger than `bytes` if it was cut when it was recorded.
struct PcapRecord {
  Duration since_1970{0};
  std::uint32_t original_size = 0;
  std::span<const std::uint8_t> bytes = {};  ///< Until the next record is read.
};

/// Reads frames from a file.
class PcapReader {
 public:
  /// @retval Errc::kSystem        the file cannot be opened or read.
  /// @retval Errc::kMalformed     it is no pcap file, or its header is cut.
  /// @retval Errc::kNotSupported  pcapng, another version, or a link type other than Ethernet.
  [[nodiscard]] static Result<PcapReader> open(const std::string& path);

  /// The next frame; nothing: the end.
  /// @retval Errc::kMalformed  a record is cut, longer than any frame, or has an impossible time; `offset` says where
  ///         its bad field is (saturating at 2^32-1) and `detail` which record it is. Every later call says the same.
  [[nodiscard]] Result<std::optional<PcapRecord>> next();

 private:
  PcapReader(File file, bool swapped, bool nanoseconds)
      : file_(std::move(file)), swapped_(swapped), nanoseconds_(nanoseconds) {}
  [[nodiscard]] Error malformed(std::uint64_t at, std::string_view field) const;

  File file_;
  bool swapped_;
  bool nanoseconds_;
  std::uint64_t offset_ = 24;
  std::uint64_t records_ = 0;
  std::vector<std::uint8_t> frame_;
  std::optional<Error> failed_;
};

/// Records what another port receives and sends, at the times of the calls. The recorded port and the writer must live
/// as long.
class RecordingPort final : public Port {
 public:
  RecordingPort(Port& recorded, PcapWriter& writer) : recorded_(recorded), writer_(writer) {}

  [[nodiscard]] const PortFacts& facts() const override { return recorded_.facts(); }
  [[nodiscard]] int fd() const override { return recorded_.fd(); }
  [[nodiscard]] int event_fd() const override { return recorded_.event_fd(); }
  [[nodiscard]] std::optional<TimePoint> next_frame() const override { return recorded_.next_frame(); }
  [[nodiscard]] Result<std::span<const InFrame>> receive(TimePoint now) override;
  Result<std::size_t> send(TimePoint now, std::span<const OutFrame> frames) override;
  [[nodiscard]] Result<bool> refresh() override { return recorded_.refresh(); }
  [[nodiscard]] Result<void> join(const LinkAddress& group) override { return recorded_.join(group); }
  [[nodiscard]] Result<void> leave(const LinkAddress& group) override { return recorded_.leave(group); }
  [[nodiscard]] Result<void> claim(const IpAddress& prefix, std::uint8_t length) override {
    return recorded_.claim(prefix, length);
  }
  [[nodiscard]] Result<void> release(const IpAddress& prefix, std::uint8_t length) override {
    return recorded_.release(prefix, length);
  }
  [[nodiscard]] PortCounters counters() override { return recorded_.counters(); }

 private:
  Port& recorded_;
  PcapWriter& writer_;
};

/// Plays a file: its first frame comes at `start`, the others as long after it as they were recorded, never before the
/// one that stands ahead of them. What is sent to it is counted and gone.
class ReplayPort final : public Port {
 public:
  ReplayPort(PcapReader reader, const PortFacts& facts, TimePoint start);

  [[nodiscard]] const PortFacts& facts() const override { return facts_; }
  [[nodiscard]] std::optional<TimePoint> next_frame() const override;
  /// @retval Errc::kMalformed, kSystem  as PcapReader::next, after the frames ahead of the bad one.
  [[nodiscard]] Result<std::span<const InFrame>> receive(TimePoint now) override;
  Result<std::size_t> send(TimePoint now, std::span<const OutFrame> frames) override;
  [[nodiscard]] Result<void> join(const LinkAddress& group) override;
  [[nodiscard]] Result<void> leave(const LinkAddress& group) override;
  [[nodiscard]] PortCounters counters() override { return counters_; }

 private:
  void read_ahead();

  PcapReader reader_;
  PortFacts facts_;
  TimePoint start_;
  std::optional<Duration> first_;  ///< Recorded time of the first frame.
  TimePoint last_;                 ///< When the latest frame came.
  std::vector<std::uint8_t> ahead_;
  std::optional<TimePoint> ahead_at_;
  std::optional<Error> failed_;
  std::vector<std::uint8_t> current_;
  InFrame frame_;
  PortCounters counters_;
};

}  // namespace neigh::link
