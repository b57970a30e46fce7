"""Opens a file of converted_file_test.cpp in memory and backed, and compares everything in it."""
import sys

import anndata
import numpy as np
import pandas as pd

N_CELLS, N_GENES = 137, 53
row = np.arange(N_CELLS)
cell, gene = np.mgrid[0:N_CELLS, 0:N_GENES]
counts = np.where((cell * 31 + gene * 17) % 7 == 0, (cell * gene) % 50 + 1, 0)
counts[5] = 0

data = anndata.read_h5ad(sys.argv[1])
assert (data.X.toarray() == counts).all()
assert list(data.obs_names) == [f"cell{i}" for i in row]
assert list(data.var_names) == [f"ENSG{i:011}" for i in range(N_GENES)]
assert list(data.var["gene_symbols"]) == [f"S{i}" for i in range(N_GENES)]
obs = data.obs
assert list(obs.columns) == ["donor", "sure", "n_umi", "score", "score32", "note", "sctab_probability"]
assert obs["donor"].cat.ordered and list(obs["donor"].cat.categories) == ["d0", "dé", "d2"]
assert (obs["donor"].cat.codes == row % 4 - 1).all()
assert (obs["sure"].isna() == (row % 3 == 2)).all() and (obs["sure"].fillna(False) == (row % 3 == 1)).all()
assert (obs["n_umi"] == row * 2**40).all()
assert np.isnan(obs["score"].iloc[7]) and (obs["score"].drop("cell7") == np.delete(row / 3.0, 7)).all()
assert obs["score32"].dtype == np.float32
assert list(obs["note"]) == ["odd" if i % 2 else "" for i in row]
assert (data.obsm["X_sctab"] == np.arange(N_CELLS * 4).reshape(N_CELLS, 4)).all()
assert data.uns["sctab"]["model"] == "m"
backed = anndata.read_h5ad(sys.argv[1], backed="r")
pd.testing.assert_frame_equal(backed.obs, obs)
assert (backed[3:9].X.toarray() == counts[3:9]).all()
data.write_h5ad(sys.argv[1] + ".again")
pd.testing.assert_frame_equal(anndata.read_h5ad(sys.argv[1] + ".again").obs, obs)
