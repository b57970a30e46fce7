#!/usr/bin/env bash
# build.sh BUILD_FOLDER JOBS TARGET [CMAKE_FLAGS…]: configures where needed and builds; the program is BUILD_FOLDER/sctab.
set -euo pipefail
build=$1 jobs=$2 target=$3
shift 3
if [ ! -f "$build/build.ninja" ] || [ $# -gt 0 ]; then
  cmake -S . -B "$build" -G Ninja "$@" >"$build.cmake.log" 2>&1 ||
    { cat "$build.cmake.log" >&2; exit 1; }
  rm -f "$build.cmake.log"
fi
# Checkouts share ccache's files wherever they are, those that use precompiled headers too.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true CCACHE_SLOPPINESS=pch_defines,time_macros
# Translation units with libtorch take up to 1.5 GB each.
memory_gb=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
most=$((memory_gb / 2 > 0 ? memory_gb / 2 : 1))
cmake --build "$build" --target "$target" --parallel $((jobs < most ? jobs : most))
