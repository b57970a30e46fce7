#!/usr/bin/env python3
"""census_sources.py FOLDER [--sources 300] [--cells 50000] [--seed 1] --ontology CL.obo

Writes h5ad files whose obs is as large as those of CELLxGENE and whose counts are thin (some ten of 2,000 genes a cell), to
try `sctab corpus build` at the size of the Census without its terabytes. Each source has donors and types of its own choice.
"""
import argparse
import pathlib
import re

import h5py
import numpy

ASSAYS = ["10x 3' v2", "10x 3' v3", "10x 5' v1", "Smart-seq2"]
TISSUES = [f"tissue {i}" for i in range(60)]
DISEASES = ["normal"] + [f"disease {i}" for i in range(40)]


def cell_types(obo):
    """Ids of terms that are not obsolete, below native cell or not, as they come."""
    text = pathlib.Path(obo).read_text()
    terms = [term for term in text.split("[Term]")[1:] if "is_obsolete: true" not in term]
    return [found.group(1) for term in terms if (found := re.search(r"^id: (CL:\d{7})$", term, re.MULTILINE))]


def categorical(group, name, codes, categories):
    column = group.create_group(name)
    column.attrs.update({"encoding-type": "categorical", "encoding-version": "0.2.0", "ordered": False})
    small = codes.astype(numpy.int8 if len(categories) < 128 else numpy.int16)
    for key, values, encoding in (("codes", small, "array"), ("categories", categories, "string-array")):
        text = {"dtype": h5py.string_dtype()} if key == "categories" else {"compression": "gzip"}
        dataset = column.create_dataset(key, data=values, **text)
        dataset.attrs.update({"encoding-type": encoding, "encoding-version": "0.2.0"})


def frame(file, name, index, columns):
    group = file.create_group(name)
    group.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"})
    group.attrs.create("column-order", columns, dtype=h5py.string_dtype())
    names = group.create_dataset("_index", data=index, dtype=h5py.string_dtype(), compression="gzip")
    names.attrs.update({"encoding-type": "string-array", "encoding-version": "0.2.0"})
    return group


def write_source(path, number, n_cells, types, rng):
    n_genes, n_donors = 2000, int(rng.integers(10, 40))
    own_types = rng.choice(types, size=int(rng.integers(20, 80)), replace=False).tolist()
    columns = {
        "dataset_id": (numpy.zeros(n_cells, int), [f"dataset-{number:04}"]),
        "donor_id": (rng.integers(0, n_donors, n_cells), [f"donor {i}" for i in range(n_donors)]),
        "cell_type_ontology_term_id": (rng.integers(0, len(own_types), n_cells), own_types),
        "assay": (numpy.minimum(rng.integers(0, 40, n_cells), 3) if number % 5 == 0 else rng.integers(0, 3, n_cells), ASSAYS),
        "tissue": (rng.integers(0, 60, n_cells), TISSUES),
        "tissue_general": (rng.integers(0, 60, n_cells) // 4, [f"organ {i}" for i in range(15)]),
        "disease": (rng.integers(0, 41, n_cells), DISEASES),
    }
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        obs = frame(file, "obs", [f"cell-{number}-{i}" for i in range(n_cells)], [*columns, "is_primary_data"])
        for name, (codes, categories) in columns.items():
            categorical(obs, name, codes, categories)
        primary = obs.create_dataset("is_primary_data", data=rng.random(n_cells) < 0.6, compression="gzip")
        primary.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
        frame(file, "var", [f"ENSG{9000001 + i:011}" for i in range(n_genes)], [])
        per_cell = 10
        genes = numpy.sort(rng.integers(0, n_genes // per_cell, (n_cells, per_cell)) + numpy.arange(per_cell) * (n_genes // per_cell))
        counts = rng.integers(1, 6, n_cells * per_cell)
        x = file.create_group("X")
        x.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": (n_cells, n_genes)})
        for name, values in (("data", counts.astype(numpy.float32)), ("indices", genes.ravel().astype(numpy.int32)),
                             ("indptr", numpy.arange(n_cells + 1, dtype=numpy.int64) * per_cell)):
            x.create_dataset(name, data=values, compression="gzip", compression_opts=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--sources", type=int, default=300)
    parser.add_argument("--cells", type=int, default=50_000, help="of each source")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ontology", required=True, help="the Cell Ontology as obo")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    types = cell_types(arguments.ontology)[:600]
    for number in range(arguments.sources):
        rng = numpy.random.default_rng([arguments.seed, number])
        write_source(arguments.folder / f"source-{number:04}.h5ad", number, arguments.cells, types, rng)


if __name__ == "__main__":
    main()
