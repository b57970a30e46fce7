# The commands that a newcomer needs. Each installs what is missing, and all are quick the second time.
BUILD ?= build
JOBS ?= $(shell nproc)
CMAKE_FLAGS ?=

.PHONY: build build-all test demo bench bench-modules package lint format sanitize faults fuzz check-slow \
  install-dependencies clean

build: install-dependencies
	@tools/build.sh $(BUILD) $(JOBS) programs $(CMAKE_FLAGS)

build-all: install-dependencies
	@tools/build.sh $(BUILD) $(JOBS) all $(CMAKE_FLAGS)

test: build-all
	@OMP_WAIT_POLICY=passive ctest --test-dir $(BUILD) --output-on-failure --parallel $(JOBS)

# make demo [DATA="a.h5ad b.h5ad …"] [ANNOTATE=c.h5ad] [GENES=genes.csv] [ONTOLOGY=cl.obo] [OUT=demo] [CELLS=20000]
demo: build
	@CELLS=$(CELLS) tools/demo.sh

# The table of docs/performance.md, and $(BUILD)/bench.json; bench-modules: each module's own benchmarks.
bench: build-all
	@tools/bench.sh $(BUILD)

bench-modules: build-all
	@tools/bench.sh $(BUILD) modules

# Debian packages and a tarball, in $(BUILD)/packages.
package: build
	@tools/package.sh $(BUILD)

# Formatting, the order of the modules, sizes of files and functions, docs, and clang-tidy on what changed in a day.
lint: build
	@tools/lint.sh $(BUILD)

format:
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

# The parsers of foreign bytes and the kernels under address, undefined-behaviour and thread sanitizers.
sanitize: install-dependencies
	@tools/sanitize.sh $(JOBS)

# Damaged and hostile inputs, kills, hostile surroundings (tests/faults): exits with 1 where a run crashes, hangs, is
# silently wrong or leaves something half done. make faults [SECONDS=60] [SEED=1] [FAULTS="--only kills --jobs 4"]
SECONDS ?= 60
SEED ?= 1
faults: build
	@/usr/bin/python3 -W ignore tests/faults/run.py --program $(BUILD)/sctab --keep $(BUILD)/faults \
	  --seconds $(SECONDS) --seed $(SEED) --jobs $(JOBS) $(FAULTS)

# Coverage-guided fuzzing of each parser of foreign bytes (tests/fuzz), with clang's libFuzzer and sanitizers.
# make fuzz [SECONDS=60, for each parser] [PARSERS="pickle zip"]
fuzz: install-dependencies
	@tools/fuzz.sh $(JOBS) $(SECONDS) $(PARSERS)

# What takes too long for every change: clang-tidy on every file and sanitizers on every test without libtorch, packages
# in a fresh Debian, the demo at its full size, an hour of hostile inputs and ten minutes of fuzzing for each parser.
check-slow: package
	@SCTAB_TIDY=all tools/lint.sh $(BUILD)
	@tools/sanitize.sh $(JOBS) all
	@tools/check_package.sh $(BUILD)
	@$(MAKE) demo OUT=demo-simulated CELLS=20000
	@rc=0; $(MAKE) faults SECONDS=3600 SEED=$$(date +%Y%m%d) || rc=1; $(MAKE) fuzz SECONDS=600 || rc=1; exit $$rc

install-dependencies:
	@tools/install-dependencies.sh

clean:
	rm -rf $(BUILD) build-asan build-tsan build-fuzz
