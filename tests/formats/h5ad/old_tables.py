"""Files of anndata before 0.7, whose obs is a table of records.

old_tables.py make FILE: writes one of 137 cells, as anndata 0.6 does.
old_tables.py check BEFORE AFTER: compares it, or another, with what the Appender made of it.
"""
import sys

import anndata
import h5py
import numpy as np
import pandas as pd

N_CELLS, N_GENES = 137, 53
ROW, GENE = np.arange(N_CELLS), np.arange(N_GENES)


def records(**fields):
    columns = {name: np.asarray(values) for name, values in fields.items()}
    types = [(name, values.dtype, values.shape[1:]) for name, values in columns.items()]
    table = np.empty(len(next(iter(columns.values()))), dtype=types)
    for name, values in columns.items():
        table[name] = values
    return table


def make(path):
    counts = np.where((ROW[:, None] * 31 + GENE * 17) % 7 == 0, (ROW[:, None] * GENE) % 50 + 1, 0)
    with h5py.File(path, "w") as f:
        f["X"] = counts.astype("f4")
        f["obs"] = records(
            index=[f"cell{i}".encode() for i in ROW],
            donor=(ROW % 4 - 1).astype("i1"),
            n_umi=ROW * 3,
            score=(ROW / 3).astype("f4"),
            primary=ROW % 3 == 0,
            barcode=[f"AC{i}".encode() for i in ROW],
            sctab_cell_type=(ROW % 2).astype("i1"),
        )
        f["var"] = records(
            index=[f"ENSG{i:011}".encode() for i in GENE], chromosome=(GENE % 2).astype("i1"), mean=GENE / 7
        )
        pca, umap = np.arange(N_CELLS * 3).reshape(-1, 3), np.arange(N_CELLS * 2).reshape(-1, 2)
        f["obsm"] = records(X_pca=pca.astype("f4"), X_umap=umap.astype(">f8"), depth=ROW.astype("i4"))
        f["varm"] = records(PCs=np.arange(N_GENES * 3.0).reshape(-1, 3))
        f["raw.X"] = counts.astype("f4")
        f["raw.var"] = records(index=[f"ENSG{i:011}".encode() for i in GENE])
        f["uns/donor_categories"] = np.array([b"d0", b"d1", b"d2"])
        f["uns/sctab_cell_type_categories"] = np.array([b"old", b"older"])
        f["uns/chromosome_categories"] = np.array([b"1", b"X"])
        f["uns/donor_colors"] = np.array([b"#ff0000", b"#00ff00", b"#0000ff"])


def same_frames(got, want):
    assert list(got.index) == list(want.index) and list(got.columns) == list(want.columns)
    for name in want.columns:
        if want[name].dtype.kind in "fiub":
            assert (got[name].to_numpy() == want[name].to_numpy()).all(), name
            assert got[name].dtype.kind == want[name].dtype.kind, name
        else:
            assert [str(v) for v in got[name]] == [str(v) for v in want[name]], name


def check(before_path, after_path):
    before, after = anndata.read_h5ad(before_path), anndata.read_h5ad(after_path)
    new = ["sctab_cell_type", "sctab_probability"]
    same_frames(after.obs.drop(columns=new), before.obs.drop(columns=new, errors="ignore"))
    same_frames(after.var, before.var)
    assert [str(v) for v in after.obs["sctab_cell_type"][:3]] == ["nan", "first", "second"]
    assert (after.obs["sctab_probability"] == np.float32(0.5)).all()
    for new_array, old_array in [(after.obsm, before.obsm), (after.varm, before.varm)]:
        for name in old_array:
            assert np.array_equal(np.squeeze(new_array[name]), np.squeeze(old_array[name]), equal_nan=True), name
            assert new_array[name].dtype == old_array[name].dtype.newbyteorder("="), name
    assert after.obsm["X_sctab"].shape == (after.n_obs, 4)
    assert after.uns["sctab"]["model"] == "m"
    assert set(after.uns) - {"sctab"} == set(before.uns), (set(after.uns), set(before.uns))
    assert (pd.DataFrame(np.asarray(after.X)) == pd.DataFrame(np.asarray(before.X))).all().all()
    assert abs(after.raw.X - before.raw.X).max() == 0
    assert list(after.raw.var_names) == list(before.raw.var_names)
    after.write_h5ad(after_path + ".again")
    same_frames(anndata.read_h5ad(after_path + ".again").obs, after.obs)


{"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
