#!/usr/bin/env bash
# sanitize.sh JOBS: every test that needs no libtorch (all parsers of foreign bytes among them) under address and
# undefined-behaviour sanitizers, and those of the modules with threads of their own under the thread sanitizer.
set -euo pipefail
jobs=$1
build() {
  local build=$1 sanitizers=$2 target=$3
  cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DSCTAB_BUILD_BENCH=OFF -DSCTAB_SANITIZE="$sanitizers" >/dev/null
  # shellcheck disable=SC2086
  cmake --build "$build" --parallel "$jobs" --target $target
}
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true
export OMP_WAIT_POLICY=passive ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/tools/tsan.supp"
build build-asan address,undefined all
echo "== all tests without libtorch under address,undefined"
ctest --test-dir build-asan --output-on-failure --parallel "$jobs" --quiet --output-log build-asan/ctest.log ||
  { cat build-asan/ctest.log; exit 1; }
tail -n 6 build-asan/ctest.log
threaded="test_core test_store test_kernels"
build build-tsan thread "$threaded"
for test in $threaded; do
  echo "== $test under thread"
  "build-tsan/$test" --gtest_brief=1
done
