// SPDX-License-Identifier: Apache-2.0
#include "rtnl/errors.hpp"

#include <cerrno>
#include <utility>

namespace neigh::rtnl {

Error system_error(std::string_view call, int number) {
  const Errc code = number == ENOMEM || number == ENOBUFS ? Errc::kNoMemory
                    : number == EPERM || number == EACCES ? Errc::kPermissionDenied
                    : number == EAFNOSUPPORT              ? Errc::kNotSupported
                                                          : Errc::kSystem;
  return {.code = code, .sys_errno = number, .detail = std::string(call)};
}

Error refused(int number, std::string text) {
  Error error{.code = Errc::kSystem, .sys_errno = number, .detail = std::move(text)};
  switch (number) {
    case EPERM:
    case EACCES:
      error.code = Errc::kPermissionDenied;
      if (error.detail.empty()) error.detail = "needs CAP_NET_ADMIN";
      break;
    case EEXIST:
      error.code = Errc::kAlreadyExists;
      break;
    case ENOENT:
      error.code = Errc::kNotFound;
      break;
    case ENODEV:
      error.code = Errc::kNoSuchInterface;
      error.field = "interface";
      break;
    case EAFNOSUPPORT:
      error.code = Errc::kNotSupported;
      error.field = "address";
      break;
    case EOPNOTSUPP:
      error.code = Errc::kNotSupported;
      break;
    case ENOBUFS:
      error.code = Errc::kTableFull;
      if (error.detail.empty()) error.detail = "neighbor table overflow: see net.ipv4|ipv6.neigh.default.gc_thresh3";
      break;
    case ENOMEM:
      error.code = Errc::kNoMemory;
      break;
    case EINVAL:
    case ERANGE:
      error.code = Errc::kInvalidArgument;
      break;
    default:
      break;
  }
  return error;
}

}  // namespace neigh::rtnl
