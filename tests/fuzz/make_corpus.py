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
import tarfile
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


def tenx(groups, libver="latest", text="S16", **options):
    """Four barcodes of three features, in a group `matrix` with features or one for each genome."""
    file = io.BytesIO()
    with h5py.File(file, "w", libver=libver) as f:
        for name in groups:
            group = f.create_group(name)
            group.create_dataset("data", data=np.array([2, 1, 3, 4, 6, 5], "i4"), **options)
            group.create_dataset("indices", data=np.array([2, 0, 1, 0, 2, 1], "i8"), **options)
            group.create_dataset("indptr", data=np.array([0, 2, 3, 4, 6]), **options)
            group["shape"] = np.array([3, 4], "i4")
            group["barcodes"] = np.array([f"CELL{i}-1" for i in range(4)], text)
            if name != "matrix":
                group["genes"], group["gene_names"] = np.array(GENES, text), np.array(list("ABC"), text)
                continue
            types = ["Gene Expression", "Antibody Capture", "Gene Expression"]
            columns = {"id": GENES, "name": list("ABC"), "feature_type": types, "genome": ["GRCh38", "", "mm10"]}
            for column, values in columns.items():
                group[f"features/{column}"] = np.array(values, text)
    return file.getvalue()


def loom(version, libver="latest", **options):
    """Three genes × four cells."""
    file = io.BytesIO()
    with h5py.File(file, "w", libver=libver) as f:
        counts = np.array([[1, 0, 4, 0], [0, 3, 0, 5], [2, 0, 0, 6]], "f4")
        f.create_dataset("matrix", data=counts, **options)
        f.create_dataset("layers/spliced", data=counts.astype("u2"), **options)
        f["attrs/LOOM_SPEC_VERSION"] = version
        f["row_attrs/Gene"], f["row_attrs/Accession"] = np.array(list("ABC"), "S"), np.array(GENES, "S")
        f["col_attrs/CellID"] = np.array(list("wxyz"), h5py.string_dtype() if version >= "3" else "S")
        f["col_attrs/Donor"] = np.array([b"d&#233;"] * 4)
        f["col_attrs/Age"], f["col_attrs/PCA"] = np.arange(4), np.zeros((4, 2))
    return file.getvalue()


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


def tar(form, names):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in names.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def zarrs():
    """Arrays of zarr 2 and 3: metadata behind the version's digit, then a zero and what each chunk holds."""
    two = {"zarr_format": 2, "shape": [6], "chunks": [4], "dtype": "<f4", "fill_value": 0.0, "order": "C",
           "filters": None, "compressor": None}
    three = {"zarr_format": 3, "node_type": "array", "shape": [6], "data_type": "float32", "fill_value": 0,
             "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4]}},
             "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
             "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}], "attributes": {}}
    floats = struct.pack("<4f", 1, 2, 3, 4)
    texts = struct.pack("<I", 4) + b"".join(struct.pack("<I", len(text)) + text for text in (b"a", b"", b"bcd", b"\xc3\xa9"))
    shuffle = b"".join(floats[i::4] for i in range(4))
    crc = struct.pack("<I", 0x9EBA690A)  # of the floats
    index = struct.pack("<4Q", 0, 8, 2**64 - 1, 2**64 - 1)
    sharding = {"name": "sharding_indexed", "configuration": {
        "chunk_shape": [2], "codecs": three["codecs"], "index_codecs": three["codecs"], "index_location": "end"}}
    arrays = [("2", "plain", two, floats), ("2", "zlib", two | {"compressor": {"id": "zlib"}}, zlib.compress(floats)),
              ("2", "big", two | {"dtype": ">i2"}, floats[:8]), ("2", "half", two | {"dtype": "<f2"}, floats[:8]),
              ("2", "fortran", two | {"shape": [2, 3], "chunks": [2, 2], "order": "F"}, floats),
              ("2", "shuffle", two | {"filters": [{"id": "shuffle", "elementsize": 4}]}, shuffle),
              ("2", "text", two | {"dtype": "|O", "filters": [{"id": "vlen-utf8"}], "fill_value": ""}, texts),
              ("2", "wide_text", two | {"dtype": "<U1", "fill_value": ""}, "aé€z".encode("utf-32-le")),
              ("3", "plain", three, floats), ("3", "shard", three | {"codecs": [sharding]}, floats[:8] + index),
              ("3", "crc", three | {"codecs": three["codecs"] + [{"name": "crc32c"}]}, floats + crc),
              ("3", "gzip", three | {"codecs": three["codecs"] + [{"name": "gzip", "configuration": {"level": 1}}]},
               gzip.compress(floats, mtime=0)),
              ("3", "text", three | {"data_type": "string", "codecs": [{"name": "vlen-utf8"}], "fill_value": ""}, texts)]
    for version, name, metadata, chunk in arrays:
        head = version.encode() + json.dumps(metadata).encode()
        save("zarr_metadata", f"{name}_{version}", head)
        save("zarr_chunk", f"{name}_{version}", head + b"\0" + chunk)


def main():
    zarrs()
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
    table = ",CD3D,LYZ,ACTB,nCount_RNA\nAAACCTGAGA-1,0,1,0,1\nAAACCTGAGC-1,2.5,0,1e3,3\n".encode()
    save("dense_table", "cells.csv.gz", b"\0" + gzip.compress(table, mtime=0))
    for form in (0, 1):
        save("gzip_stream", f"members{form}.gz", bytes([form]) + gzip.compress(table, mtime=0) + gzip.compress(b"", mtime=0)
             + gzip.compress(table, 0, mtime=0) + bytes(5))
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
    save("hdf5_cells", "tenx3.h5", tenx(["matrix"], chunks=(4,), compression="gzip"))
    save("hdf5_cells", "tenx3_earliest.h5", tenx(["matrix"], libver="earliest"))
    save("hdf5_cells", "tenx2.h5", tenx(["GRCh38", "mm10"], chunks=(4,), compression="gzip"))
    save("hdf5_cells", "loom3.loom", loom("3.0.0", chunks=(2, 2), compression="gzip"))
    save("hdf5_cells", "loom2.loom", loom("2.0.1", libver="earliest"))
    save("h5ad", "records.h5ad", h5ad_of_records())
    save("h5ad", "records_gzip.h5ad", h5ad_of_records(chunks=(2,), compression="gzip"))
    save("h5ad", "mudata.h5mu", h5mu())
    shard = h5ad("csr", "u2", "earliest", chunks=(4,), compression="gzip", shuffle=True)
    save("shard", "four_cells.h5ad", b"\4" + shard)
    by_cell = b"%%MatrixMarket matrix coordinate integer general\n%\n4 3 5\n1 1 2\n2 1 1\n3 2 12\n4 2 1\n1 3 7\n"
    by_gene = b"%%MatrixMarket matrix coordinate real general\n3 4 4\n1 1 2.5\n3 1 1e1\n2 2 1\n1 2 3\n"
    save("mtx", "by_cell", b"\3\4" + by_cell)
    save("mtx", "by_gene", b"\3\4" + by_gene)
    save("mtx", "packed", b"\3\4" + gzip.compress(by_cell, mtime=0))
    members = {"d" * 90 + "/" + "n" * 40: b"x" * 600, "matrix.mtx": by_cell, "empty": b""}
    for name, form in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
        save("tar", name, tar(form, members))
    save("tar", "packed", gzip.compress(tar(tarfile.PAX_FORMAT, members), mtime=0))
    fields = ["assay", "dataset", "disease", "donor", "tissue", "tissue_general"]
    entry = {"file": "train-00000.h5ad", "n_cells": 4, "bytes": len(shard), "sha256": "0" * 64}
    manifest = {"format": "sctab-store", "format_version": 2, "seed": 1, "value_type": "uint16", "content": "counts",
                "gene_list_hash": "0" * 64, "cell_types": [{"label": "T cell", "cell_type_ontology_term_id": "CL:0000084"}],
                "categories": {field: ["a", "b"] for field in fields}, "shards": {"train": [entry], "val": [], "test": []},
                "provenance": {}}
    save("manifest", "store.json", json.dumps(manifest).encode())


if __name__ == "__main__":
    main()
