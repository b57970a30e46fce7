"""Opens a file before and after the Appender, and compares: results there, all else as it was.

check_appended.py BEFORE AFTER [ROOT]; ROOT: of the second, where it is a h5mu: "mod/rna"
"""
import sys

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp


def modality(path, root):
    """Of a h5mu, as an h5ad of its own."""
    with h5py.File(path) as source, h5py.File(path + ".rna.h5ad", "w") as target:
        assert source.attrs["encoding-type"] == "MuData" and "sctab_sure" not in source["obs"]
        assert "sctab" not in source["mod/prot/uns"] and "X_sctab" not in source["mod/prot/obsm"]
        for name in source[root]:
            source.copy(f"{root}/{name}", target)
        target.attrs.update(source[root].attrs)
    return path + ".rna.h5ad"


result = sys.argv[2] if len(sys.argv) == 3 else modality(sys.argv[2], sys.argv[3])
before, after = anndata.read_h5ad(sys.argv[1]), anndata.read_h5ad(result)
row = np.arange(137)
new = ["sctab_cell_type", "sctab_probability", "sctab_sure"]
assert list(after.obs.columns) == list(before.obs.columns) + new
pd.testing.assert_frame_equal(after.obs.drop(columns=new), before.obs)
pd.testing.assert_frame_equal(after.var, before.var)
labels = after.obs["sctab_cell_type"]
assert list(labels.cat.categories) == ["second0", "second1"] and (labels.cat.codes == row % 3 - 1).all()
assert (after.obs["sctab_probability"] == row.astype("f4") / np.float32(137)).all()
sure = after.obs["sctab_sure"].astype(object)
assert all(pd.isna(v) if i % 3 == 2 else str(v) == str(i % 3 == 1) for i, v in enumerate(sure))
assert after.obsm["X_sctab"].dtype == np.float32
assert (after.obsm["X_sctab"] == np.arange(137 * 4).reshape(137, 4)).all()
assert after.uns["sctab"]["model"] == "second" and after.uns["sctab"]["n_genes"] == 53
assert after.uns["sctab"]["versions"]["cl"] == "2023-07-20"
assert set(after.uns) - {"sctab"} == set(before.uns)


def same(a, b):
    return ((a != b).nnz == 0) if sp.issparse(a) else bool((a == b).all())


assert same(after.X, before.X)
for name in before.layers:
    assert same(after.layers[name], before.layers[name])
if before.raw is not None:
    assert same(after.raw.X, before.raw.X)
backed = anndata.read_h5ad(result, backed="r")
assert list(backed[3:10].obs["sctab_cell_type"].cat.codes) == list(row[3:10] % 3 - 1)
