#!/usr/bin/env bash
# lint.sh BUILD_FOLDER: formatting, layering, sizes, docs; clang-tidy on the files without libtorch (the others take 50 s each).
set -uo pipefail
build=$1
failed=0

sources=$(git ls-files '*.cpp' '*.hpp')
if clang-format --dry-run -Werror $sources; then echo "format: clean"; else echo "format: run 'make format'"; failed=1; fi
python3 tools/check_layering.py || failed=1
python3 tools/check_sizes.py || failed=1
python3 tools/check_docs.py || failed=1

if [ "${SCTAB_LINT_TIDY:-1}" = 1 ]; then
  if [ ! -f "$build/compile_commands.json" ]; then
    echo "clang-tidy: needs $build/compile_commands.json; run 'make build' first" && exit 1
  fi
  torch_free=$(git ls-files 'src/*.cpp' 'lab/*.cpp' | grep -vE "^($(python3 tools/check_layering.py --folders-with sctab::torch | paste -sd'|'))/")
  # Of the two ways to read Parquet, with DuckDB and without, the build has one.
  torch_free=$(for file in $torch_free; do grep -qF "/$file\"" "$build/compile_commands.json" && echo "$file"; done)
  if echo "$torch_free" | xargs -P "$(nproc)" -n 4 clang-tidy -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option 2>/dev/null; then
    echo "clang-tidy: clean"
  else
    echo "clang-tidy: complaints above"
    failed=1
  fi
fi
exit $failed
