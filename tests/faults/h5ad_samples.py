"""The same cells in the layouts that h5ad files come in."""
import h5py
import numpy as np
import scipy.sparse as sp

CHUNK = 500  # numbers of a chunk: several chunks in each array
LAYOUTS = {  # name: layout, options of the arrays, version of HDF5's structures
    "csr_gzip": ("csr", dict(compression="gzip", shuffle=True), "earliest"),
    "csr_lzf": ("csr", dict(compression="lzf"), "earliest"),
    "csr_plain": ("csr", dict(), "earliest"),
    "csr_latest": ("csr", dict(compression="gzip"), "latest"),
    "csr_checked": ("csr", dict(fletcher32=True), "earliest"),
    "csc_gzip": ("csc", dict(compression="gzip"), "earliest"),
    "dense_gzip": ("dense", dict(chunks=(40, 30), compression="gzip", shuffle=True), "earliest"),
    "dense_plain": ("dense", dict(), "earliest"),
    "raw": ("raw", dict(compression="gzip"), "earliest"),
    "old": ("old", dict(compression="gzip"), "earliest"),
}


def write_layouts(source, folder):
    """Writes folder/LAYOUT.h5ad for each layout. Returns their paths by name."""
    folder.mkdir()
    with h5py.File(source) as file:
        x = file["X"]
        counts = sp.csr_matrix((x["data"][:], x["indices"][:], x["indptr"][:]), x.attrs["shape"])
    paths = {}
    for name, (layout, options, version) in LAYOUTS.items():
        paths[name] = folder / f"{name}.h5ad"
        with h5py.File(source) as file, h5py.File(paths[name], "w", libver=version) as target:
            copy_tables(file, target)
            if layout == "raw":
                target.create_group("raw").attrs.update({"encoding-type": "raw", "encoding-version": "0.1.0"})
                file.copy("var", target["raw"])
                write_sparse(target, "raw/X", counts, "csr", options)
                write_sparse(target, "X", counts.log1p(), "csr", options)
            elif layout == "dense":
                dense = target.create_dataset("X", data=counts.toarray(), **options)
                dense.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
            else:
                write_sparse(target, "X", counts, "csc" if layout == "csc" else "csr", options)
            if layout == "old":
                write_old_categories(target)
    return paths


def copy_tables(source, target):
    target.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
    for group in ("obs", "var", "uns", "obsm"):
        source.copy(group, target)
    obs = target["obs"]
    n = len(obs[obs.attrs["_index"]])
    score = obs.create_dataset("score", data=np.linspace(0, 1, n), chunks=(50,))
    score.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
    obs.attrs["column-order"] = list(obs.attrs["column-order"]) + ["score"]


def write_sparse(target, path, counts, layout, options):
    matrix = counts.tocsc() if layout == "csc" else counts.tocsr()
    group = target.create_group(path)
    group.attrs.update({"encoding-type": f"{layout}_matrix", "encoding-version": "0.1.0"})
    group.attrs["shape"] = np.array(matrix.shape)
    for name in ("data", "indices", "indptr"):
        values = getattr(matrix, name)
        chunked = {"chunks": (min(CHUNK, len(values) // 2),)} if options else {}
        group.create_dataset(name, data=values, **(options | chunked))


def write_old_categories(target):
    """Categorical columns as anndata 0.7 wrote them: codes that refer to obs/__categories/NAME."""
    obs = target["obs"]
    obs.attrs["encoding-version"] = "0.1.0"
    for name in list(obs):
        column = obs[name]
        if not isinstance(column, h5py.Group):
            continue
        categories, codes = column["categories"][:], column["codes"][:]
        del obs[name]
        obs.require_group("__categories").create_dataset(name, data=categories, dtype=h5py.string_dtype())
        obs.create_dataset(name, data=codes).attrs["categories"] = obs[f"__categories/{name}"].ref
