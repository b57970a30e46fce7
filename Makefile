# The commands that a newcomer needs. Each installs what is missing, and all are quick the second time.
BUILD ?= build
JOBS ?= $(shell nproc)
CMAKE_FLAGS ?=

.PHONY: build build-all test demo bench bench-modules package lint format sanitize check-slow install-dependencies clean

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

# What takes too long for every change: clang-tidy on every file and sanitizers on every test without libtorch, packages
# in a fresh Debian, the demo at its full size.
check-slow: package
	@SCTAB_TIDY=all tools/lint.sh $(BUILD)
	@tools/sanitize.sh $(JOBS) all
	@tools/check_package.sh $(BUILD)
	@$(MAKE) demo OUT=demo-simulated CELLS=20000

install-dependencies:
	@tools/install-dependencies.sh

clean:
	rm -rf $(BUILD) build-asan build-tsan
