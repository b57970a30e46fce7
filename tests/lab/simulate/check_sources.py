"""Opens a folder that `sctab simulate` made with the anndata package, whole and backed, and checks it against truth.json."""
import json
import pathlib
import sys

import anndata
import numpy as np

folder = pathlib.Path(sys.argv[1])
truth = json.load(open(folder / "truth.json"))
genes = [line.split(",")[0] for line in open(folder / "genes.csv")][1:]
n_cells = 0
for source in truth["sources"]:
    cells = anndata.read_h5ad(folder / source["file"])
    assert cells.shape == (source["cells"], len(genes)), cells.shape
    assert list(cells.var_names) == genes
    assert cells.obs_names.is_unique and cells.var_names.is_unique
    assert cells.X.has_sorted_indices and (cells.X.data >= 1).all() and (cells.X.data % 1 == 0).all()
    assert (np.diff(cells.X.indptr) > 0).all(), "an empty cell"
    assert set(cells.obs["tissue"]) <= set(source["tissues"])
    assert len(set(cells.obs["donor_id"]) - {"unknown"}) == source["donors"]
    assert cells.obs["is_primary_data"].dtype == bool
    assert cells.obs["cell_type"].dtype == "category"
    backed = anndata.read_h5ad(folder / source["file"], backed="r")
    assert (backed[5:30].X.toarray() == cells[5:30].X.toarray()).all()
    n_cells += cells.n_obs
assert n_cells == truth["options"]["n_cells"]
