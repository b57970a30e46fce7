#!/usr/bin/env python3
"""check_annotated.py BEFORE AFTER CSV: AFTER is BEFORE with sctab's results added and nothing else changed.

Compares every HDF5 object of the two (kind, type, shape, storage, bytes, attributes), then opens AFTER with anndata, in memory
and backed, slices it, writes it again, and compares the labels with the csv. Exits with 1 and says what differs.
"""
import csv
import sys
import tempfile

import anndata
import h5py
import numpy as np

OBS = ("sctab_cell_type", "sctab_cell_type_ontology_term_id", "sctab_probability", "sctab_uncertainty")
ADDED = tuple(f"obs/{name}" for name in OBS) + tuple(f"obs/__categories/{name}" for name in OBS) + ("obsm/X_sctab", "uns/sctab")


def objects(file):
    names = [""]
    file.visit(names.append)
    return {n for n in names if not any(n == a or n.startswith(a + "/") for a in ADDED)}


def same(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype == object or a.dtype.names:
        return a.tolist() == b.tolist()
    return a.tobytes() == b.tobytes()


def attributes(thing):
    values = dict(thing.attrs)
    if "column-order" in values:
        values["column-order"] = np.array([c for c in values["column-order"] if c not in OBS], dtype=object)
    return values


def compare(before, after):
    old, new = objects(before), objects(after)
    grown = {"obsm", "uns", "obs/__categories"} - old  # groups that may have to be made first
    assert old == new - grown, f"objects lost {old - new} or added {new - grown - old}"
    for name in sorted(old):
        a, b = (f[name] if name else f for f in (before, after))
        assert type(a) is type(b), name
        x, y = attributes(a), attributes(b)
        assert x.keys() == y.keys(), f"{name}: attributes {set(x) ^ set(y)}"
        for key in x:
            if not isinstance(x[key], h5py.Reference):
                assert same(x[key], y[key]), f"{name}: attribute {key} was {x[key]} and is {y[key]}"
        if isinstance(a, h5py.Dataset):
            assert (a.dtype, a.shape, a.chunks, a.compression) == (b.dtype, b.shape, b.chunks, b.compression), name
            if a.dtype != h5py.ref_dtype:
                assert same(a[()], b[()]), f"{name}: values changed"


def check_results(path, csv_path):
    cells = anndata.read_h5ad(path)
    assert str(cells.obs[OBS[0]].dtype) == "category" and str(cells.obs[OBS[1]].dtype) == "category"
    for name in OBS[2:]:
        assert cells.obs[name].dtype == np.float32 and cells.obs[name].between(0, 1).all()
    assert cells.obsm["X_sctab"].dtype == np.float32 and np.isfinite(cells.obsm["X_sctab"]).all()
    assert not cells.obs[list(OBS)].isna().any().any()
    for key in ("model", "model_hash", "cell_ontology_version", "genes_found", "genes_of_model", "counts_source", "input",
                "sctab_version"):
        assert key in cells.uns["sctab"], key
    with open(csv_path, newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["cell", "cell_type", "cell_type_ontology_term_id", "probability", "uncertainty"]
    assert [r[0] for r in rows[1:]] == cells.obs_names.tolist()
    assert [r[1] for r in rows[1:]] == cells.obs[OBS[0]].tolist()
    assert [r[2] for r in rows[1:]] == cells.obs[OBS[1]].tolist()
    for i in (2, 3):
        assert np.array_equal(np.array([r[i + 1] for r in rows[1:]], dtype=np.float32), cells.obs[OBS[i]].to_numpy())
    assert np.array_equal(1 - cells.obs[OBS[2]].to_numpy(), cells.obs[OBS[3]].to_numpy())
    return cells


def check_slices(path, cells):
    half = np.arange(cells.n_obs) % 2 == 0
    label = cells.obs[OBS[0]].iloc[0]
    with tempfile.TemporaryDirectory() as folder:
        for part in (cells[half], cells[cells.obs[OBS[0]] == label], cells[:5, :7]):
            part.copy().write_h5ad(f"{folder}/part.h5ad")
            again = anndata.read_h5ad(f"{folder}/part.h5ad")
            assert again.obs[OBS[0]].tolist() == part.obs[OBS[0]].tolist()
            assert np.array_equal(again.obsm["X_sctab"], part.obsm["X_sctab"])
        backed = anndata.read_h5ad(path, backed="r")
        part = backed[10:20].to_memory()
        assert part.obs[OBS[1]].tolist() == cells.obs[OBS[1]].iloc[10:20].tolist()
        assert np.array_equal(part.obsm["X_sctab"], cells.obsm["X_sctab"][10:20])
        backed.file.close()


def main(before, after, csv_path):
    with h5py.File(before, "r") as a, h5py.File(after, "r") as b:
        compare(a, b)
    check_slices(after, check_results(after, csv_path))


if __name__ == "__main__":
    main(*sys.argv[1:])
