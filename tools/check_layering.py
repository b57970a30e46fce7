#!/usr/bin/env python3
"""Checks that each module includes only what docs/design.md lets it use, and that nothing includes apps/ or python/.

The order of MODULES is the order of the design; the second column is what the module may use directly.
"""
import pathlib
import re
import sys

BELOW = "all above"
MODULES = {
    "core": [],
    "report": ["core"],
    "sparse": ["core"],
    "ontology": ["core"],
    "parquet": ["core"],
    "anndata": ["core", "sparse"],
    "simulate": ["core", "sparse", "ontology", "anndata"],
    "store": ["core", "sparse", "anndata"],
    "corpus": ["core", "report", "sparse", "ontology", "anndata", "store"],
    "kernels": ["core", "sparse"],
    "augmentation": ["core", "report", "sparse", "anndata", "store", "kernels"],
    "nn": ["core", "sparse", "kernels"],
    "metrics": ["core", "ontology"],
    "published": ["core", "sparse", "ontology", "parquet", "anndata", "store", "augmentation", "nn", "metrics"],
    "train": ["core", "sparse", "ontology", "store", "kernels", "augmentation", "nn", "metrics"],
    "baselines": ["core", "sparse", "store", "kernels", "nn", "metrics", "train"],
    "benchmark": ["core", "simulate", "store", "corpus", "kernels", "augmentation", "nn", "metrics", "train", "baselines",
                  "report"],
    "annotate": ["core", "sparse", "ontology", "anndata", "kernels", "nn", "metrics"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
TORCH = re.compile(r"^(torch|ATen|c10)/")
HDF5 = re.compile(r"^(hdf5|H5\w+)\.h$")
DUCKDB = re.compile(r"^duckdb\.h$")
TORCH_MODULES = {"nn", "published", "train"}
HDF5_MODULES = {"anndata", "store"}
DUCKDB_MODULES = {"parquet"}


def complaints(root):
    for path in sorted(p for p in (root / "src" / "sctab").rglob("*") if p.suffix in {".hpp", ".cpp", ".cu", ".cuh"}):
        module = path.relative_to(root / "src" / "sctab").parts[0]
        if module not in MODULES:
            yield f"{path}: module '{module}' is not in the design; add it to tools/check_layering.py and docs/design.md"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            included = match.group(1)
            where = f"{path.relative_to(root)}:{number}"
            if included.startswith("sctab/"):
                other = included.split("/")[1]
                if other != module and other not in MODULES[module]:
                    yield f"{where}: {module} may not use {other} (it may use: {', '.join(MODULES[module]) or 'nothing'})"
            elif included.startswith(("apps/", "python/")):
                yield f"{where}: nothing may include {included}"
            elif TORCH.match(included) and module not in TORCH_MODULES:
                yield f"{where}: torch belongs to {', '.join(sorted(TORCH_MODULES))}, not to {module}"
            elif HDF5.match(included) and module not in HDF5_MODULES:
                yield f"{where}: HDF5 belongs to {', '.join(sorted(HDF5_MODULES))}, not to {module}"
            elif DUCKDB.match(included) and module not in DUCKDB_MODULES:
                yield f"{where}: DuckDB belongs to {', '.join(sorted(DUCKDB_MODULES))}, not to {module}"


def main():
    found = list(complaints(pathlib.Path(__file__).resolve().parent.parent))
    for line in found:
        print(line)
    print(f"layering: {len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
