"""mudata_files.py FOLDER: MuData files: four cells of RNA, three of them with antibody counts too."""
import sys

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp
from anndata.experimental import write_elem

folder = sys.argv[1]
COUNTS = np.array([[0, 1, 2], [3, 0, 0], [0, 5, 0], [0, 0, 400]], dtype="f4")
RNA = ad.AnnData(
    sp.csr_matrix(COUNTS),
    obs=pd.DataFrame({"leiden": ["0", "1", "1", "0"]}, index=["a", "b", "c", "d"], dtype="category"),
    var=pd.DataFrame(index=[f"ENSG0000000000{i}" for i in range(3)]),
)
PROTEIN = ad.AnnData(
    np.arange(6, dtype="f4").reshape(3, 2),
    obs=pd.DataFrame(index=["d", "c", "a"]),
    var=pd.DataFrame(index=["CD3", "CD19"]),
)


def write(name, modalities, obs, axis=0):
    with h5py.File(f"{folder}/{name}.h5mu", "w") as f:
        f.attrs.update({"encoding-type": "MuData", "encoding-version": "0.1.0", "axis": axis})
        for key, cells in modalities.items():
            write_elem(f, f"mod/{key}", cells)
        if obs is not None:
            write_elem(f, "obs", obs)


both = {"rna": RNA, "prot": PROTEIN}
# The cells of all modalities in an order of their own.
shared = pd.DataFrame(
    {
        "donor": pd.Categorical(["p2", "p1", "p2", "p1"]),
        "n": [30, 10, 20, 40],
        "rna:leiden": pd.Categorical(["9", "9", "9", "9"]),
        "rna:phase": pd.Categorical(["S", "G1", "G1", "S"]),
        "prot:isotype": [1.0, 2.0, 3.0, 4.0],
        "site:kind": [True, False, True, False],
    },
    index=["c", "a", "b", "d"],
)
write("both", both, shared)
write("no-obs", both, None)
write("other-cells", both, shared.set_axis(["c", "a", "b", "x"], axis=0))
write("repeated-cells", both, pd.concat([shared, shared]))
# Genes are shared and cells are not: obs has those of all modalities.
write("axis-1", {"rna": RNA, "atac": ad.AnnData(COUNTS[:2], obs=pd.DataFrame(index=["x", "y"]), var=RNA.var)},
      pd.concat([shared, shared.iloc[:2].set_axis(["x", "y"], axis=0)]), axis=1)
write("only-one", {"gex": RNA}, shared)
write("seurat", {"ADT": PROTEIN, "RNA": RNA}, shared)
write("none-named-rna", {"gex": RNA, "prot": PROTEIN}, shared)
with h5py.File(f"{folder}/empty.h5mu", "w") as f:
    f.create_group("mod")
RNA.write_h5ad(f"{folder}/plain.h5ad")
