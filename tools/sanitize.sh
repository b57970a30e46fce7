#!/usr/bin/env bash
# sanitize.sh JOBS: the tests of the modules without libtorch under address+undefined, those with threads under thread.
set -euo pipefail
jobs=$1
run() {
  local build=$1 sanitizers=$2 targets=$3
  cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DSCTAB_BUILD_BENCH=OFF -DSCTAB_SANITIZE="$sanitizers" >/dev/null
  # shellcheck disable=SC2086
  cmake --build "$build" --parallel "$jobs" --target $targets
  for target in $targets; do
    echo "== $target under $sanitizers"
    "$build/$target" --gtest_brief=1
  done
}
export OMP_WAIT_POLICY=passive ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/tools/tsan.supp"
run build-asan address,undefined "test_core test_report test_sparse test_ontology test_metrics test_parquet test_anndata test_store test_corpus test_kernels"
run build-tsan thread "test_core test_store test_kernels"
