#!/usr/bin/env bash
# bench.sh BUILD_FOLDER: every benchmark of the project, then dense PyTorch where SCTAB_BENCH_REFERENCE names bench_torch.py.
set -euo pipefail
build=$1
for bench in "$build"/bench_*; do
  [ -x "$bench" ] || continue
  echo "== $(basename "$bench")"
  "$bench"
done
reference=${SCTAB_BENCH_REFERENCE:-../shared/reference/bench_torch.py}
if [ -f "$reference" ] && /usr/bin/python3 -c 'import torch' 2>/dev/null; then
  echo "== dense PyTorch ($reference)"
  /usr/bin/python3 "$reference"
else
  echo "dense PyTorch left out: it needs python3-torch and SCTAB_BENCH_REFERENCE=path/to/bench_torch.py"
fi
