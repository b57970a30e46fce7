#!/usr/bin/env python3
"""Checks the include graph against cmake/modules.txt: a module includes only itself and what its row lists, which must
be above it; headers of torch, HDF5 and the like only where the row names the library; and src/ never includes lab/,
apps/ or tests/. --print prints the graph, --folders-with LIBRARY the folders of the modules that use a library.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
LIBRARY_HEADERS = {
    "sctab::torch": re.compile(r"^(torch|ATen|c10)/"),
    "sctab::hdf5": re.compile(r"^(hdf5|H5\w+)\.h$"),
    "sctab::duckdb": re.compile(r"^duckdb\.h$"),
    "sctab::xgboost": re.compile(r"^xgboost/"),
    "sctab::hwy": re.compile(r"^hwy/"),
    "sctab::eigen": re.compile(r"^Eigen/"),
    "sctab::tomlplusplus": re.compile(r"^toml\+\+/"),
}


def read_modules():
    """name -> (folder, modules it may use, libraries), in the order of the layers."""
    modules = {}
    for line in (ROOT / "cmake" / "modules.txt").read_text().splitlines():
        if line.startswith("#") or "|" not in line:
            continue
        name, uses, libraries = (field.strip() for field in line.split("|"))
        folder = ROOT / name if name.startswith("lab/") else ROOT / "src" / "sctab" / name
        modules[name] = (folder, uses.split(), libraries.split())
    return modules


def module_of(included, modules):
    """The module that a project header belongs to; None for other headers, "?" where no row names it."""
    if included.startswith("lab/"):
        name = "/".join(included.split("/")[:2])
    elif included.startswith("sctab/"):
        name = included.split("/")[1]
    else:
        return None
    return name if name in modules else "?"


def complaints_about_rows(modules):
    above = set()
    for name, (folder, uses, _) in modules.items():
        for used in uses:
            if used not in above:
                yield f"cmake/modules.txt: {name} uses {used}, which is not above it"
        if not name.startswith("lab/") and any(used.startswith("lab/") for used in uses):
            yield f"cmake/modules.txt: {name} uses the lab, which the product never does"
        if not folder.is_dir():
            yield f"cmake/modules.txt: {name} has no folder {folder.relative_to(ROOT)}"
        above.add(name)
    for parent, prefix in ((ROOT / "src" / "sctab", ""), (ROOT / "lab", "lab/")):
        for folder in sorted(parent.iterdir()):
            if folder.is_dir() and prefix + folder.name not in modules:
                yield f"{folder.relative_to(ROOT)}: no row in cmake/modules.txt"


def complaints_about_file(path, name, modules):
    _, uses, libraries = modules[name]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        included = match.group(1)
        where = f"{path.relative_to(ROOT)}:{number}"
        other = module_of(included, modules)
        if other is not None and other != name and other not in uses:
            yield f"{where}: {name} may not use {other} (it may use: {', '.join(uses) or 'nothing'})"
        if included.startswith(("apps/", "tests/")):
            yield f"{where}: a module may not include {included}"
        for library, header in LIBRARY_HEADERS.items():
            if header.match(included) and library not in libraries:
                yield f"{where}: {name} does not list {library}"


def main():
    modules = read_modules()
    if "--print" in sys.argv[1:]:
        for name, (_, uses, libraries) in modules.items():
            print(f"{name:16} {' '.join(uses)}{'  [' + ' '.join(libraries) + ']' if libraries else ''}")
        return 0
    if "--folders-with" in sys.argv[1:]:
        for folder, _, libraries in modules.values():
            if sys.argv[-1] in libraries:
                print(folder.relative_to(ROOT))
        return 0
    found = list(complaints_about_rows(modules))
    for name, (folder, _, _) in modules.items():
        for path in sorted(p for p in folder.rglob("*") if p.suffix in {".hpp", ".cpp", ".cu", ".cuh"}):
            found += complaints_about_file(path, name, modules)
    for line in found:
        print(line)
    print(f"layering: {len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
