"""Opens a file of writer_test.cpp in memory and backed, and compares everything in it."""
import sys

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

N_CELLS, N_GENES = 137, 53


def example_counts():
    cell, gene = np.mgrid[0:N_CELLS, 0:N_GENES]
    counts = np.where((cell * 31 + gene * 17) % 7 == 0, (cell * gene) % 50 + 1, 0)
    counts[5] = 0
    return counts


def check_obs(obs):
    row = np.arange(N_CELLS)
    assert list(obs.columns) == ["donor", "primary", "smoker", "n_umi", "score", "score32", "barcode", "cluster"]
    assert list(obs.index) == [f"cell{i}" for i in row]
    assert list(obs["donor"].cat.categories) == ["d0", "d1", "dé"]
    assert (obs["donor"].cat.codes == row % 4 - 1).all()
    assert obs["primary"].dtype == bool and (obs["primary"] == (row % 3 == 0)).all()
    assert obs["smoker"].dtype == pd.BooleanDtype()
    assert (obs["smoker"].isna() == (row % 3 == 2)).all() and (obs["smoker"].fillna(False) == (row % 3 == 1)).all()
    assert (obs["n_umi"] == row * 1000000007 - 5).all()
    assert np.isnan(obs["score"].iloc[7])
    assert (obs["score"].drop("cell7") == np.delete(row / 3.0, 7)).all()
    assert obs["score32"].dtype == np.float32
    assert (obs["score32"] == row.astype(np.float32) / np.float32(3)).all()
    assert list(obs["barcode"]) == [f"AC{i}" for i in row]
    assert obs["cluster"].cat.ordered and list(obs["cluster"]) == [f"k{i:03}" for i in row]


def check_uns(uns):
    assert uns["title"] == "an example" and uns["n"] == 3 and uns["rate"] == 0.25
    assert int(uns["seed"]) == 2**64 - 1
    assert bool(uns["yes"]) is True and np.asarray(uns["yes"]).dtype == bool
    assert list(uns["names"]) == ["a", "b"] and list(uns["sizes"]) == [1, 2, 3]
    assert list(uns["mixed"]) == [1.0, 2.5] and len(uns["empty"]) == 0
    assert uns["inner"]["deep"] == "x"


def dense(x):
    return x.toarray() if sp.issparse(x) else np.asarray(x)


def check_slices(data, counts):
    picks = [slice(3, 40), slice(None, None, 3), [1, 100, 5, 7], np.arange(N_CELLS) % 2 == 0, 6]
    genes = [slice(2, 20), slice(None, None, 2), [52, 0, 13], np.arange(N_GENES) % 3 == 0, 4]
    for rows in picks:
        assert (dense(data[rows].X) == counts[np.atleast_1d(np.arange(N_CELLS)[rows])]).all(), rows
    for columns in genes:
        got = dense(data[:, columns].X)
        assert (got == counts[:, np.atleast_1d(np.arange(N_GENES)[columns])]).all(), columns
    assert (dense(data[[2, 9, 30], [4, 5, 50]].X) == counts[np.ix_([2, 9, 30], [4, 5, 50])]).all()
    assert (dense(data[10:50, 5:30].X) == counts[10:50, 5:30]).all()


path, index_type = sys.argv[1:]
counts = example_counts()
data = anndata.read_h5ad(path)
assert isinstance(data.X, sp.csr_matrix) and data.X.has_sorted_indices
with h5py.File(path) as f:
    assert f["X/indices"].dtype == index_type and f["X/indptr"].dtype == index_type
    assert set(f["X"]) == {"data", "indices", "indptr"}
assert (data.X.toarray() == counts).all()
assert list(data.var_names) == [f"ENSG{i:011}" for i in range(N_GENES)]
check_obs(data.obs)
check_uns(data.uns)
check_slices(data, counts)
assert data[10:10].X.shape == (0, N_GENES)  # backed, anndata 0.8 fails on this for its own files too
assert (data.X.astype(np.float64).sum(axis=1).A1 == counts.sum(axis=1)).all()
backed = anndata.read_h5ad(path, backed="r")
assert backed.isbacked
check_obs(backed.obs)
check_slices(backed, counts)
data.write_h5ad(path + ".again")
assert (anndata.read_h5ad(path + ".again").X.toarray() == counts).all()
