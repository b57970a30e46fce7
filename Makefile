# The commands that a newcomer needs. Each installs what is missing, and all are quick the second time.
BUILD ?= build
JOBS ?= $(shell nproc)
CMAKE_FLAGS ?=

.PHONY: build test demo bench bench-modules lint format sanitize install-dependencies clean

build: install-dependencies
	@tools/build.sh $(BUILD) $(JOBS) sctab $(CMAKE_FLAGS)

test: install-dependencies
	@tools/build.sh $(BUILD) $(JOBS) all $(CMAKE_FLAGS)
	@OMP_WAIT_POLICY=passive ctest --test-dir $(BUILD) --output-on-failure --parallel $(JOBS)

# make demo [DATA="a.h5ad b.h5ad …"] [ANNOTATE=c.h5ad] [GENES=genes.csv] [ONTOLOGY=cl.obo] [OUT=demo]
demo: build
	@tools/demo.sh

# The table of docs/performance.md, and $(BUILD)/bench.json; bench-modules: each module's own benchmarks.
bench: install-dependencies
	@tools/build.sh $(BUILD) $(JOBS) all $(CMAKE_FLAGS)
	@tools/bench.sh $(BUILD)

bench-modules: install-dependencies
	@tools/build.sh $(BUILD) $(JOBS) all $(CMAKE_FLAGS)
	@tools/bench.sh $(BUILD) modules

# Formatting, the order of the modules, sizes of files and functions, and clang-tidy on what needs no libtorch.
lint: install-dependencies
	@tools/build.sh $(BUILD) $(JOBS) sctab $(CMAKE_FLAGS)
	@tools/lint.sh $(BUILD)

format:
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

# The tests of the modules without libtorch, under address and undefined-behaviour sanitizers, and threads under TSan.
sanitize: install-dependencies
	@tools/sanitize.sh $(JOBS)

install-dependencies:
	@tools/install-dependencies.sh

clean:
	rm -rf $(BUILD) build-asan build-tsan
