#!/usr/bin/env bash
# sanitize.sh JOBS [all]: under address and undefined-behaviour sanitizers, the tests of every module that parses foreign
# bytes and of the kernels; under the thread sanitizer, those of threads and kernels. all: every test that needs no
# libtorch, and the store's threads too.
set -euo pipefail
jobs=$1 what=${2:-some}
# The longest first, since several run at once.
tests="test_store test_kernels test_corpus test_h5ad test_zarr test_rows test_mtx test_csv test_torch_checkpoint
  test_boosted_trees test_core test_sparse test_arrays test_codecs test_hdf5 test_anndata test_h5mu test_tenx test_loom
  test_streams test_tar test_zip test_genes test_ontology test_formats test_npy test_parquet test_safetensors test_ubjson
  test_model_import test_fuzz test_toml"
threaded="test_kernels test_core test_rows"
[ "$what" != all ] || threaded="$threaded test_store"
run_test() {
  local output rc=0
  output=$("$build/$1" --gtest_brief=1 2>&1) || rc=$?
  printf '== %s under %s\n%s\n' "$1" "$sanitizers" "$output"
  return "$rc"
}
export -f run_test
run() {
  local build=$1 sanitizers=$2 tests=$3
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DSCTAB_BUILD_BENCH=OFF -DSCTAB_TRAIN=OFF -DSCTAB_SANITIZE="$sanitizers" >/dev/null
  # shellcheck disable=SC2086
  [ "$tests" != all ] || tests=$(ninja -C "$build" -t targets all | sed -nE 's/^(test_[a-z0-9_]+): CXX_EXECUTABLE.*/\1/p')
  # shellcheck disable=SC2086
  cmake --build "$build" --parallel "$jobs" --target $tests
  export build sanitizers
  # shellcheck disable=SC2086
  printf '%s\n' $tests | xargs -P "$jobs" -I{} bash -c 'run_test {}'
}
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/tools/tsan.supp"
if [ "$what" = all ]; then run build-asan address,undefined all; else run build-asan address,undefined "$tests"; fi
run build-tsan thread "$threaded"
