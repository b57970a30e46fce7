"""Writes small HDF5 files that between them hold every structure that libhdf5 1.10 writes: old and new."""
import os
import sys

import h5py
import numpy as np

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
TEXT = h5py.string_dtype("utf-8")


def new_file(name, **options):
    return h5py.File(f"{folder}/{name}.h5", "w", **options)


def add_types(group):
    """Attributes and datasets of each class of datatype."""
    pair = np.dtype([("name", TEXT), ("values", "f4", (2, 3)), ("flag", bool)])
    pairs = np.zeros(2, dtype=pair)
    pairs["name"] = ["one", "two"]
    group.attrs["pairs"] = pairs
    group.attrs.create("text", "a text", dtype=TEXT)
    group.attrs.create("texts", ["a", "", "ccc"], dtype=TEXT)
    group.attrs["fixed"] = np.array([b"abc", b"de"])
    group.attrs["empty"] = h5py.Empty("f4")
    group.attrs["opaque"] = np.void(b"12345678")
    group.attrs["big_endian"] = np.arange(3, dtype=">i8")
    group.attrs["half"] = np.float16(1.5)
    ragged = group.create_dataset("ragged", (2,), dtype=h5py.vlen_dtype("i4"))
    ragged[0], ragged[1] = [1, 2, 3], []
    group.create_dataset("pairs", data=pairs)
    group.create_dataset("scalar", data=1.5)
    group.create_dataset("scalar_text", data="text", dtype=TEXT)
    group.create_dataset("nothing", data=h5py.Empty("i4"))
    group.create_dataset("texts", data=["x" * i for i in range(20)], dtype=TEXT, chunks=(7,), compression="gzip")
    group.create_dataset("plain_texts", data=["y" * i for i in range(20)], dtype=TEXT)
    group.create_dataset("fixed_texts", data=np.array([b"ab", b"c"]), chunks=(1,), compression="gzip")
    group["named"] = np.dtype("i4")
    group.create_dataset("of_named", data=np.arange(3), dtype=group["named"])
    group.attrs.create("of_named", 3, dtype=group["named"])
    group.create_dataset("references", data=np.array([group["scalar"].ref], dtype=h5py.ref_dtype))
    group.create_dataset("regions", data=np.array([group["plain_texts"].regionref[2:5]], dtype=h5py.regionref_dtype))
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((5,))
    dataset = h5py.h5d.create(group.id, b"compact", h5py.h5t.NATIVE_INT32, space, compact)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(5, dtype="i4"))


def add_links(f, n):
    group = f.create_group("links")
    for i in range(n):
        group.create_group(f"member {i}")
    group["again"] = group["member 1"]
    group["root"] = f
    group["soft"] = h5py.SoftLink("/links/member 2")
    group["dangling"] = h5py.SoftLink("/nowhere")
    for i in range(3, n, 3):
        del group[f"member {i}"]


def add_attributes(f, n):
    group = f.create_group("attributes")
    for i in range(n):
        group.attrs[f"attribute {i}"] = np.arange(i)
    for i in range(2, n, 3):
        del group.attrs[f"attribute {i}"]


def add_chunks(f, scale):
    """Every index of chunks, of values with and without filters, some of them with chunks missing."""
    for name, options in [("raw", {}), ("gzip", {"compression": "gzip"}),
                          ("all", {"compression": "lzf", "shuffle": True, "fletcher32": True})]:
        group = f.create_group(f"chunks {name}")
        n = 40 * scale
        values = np.arange(n, dtype="i4")
        group.create_dataset("single", data=values, chunks=(n,), **options)
        group.create_dataset("fixed", data=values, chunks=(7,), **options)
        group.create_dataset("growing", data=values, chunks=(3,), maxshape=(None,), **options)
        group.create_dataset("any", data=values.reshape(-1, 10), chunks=(3, 4), maxshape=(None, None), **options)
        group.create_dataset("wide", data=values.reshape(10, -1), chunks=(3, 4), maxshape=(10, None), **options)
        sparse = group.create_dataset("sparse", (n,), dtype="i4", chunks=(5,), maxshape=(None,), fillvalue=7, **options)
        sparse[12:17] = 1
        shrunk = group.create_dataset("shrunk", data=values, chunks=(4,), maxshape=(None,), **options)
        shrunk.resize((n // 2,))
        group.create_dataset("none", (n,), dtype="f8", chunks=(5,), **options)
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_chunk((4, 4))
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    h5py.h5d.create(f.id, b"implicit", h5py.h5t.NATIVE_INT16, h5py.h5s.create_simple((10, 10)), early)


def write_all(name, n_links, n_attributes, scale, **options):
    with new_file(f"{name}-types", **options) as f:
        add_types(f)
    with new_file(f"{name}-links", **options) as f:
        add_links(f, n_links)
        add_attributes(f, n_attributes)
    with new_file(f"{name}-chunks", **options) as f:
        add_chunks(f, scale)


for version in ["earliest", "latest"]:
    write_all(version, 20, 15, 1, libver=version)
write_all("ordered", 20, 15, 1, libver="latest", track_order=True)
write_all("many-earliest", 1000, 12, 300, libver="earliest")
write_all("many-latest", 1000, 300, 300, libver="latest", track_order=True)
write_all("behind-a-block", 12, 12, 1, userblock_size=1024)
write_all("paged", 12, 12, 1, fs_strategy="page", fs_persist=True)
write_all("persistent", 12, 12, 1, fs_strategy="fsm", fs_persist=True)
with new_file("large-attributes", libver="latest") as f:
    f.attrs["large"] = np.arange(30000, dtype="i4")
    f.attrs.create("texts", [f"text {i}" for i in range(6000)], dtype=TEXT)
for version in ["persistent", "paged"]:
    for kind in ["links", "chunks"]:
        with h5py.File(f"{folder}/{version}-{kind}.h5", "r+") as f:
            for name in list(f)[::2]:
                del f[name]
