"""Makes copies of a good file (CSR, gzip), each with one thing in it wrong."""
import shutil
import sys

import h5py
import numpy as np
import scipy.sparse as sp

source, folder = sys.argv[1:]


class Damage:
    """A copy of the file, open for damage."""

    def __init__(self, name):
        self.path = f"{folder}/{name}.h5ad"
        shutil.copyfile(source, self.path)

    def __enter__(self):
        self.file = h5py.File(self.path, "r+")
        return self.file

    def __exit__(self, *_):
        self.file.close()


def replace(f, path, values, **options):
    attributes = dict(f[path].attrs)
    del f[path]
    f.create_dataset(path, data=values, **options).attrs.update(attributes)


def change(name, path, index, value):
    with Damage(name) as f:
        values = f[path][:].astype("i8")
        values[index] = value
        replace(f, path, values)


def shorten(name, path, n):
    with Damage(name) as f:
        replace(f, path, f[path][:n])


def lose_chunk(name, path):
    with Damage(name) as f:
        values = f[path][:]
        n = len(values) // 4
        replace(f, path, None, shape=values.shape, dtype=values.dtype, chunks=(n,))
        f[path][:n], f[path][2 * n:] = values[:n], values[2 * n:]


def never_write(name, path, **options):
    with Damage(name) as f:
        replace(f, path, None, shape=f[path].shape, dtype=f[path].dtype, **options)


def not_utf8(name, path, index):
    with Damage(name) as f:
        values = [text.encode() if isinstance(text, str) else text for text in f[path][:]]
        values[index] = "Müller".encode("latin-1")
        replace(f, path, values, dtype=h5py.string_dtype("utf-8"))


not_utf8("name-not-utf8", "obs/_index", 4)
not_utf8("category-not-utf8", "obs/donor/categories", 1)
not_utf8("gene-not-utf8", "var/_index", 52)
for name, path in [("no-x", "X"), ("no-obs", "obs"), ("no-obs-index", "obs/_index"), ("no-indices", "X/indices")]:
    with Damage(name) as f:
        del f[path]
shorten("short-obs", "obs/_index", 100)
shorten("short-column", "obs/score", 100)
shorten("short-var", "var/_index", 40)
shorten("short-indptr", "X/indptr", 130)
shorten("short-indices", "X/indices", 900)
change("falling-indptr", "X/indptr", 50, 1)
change("negative-indptr", "X/indptr", 0, -3)
change("indptr-past-end", "X/indptr", -1, 10**12)
with h5py.File(source) as f:
    indptr = f["X/indptr"][:]
change("indptr-before-end", "X/indptr", -1, indptr[-1] - 1)
change("gene-out-of-range", "X/indices", indptr[3] + 1, 53)
change("negative-gene", "X/indices", 7, -1)
change("gene-past-2^32", "X/indices", 7, 2**32)
change("bad-category", "obs/donor/codes", 2, 99)
with Damage("no-shape") as f:
    del f["X"].attrs["shape"]
with Damage("negative-shape") as f:
    f["X"].attrs["shape"] = np.array([-137, 53])
with Damage("text-data") as f:
    replace(f, "X/data", np.array([b"x"] * len(f["X/data"])))
with Damage("two-dimensional-data") as f:
    replace(f, "X/data", f["X/data"][:].reshape(-1, 1))
with Damage("huge-data") as f:
    n = 10**13
    for name, kind in [("data", "f4"), ("indices", "i4")]:
        del f[f"X/{name}"]
        f["X"].create_dataset(name, shape=(n,), dtype=kind, chunks=(1000,), compression="gzip",
                              fillvalue=1)
    replace(f, "X/indptr", np.full(138, n) * (np.arange(138) > 0))
with Damage("compound-column") as f:
    replace(f, "obs/score", np.zeros(137, dtype=[("a", "i4"), ("b", "f4")]))
with Damage("strange-column") as f:
    del f["obs/score"]
    f["obs"].create_group("score")
with Damage("damaged-chunk") as f:
    dataset = f["X/data"]
    chunk = bytearray(dataset.id.read_direct_chunk((0,))[1])
    chunk[len(chunk) // 2] ^= 0x55
    dataset.id.write_direct_chunk((0,), bytes(chunk))
with Damage("cell-out-of-range") as f:
    x = f["X"]
    by_gene = sp.csr_matrix((x["data"][:], x["indices"][:], x["indptr"][:]), x.attrs["shape"]).tocsc()
    x.attrs["encoding-type"] = "csc_matrix"
    by_gene.indices[10] = 137
    for name in ["data", "indices", "indptr"]:
        replace(f, f"X/{name}", getattr(by_gene, name))
with Damage("zeroed-genes") as f:
    indices = f["X/indices"][:]
    indices[133:261] = 0  # a hole of 512 bytes
    replace(f, "X/indices", indices)
with Damage("zeroed-cells") as f:
    x = f["X"]
    by_gene = sp.csr_matrix((x["data"][:], x["indices"][:], x["indptr"][:]), x.attrs["shape"]).tocsc()
    x.attrs["encoding-type"] = "csc_matrix"
    by_gene.indices[133:261] = 0
    for name in ["data", "indices", "indptr"]:
        replace(f, f"X/{name}", getattr(by_gene, name))
with Damage("zeroed-offsets") as f:
    offsets = f["X/indptr"][:]
    offsets[:30] = 0
    replace(f, "X/indptr", offsets)
with Damage("zeroed-offsets-of-genes") as f:
    x = f["X"]
    by_gene = sp.csr_matrix((x["data"][:], x["indices"][:], x["indptr"][:]), x.attrs["shape"]).tocsc()
    x.attrs["encoding-type"] = "csc_matrix"
    by_gene.indptr[:30] = 0
    for name in ["data", "indices", "indptr"]:
        replace(f, f"X/{name}", getattr(by_gene, name))
with Damage("scaled-and-offset") as f:
    replace(f, "obs/score", f["obs/score"][:].astype("f4"), chunks=(20,), scaleoffset=3)
for name in ["data", "indices", "indptr"]:
    lose_chunk(f"lost-chunk-of-{name}", f"X/{name}")
lose_chunk("lost-chunk-of-codes", "obs/donor/codes")
lose_chunk("lost-chunk-of-scores", "obs/score")
never_write("no-values", "obs/score")
never_write("no-chunks", "X/data", chunks=(100,))
never_write("no-chunks-and-meant", "obs/score", chunks=(100,), fillvalue=1.5)
never_write("in-another-file", "obs/score", external=[("scores.bin", 0, h5py.h5f.UNLIMITED)])
with Damage("external-column") as f:
    del f["obs/score"]
    f["obs/score"] = h5py.ExternalLink("precious.h5", "/obs/score")
with Damage("virtual-column") as f:
    layout = h5py.VirtualLayout(shape=f["obs/score"].shape, dtype=f["obs/score"].dtype)
    layout[:] = h5py.VirtualSource("precious.h5", "/obs/score", shape=f["obs/score"].shape)
    del f["obs/score"]
    f["obs"].create_virtual_dataset("score", layout)
