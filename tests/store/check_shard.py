"""check_shard.py SHARD FOLDER DTYPE: a shard must be what FOLDER/counts.tsv and obs.tsv say, however it is opened."""
import sys

import anndata
import numpy as np
import pandas as pd
import scipy.sparse as sp


def check(found, expected, what):
    difference = sp.csr_matrix(found, dtype=np.float64) - expected
    assert abs(difference).max() == 0, f"{what}: counts differ"


shard, folder, dtype = sys.argv[1:]
whole = anndata.read_h5ad(shard)
counts = pd.read_csv(f"{folder}/counts.tsv", sep="\t", names=["row", "gene", "count"])
genes = whole.var_names.get_indexer(counts.gene)
assert (genes >= 0).all()
expected = sp.csr_matrix((counts["count"].to_numpy(float), (counts.row, genes)), shape=whole.shape)

assert sp.isspmatrix_csr(whole.X) and whole.X.dtype == dtype, (type(whole.X), whole.X.dtype)
assert whole.X.indices.dtype == np.int32 and whole.X.indptr.dtype == np.int32
assert whole.X.has_sorted_indices
assert whole.obs_names.is_unique and whole.obs_names[3] == "train-3"
assert list(whole.var.columns) == ["gene_symbol"] and whole.var_names[0].startswith("ENSG")
assert (whole.var.gene_symbol.str[4:].astype(int) == whole.var_names.str[4:].astype(int)).all()

obs = pd.read_csv(f"{folder}/obs.tsv", sep="\t", dtype={"donor": str})
assert list(whole.obs.columns) == ["cell_type", "cell_type_ontology_term_id", "donor", "dataset", "assay", "tissue",
                                   "tissue_general", "disease", "source_row"]
for column in ["cell_type", "cell_type_ontology_term_id", "donor"]:
    assert whole.obs[column].dtype == "category"
    found = whole.obs[column].astype(object).where(whole.obs[column].notna(), None)
    wanted = obs[column].astype(object).where(obs[column].notna(), None)
    assert list(found) == list(wanted), column
assert whole.obs.donor.isna().any(), "cells without a donor are missing values"
assert "never used" in whole.obs.tissue.cat.categories
assert whole.obs.source_row.dtype == np.int64
assert (whole.obs.source_row.to_numpy() == obs.source_row.to_numpy()).all()

check(whole.X, expected, "whole")
rows = np.array([5, 3, 700, 700 + 1, len(obs) - 1])
some_genes = np.array([7, 0, 999])
mask = (whole.obs.cell_type == "type 1").to_numpy()
backed = anndata.read_h5ad(shard, backed="r")
for how, data in [("in memory", whole), ("backed", backed)]:
    check(data[10:50].X[:], expected[10:50], f"{how}: slice")
    check(data[mask].X[:], expected[mask], f"{how}: mask")
    check(data[np.sort(rows)].X[:], expected[np.sort(rows)], f"{how}: rows")
check(whole[rows].X, expected[rows], "rows in any order")
check(whole[:, some_genes].X, expected[:, some_genes], "genes")
check(whole[mask][:, some_genes].copy().X, expected[mask][:, some_genes], "both, copied")
check(backed[100:200].to_memory().X, expected[100:200], "backed: to memory")
