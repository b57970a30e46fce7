#!/usr/bin/env python3
"""Writes the files of tests/fuzz/corpus that are not text. The others, and what fuzzing found, are kept as they are.

    /usr/bin/python3 tests/fuzz/make_corpus.py
"""
import bz2
import gzip
import io
import json
import pathlib
import pickle
import struct
import sys
import zlib

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT.parent / "faults"))
import published  # noqa: E402

CORPUS = ROOT / "corpus"
GENES = ["ENSG00000000003", "ENSG00000000005", "ENSG00000000419"]


def save(harness, name, content):
    (CORPUS / harness).mkdir(parents=True, exist_ok=True)
    (CORPUS / harness / name).write_bytes(content)


def ubjson(value):
    """As libxgboost writes it: lengths as int64, lists of floats and integers typed."""
    if isinstance(value, dict):
        return b"{" + b"".join(ubjson_text(key) + ubjson(member) for key, member in value.items()) + b"}"
    if isinstance(value, list):
        kinds = {type(member) for member in value}
        head = {frozenset([float]): b"$d", frozenset([int]): b"$l"}.get(frozenset(kinds), b"")
        length = b"#L" + struct.pack(">q", len(value))
        if head:
            return b"[" + head + length + struct.pack(f">{len(value)}{'f' if head == b'$d' else 'i'}", *value)
        return b"[" + length + b"".join(map(ubjson, value))
    if isinstance(value, str):
        return b"S" + ubjson_text(value)
    return b"l" + struct.pack(">i", value)


def ubjson_text(text):
    return b"L" + struct.pack(">q", len(text)) + text.encode()


def codecs():
    """A stream of each codec; those that Python has no encoder for are hdf5plugin's and numcodecs' of small arrays."""
    tens = bytes(i // 10 for i in range(100))
    deflate = zlib.compressobj(wbits=-15)
    streams = [
        (0, "deflate", b"", deflate.compress(tens) + deflate.flush()),
        (1, "zlib", b"", zlib.compress(tens)),
        (2, "gzip", b"", gzip.compress(tens, mtime=0) * 2),
        (3, "zstd", b"", "28b52ffd2064e500005800000102030405060708090a100045ca1556a45c6145ca1546b401"),
        (4, "lz4_hdf5", b"", "0000000000000064000000400000001e150001001501010015020100150301001504010014050100500506060606"
                             "00000017110601001507010015080100a009090909090909090909"),
        (5, "lz4_numcodecs", b"", "64000000150001001501010015020100150301001504010015050100150601001507010015080100a00909"
                                  "0909090909090909"),
        (6, "blosc_lz4_shuffle", b"", "0201310490010000900100004e00000014000000360000001500010015010100150201001503010015"
                                      "04010015050100150601001507010015080100150901000563000f0200ff0c500000000000"),
        (7, "lzf", b"", bytes([3]) + b"abcd" + bytes([0x60, 3, 2]) + b"xyz"),
        (8, "bzip2", b"", bz2.compress(tens)),
        (9, "szip", bytes([0xA9, 8, 32]), "94000000602aaa9554d5556aaa9aaaad55535555aaaa6aafaa8000008000400020"),
        (10, "bitshuffle", bytes([2, 0, 0]), "00000000aaaa6666b4b4926d2449388e6aa54c367038803f00c0000000000000c012ec131815"
                                             "44167017"),
        (11, "bitshuffle_lz4", bytes([4, 0, 0]), "000000000000004c000020000000003213000100f00daaaa66661e1e54ab3299a42d38ce"
                                                 "c00faa5acc6cf070007faa2acc4c080023008029000602005000000000000017110070"
                                                 "281200e0391300"),
        (12, "bitshuffle_zstd", bytes([4, 0, 0]), "000000000000004c000020000000003528b52ffd204065010014020000aaaa66661e1e54"
                                                  "ab3299a42d38cec00faa5acc6cf070007faa2acc4c0080000300b81fac5837002c001711"
                                                  "0070281200e0391300")]
    for kind, name, settings, stream in streams:
        content = bytes.fromhex(stream) if isinstance(stream, str) else stream
        save("codec", name, bytes([kind, 0, 2]) + settings.ljust(3, b"\0") + content)


def trees():
    def tree(leaf):
        return {"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [1, 0, 0],
                "split_conditions": [0.5, leaf, -leaf], "default_left": [1, 0, 0], "split_type": [0, 0, 0],
                "tree_param": {"size_leaf_vector": "1"}, "loss_changes": [1.0, 0.0, 0.0]}
    return {"learner": {"gradient_booster": {"model": {"tree_info": [0, 1], "trees": [tree(0.25), tree(-0.75)]}, "name": "gbtree"},
                        "learner_model_param": {"base_score": "5E-1", "num_class": "2", "num_feature": "3", "num_target": "1"},
                        "objective": {"name": "multi:softprob"}}, "version": [1, 7, 5]}


def safetensors(arrays):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, values in arrays.items():
        kind = {"float32": "F32", "int64": "I64", "uint8": "U8"}[str(values.dtype)]
        header[name] = {"dtype": kind, "shape": list(values.shape),
                        "data_offsets": [len(data), len(data) + values.nbytes]}
        data += values.tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def h5ad(layout, values="f4", libver="latest", **options):
    """Four cells of three genes."""
    file = io.BytesIO()
    counts = np.array([[1, 0, 2], [0, 3, 0], [4, 0, 0], [0, 5, 6]], values)
    rows, columns = counts.nonzero()
    with h5py.File(file, "w", libver=libver) as f:
        if layout == "dense":
            x = f.create_dataset("X", data=counts, **options)
            x.attrs["encoding-type"] = "array"
        else:
            x = f.create_group("X")
            x.attrs.update({"encoding-type": f"{layout}_matrix", "encoding-version": "0.1.0", "shape": [4, 3]})
            order = np.argsort(columns, kind="stable") if layout == "csc" else np.arange(len(rows))
            major, minor, n = (columns, rows, 3) if layout == "csc" else (rows, columns, 4)
            indptr = np.concatenate([[0], np.cumsum(np.bincount(major, minlength=n))])
            for name, values in (("data", counts[rows, columns][order]), ("indices", minor[order].astype("i4")),
                                 ("indptr", indptr.astype("i4"))):
                x.create_dataset(name, data=values, **options)
        for group, names in (("obs", ["a", "b", "c", "d"]), ("var", GENES)):
            table = f.create_group(group)
            table.attrs.update({"_index": "_index", "encoding-type": "dataframe", "encoding-version": "0.2.0",
                                "column-order": ["type"] if group == "obs" else []})
            table.create_dataset("_index", data=names, dtype=h5py.string_dtype())
        column = f.create_group("obs/type")
        column.attrs.update({"encoding-type": "categorical", "encoding-version": "0.2.0", "ordered": False})
        column.create_dataset("codes", data=np.array([0, 1, -1, 1], "i1"), **options)
        column.create_dataset("categories", data=["CL:0000084", "CL:0000236"], dtype=h5py.string_dtype())
    return file.getvalue()


def h5ad_of_records(**options):
    """Four cells of three genes in tables of records, as anndata before 0.7 wrote them."""
    file = io.BytesIO()
    obs = np.zeros(4, dtype=[("index", "S1"), ("type", "i1"), ("note", h5py.string_dtype()), ("flag", "?"), ("n", ">i4")])
    obs["index"], obs["type"], obs["note"] = [b"a", b"b", b"c", b"d"], [0, 1, -1, 1], ["one", "", "three", "four"]
    var = np.array([(name.encode(),) for name in GENES], dtype=[("index", "S20")])
    with h5py.File(file, "w") as f:
        f.create_dataset("obs", data=obs, **options)
        f.create_dataset("var", data=var, **options)
        f["X"] = np.eye(4, 3, dtype="f4")
        f["uns/type_categories"] = np.array([b"CL:0000084", b"CL:0000236"])
    return file.getvalue()


def h5mu():
    """The same cells as one of two modalities, with a column for both."""
    file = io.BytesIO()
    with h5py.File(file, "w") as f, h5py.File(io.BytesIO(h5ad("csr")), "r") as cells:
        for modality in ("rna", "prot"):
            cells.copy("/", f, name=f"mod/{modality}")
        cells.copy("obs", f)
        f.move("obs/type", "obs/rna:kind")
        f["obs"].attrs["column-order"] = ["rna:kind"]
    return file.getvalue()


def npy(values, **options):
    file = io.BytesIO()
    np.lib.format.write_array(file, values, **options)
    return file.getvalue()


def main():
    weights = {"weight": ("F32", [2, 3], np.arange(6, dtype="f4").tobytes()), "bias": ("F32", [2], bytes(8))}
    entries = published.entries_of_checkpoint(weights)
    checkpoint = io.BytesIO()
    published.write_zip(checkpoint, entries)
    for harness in ("checkpoint", "zip"):
        save(harness, "linear.ckpt", checkpoint.getvalue())
    save("zip", "empty.zip", b"PK\5\6" + bytes(18))
    save("pickle", "linear.pkl", entries["run/data.pkl"])
    save("pickle", "values.pkl", pickle.dumps({"a": [1, -1, 2 ** 40, 1.5, True, None], "b": ("x", {"y": ()})}, protocol=2))
    save("npy", "f4.npy", npy(np.arange(6, dtype="f4").reshape(2, 3)))
    save("npy", "i8.npy", npy(np.arange(3), version=(2, 0)))
    save("npy", "scalar.npy", npy(np.array(1.5)))
    save("safetensors", "two.safetensors", safetensors({"a": np.arange(6, dtype="f4").reshape(2, 3), "b": np.array(7)}))
    save("safetensors", "none.safetensors", safetensors({}))
    save("boosted_trees", "two.ubj", ubjson(trees()))
    save("ubjson", "trees.ubj", b"\0" + ubjson(trees()))
    save("ubjson", "numbers.ubj", b"\1" + ubjson([1.5, 2.5]))
    save("ubjson", "mixed.ubj", b"\0[i\1U\2I\0\3L" + bytes(8) + b"D" + bytes(8) + b"TFZ[$U#i\2ab]")
    save("gene_list", "list.gz", b"\1" + gzip.compress("\n".join(GENES).encode(), mtime=0))
    save("chunk", "zlib", b"\1\3\4\0" + zlib.compress(bytes(range(16))))
    save("chunk", "zlib_before_zeros", b"\2\3\4\0" + zlib.compress(bytes(range(16)) + bytes(4000)))
    save("chunk", "lzf", b"\0\0\x10\0" + bytes([3]) + b"abcd" + bytes([0x60, 3, 2]) + b"xyz")
    save("chunk", "plain", b"\3\3\4\0" + bytes(range(16)))
    codecs()
    save("h5ad", "csr.h5ad", h5ad("csr"))
    save("h5ad", "csr_gzip.h5ad", h5ad("csr", chunks=(2,), compression="gzip", shuffle=True))
    save("h5ad", "csc_lzf.h5ad", h5ad("csc", chunks=(2,), compression="lzf"))
    save("h5ad", "dense.h5ad", h5ad("dense"))
    save("h5ad", "csr_earliest.h5ad", h5ad("csr", libver="earliest"))
    save("h5ad", "csc_gzip_earliest.h5ad", h5ad("csc", libver="earliest", chunks=(2,), compression="gzip"))
    save("h5ad", "dense_earliest.h5ad", h5ad("dense", libver="earliest", fletcher32=True))
    save("h5ad", "records.h5ad", h5ad_of_records())
    save("h5ad", "records_gzip.h5ad", h5ad_of_records(chunks=(2,), compression="gzip"))
    save("h5ad", "mudata.h5mu", h5mu())
    shard = h5ad("csr", "u2", "earliest", chunks=(4,), compression="gzip", shuffle=True)
    save("shard", "four_cells.h5ad", b"\4" + shard)
    fields = ["assay", "dataset", "disease", "donor", "tissue", "tissue_general"]
    entry = {"file": "train-00000.h5ad", "n_cells": 4, "bytes": len(shard), "sha256": "0" * 64}
    manifest = {"format": "sctab-store", "format_version": 2, "seed": 1, "value_type": "uint16", "content": "counts",
                "gene_list_hash": "0" * 64, "cell_types": [{"label": "T cell", "cell_type_ontology_term_id": "CL:0000084"}],
                "categories": {field: ["a", "b"] for field in fields}, "shards": {"train": [entry], "val": [], "test": []},
                "provenance": {}}
    save("manifest", "store.json", json.dumps(manifest).encode())


if __name__ == "__main__":
    main()
