// SPDX-License-Identifier: Apache-2.0
// What programs call around the network functions: texts of codes, WSAStartup, strings and prints of drivers.
#include <winbase.h>
#include <winerror.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>

#include "netioapi/calls_beside.hpp"
#include "netioapi/guard.hpp"

namespace neigh::netioapi {
namespace {

struct Text {
  DWORD code;
  std::string_view text;
};
constexpr std::array kTexts = {
    Text{0, "The call succeeded."},
    Text{1, "The function is not there."},
    Text{2, "There is no such interface or name."},
    Text{3, "There is no such path."},
    Text{5, "Access denied: the caller lacks a privilege (CAP_NET_ADMIN)."},
    Text{6, "The handle is not valid."},
    Text{8, "Out of memory, or the buffer is too small."},
    Text{13, "The data is not valid."},
    Text{14, "Out of memory."},
    Text{24, "The length is wrong."},
    Text{31, "The call failed."},
    Text{50, "Not supported."},
    Text{52, "The name or address exists already."},
    Text{53, "The network path was not found."},
    Text{55, "The device does not exist any more."},
    Text{59, "An unexpected network error occurred."},
    Text{65, "Access to the network is denied."},
    Text{67, "The neighbor did not answer, or its network cannot be reached."},
    Text{87, "A parameter is not valid."},
    Text{111, "The buffer is too small for the answer."},
    Text{120, "The function is not implemented."},
    Text{121, "The call took too long."},
    Text{122, "The buffer is too small; the size that is needed was written back."},
    Text{123, "There is no interface of that name."},
    Text{170, "The resource is in use."},
    Text{183, "It exists already."},
    Text{232, "There is no data: the table is empty."},
    Text{234, "There is more data."},
    Text{259, "There are no more items."},
    Text{317, "There is no text for this code."},
    Text{433, "There is no such device."},
    Text{487, "The address is not valid."},
    Text{995, "The call was given up."},
    Text{997, "The call goes on in the background."},
    Text{998, "The memory cannot be accessed."},
    Text{1003, "The call cannot be completed."},
    Text{1004, "The flags are not valid."},
    Text{1168, "Not found."},
    Text{1169, "Nothing matches."},
    Text{1214, "The network name has the wrong form."},
    Text{1225, "The peer refused the connection."},
    Text{1228, "The address is not yet associated."},
    Text{1231, "The network cannot be reached."},
    Text{1232, "The host cannot be reached."},
    Text{1237, "The call could not be completed; try again."},
    Text{1314, "The caller lacks a privilege."},
    Text{1450, "The system's resources are used up: the neighbor table is full."},
    Text{1460, "The time is over."},
    Text{5010, "The entry exists already."},
    Text{10014, "A pointer is not valid."},
    Text{10091, "The network is not ready."},
    Text{10092, "This version of Windows Sockets is not there."},
    Text{10093, "WSAStartup was not called."},
};
static_assert(std::is_sorted(kTexts.begin(), kTexts.end(),
                             [](const Text& a, const Text& b) { return a.code < b.code; }));

constexpr std::string_view kLineEnd = "\r\n";
constexpr WORD kVersion = 0x0202;

std::atomic<int> starts{0};

WORD older_of(WORD a, WORD b) {
  const auto rank = [](WORD v) { return ((v & 0xFFU) << 8U) | (unsigned{v} >> 8U); };
  return rank(a) < rank(b) ? a : b;
}

}  // namespace

int start_sockets(WORD version, WSADATA* data) noexcept {
  if (data == nullptr) return WSAEFAULT;
  if ((version & 0xFFU) == 0) return WSAVERNOTSUPPORTED;
  std::memset(data, 0, sizeof *data);
  data->wVersion = older_of(version, kVersion);
  data->wHighVersion = kVersion;
  // Versions before 2 had limits to tell; programs that look expect more than 0.
  data->iMaxSockets = (version & 0xFFU) == 1 ? 32767 : 0;
  data->iMaxUdpDg = (version & 0xFFU) == 1 ? 65467 : 0;
  (void)std::snprintf(data->szDescription, sizeof data->szDescription, "libneigh");
  (void)std::snprintf(data->szSystemStatus, sizeof data->szSystemStatus, "Running");
  starts.fetch_add(1);
  return 0;
}

int clean_up_sockets() noexcept {
  int before = starts.load();
  while (before > 0) {
    if (starts.compare_exchange_weak(before, before - 1)) return 0;
  }
  return -1;
}

DWORD format_message(DWORD flags, DWORD code, char* buffer, DWORD size) noexcept {
  const KeepErrno keep_errno;
  if (buffer == nullptr || (flags & FORMAT_MESSAGE_FROM_SYSTEM) == 0 ||
      (flags & (FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_HMODULE)) == FORMAT_MESSAGE_FROM_STRING) {
    return 0;
  }
  const auto found =
      std::lower_bound(kTexts.begin(), kTexts.end(), code, [](const Text& a, DWORD b) { return a.code < b; });
  if (found == kTexts.end() || found->code != code) return 0;
  const bool one_line = (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK;
  const std::string_view end = kLineEnd.substr(0, one_line ? 0 : kLineEnd.size());
  const std::size_t length = found->text.size() + end.size();
  char* out = buffer;
  if ((flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0) {
    out = static_cast<char*>(std::malloc(std::max<std::size_t>(length + 1, size)));
    if (out == nullptr) return 0;
    std::memcpy(buffer, &out, sizeof out);  // "buffer" is a char** then
  } else if (size <= length) {
    return 0;
  }
  std::memcpy(out, found->text.data(), found->text.size());
  std::memcpy(out + found->text.size(), end.data(), end.size());
  out[length] = '\0';
  return static_cast<DWORD>(length);
}

void free_local(void* block) noexcept { std::free(block); }

void initialize_string(UNICODE_STRING* string, const WCHAR* source) noexcept {
  if (string == nullptr) return;
  constexpr std::size_t kMost = (std::numeric_limits<USHORT>::max() - 1) / sizeof(WCHAR) - 1;
  std::size_t length = 0;
  if (source != nullptr) {
    while (length < kMost && source[length] != 0) ++length;
  }
  string->Length = static_cast<USHORT>(length * sizeof(WCHAR));
  string->MaximumLength = static_cast<USHORT>(source == nullptr ? 0 : (length + 1) * sizeof(WCHAR));
  string->Buffer = const_cast<WCHAR*>(source);
}

ULONG debug_print(const char* format, std::va_list arguments) noexcept {
  const KeepErrno keep_errno;
  const bool written = format != nullptr && std::vfprintf(stderr, format, arguments) >= 0;
  return static_cast<ULONG>(written ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL);
}

}  // namespace neigh::netioapi
