#!/usr/bin/env bash
# lint.sh BUILD_FOLDER: formatting, layering, sizes, docs, and clang-tidy on files without libtorch (the others take 50 s
# each). SCTAB_TIDY: changed (default; what the last day's commits and the working tree touched, the newest 16 files),
# all, or none.
set -uo pipefail
build=$1
tidy=${SCTAB_TIDY:-changed}
failed=0

sources=$(git ls-files '*.cpp' '*.hpp')
if clang-format --dry-run -Werror $sources; then echo "format: clean"; else echo "format: run 'make format'"; failed=1; fi
python3 tools/check_layering.py || failed=1
python3 tools/check_sizes.py || failed=1
python3 tools/check_docs.py || failed=1

# The sources that this build compiles and that need no libtorch, of the paths on standard input.
torch_free() {
  local with_torch
  with_torch=$(python3 tools/check_layering.py --folders-with sctab::torch | paste -sd'|')
  grep -E '^(src|lab|apps/sctab|examples)/.*\.cpp$' | grep -vE "^($with_torch)/" | while read -r file; do
    grep -qF "/$file\"" "$build/tidy/compile_commands.json" && echo "$file"
  done
}

if [ "$tidy" != none ]; then
  [ -f "$build/CMakeCache.txt" ] || { echo "clang-tidy: no $build/CMakeCache.txt; run 'make build'"; exit 1; }
  # The same build, configured so that each file is compiled by itself: it is held to what it includes, and clang cannot
  # read g++'s precompiled headers.
  mapfile -t flags < <(sed -nE 's/^((SCTAB|CMAKE_BUILD)_[A-Z_]+):(BOOL|PATH|STRING)=(.*)/-D\1=\4/p' "$build/CMakeCache.txt")
  cmake -S . -B "$build/tidy" -G Ninja "${flags[@]}" -DSCTAB_UNITY=OFF -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null ||
    exit 1
  cmake --build "$build/tidy" --target sctab_commit >/dev/null || exit 1  # a header
  all=$(git ls-files | torch_free)
  files=$all
  if [ "$tidy" = changed ]; then
    files=$({ git diff --name-only HEAD; git log --since='24 hours ago' --name-only --format=; } |
      awk 'NF && !seen[$0]++' | torch_free | head -n 16)
  fi
  counts="$(printf '%s' "$files" | grep -c .) of $(printf '%s' "$all" | grep -c .) files"
  if echo "$files" | xargs -r -P "$(nproc)" -n 4 clang-tidy -p "$build/tidy" --quiet --extra-arg=-Wno-unknown-warning-option 2>/dev/null; then
    echo "clang-tidy: clean ($counts)"
  else
    echo "clang-tidy: complaints above ($counts)"
    failed=1
  fi
fi
exit $failed
