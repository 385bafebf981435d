# A thin front for CMake; `make help` lists what it can do.  CMakePresets.json has the builds.
#
# Every build has its own folder build/PRESET.  JOBS bounds the compilers at work at a time,
# TEST_JOBS the tests.

SHELL := /bin/bash
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
TEST_JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help deps build test demo release arrows asan tsan fuzz tidy format clean bench e2e

help: ## this list
	@echo "muster: a node for agencies that work one crisis together."
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The packages come first, because a machine without CMake cannot be asked what it lacks.
deps: ## install the packages that building and testing need (Debian 12)
	@packaging/install-deps.sh

build: deps ## build everything into build/dev
	@cmake --preset dev -U MUSTER_TEST_FILTER >/dev/null
	@cmake --build build/dev -j $(JOBS)

test: build ## install what is missing, build, run all tests; the last line counts them
	@python3 tests/house/run_tests.py build/dev --jobs $(TEST_JOBS)

demo: build ## build, then the demonstration of tests/e2e/demo.sh
	@tests/e2e/demo.sh

deb: deps ## Debian packages, checked by lintian, into build/deb (installs debhelper and lintian)
	@packaging/install-deps.sh debhelper lintian fakeroot dpkg-dev
	@JOBS=$(JOBS) packaging/make-deb.sh build/deb

test-packages: build deb ## the packages in a clean Debian root: install, use, upgrade, remove, purge (root, debootstrap)
	@packaging/install-deps.sh debootstrap
	@MUSTER_LONG=1 python3 -B tests/package/install_test.py build/dev/bin . build/deb

release: deps ## an optimised build in build/release
	@cmake --preset release >/dev/null
	@cmake --build build/release -j $(JOBS)

arrows: deps ## build the rooms as shared objects: a wrong arrow between rooms fails to link
	@cmake --preset arrows >/dev/null
	@cmake --build build/arrows -j $(JOBS)

# The house tests read sources and the archives of a plain build; they run in `make test` alone.
asan: deps ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@cmake --preset asan >/dev/null
	@cmake --build build/asan -j $(JOBS)
	@python3 tests/house/run_tests.py build/asan --jobs $(TEST_JOBS) --without house

tsan: deps ## the tests under ThreadSanitizer
	@cmake --preset tsan >/dev/null
	@cmake --build build/tsan -j $(JOBS)
	@TSAN_OPTIONS="suppressions=$(CURDIR)/tests/house/tsan.supp" \
	  python3 tests/house/run_tests.py build/tsan --jobs $(TEST_JOBS) --without house

fuzz: deps ## build the fuzz targets with clang, into build/fuzz/bin
	@packaging/install-deps.sh clang
	@cmake --preset fuzz >/dev/null
	@cmake --build build/fuzz -j $(JOBS)
	@ls build/fuzz/bin/fuzz_*

TIDY_ROOMS ?= base crypto protocol
tidy: build ## clang-tidy over TIDY_ROOMS (base crypto protocol)
	@packaging/install-deps.sh clang-tidy
	@find $(TIDY_ROOMS) -name '*.c' -print0 | xargs -0 -n 4 -P $(TEST_JOBS) clang-tidy --quiet -p build/dev

FORMAT ?= $(shell git diff --name-only HEAD -- '*.c' '*.h')
format: ## clang-format over the files you have changed, or over FORMAT="..."
	@packaging/install-deps.sh clang-format
	@[ -z "$(strip $(FORMAT))" ] || clang-format -i $(FORMAT)

E2E ?= year
e2e: build ## a long story of tests/e2e: E2E=year or flood
	@MUSTER_LONG=1 python3 -B tests/e2e/$(E2E).py build/dev/bin

clean: ## remove build/
	@rm -rf build

BENCH ?=
bench: release ## figures of this machine beside limits of the same run; BENCH="--quick" or "--only writes"
	@build/release/bin/muster-bench $(BENCH)
	@build/release/bin/muster-bench-trust

SEEDS ?= 100
NODES ?= 5
HOURS ?= 4
FIRST_SEED ?= 1
.PHONY: sim sim-mutants
sim: build ## the simulator: SEEDS=100 NODES=5 HOURS=4 FIRST_SEED=1 (docs/TESTING.md)
	@build/dev/bin/muster-sim --seeds $(SEEDS) --nodes $(NODES) --hours $(HOURS) --first-seed $(FIRST_SEED) --into build/dev

sim-mutants: build ## is each invariant of the simulator found broken when it is?
	@build/dev/bin/muster-sim-mutants --seeds 1000 --hours 1
