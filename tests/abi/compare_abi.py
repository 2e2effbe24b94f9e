#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the header tree with mingw-w64's: the same table of sizes, offsets and constants, compiled with both.

Nothing is run on the peer's side: the numbers are read from sections of the object files (emit.c). Also checked are the
signatures of the functions (signatures.c compiles against both), that no macro of ours leaks, and that exactly the
functions which a library serves are declared.

Exit status: 0 equal, 1 different, 77 the peer is missing and NEIGH_ALLOW_MISSING_MINGW=1 allows that.
"""
import argparse
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORD, NAME, IMAGE = 96, 88, 184

# Record -> (ours, peer's, why). An entry that is not different any more is an error, too.
FAMILIES = "families carry the host's numbers (LIB-28, V-21)"
DIFFERENCES = {
    "value AF_INET6": (10, 23, FAMILIES),
    "value PF_INET6": (10, 23, FAMILIES),
}
# Present on one side only, with the reason; everything else must be on both.
NATIVE_ONLY_REASON = "mingw-w64 10 lacks the name, or has none in its kernel flavor"

# Macros that are neither the peer's nor begin with NEIGH_.
KNOWN_MACROS = {
    # Keywords of compilers for Windows.
    "__stdcall", "__cdecl", "__fastcall", "__int64", "__int32", "__int16", "__int8", "__forceinline", "__declspec",
    # Annotations and names of the Windows SDK that mingw-w64 10 lacks or spells as something else.
    "DRIVERSPECS_H", "SPECSTRINGS_H", "GUID_DEFINED", "_IPMIB_", "_IPRTRMIB_H_", "_IPIFCONS_H", "_WINNT_", "_WINERROR_",
    "_MINWINBASE_", "_INC_SDKDDKVER", "_WINSOCKAPI_", "_NTDDNDIS_", "_WDMDDK_", "_NTDDK_", "_NTIFS_", "_WINTERNL_",
    "_NTSTATUS_", "_NTDEF_", "_BASETSD_H_", "IP_EXPORT_INCLUDED", "IP_TYPES_INCLUDED",
    "IPHLPAPI_DLL_LINKAGE", "EXTERN_C_START", "EXTERN_C_END", "ALIGN_SIZE", "ERROR_NO_SUCH_DEVICE", "SAL_H",
    "IF_TYPE_INFINIBAND", "IF_TYPE_IEEE80216_WMAN", "IF_TYPE_WWANPP", "IF_TYPE_WWANPP2", "IF_TYPE_IEEE802154",
    "NET_IF_COMPARTMENT_ID_UNSPECIFIED", "NET_IF_COMPARTMENT_ID_PRIMARY", "NET_IFINDEX_UNSPECIFIED", "IFI_UNSPECIFIED",
    "MAXUCHAR", "MAXUSHORT", "MAXULONG", "UFIELD_OFFSET", "IN6ADDR_ANY_INIT", "IN6ADDR_LOOPBACK_INIT",
    "IN6ADDR_ALLNODESONNODE_INIT", "IN6ADDR_ALLNODESONLINK_INIT", "IN6ADDR_ALLROUTERSONLINK_INIT",
    "IN6ADDR_LINKLOCALPREFIX_INIT", "IN6ADDR_SOLICITEDNODEMULTICASTPREFIX_INIT",
    "IN4ADDR_ANY_INIT", "IN4ADDR_LOOPBACK_INIT", "IN4ADDR_BROADCAST_INIT", "IN4ADDR_ALLNODESONLINK_INIT",
    "IN4ADDR_ALLROUTERSONLINK_INIT", "IN4ADDR_LINKLOCALPREFIX_INIT", "IN4ADDR_LINKLOCALPREFIX_LENGTH",
    "IN4ADDR_LOOPBACKPREFIX_LENGTH", "IN4ADDR_MULTICASTPREFIX_LENGTH", "IN6ADDR_LINKLOCALPREFIX_LENGTH",
    "IN6ADDR_MULTICASTPREFIX_LENGTH", "NET_IFLUID_UNSPECIFIED", "SCOPEID_UNSPECIFIED_INIT", "KdPrint",
    # LIB-02, and a driver's names, which the peer has in headers that do not compile.
    "STATUS_NOT_ENOUGH_MEMORY", "PASSIVE_LEVEL", "LOW_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL", "PAGED_CODE", "NTKERNELAPI",
    "RtlUshortByteSwap", "RtlUlongByteSwap", "RtlUlonglongByteSwap",
}
SAL = re.compile(r"_[A-Z][A-Za-z]*(_[A-Za-z]+)*_$|__(drv|in|out|inout|deref|field)_\w+$|__[a-z]+$")

DECLARED = set("""CreateIpNetEntry2 DeleteIpNetEntry2 FlushIpNetTable2 GetIpNetEntry2 GetIpNetTable2 ResolveIpNetEntry2
SetIpNetEntry2 FreeMibTable ConvertInterfaceIndexToLuid ConvertInterfaceLuidToIndex RtlNtStatusToDosError
if_nametoindex if_indextoname ConvertInterfaceNameToLuidA ConvertInterfaceNameToLuidW ConvertInterfaceLuidToNameA
ConvertInterfaceLuidToNameW ConvertInterfaceAliasToLuid ConvertInterfaceLuidToAlias ConvertInterfaceLuidToGuid
ConvertInterfaceGuidToLuid GetIfEntry2 GetIfTable2 GetIfTable2Ex GetIpInterfaceEntry GetUnicastIpAddressTable
GetUnicastIpAddressEntry InitializeUnicastIpAddressEntry CreateUnicastIpAddressEntry DeleteUnicastIpAddressEntry
GetBestRoute2 GetIpForwardTable2 InitializeIpForwardEntry CreateIpForwardEntry2 DeleteIpForwardEntry2
NotifyIpInterfaceChange NotifyUnicastIpAddressChange NotifyRouteChange2 NotifyIpNetChange CancelMibChangeNotify2
RtlInitUnicodeString""".split())
ONE_FLAVOR = {
    "user": set("""SendARP GetIpNetTable CreateIpNetEntry SetIpNetEntry DeleteIpNetEntry FlushIpNetTable CreateProxyArpEntry
DeleteProxyArpEntry GetAdaptersAddresses GetBestInterface GetBestInterfaceEx WSAStartup WSACleanup FormatMessageA
LocalFree""".split()),
    "kernel": {"DbgPrint"},
}
FROM_LIBC = set("htons ntohs htonl ntohl inet_addr inet_ntoa inet_pton inet_ntop".split())

failures = []


def fail(text):
    failures.append(text)
    print(f"FAIL {text}")


def run(command, **kwargs):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **kwargs)
    if result.returncode != 0:
        print(result.stdout + result.stderr)
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return result.stdout


class Side:
    """A compiler with a header tree."""

    def __init__(self, name, cc, objcopy, flags):
        self.name, self.cc, self.objcopy, self.flags = name, cc, objcopy, flags

    def command(self, flavor, language):
        flags = ["-DNEIGH_ABI_KERNEL"] if flavor == "kernel" else []
        return [self.cc, "-x", language, "-w", *self.flags, *flags]

    def section(self, obj, section, directory):
        out = Path(directory) / f"{obj.stem}.{section}.bin"
        run([self.objcopy, "-O", "binary", "-j", section, obj, out])
        return out.read_bytes()

    def records(self, flavor, language, directory):
        """The table and the images of one compilation: {record name: number or bytes}."""
        obj = Path(directory) / f"{self.name}-{flavor}-{language.replace('+', 'x')}.o"
        run([*self.command(flavor, language), "-c", HERE / "emit.c", "-o", obj])
        found = {}
        data = self.section(obj, "nabi", directory)
        for at in range(0, len(data) - RECORD + 1, RECORD):
            name = data[at:at + NAME].split(b"\0", 1)[0].decode()
            if name in found and found[name] != struct.unpack_from("<q", data, at + NAME)[0]:
                fail(f"{name} is in the table twice, with two values")
            if name:
                found[name] = struct.unpack_from("<q", data, at + NAME)[0]
        if language == "c":
            data = self.section(obj, "nimg", directory)
            for at in range(0, len(data) - IMAGE + 1, IMAGE):
                name = data[at:at + NAME].split(b"\0", 1)[0].decode()
                if name:
                    found[f"image {name}"] = data[at + NAME:at + IMAGE]
        return found

    def macros(self, flavor, without=False):
        source = "" if without else f'#include "{HERE}/flavor.h"\n#include <sal.h>\n#include <specstrings.h>\n'
        standard = "".join(f"#include <{name}.h>\n" for name in ("ctype", "stdarg", "stddef", "stdint", "string"))
        text = run([*self.command(flavor, "c"), "-dM", "-E", "-"], input=standard + source)
        return {re.match(r"#define (\w+)", line).group(1) for line in text.splitlines()}


def show(value):
    return value.rstrip(b"\0").hex() or "0" if isinstance(value, bytes) else str(value)


def compare(native, peer, native_only):
    """One flavor in one language."""
    compared = 0
    for name, value in native.items():
        if name not in peer:
            if name not in native_only:
                fail(f"{name}: the peer's table lacks it")
            continue
        compared += 1
        expected = DIFFERENCES.get(name)
        if expected:
            if (value, peer[name]) != expected[:2]:
                fail(f"{name}: ours {show(value)}, peer's {show(peer[name])}, documented is {expected[:2]}")
        elif value != peer[name]:
            fail(f"{name}: ours {show(value)}, peer's {show(peer[name])}")
    for name in peer.keys() - native.keys():
        fail(f"{name}: our table lacks it")
    return compared


def native_only_names(native_side, flavor, language, directory):
    """What the table has only under NEIGH_ABI_NATIVE: known by compiling without it."""
    flags = [f for f in native_side.flags if f != "-DNEIGH_ABI_NATIVE"]
    plain = Side("plain", native_side.cc, native_side.objcopy, flags)
    return native_side.records(flavor, language, directory).keys() - plain.records(flavor, language, directory).keys()


def check_functions(side, include, directory):
    """The functions that our tree declares without a body are exactly those that a library serves."""
    roots = [f"{os.path.realpath(directory)}/" for directory in include]
    for flavor in ("user", "kernel"):
        aux = Path(directory) / f"{flavor}.aux"
        run([*side.command(flavor, "c"), "-fsyntax-only", "-aux-info", aux, HERE / "emit.c"])
        declared = set()
        for line in aux.read_text().splitlines():
            match = re.match(r"/\* (\S+?):\d+:[NO]C \*/ extern .*?(\w+) \(", line)
            if match and os.path.realpath(match.group(1)).startswith(tuple(roots)):
                declared.add(match.group(2))
        expected = DECLARED | ONE_FLAVOR[flavor] | (FROM_LIBC if flavor == "user" else set())
        for name in sorted(declared - expected):
            fail(f"{flavor}: {name} is declared, but no library serves it")
        for name in sorted(expected - declared):
            fail(f"{flavor}: {name} is not declared")
        print(f"{flavor}: {len(declared & expected)} functions declared, as served")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cc", default="gcc", help="GCC for the native side")
    parser.add_argument("--include", action="append", required=True, help="the header tree's folder")
    parser.add_argument("--peer", default="x86_64-w64-mingw32-", help="prefix of the peer's tools")
    args = parser.parse_args()

    native = Side("native", args.cc, "objcopy", [*(f"-I{d}" for d in args.include), "-DNEIGH_ABI_NATIVE"])
    peer_cc = shutil.which(args.peer + "gcc")
    with tempfile.TemporaryDirectory() as directory:
        if "GCC" in run([args.cc, "--version"]) or "gcc" in os.path.basename(args.cc):
            check_functions(native, args.include, directory)
        if not peer_cc:
            if os.environ.get("NEIGH_ALLOW_MISSING_MINGW") == "1":
                print(f"SKIPPED: {args.peer}gcc is missing and NEIGH_ALLOW_MISSING_MINGW=1; nothing was compared")
                return 1 if failures else 77
            fail(f"{args.peer}gcc is missing (Debian: gcc-mingw-w64-x86-64); NEIGH_ALLOW_MISSING_MINGW=1 goes without")
            return 1
        peer = Side("peer", peer_cc, args.peer + "objcopy", ["-D_WIN32_WINNT=0x0A00"])
        for flavor in ("user", "kernel"):
            for language in ("c", "c++"):
                only = native_only_names(native, flavor, language, directory)
                ours, theirs = native.records(flavor, language, directory), peer.records(flavor, language, directory)
                count = compare(ours, theirs, only)
                if count < 300:
                    fail(f"{flavor} {language}: only {count} records, the table was not read")
                print(f"{flavor} {language}: {count} records compared, {len(only)} ours alone ({NATIVE_ONLY_REASON})")
                for side in (native, peer):
                    run([*side.command(flavor, language), "-Werror=incompatible-pointer-types", "-fsyntax-only",
                         HERE / "signatures.c"])
            leaked = native.macros(flavor) - native.macros(flavor, without=True) - peer.macros(flavor)
            leaked = {m for m in leaked if not m.startswith("NEIGH_") and m not in KNOWN_MACROS and not SAL.match(m)}
            for macro in sorted(leaked):
                fail(f"{flavor}: macro {macro} is neither the SDK's nor NEIGH_...")
        for name, (ours, theirs, why) in DIFFERENCES.items():
            print(f"documented difference: {name}: {ours} here, {theirs} there: {why}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
