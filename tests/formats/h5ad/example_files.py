"""Writes the example cells (see example_cells.cpp) in many of the ways in which .h5ad files are found in the wild."""
import os
import sys

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp
from anndata.experimental import write_elem

N_CELLS, N_GENES = 137, 53
ROW = np.arange(N_CELLS)


def example_counts():
    cell, gene = np.mgrid[0:N_CELLS, 0:N_GENES]
    counts = np.where((cell * 31 + gene * 17) % 7 == 0, (cell * gene) % 50 + 1, 0)
    counts[5] = 0
    return counts


def obs_table():
    return pd.DataFrame(
        {
            "donor": pd.Categorical.from_codes(ROW % 4 - 1, ["d0", "d1", "dé"]),
            "leiden": pd.Categorical.from_codes(ROW % 2, [10, 20], ordered=True),
            "tissue": np.where(ROW % 2 == 0, "blood", "liver"),
            "barcode": [f"AC{i}" for i in ROW],
            "is_primary_data": ROW % 3 == 0,
            "n_umi": ROW.astype(np.int64) * 1000000007 - 5,
            "n_genes": ROW.astype(np.uint8),
            "score": np.where(ROW == 7, np.nan, ROW / 3.0),
            "score32": ROW.astype(np.float32) / np.float32(3),
            "age": pd.array([None if i == 9 else int(i) for i in ROW], dtype="Int64"),
            "year": pd.array([int(i) for i in ROW], dtype="Int32"),
            "smoker": pd.array([[False, True, None][i % 3] for i in ROW], dtype="boolean"),
            "donor_id": [np.nan if i == 3 else f"p{i % 5}" for i in ROW],
        },
        index=[f"cell{i}" for i in ROW],
    )


def var_table():
    ids = [f"ENSG{i:011}" for i in range(N_GENES)]
    return pd.DataFrame({"feature_name": [f"GENE{i}" for i in range(N_GENES)]}, index=ids)


def table(x):
    data = anndata.AnnData(sp.csr_matrix((N_CELLS, N_GENES), dtype=np.float32), obs=obs_table(), var=var_table())
    data.obs["donor_id"] = data.obs["donor_id"].astype("category")
    data.X = x
    return data


def replace_dataset(group, name, values, **options):
    attributes = dict(group[name].attrs)
    del group[name]
    dataset = group.create_dataset(name, data=values, **options)
    dataset.attrs.update(attributes)


def write_matrices(folder, counts):
    for kind in ["f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
        for layout, convert in [("csr", sp.csr_matrix), ("csc", sp.csc_matrix), ("dense", np.asarray)]:
            table(convert(counts.astype(kind))).write_h5ad(f"{folder}/{layout}-{kind}.h5ad")
    for compression in ["gzip", "lzf"]:
        table(sp.csr_matrix(counts, dtype="f4")).write_h5ad(f"{folder}/csr-{compression}.h5ad", compression=compression)
        table(sp.csc_matrix(counts, dtype="f4")).write_h5ad(f"{folder}/csc-{compression}.h5ad", compression=compression)
        table(counts.astype("f4")).write_h5ad(f"{folder}/dense-{compression}.h5ad", compression=compression)


def write_odd_matrices(folder, counts):
    """Each of these takes a plain file and stores one thing of it in another way."""
    matrix = sp.csr_matrix(counts, dtype="f4")

    def plain(name, x=matrix):
        path = f"{folder}/{name}.h5ad"
        table(x).write_h5ad(path)
        return h5py.File(path, "r+")

    with plain("csr-int64-indices") as f:
        replace_dataset(f["X"], "indices", matrix.indices.astype("i8"), chunks=(100,), compression="gzip", shuffle=True)
        replace_dataset(f["X"], "indptr", matrix.indptr.astype("i8"))
    with plain("csr-int64-indptr") as f:
        replace_dataset(f["X"], "indptr", matrix.indptr.astype("i8"))
    with plain("csr-uint32-indices") as f:
        replace_dataset(f["X"], "indices", matrix.indices.astype("u4"))
    with plain("csr-real-indices") as f:
        replace_dataset(f["X"], "indices", matrix.indices.astype("f8"))
    with plain("csr-big-endian") as f:
        replace_dataset(f["X"], "data", matrix.data.astype(">f4"), chunks=(64,), compression="gzip", shuffle=True)
        replace_dataset(f["X"], "indices", matrix.indices.astype(">i4"), chunks=(64,))
    with plain("csr-half") as f:
        replace_dataset(f["X"], "data", matrix.data.astype("f2"))
    with plain("csr-checksummed") as f:
        replace_dataset(f["X"], "data", matrix.data, chunks=(64,), compression="gzip", fletcher32=True)
    with plain("csr-lzf-shuffled") as f:
        replace_dataset(f["X"], "data", matrix.data, chunks=(50,), compression="lzf", shuffle=True)
        # Values without order do not shrink: h5py then stores the chunk without the filter.
        replace_dataset(f["X"], "indices", matrix.indices, chunks=(3,), compression="lzf")
    with plain("csr-one-chunk") as f:
        replace_dataset(f["X"], "data", matrix.data, chunks=(matrix.nnz,), compression="gzip")
    with plain("csr-chunks-of-one") as f:
        replace_dataset(f["X"], "indices", matrix.indices, chunks=(1,))
    with plain("csr-unsorted") as f:
        data, indices, indptr = [], [], [0]
        for cell in range(N_CELLS):
            row = matrix[cell]
            # Backwards, the first value in two parts, and one zero written out.
            order = list(range(row.nnz))[::-1]
            indices += [row.indices[i] for i in order]
            data += [row.data[i] for i in order]
            if order:
                data[-1] -= 0.5
                indices.append(row.indices[0])
                data.append(0.5)
            absent = int(np.flatnonzero(counts[cell] == 0)[0])
            indices.append(absent)
            data.append(0.0)
            indptr.append(len(data))
        replace_dataset(f["X"], "data", np.array(data, dtype="f4"))
        replace_dataset(f["X"], "indices", np.array(indices, dtype="i4"))
        replace_dataset(f["X"], "indptr", np.array(indptr, dtype="i4"))
    with plain("csr-h5sparse") as f:
        x = f["X"]
        x.attrs["h5sparse_format"], x.attrs["h5sparse_shape"] = "csr", np.array([N_CELLS, N_GENES])
        for name in ["encoding-type", "encoding-version", "shape"]:
            del x.attrs[name]
    with h5py.File(f"{folder}/csr-latest.h5ad", "w", libver="latest") as f:
        write_elem(f, "/", table(matrix), dataset_kwargs={"compression": "gzip"})
    with plain("csr-fixed-text") as f:
        for path in ["obs/donor/categories", "obs/tissue/categories", "obs/_index", "var/_index"]:
            group, name = path.rsplit("/", 1)
            texts = [t.encode() for t in f[path].asstr()[:]]
            replace_dataset(f[group], name, np.array(texts))
    with plain("dense-tall-chunks", counts.astype("f4")) as f:
        replace_dataset(f, "X", counts.astype("f4"), chunks=(100, 10), compression="gzip")
    with plain("dense-one-chunk", counts.astype("f4")) as f:
        replace_dataset(f, "X", counts.astype("i2"), chunks=counts.shape, compression="lzf")
    with plain("csr-no-attributes") as f:
        for name in ["obs", "var", "obsm", "uns", "layers"]:
            for attribute in ["encoding-type", "encoding-version"]:
                del f[name].attrs[attribute]
        del f["obs"].attrs["column-order"]


def write_with_counts_elsewhere(folder, counts):
    logs = sp.csr_matrix(np.log1p(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) * 1e4), dtype="f4")
    data = table(sp.csr_matrix(counts, dtype="f4"))
    data.raw = data
    data = data[:, :20].copy()
    data.X = logs[:, :20]
    data.write_h5ad(f"{folder}/raw.h5ad")

    data = table(logs)
    data.layers["counts"] = sp.csc_matrix(counts, dtype="i4")
    data.layers["dense"] = counts.astype("f4")
    data.write_h5ad(f"{folder}/layers.h5ad")

    table(logs).write_h5ad(f"{folder}/log-only.h5ad")
    table(sp.csr_matrix(counts * 1.37, dtype="f4")).write_h5ad(f"{folder}/expected-counts.h5ad")
    table((counts - 3).astype("f4") / 2).write_h5ad(f"{folder}/scaled.h5ad")

    data = table(sp.csr_matrix(counts, dtype="f4"))
    data.var["gene_ids"] = data.var_names
    data.var_names = data.var["feature_name"].tolist()
    data.var["gene_ids"] = ["nan" if i == 4 else g for i, g in enumerate(data.var["gene_ids"])]
    data.write_h5ad(f"{folder}/symbols.h5ad")


def to_legacy(f):
    """Turns a file into the encoding of anndata 0.7: fewer marks, categories of a table in one group."""
    for name in ["encoding-type", "encoding-version"]:
        for group in [f, f["obsm"], f["varm"], f["obsp"], f["varp"], f["layers"], f["uns"]]:
            group.attrs.pop(name, None)
    for name in ["obs", "var"]:
        frame = f[name]
        frame.attrs["encoding-version"] = "0.1.0"
        for column in list(frame):
            item = frame[column]
            if isinstance(item, h5py.Dataset):
                for attribute in ["encoding-type", "encoding-version"]:
                    item.attrs.pop(attribute, None)
                continue
            if "codes" not in item:
                del frame[column]
                continue
            codes, categories, ordered = item["codes"][:], item["categories"], bool(item.attrs["ordered"])
            kept = frame.require_group("__categories").create_dataset(column, data=categories[:], dtype=categories.dtype)
            kept.attrs["ordered"] = ordered
            del frame[column]
            frame.create_dataset(column, data=codes).attrs["categories"] = kept.ref
        order = [c for c in frame.attrs["column-order"] if c in frame]
        frame.attrs["column-order"] = np.array(order, dtype=h5py.string_dtype())


def write_legacy(folder, counts):
    data = table(sp.csr_matrix(counts, dtype="f4"))
    data.uns["title"] = "legacy"
    data.write_h5ad(f"{folder}/legacy.h5ad")
    with h5py.File(f"{folder}/legacy.h5ad", "r+") as f:
        to_legacy(f)


def write_records(folder, counts):
    """Tables of records, as anndata before 0.7 wrote dataframes, with text of fixed and of variable length."""
    obs = np.zeros(N_CELLS, dtype=[("index", "S8"), ("donor", "i1"), ("barcode", h5py.string_dtype()), ("score", ">f8")])
    obs["index"], obs["donor"], obs["score"] = [f"cell{i}" for i in ROW], ROW % 4 - 1, ROW / 3.0
    obs["barcode"] = [f"AC{i}" for i in ROW]
    var = np.zeros(N_GENES, dtype=[("index", h5py.string_dtype())])
    var["index"] = [f"ENSG{i:011}" for i in range(N_GENES)]
    for name, options in [("records", {}), ("records-gzip", {"chunks": (50,), "compression": "gzip", "shuffle": True})]:
        with h5py.File(f"{folder}/{name}.h5ad", "w") as f:
            f.create_dataset("obs", data=obs, **options)
            f.create_dataset("var", data=var, **options)
            f["X"] = counts.astype("f4")
            f["uns/donor_categories"] = np.array([b"d0", b"d1", b"d2"])


folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
counts = example_counts()
write_matrices(folder, counts)
write_odd_matrices(folder, counts)
write_with_counts_elsewhere(folder, counts)
write_legacy(folder, counts)
write_records(folder, counts)
