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
// The words that Windows has for them, which programs show and compare: "Element not found." for 1168, whatever was
// looked for. Advice about its own tools that some go on with is left out.
constexpr std::array kTexts = {
    Text{0, "The operation completed successfully."},
    Text{1, "Incorrect function."},
    Text{2, "The system cannot find the file specified."},
    Text{3, "The system cannot find the path specified."},
    Text{5, "Access is denied."},
    Text{6, "The handle is invalid."},
    Text{8, "Not enough memory resources are available to process this command."},
    Text{13, "The data is invalid."},
    Text{14, "Not enough memory resources are available to complete this operation."},
    Text{21, "The device is not ready."},
    Text{24, "The program issued a command but the command length is incorrect."},
    Text{31, "A device attached to the system is not functioning."},
    Text{50, "The request is not supported."},
    Text{52, "You were not connected because a duplicate name exists on the network."},
    Text{53, "The network path was not found."},
    Text{55, "The specified network resource or device is no longer available."},
    Text{59, "An unexpected network error occurred."},
    Text{64, "The specified network name is no longer available."},
    Text{65, "Network access is denied."},
    Text{67, "The network name cannot be found."},
    Text{87, "The parameter is incorrect."},
    Text{111, "The file name is too long."},
    Text{120, "This function is not supported on this system."},
    Text{121, "The semaphore timeout period has expired."},
    Text{122, "The data area passed to a system call is too small."},
    Text{123, "The filename, directory name, or volume label syntax is incorrect."},
    Text{170, "The requested resource is in use."},
    Text{183, "Cannot create a file when that file already exists."},
    Text{232, "The pipe is being closed."},
    Text{234, "More data is available."},
    Text{259, "No more data is available."},
    Text{317, "The system cannot find message text for this message number."},
    Text{433, "A device which does not exist was specified."},
    Text{487, "Attempt to access invalid address."},
    Text{995, "The I/O operation has been aborted because of either a thread exit or an application request."},
    Text{997, "Overlapped I/O operation is in progress."},
    Text{998, "Invalid access to memory location."},
    Text{1003, "Cannot complete this function."},
    Text{1004, "Invalid flags."},
    Text{1062, "The service has not been started."},
    Text{1168, "Element not found."},
    Text{1169, "There was no match for the specified key in the index."},
    Text{1214, "The format of the specified network name is invalid."},
    Text{1225, "The remote computer refused the network connection."},
    Text{1228, "An address has not yet been associated with the network endpoint."},
    Text{1231, "The network location cannot be reached."},
    Text{1232, "The network location cannot be reached."},
    Text{1233, "The network location cannot be reached."},
    Text{1234, "No service is operating at the destination network endpoint on the remote system."},
    Text{1235, "The request was aborted."},
    Text{1237, "The operation could not be completed. A retry should be performed."},
    Text{1241, "The network address could not be used for the operation requested."},
    Text{1314, "A required privilege is not held by the client."},
    Text{1359, "An internal error occurred."},
    Text{1450, "Insufficient system resources exist to complete the requested service."},
    Text{1460, "This operation returned because the timeout period expired."},
    Text{1784, "The supplied user buffer is not valid for the requested operation."},
    Text{4100, "The DHCP client has obtained an IP address that is already in use on the network."},
    Text{4312, "The object identifier does not represent a valid object."},
    Text{5010, "The object already exists."},
    Text{10014, "The system detected an invalid pointer address in attempting to use a pointer argument in a call."},
    Text{10091,
         "WSAStartup cannot function at this time because the underlying system it uses to provide network services is "
         "currently unavailable."},
    Text{10092, "The Windows Sockets version requested is not supported."},
    Text{10093, "Either the application has not called WSAStartup, or WSAStartup failed."},
    Text{0x80004001U, "Not implemented"},
    Text{0x80004003U, "Invalid pointer"},
    Text{0x80004005U, "Unspecified error"},
    Text{0x8000FFFFU, "Catastrophic failure"},
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
  // An HRESULT that stands for a Win32 code has its text.
  constexpr DWORD kWin32Result = 0x80070000;
  if ((code & 0xFFFF0000U) == kWin32Result) code &= 0xFFFFU;
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
