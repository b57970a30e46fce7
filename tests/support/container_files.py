"""The same cells in every format and layout that sctab reads: container_files.py SOURCE.h5ad FOLDER.

Tests and fault campaigns share this. It needs h5py, numpy and scipy alone: formats are written byte by byte, as their
specifications say, so that no reader is tested against its own library."""
import gzip
import io
import json
import pathlib
import struct
import sys
import tarfile
import zipfile
import zlib

import h5py
import numpy as np
import scipy.sparse as sp

LAYOUTS = ("csr", "csc", "dense")
PLACES = {"X": "X", "raw": "raw/X", "layer": "layers/counts"}


class Cells:
    """What all files hold: counts (cells × genes, csr), names of cells, ids and symbols of genes."""

    def __init__(self, source):
        with h5py.File(source) as file:
            x, obs, var = file["X"], file["obs"], file["var"]
            self.counts = sp.csr_matrix((x["data"][:], x["indices"][:], x["indptr"][:]), tuple(x.attrs["shape"]))
            self.cells = [name.decode() for name in obs[obs.attrs["_index"]][:]]
            self.ids = [name.decode() for name in var[var.attrs["_index"]][:]]
            symbols = next((var[name] for name in ("gene_symbol", "feature_name") if name in var), None)
            if isinstance(symbols, h5py.Group):
                names = [name.decode() for name in symbols["categories"][:]]
                self.symbols = [names[code] for code in symbols["codes"][:]]
            else:
                self.symbols = [f"SYM{i}" for i in range(len(self.ids))] if symbols is None else [
                    name.decode() for name in symbols[:]]
        self.counts.sort_indices()
        totals = np.maximum(np.asarray(self.counts.sum(axis=1)).ravel(), 1)
        self.log = sp.csr_matrix(sp.diags(1e4 / totals) @ self.counts).log1p().astype("float32")


# --- AnnData's tree, in any container that has groups, arrays and attributes ------------------------------------------

def write_anndata(tree, cells, layout, place):
    """tree: H5Tree or ZarrTree at the root of the AnnData."""
    tree.group("", {"encoding-type": "anndata", "encoding-version": "0.1.0"})
    for table, names, columns in (("obs", cells.cells, {}), ("var", cells.ids, {"gene_symbol": cells.symbols})):
        write_table(tree, table, names, columns)
    matrices = {PLACES[place]: cells.counts}
    if place != "X":
        matrices["X"] = cells.log
    if place == "raw":
        tree.group("raw", {"encoding-type": "raw", "encoding-version": "0.1.0"})
        write_table(tree, "raw/var", cells.ids, {})
    tree.group("layers", {"encoding-type": "dict", "encoding-version": "0.1.0"})
    for path, matrix in matrices.items():
        write_matrix(tree, path, matrix, layout)
    tree.close()


def write_table(tree, path, index, columns):
    tree.group(path, {"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index",
                      "column-order": list(columns)})
    for name, texts in {"_index": index, **columns}.items():
        tree.texts(f"{path}/{name}", texts, {"encoding-type": "string-array", "encoding-version": "0.2.0"})


def write_matrix(tree, path, matrix, layout):
    if layout == "dense":
        tree.array(path, matrix.toarray(), {"encoding-type": "array", "encoding-version": "0.2.0"})
        return
    matrix = matrix.tocsc() if layout == "csc" else matrix.tocsr()
    tree.group(path, {"encoding-type": f"{layout}_matrix", "encoding-version": "0.1.0", "shape": list(matrix.shape)})
    for name in ("data", "indices", "indptr"):
        tree.array(f"{path}/{name}", getattr(matrix, name), {})


class H5Tree:
    def __init__(self, path, root=""):
        self.file = h5py.File(path, "a")
        self.root = self.file.require_group(root) if root else self.file

    def group(self, path, attributes):
        group = self.root.require_group(path) if path else self.root
        for name, value in attributes.items():
            if isinstance(value, list) and (not value or isinstance(value[0], str)):
                value = np.array(value, dtype=h5py.string_dtype())
            group.attrs[name] = value

    def array(self, path, values, attributes):
        chunks = tuple(max(1, min(n, 500 if values.ndim == 1 else 40)) for n in values.shape)
        self.root.create_dataset(path, data=values, chunks=chunks, compression="gzip").attrs.update(attributes)

    def texts(self, path, texts, attributes):
        self.root.create_dataset(path, data=np.array(texts, dtype=object),
                                 dtype=h5py.string_dtype()).attrs.update(attributes)

    def close(self):
        self.file.close()


class ZarrTree:
    """zarr of version 2 (zlib) or 3 (gzip, in shards where they are asked for)."""

    def __init__(self, folder, version, shards=False):
        self.folder, self.version, self.shards = pathlib.Path(folder), version, shards

    def write(self, key, content):
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())

    def group(self, path, attributes):
        prefix = f"{path}/" if path else ""
        if self.version == 2:
            self.write(f"{prefix}.zgroup", {"zarr_format": 2})
            self.write(f"{prefix}.zattrs", attributes)
        else:
            self.write(f"{prefix}zarr.json", {"zarr_format": 3, "node_type": "group", "attributes": attributes})

    def array(self, path, values, attributes):
        chunks = tuple(max(1, min(n, 500 if values.ndim == 1 else 40)) for n in values.shape)
        values = np.ascontiguousarray(values)
        if self.version == 2:
            self.write(f"{path}/.zarray", {
                "zarr_format": 2, "shape": list(values.shape), "chunks": list(chunks), "dtype": values.dtype.str,
                "compressor": {"id": "zlib", "level": 1}, "fill_value": 0, "order": "C", "filters": None})
            self.write(f"{path}/.zattrs", attributes)
            for at, chunk in pieces(values, chunks):
                self.write(f"{path}/{'.'.join(map(str, at))}", zlib.compress(chunk.tobytes(), 1))
            return
        inner = [{"name": "bytes", "configuration": {"endian": "little"}},
                 {"name": "gzip", "configuration": {"level": 1}}]
        codecs, of_shard = inner, chunks
        if self.shards:
            of_shard = tuple(2 * n for n in chunks)
            codecs = [{"name": "sharding_indexed", "configuration": {
                "chunk_shape": list(chunks), "codecs": inner, "index_location": "end",
                "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]}}]
        self.write(f"{path}/zarr.json", {
            "zarr_format": 3, "node_type": "array", "shape": list(values.shape), "data_type": values.dtype.name,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(of_shard)}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": 0, "codecs": codecs, "attributes": attributes})
        for at, piece in pieces(values, of_shard):
            content = shard(piece, chunks) if self.shards else gzip.compress(piece.tobytes(), 1)
            self.write(f"{path}/c/{'/'.join(map(str, at))}", content)

    def texts(self, path, texts, attributes):
        encoded = [text.encode() for text in texts]
        content = struct.pack("<I", len(texts)) + b"".join(struct.pack("<I", len(text)) + text for text in encoded)
        if self.version == 2:
            self.write(f"{path}/.zarray", {
                "zarr_format": 2, "shape": [len(texts)], "chunks": [max(1, len(texts))], "dtype": "|O",
                "compressor": {"id": "zlib", "level": 1}, "fill_value": 0, "order": "C",
                "filters": [{"id": "vlen-utf8"}]})
            self.write(f"{path}/.zattrs", attributes)
            self.write(f"{path}/0", zlib.compress(content))
        else:
            self.write(f"{path}/zarr.json", {
                "zarr_format": 3, "node_type": "array", "shape": [len(texts)], "data_type": "string",
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [max(1, len(texts))]}},
                "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": "",
                "codecs": [{"name": "vlen-utf8"}, {"name": "gzip", "configuration": {"level": 1}}],
                "attributes": attributes})
            self.write(f"{path}/c/0", gzip.compress(content))

    def close(self):
        pass


def pieces(values, chunks):
    """The whole chunks of an array, those at its edges filled up with zeros, with their places in the grid."""
    grid = [-(-n // chunk) for n, chunk in zip(values.shape, chunks)]
    for at in np.ndindex(*grid):
        part = values[tuple(slice(i * chunk, (i + 1) * chunk) for i, chunk in zip(at, chunks))]
        yield at, np.pad(part, [(0, chunk - n) for n, chunk in zip(part.shape, chunks)])


def shard(values, chunks):
    """Inner chunks one after the other, and an index of offsets and sizes behind them with its CRC-32C."""
    content, index = b"", b""
    for _, piece in pieces(values, chunks):
        stored = gzip.compress(piece.tobytes(), 1)
        index += struct.pack("<QQ", len(content), len(stored))
        content += stored
    return content + index + struct.pack("<I", crc32c(index))


def crc32c(content):
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def zip_folder(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())


# --- 10x, Matrix Market, loom -----------------------------------------------------------------------------------------

def write_tenx(path, cells, version):
    """Cell Ranger 3's h5, or Cell Ranger 2's."""
    by_cell = cells.counts.tocsr()
    n_cells, n_genes = by_cell.shape
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix" if version == 3 else "GRCh38")
        fixed = lambda texts: np.array([text.encode() for text in texts])  # noqa: E731
        for name, values in (("data", by_cell.data.astype("int32")), ("indices", by_cell.indices.astype("int64")),
                             ("indptr", by_cell.indptr.astype("int64")), ("barcodes", fixed(cells.cells)),
                             ("shape", np.array([n_genes, n_cells], dtype="int32"))):
            group.create_dataset(name, data=values, chunks=(min(len(values), 500),), compression="gzip")
        if version == 3:
            features = group.create_group("features")
            features["id"], features["name"] = fixed(cells.ids), fixed(cells.symbols)
            features["feature_type"] = fixed(["Gene Expression"] * n_genes)
            features["genome"] = fixed(["GRCh38"] * n_genes)
            file.attrs["filetype"], file.attrs["version"] = "matrix", 2
        else:
            group["genes"], group["gene_names"] = fixed(cells.ids), fixed(cells.symbols)


def write_mtx(folder, cells, order="cell", zipped=True, types=True):
    """A folder of Cell Ranger. order of its entries: "cell" (as it writes them), "gene" or "any"."""
    folder.mkdir(parents=True)
    entries = cells.counts.tocoo()
    by = {"cell": np.lexsort((entries.col, entries.row)), "gene": np.lexsort((entries.row, entries.col)),
          "any": np.random.default_rng(1).permutation(entries.nnz)}[order]
    lines = ["%%MatrixMarket matrix coordinate integer general", "%",
             f"{entries.shape[1]} {entries.shape[0]} {entries.nnz}"]
    lines += [f"{gene + 1} {cell + 1} {int(count)}"
              for gene, cell, count in zip(entries.col[by], entries.row[by], entries.data[by])]
    features = ["\t".join((gene, symbol) + (("Gene Expression",) if types else ()))
                for gene, symbol in zip(cells.ids, cells.symbols)]
    for name, content in (("matrix.mtx", lines), ("features.tsv" if types else "genes.tsv", features),
                          ("barcodes.tsv", cells.cells)):
        text = ("\n".join(content) + "\n").encode()
        (folder / (name + ".gz" * zipped)).write_bytes(gzip.compress(text, 1) if zipped else text)


def write_tar(folder, path):
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, arcname="filtered_feature_bc_matrix")


def write_loom(path, cells):
    with h5py.File(path, "w") as file:
        file.create_dataset("matrix", data=cells.counts.toarray().T,
                            chunks=tuple(min(64, n) for n in cells.counts.shape[::-1]), compression="gzip")
        file.create_group("layers"), file.create_group("row_graphs"), file.create_group("col_graphs")
        file.attrs["LOOM_SPEC_VERSION"] = "2.0.1"
        for name, texts in (("row_attrs/Accession", cells.ids), ("row_attrs/Gene", cells.symbols),
                            ("col_attrs/CellID", cells.cells)):
            file.create_dataset(name, data=np.array(texts, dtype=object), dtype=h5py.string_dtype())


# --- Tables -----------------------------------------------------------------------------------------------------------

def write_table_of_counts(path, cells, separator, orientation, corner=True):
    values = cells.counts.toarray().astype(int)
    rows, columns = (cells.cells, cells.ids) if orientation == "cells" else (cells.ids, cells.cells)
    values = values if orientation == "cells" else values.T
    text = io.StringIO()
    text.write(separator.join(([""] if corner else []) + columns) + "\n")
    for name, row in zip(rows, values):
        text.write(separator.join([name] + [str(value) for value in row]) + "\n")
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)


def write_all(source, folder):
    """Writes every container below `folder`. Returns their paths by name."""
    cells, folder = Cells(source), pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for layout in LAYOUTS:
        for place in PLACES:
            name = f"{layout}_{place}"
            paths[f"h5ad {name}"] = folder / f"{name}.h5ad"
            write_anndata(H5Tree(paths[f"h5ad {name}"]), cells, layout, place)
            paths[f"h5mu {name}"] = folder / f"{name}.h5mu"
            write_anndata(H5Tree(paths[f"h5mu {name}"], "mod/rna"), cells, layout, place)
            for kind, version, shards in (("zarr2", 2, False), ("zarr3", 3, False), ("sharded", 3, True)):
                paths[f"{kind} {name}"] = folder / f"{name}.{kind}.zarr"
                write_anndata(ZarrTree(paths[f"{kind} {name}"], version, shards), cells, layout, place)
            paths[f"zip {name}"] = folder / f"{name}.zarr.zip"
            zip_folder(paths[f"sharded {name}"], paths[f"zip {name}"])
    for version in (2, 3):
        paths[f"10x h5 {version}"] = folder / f"tenx{version}.h5"
        write_tenx(paths[f"10x h5 {version}"], cells, version)
    for order in ("cell", "gene", "any"):
        paths[f"mtx by {order}"] = folder / f"mtx_{order}"
        write_mtx(paths[f"mtx by {order}"], cells, order)
    paths["mtx plain"] = folder / "mtx_plain"
    write_mtx(paths["mtx plain"], cells, zipped=False, types=False)
    paths["mtx tar"] = folder / "mtx.tar.gz"
    write_tar(paths["mtx by cell"], paths["mtx tar"])
    paths["loom"] = folder / "cells.loom"
    write_loom(paths["loom"], cells)
    for name, separator, orientation, corner in (
            ("cells.csv", ",", "cells", True), ("genes.csv.gz", ",", "genes", True), ("cells.tsv.gz", "\t", "cells", False),
            ("genes.txt", " ", "genes", False), ("semicolons.csv", ";", "cells", True)):
        paths[f"table {name}"] = folder / name
        write_table_of_counts(paths[f"table {name}"], cells, separator, orientation, corner)
    paths["gzip h5ad"] = folder / "zipped.h5ad.gz"
    paths["gzip h5ad"].write_bytes(gzip.compress(paths["h5ad csr_X"].read_bytes(), 1))
    return paths


if __name__ == "__main__":
    for container, path in write_all(sys.argv[1], sys.argv[2]).items():
        print(f"{container}\t{path}")
