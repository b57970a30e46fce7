#!/usr/bin/env bash
# sanitize.sh JOBS [all]: under address and undefined-behaviour sanitizers, the tests of every module that parses foreign
# bytes and of the kernels; under the thread sanitizer, those of threads and kernels. all: every test that needs no
# libtorch, and the store's threads too.
set -euo pipefail
jobs=$1 what=${2:-some}
tests="test_core test_sparse test_genes test_ontology test_formats test_h5ad test_npy test_parquet test_safetensors
  test_torch_checkpoint test_ubjson test_model_import test_boosted_trees test_toml test_store test_corpus
  test_kernels"
threaded="test_core test_kernels"
[ "$what" != all ] || threaded="$threaded test_store"
run() {
  local build=$1 sanitizers=$2 tests=$3 test
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DSCTAB_BUILD_BENCH=OFF -DSCTAB_TRAIN=OFF -DSCTAB_SANITIZE="$sanitizers" >/dev/null
  # shellcheck disable=SC2086
  [ "$tests" != all ] || tests=$(ninja -C "$build" -t targets all | sed -nE 's/^(test_[a-z0-9_]+): CXX_EXECUTABLE.*/\1/p')
  # shellcheck disable=SC2086
  cmake --build "$build" --parallel "$jobs" --target $tests
  for test in $tests; do
    echo "== $test under $sanitizers"
    "$build/$test" --gtest_brief=1
  done
}
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/tools/tsan.supp"
if [ "$what" = all ]; then run build-asan address,undefined all; else run build-asan address,undefined "$tests"; fi
run build-tsan thread "$threaded"
