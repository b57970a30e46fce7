"""Writes the example cells (see example_cells.hpp) as the .h5 files of Cell Ranger and of others who write like it."""
import sys

import h5py
import numpy as np
import scipy.sparse as sp

N_CELLS, N_GENES = 137, 53
FOLDER = ""
IDS = [f"ENSG{i:011}" for i in range(N_GENES)]
NAMES = [f"GENE{i}" for i in range(N_GENES)]
BARCODES = [f"CELL{i}-1" for i in range(N_CELLS)]


def example_counts():
    cell, gene = np.mgrid[0:N_CELLS, 0:N_GENES]
    counts = np.where((cell * 31 + gene * 17) % 7 == 0, (cell * gene) % 50 + 1, 0)
    counts[5] = 0
    return counts


def descending(matrix):
    """Rows with their columns in descending order, as Cell Ranger writes them."""
    for begin, end in zip(matrix.indptr, matrix.indptr[1:]):
        matrix.indices[begin:end] = matrix.indices[begin:end][::-1].copy()
        matrix.data[begin:end] = matrix.data[begin:end][::-1].copy()
    return matrix


def write_matrix(group, counts, barcodes, *, data="i4", indices="i8", shape="i4", text=np.bytes_, **options):
    matrix = descending(sp.csr_matrix(counts))
    group.create_dataset("data", data=matrix.data.astype(data), **options)
    group.create_dataset("indices", data=matrix.indices.astype(indices), **options)
    group.create_dataset("indptr", data=matrix.indptr.astype("i8"), **options)
    group["shape"] = np.array(counts.shape[::-1], dtype=shape)
    write_texts(group, "barcodes", barcodes, text)


def write_texts(group, name, texts, text=np.bytes_):
    if text is str:
        group.create_dataset(name, data=np.array(texts, dtype=object), dtype=h5py.string_dtype())
    else:
        group[name] = np.array(texts, dtype="S")


def create(name, **attributes):
    file = h5py.File(f"{FOLDER}/{name}.h5", "w")
    file.attrs.update(attributes)
    return file


def write_v3(name, counts=None, *, ids=IDS, names=NAMES, types=None, genomes=None, barcodes=BARCODES, attributes={},
             **options):
    counts = example_counts() if counts is None else counts
    with create(name, **{"filetype": "matrix", "version": 2, **attributes}) as file:
        group = file.create_group("matrix")
        write_matrix(group, counts, barcodes, **options)
        features = group.create_group("features")
        text = options.get("text", np.bytes_)
        write_texts(features, "id", ids, text)
        write_texts(features, "name", names, text)
        write_texts(features, "feature_type", types or ["Gene Expression"] * len(ids), text)
        write_texts(features, "genome", genomes or ["GRCh38"] * len(ids), text)
        write_texts(features, "_all_tag_keys", ["genome"], text)


def write_genome(file, genome, counts=None, *, ids=IDS, names=NAMES, barcodes=BARCODES):
    group = file.create_group(genome)
    write_matrix(group, example_counts() if counts is None else counts, barcodes, compression="gzip")
    write_texts(group, "genes", ids)
    write_texts(group, "gene_names", names)


def change(name, of="v3"):
    """A copy of a file to be damaged."""
    with open(f"{FOLDER}/{of}.h5", "rb") as source, open(f"{FOLDER}/{name}.h5", "wb") as copy:
        copy.write(source.read())
    return h5py.File(f"{FOLDER}/{name}.h5", "r+")


def replace(group, name, values):
    del group[name]
    group[name] = values


def write_variants():
    gzip = {"compression": "gzip", "chunks": (100,)}
    write_v3("v3", **gzip)
    for data in ["i1", "u1", "i2", "u2", "u4", "i8", "f4", "f8"]:
        write_v3(f"v3-{data}", data=data, indices="u4", shape="i8", **gzip)
    write_v3("contiguous")
    for indices in ["i8", "u8", "i4"]:
        write_v3(f"shuffled-{indices}", indices=indices, shuffle=True, **gzip)
    write_v3("variable-text", text=str, **gzip)
    write_v3("expected-counts", data="f4", counts=example_counts() * 1.25, **gzip)
    write_v3("logs", data="f4", counts=np.log1p(example_counts()), **gzip)
    write_v3("cellbender", attributes={"CLASS": "GROUP"}, **gzip)
    with h5py.File(f"{FOLDER}/cellbender.h5", "r+") as file:
        file["droplet_latents/cell_probability"] = np.ones(N_CELLS)
        file["droplet_latents/barcode_indices_for_latents"] = np.arange(N_CELLS)
        file["global_latents/ambient_expression"] = np.ones(N_GENES)
        file["metadata/estimator"] = b"mckp"


def write_features():
    """Antibodies between the genes; two species; probes."""
    counts = example_counts()
    tags = np.full((N_CELLS, 4), 7)
    write_v3("antibodies", np.hstack([tags[:, :2], counts, tags]), ids=["A1", "A2", *IDS, "A3", "A4", "G1", "C1"],
             names=["CD3", "CD4", *NAMES, "CD8", "CD19", "guide", "HTO1"],
             types=["Antibody Capture"] * 2 + ["Gene Expression"] * N_GENES + ["Antibody Capture"] * 2 +
             ["CRISPR Guide Capture", "Multiplexing Capture"], genomes=[""] * 2 + ["GRCh38"] * N_GENES + [""] * 4)
    write_v3("antibodies-alone", tags, ids=list("abcd"), names=list("abcd"), types=["Antibody Capture"] * 4)
    write_v3("peaks", tags, ids=[f"chr1:{i}-{i + 9}" for i in range(4)], names=list("abcd"), types=["Peaks"] * 4)
    mouse = [f"ENSMUSG{i:011}" for i in range(N_GENES)]
    write_v3("two-species", np.hstack([counts, counts]), ids=[f"GRCh38_{i}" for i in IDS] + [f"mm10___{i}" for i in mouse],
             names=[f"GRCh38_{n}" for n in NAMES] + [f"mm10___{n.title()}" for n in NAMES],
             genomes=["GRCh38"] * N_GENES + ["mm10"] * N_GENES)
    write_v3("mouse", ids=mouse, genomes=["mm10"] * N_GENES)
    first = counts // 2
    write_v3("probes", np.hstack([first, np.full((N_CELLS, 1), 9), counts - first]))
    with h5py.File(f"{FOLDER}/probes.h5", "r+") as file:
        features = file["matrix/features"]
        ids = [*IDS, "DEPRECATED_ENSG00000000001", *IDS]
        for name, texts in {"id": [f"{i}|{n}|p" for n, i in enumerate(ids)], "name": [f"{i}|p" for i in ids],
                            "feature_type": ["Gene Expression"] * len(ids), "genome": ["GRCh38"] * len(ids)}.items():
            del features[name]
            write_texts(features, name, texts)
        write_texts(features, "gene_id", ids)
        write_texts(features, "gene_name", [*NAMES, "DEPRECATED", *NAMES])
        write_texts(features, "probe_region", ["none"] * len(ids))
        features["filtered_probes"] = np.array([not i.startswith("DEP") for i in ids])


def write_genomes():
    mouse = [f"ENSMUSG{i:011}" for i in range(3)]
    three = {"counts": np.ones((4, 3), dtype=int), "names": list("abc"), "barcodes": list("wxyz")}
    with create("v2", chemistry_description="Single Cell 3' v2") as file:
        write_genome(file, "GRCh38")
    with create("v2-two-species") as file:
        write_genome(file, "hg19", ids=[f"hg19_{i}" for i in IDS], names=[f"hg19_{n}" for n in NAMES])
        write_genome(file, "mm10", ids=mouse, **three)
    with create("v2-no-human") as file:
        write_genome(file, "mm10", ids=mouse, **three)
        write_genome(file, "rn6", ids=mouse, **three)


def write_origins():
    """What notes are made of: spots, empty droplets; and files of 10x that are no matrices."""
    write_v3("spots", attributes={"software_version": "spaceranger-3.0.0", "chemistry_description": "Visium V5 Slide"})
    raw = sp.csr_matrix((100_000, 10_000), dtype=int).tolil()
    raw[3, 7] = 1
    raw = raw.tocsr()
    write_v3("raw", raw, ids=[f"ENSG{i:011}" for i in range(10_000)], names=["g"] * 10_000,
             barcodes=[f"B{i}" for i in range(100_000)], compression="gzip")
    with create("molecule_info") as file:
        for name in ["barcode_idx", "count", "feature_idx", "gem_group", "umi"]:
            file[name] = np.arange(3)
        write_texts(file, "barcodes", BARCODES)


def write_damaged():
    with change("shape") as file:
        replace(file["matrix"], "shape", np.array([N_GENES + 1, N_CELLS]))
    with change("shape-of-three") as file:
        replace(file["matrix"], "shape", np.array([N_GENES, N_CELLS, 1]))
    with change("few-barcodes") as file:
        write = file["matrix/barcodes"][:-1]
        replace(file["matrix"], "barcodes", write)
    with change("short-indptr") as file:
        replace(file["matrix"], "indptr", file["matrix/indptr"][:-1])
    with change("short-indices") as file:
        replace(file["matrix"], "indices", file["matrix/indices"][:-1])
    with change("few-names") as file:
        replace(file["matrix/features"], "name", file["matrix/features/name"][:-1])
    for missing in ["barcodes", "indptr", "data", "features", "shape"]:
        with change(f"no-{missing}") as file:
            del file["matrix"][missing]
    with change("gene-outside") as file:
        file["matrix/indices"][4] = N_GENES
    with change("gene-far-outside", of="shuffled-i8") as file:
        file["matrix/indices"][150] += 2**40
    with change("falling-indptr") as file:
        file["matrix/indptr"][9] = 1
    with change("data-of-texts") as file:
        write_as = np.array([b"x"] * len(file["matrix/data"]))
        replace(file["matrix"], "data", write_as)
    with change("short-probes", of="probes") as file:
        replace(file["matrix/features"], "filtered_probes", file["matrix/features/filtered_probes"][:-1])


if __name__ == "__main__":
    FOLDER = sys.argv[1]
    write_variants()
    write_features()
    write_genomes()
    write_origins()
    write_damaged()
