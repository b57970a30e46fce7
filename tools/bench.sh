#!/usr/bin/env bash
# bench.sh BUILD_FOLDER [modules]: the table of ratios and BUILD_FOLDER/bench.json, next to dense PyTorch where
# SCTAB_BENCH_REFERENCE names bench_torch.py and python3-torch is there; or every benchmark of the modules.
# SCTAB_BENCH_THREADS: 4. SCTAB_BENCH_QUICK=1: a smoke run. See docs/performance.md.
set -euo pipefail
build=$1 what=${2:-ratios}
if [ "$what" = modules ]; then
  for bench in "$build"/bench_*; do
    { [ -f "$bench" ] && [ -x "$bench" ] && [ "$(basename "$bench")" != bench_ratios ]; } || continue
    echo "== $(basename "$bench")"
    "$bench"
  done
  exit
fi
reference=${SCTAB_BENCH_REFERENCE:-../shared/reference/bench_torch.py}
[ -f "$reference" ] || reference=
# What sctab chooses for its libraries is part of what is measured.
unset OPENBLAS_CORETYPE OMP_WAIT_POLICY GOMP_SPINCOUNT
SCTAB_BENCH_REFERENCE=$reference exec "$build/bench_ratios"
