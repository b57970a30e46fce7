"""Writes the example cells (see ../tenx/example_cells.hpp) as loom files of several ages and programs."""
import sys

import h5py
import numpy as np

N_CELLS, N_GENES = 137, 53
FOLDER = ""
IDS = [f"ENSG{i:011}" for i in range(N_GENES)]
NAMES = [f"GENE{i}" for i in range(N_GENES)]
CELLS = [f"CELL{i}" for i in range(N_CELLS)]


def example_counts():
    """Genes × cells."""
    cell, gene = np.mgrid[0:N_CELLS, 0:N_GENES]
    counts = np.where((cell * 31 + gene * 17) % 7 == 0, (cell * gene) % 50 + 1, 0)
    counts[5] = 0
    return counts.T


def text(values):
    return {"data": np.array(values, dtype=object), "dtype": h5py.string_dtype()}


def write(name, matrix=None, layers=None, version="3.0.0", cell_names="CellID", gene_names="Gene", **options):
    options = {"chunks": (32, 64), "compression": "gzip", **options}
    file = h5py.File(f"{FOLDER}/{name}.loom", "w")
    file.create_dataset("matrix", data=example_counts().astype("f4") if matrix is None else matrix, **options)
    for layer, values in (layers or {}).items():
        file.create_dataset(f"layers/{layer}", data=values, **options)
    for group in ["layers", "row_attrs", "col_attrs", "row_graphs", "col_graphs"]:
        file.require_group(group)
    if version >= "3":
        file.create_dataset("attrs/LOOM_SPEC_VERSION", data=version, dtype=h5py.string_dtype())
    elif version:
        file.attrs["LOOM_SPEC_VERSION"] = np.bytes_(version)
    if gene_names:
        file["row_attrs"].create_dataset(gene_names, **text(NAMES))
    if cell_names:
        file["col_attrs"].create_dataset(cell_names, **text(CELLS))
    return file


def write_variants():
    counts = example_counts()
    with write("v3") as file:
        rows, columns = file["row_attrs"], file["col_attrs"]
        rows.create_dataset("Accession", **text(IDS))
        rows["Selected"] = np.ones(N_GENES, dtype=bool)
        columns.create_dataset("Donor", **text([f"d{i % 3}é" for i in range(N_CELLS)]))
        columns["Age"] = np.arange(N_CELLS, dtype="i4") - 3
        columns["Score"] = np.arange(N_CELLS) / 4
        columns["Score32"] = np.arange(N_CELLS, dtype="f4") / 4
        columns["Flag"] = np.arange(N_CELLS) % 2 == 0
        columns["Embedding"] = np.zeros((N_CELLS, 2))
        columns["RegulonsAUC"] = np.zeros(N_CELLS, dtype=[("A(+)", "f8"), ("B(+)", "f8")])
    with write("v2", version="2.0.1", gene_names=None) as file:
        file["row_attrs/Gene"] = np.array(NAMES, dtype="S")
        file["col_attrs/Donor"] = np.array([b"d&#233;", b"d&#x4e2d;&"] * (N_CELLS // 2) + [b"&#0;&#xD800;&#9"])
    for name, chunks in {"rows": (1, N_CELLS), "columns": (N_GENES, 1), "odd": (10, 30)}.items():
        write(f"chunks-{name}", chunks=chunks).close()
    write("contiguous", chunks=None, compression=None).close()
    for kind in ["u1", "i2", "u2", "i4", "i8", "f8"]:
        write(f"kind-{kind}", counts.astype(kind)).close()
    write("no-cell-names", cell_names=None).close()
    write("other-names", cell_names="obs_names", gene_names="var_names").close()
    spliced = {"spliced": counts.astype("u4"), "unspliced": counts.astype("u4") * 2, "ambiguous": counts * 0}
    write("velocyto", layers=spliced).close()
    write("logs", np.log1p(counts).astype("f4"), layers=spliced).close()
    write("logs-alone", np.log1p(counts).astype("f4")).close()
    with write("no-cells", counts[:, :0], chunks=None, compression=None, cell_names=None) as file:
        file["col_attrs/CellID"] = np.zeros(0, dtype="S4")


def write_damaged():
    write("no-gene-names", gene_names=None).close()
    write("other-shape", layers={"counts": example_counts()[:-1]}).close()
    with write("many-values") as file:
        file["col_attrs/Age"] = np.arange(N_CELLS + 1)
    with write("one-dimension") as file:
        del file["matrix"]
        file["matrix"] = np.arange(9)


def write_others():
    """HDF5 files that are in none of the formats that sctab reads."""
    with h5py.File(f"{FOLDER}/seurat.h5Seurat", "w") as file:
        file["cell.names"] = np.array(CELLS, dtype="S")
        file.create_group("assays/RNA")
    with h5py.File(f"{FOLDER}/other.h5", "w") as file:
        file["images"] = np.zeros((2, 2))
        file.create_group("notes")
    h5py.File(f"{FOLDER}/empty.h5", "w").close()


if __name__ == "__main__":
    FOLDER = sys.argv[1]
    write_variants()
    write_damaged()
    write_others()
