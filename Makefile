# SPDX-License-Identifier: Apache-2.0
# Thin: each target is one script in scripts/, says what it does and ends with one plain verdict line.
.PHONY: help run test check bench fuzz soak install
.NOTPARALLEL:

help:
	@echo "make run      install what is missing, build, and tour the neighbor table between two private hosts"
	@echo "make test     install what is missing, build (preset dev) and run all tests; PRESET=... for another preset"
	@echo "make check    text, layers, format, headers, lint, Clang build, sanitizers, conformance; ONLY=\"lint layers\""
	@echo "make bench    optimized build and benchmarks; ARGS=... are theirs"
	@echo "make fuzz     each fuzz target for FUZZ_SECONDS=30 seconds (Clang, libFuzzer)"
	@echo "make soak     long runs: a virtual week of 10,000 hosts, SOAK_SECONDS=600 seconds of load on the kernel's table"
	@echo "make install  optimized build into PREFIX=/usr/local (DESTDIR is honored); NEIGH_WINE=ON adds neigh-wine"

run:
	@scripts/run
test:
	@scripts/test $(PRESET)
check:
	@scripts/check $(ONLY)
bench:
	@scripts/bench $(ARGS)
fuzz:
	@scripts/fuzz $(FUZZ_SECONDS)
soak:
	@scripts/soak $(SOAK_SECONDS)
install:
	@scripts/install $(PREFIX)
