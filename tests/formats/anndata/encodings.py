"""encodings.py FOLDER: six cells of three genes, in encodings that /usr/bin/python3's anndata does not write."""
import sys

import h5py
import numpy as np

folder = sys.argv[1]
COUNTS = np.array([[0, 1, 2], [3, 0, 0], [0, 0, 0], [0, 5, 0], [7, 0, 9], [0, 0, 400]], dtype="f4")
LOGS = np.log1p(COUNTS / 3)
N_CELLS, N_GENES = COUNTS.shape
CELLS = [f"cell{i}" for i in range(N_CELLS)]
GENES = [f"ENSG0000000000{i}" for i in range(N_GENES)]


def sparse(parent, name, values, **attributes):
    group = parent.create_group(name)
    row, column = np.nonzero(values)
    group["data"], group["indices"] = values[row, column], column.astype("i4")
    group["indptr"] = np.concatenate([[0], np.cumsum((values != 0).sum(axis=1))]).astype("i4")
    group.attrs.update(attributes)


def h5sparse(parent, name, values):
    sparse(parent, name, values, h5sparse_format="csr", h5sparse_shape=np.array(values.shape))


def csr(parent, name, values):
    sparse(parent, name, values, **{"encoding-type": "csr_matrix", "shape": np.array(values.shape)})


def records(columns):
    """As anndata before 0.7 wrote a dataframe: one record a row."""
    table = np.empty(len(columns[0][1]), dtype=[(name, dtype) for name, _, dtype in columns])
    for name, values, _ in columns:
        table[name] = values
    return table


TEXT = h5py.string_dtype()
OBS = [
    ("index", np.array(CELLS, dtype="S5"), "S5"),
    ("donor", [0, 1, -1, 1, 0, 1], "i1"),
    ("site", [0] * N_CELLS, "i1"),
    ("cluster", [0, 1, 2, 2, 1, 0], "i1"),
    ("n_umi", [-5, 2, 3, 4, 5, 2**40], "i8"),
    ("score", np.arange(N_CELLS) / 2, "f4"),
    ("good", [True, False] * 3, "?"),
    ("big_endian", np.arange(N_CELLS) * 3, ">i4"),
    ("note", ["a", "", "c", "dé", "e", "f" * 300], TEXT),
    ("pair", np.zeros((N_CELLS, 2)), ("f4", (2,))),
]
VAR = [("index", np.array(GENES, dtype="S20"), "S20"), ("cluster", [0, 7, 1], "i1")]


def old_file(name, obs=None, **options):
    """Before 0.7."""
    f = h5py.File(f"{folder}/{name}.h5ad", "w")
    f.create_dataset("obs", data=records(obs or OBS), **options)
    f.create_dataset("var", data=records(VAR))
    f["X"] = LOGS
    f["uns/donor_categories"] = np.array([b"d0", b"d1"])
    f["uns/site_categories"] = "Leiden"
    f["uns/cluster_categories"] = np.array([10, 20, 30])
    h5sparse(f, "raw.X", COUNTS)
    f.create_dataset("raw.var", data=records([("index", np.array(GENES, dtype="S20"), "S20"), ("kind", [0, 1, 0], "i1")]))
    f["raw.cat/kind_categories"] = np.array([b"coding", b"other"])
    return f


old_file("old").close()
old_file("old-gzip", chunks=(4,), compression="gzip").close()
old_file("old-names-of-variable-length", obs=[("index", CELLS, TEXT)] + OBS[1:]).close()
old_file("old-latin-text", obs=OBS + [("latin", [b"M\xfcller"] * N_CELLS, "S9")]).close()
with old_file("old-one-column-too-many-rows") as f:
    del f["obs"]
    f.create_dataset("obs", data=records(OBS)[:4])


def column(parent, name, values):
    """Text, or values as they are."""
    parent[name] = np.array(values, dtype=TEXT) if isinstance(values[0], str) else np.asarray(values)


def nullable(parent, name, values, missing, kind):
    group = parent.create_group(name)
    group.attrs["encoding-type"] = kind
    column(group, "values", values)
    group["mask"] = np.asarray(missing, dtype=bool)


def dataframe(f, path, names, nullable_index=False):
    group = f.create_group(path)
    group.attrs.update({"_index": "_index", "column-order": np.array([], "f8"), "encoding-type": "dataframe"})
    if nullable_index:
        nullable(group, "_index", names, [False] * len(names), "nullable-string-array")
    else:
        column(group, "_index", names)
    return group


def new_file(name, **options):
    f = h5py.File(f"{folder}/{name}.h5ad", "w")
    dataframe(f, "obs", CELLS, **options)
    dataframe(f, "var", GENES, **options)
    return f


def null_x(f):
    f["X"] = h5py.Empty("f4")
    f["X"].attrs["encoding-type"] = "null"


with new_file("null-x", nullable_index=True) as f:
    null_x(f)
    csr(f, "layers/counts", COUNTS)
with new_file("no-x-one-layer") as f:
    csr(f, "layers/spliced", COUNTS)
with new_file("no-x-two-layers") as f:
    csr(f, "layers/spliced", COUNTS)
    csr(f, "layers/unspliced", COUNTS)
with new_file("zeros-in-x") as f:
    f["X"] = np.zeros_like(COUNTS)
    csr(f, "layers/counts", COUNTS)
with new_file("zeros-alone") as f:
    f["X"] = np.zeros_like(COUNTS)
with new_file("no-matrix") as f:
    null_x(f)
with new_file("raw-alone") as f:
    csr(f, "raw/X", COUNTS)
    dataframe(f, "raw/var", GENES)
with new_file("columns") as f:
    f["X"] = COUNTS
    obs = f["obs"]
    obs.attrs["column-order"] = np.array(["text", "whole", "flag", "real", "label", "level", "kind"], dtype=TEXT)
    missing = [False, True] * 3
    nullable(obs, "text", ["a", "x", "b", "x", "a", "x"], missing, "nullable-string-array")
    nullable(obs, "whole", [1, 0, 2, 0, -3, 0], missing, "nullable-integer")
    nullable(obs, "flag", np.array([1, 0, 0, 0, 1, 0], dtype=bool), missing, "nullable-boolean")
    nullable(obs, "real", [0.5, 0, 1.5, 0, 2.5, 0], missing, "nullable-float")
    for name, categories, kind in [("label", ["B", "T"], "nullable-string-array"), ("level", [10, 20], "nullable-integer")]:
        group = obs.create_group(name)
        group.attrs.update({"encoding-type": "categorical", "ordered": np.int64(name == "level")})
        group["codes"] = np.array([0, 1, -1, 1, 0, 1], dtype="i1")
        nullable(group, "categories", categories, [False, False], kind)
    group = obs.create_group("kind")
    group["codes"] = np.zeros(N_CELLS, dtype="i1")
    group["categories"] = "cell"
