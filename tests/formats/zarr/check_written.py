"""Opens the zarrs of labelled_copy_test.cpp with anndata and zarr of any version, and compares the results in them.
usage: check_written.py ZARR…   folders and .zip files"""
import os
import sys
import warnings
import zipfile

import anndata
import numpy as np
import zarr

warnings.simplefilter("ignore")
TYPES = ["B cell", "T cell é"]


def version_of(path):
    if not path.endswith(".zip"):
        return 3 if os.path.exists(os.path.join(path, "zarr.json")) else 2
    with zipfile.ZipFile(path) as members:
        return 3 if "zarr.json" in members.namelist() else 2


def read(path):
    if not path.endswith(".zip"):
        return anndata.read_zarr(path)
    zip_store = zarr.storage.ZipStore if hasattr(zarr.storage, "ZipStore") else zarr.ZipStore
    return anndata.read_zarr(zip_store(path, mode="r"))


def check(path):
    data = read(path)
    n = data.n_obs
    row = np.arange(n)
    obs = data.obs
    assert list(obs["sctab_cell_type"].cat.categories) == TYPES
    assert (obs["sctab_cell_type"].cat.codes == row % 3 - 1).all()
    assert (obs["sctab_probability"].to_numpy() == (row / 2).astype("f4")).all()
    assert (obs["all"] == (row % 2 == 1)).all()
    some = obs["some"]  # a category of text in tables before anndata 0.8
    assert (some.isna() == (row % 3 == 2)).all()
    assert [str(value) for value in some.dropna()] == [str(i % 3 == 1) for i in row if i % 3 != 2]
    assert (obs["integers"] == row - 1).all()
    assert (np.asarray(data.obsm["X_sctab"]).ravel() == np.arange(5 * n)).all()
    uns = data.uns["sctab"]
    assert str(uns["model"]) == "é" and int(uns["n"]) == 3 and float(uns["x"]) == 2.5 and bool(uns["yes"]) is True
    assert list(uns["names"]) == ["a", "bb"] and str(uns["none"]) == "" and list(uns["sizes"]) == [1, 2]
    assert str(uns["inner"]["deep"]) == "x" and len(uns["empty"]) == 0


readable = [name for name in sys.argv[1:] if version_of(name) <= int(zarr.__version__.split(".")[0])]
n_read = 0
for name in readable:
    try:
        check(name)
        n_read += 1
    except Exception as error:  # what anndata before 0.12 does not read in the zarr that was copied either
        if "encoding_type='null'" not in str(error):
            raise
print("anndata", anndata.__version__, "zarr", zarr.__version__, "read", n_read)
assert n_read > 0
