#!/usr/bin/env bash
# fuzz.sh JOBS SECONDS [PARSER…]: builds the harnesses of tests/fuzz with clang and runs each (or those named) for so many
# seconds, from tests/fuzz/corpus and what earlier runs learnt in build-fuzz/corpus. Inputs that crash, hang or take too
# much memory stay in build-fuzz/found; exits with 1 where there are any.
set -euo pipefail
jobs=$1 seconds=$2
shift 2
build=build-fuzz
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true
cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSCTAB_FUZZ=ON >/dev/null
cmake --build "$build" --parallel "$jobs" --target fuzzers
parsers=("$@")
[ ${#parsers[@]} -gt 0 ] || mapfile -t parsers < <(find tests/fuzz/corpus -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)

# libhdf5 keeps its own memory to the end of the process.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
export build seconds
fuzz() {
  local parser=$1 log="$build/$1.log" rc=0
  mkdir -p "$build/corpus/$parser" "$build/found"
  "$build/fuzz_$parser" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="$build/found/$parser-" "$build/corpus/$parser" "tests/fuzz/corpus/$parser" \
    >"$log" 2>&1 || rc=$?
  awk -v parser="$parser" -v rc="$rc" '
    / cov: / {for (i = 1; i < NF; ++i) if ($i == "cov:") cov = $(i + 1)}
    /stat::number_of_executed_units/ {runs = $2}
    END {printf "%-14s %10d runs, %5d edges%s\n", parser, runs, cov, rc == 0 ? "" : ": a finding"}' "$log"
  [ "$rc" = 0 ] || { grep -m 3 -E 'ERROR|SUMMARY|Test unit written|runtime error' "$log" || tail -n 3 "$log"; } | sed 's/^/    /'
  return "$rc"
}
export -f fuzz
printf '%s\n' "${parsers[@]}" | xargs -P "$jobs" -I{} bash -c 'fuzz {}' || { echo "findings: $build/found, logs: $build/*.log"; exit 1; }
