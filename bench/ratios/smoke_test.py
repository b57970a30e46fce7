#!/usr/bin/env python3
"""smoke_test.py BENCH_RATIOS FOLDER: a quick run writes every entry that bench.json promises, each a finite positive
number, and a setting that is none is refused in one line."""
import json
import math
import os
import pathlib
import subprocess
import sys

KEYS = """train_cells_per_s infer_cells_per_s train_dense_cells_per_s infer_dense_cells_per_s
train_from_store_cells_per_s annotate_file_cells_per_s loader_cells_per_s threads peak_train_bytes
train_first_steps_cells_per_s infer_first_steps_cells_per_s train_dense_vectors_cells_per_s
train_same_cells_in_memory_cells_per_s infer_same_cells_in_memory_cells_per_s
support_new support_after_first_steps support_trained""".split()
KERNELS = "csr_projection gene_projection attention_mask/0 masked_gene_projection gated_norm adamw_step".split()


def run(program, folder, **variables):
    environment = os.environ | {
        "SCTAB_BENCH_QUICK": "1",
        "SCTAB_BENCH_THREADS": "4",
        "SCTAB_BENCH_REFERENCE": "",
        "SCTAB_BENCH_DATA": str(folder / "data"),
        "SCTAB_BENCH_JSON": str(folder / "bench.json"),
    } | variables
    return subprocess.run([program], env=environment, capture_output=True, text=True)


def is_positive(value):
    return isinstance(value, (int, float)) and math.isfinite(value) and value > 0


def complaints(program, folder):
    (folder / "bench.json").unlink(missing_ok=True)
    finished = run(program, folder)
    if finished.returncode != 0:
        yield f"exit code {finished.returncode}: {finished.stderr}"
        return
    results = json.loads((folder / "bench.json").read_text())
    for key in KEYS:
        if not is_positive(results.get(key)):
            yield f"bench.json: {key} is {results.get(key)}"
    for kernel in KERNELS:
        if not is_positive(results["kernels"].get(kernel, {}).get("ms")):
            yield f"bench.json: kernel {kernel} is {results['kernels'].get(kernel)}"
    if results["threads"] != 4 or results["quick"] is not True:
        yield f"bench.json: threads {results['threads']}, quick {results['quick']}"
    for title in ("train, trained masks", "loader, shuffled batches", "SCTAB_BENCH_QUICK"):
        if title not in finished.stdout:
            yield f"the table has no line on: {title}"

    refused = run(program, folder, SCTAB_BENCH_THREADS="many")
    if refused.returncode != 2 or refused.stderr.count("\n") != 1 or "SCTAB_BENCH_THREADS" not in refused.stderr:
        yield f"SCTAB_BENCH_THREADS=many: exit code {refused.returncode}: {refused.stderr}"


def main():
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    found = list(complaints(sys.argv[1], folder))
    print("\n".join(found) if found else "every entry is there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
