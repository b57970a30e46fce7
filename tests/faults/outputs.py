"""What an output says, for a comparison with that of undamaged inputs."""
import csv
import hashlib
import json

import h5py

csv.field_size_limit(2 ** 30)  # names of cells may be long


class Unreadable(Exception):
    """An output of a successful run that is not what it should be."""


def exists(path):
    return path.exists() or path.is_symlink()


def digest(program, path):
    """A text that says all that matters in an output. Throws Unreadable where the output is not whole."""
    try:
        if path.is_dir() and (path / "store.json").is_file():
            return of_store(program, path)
        if path.is_dir() and (path / "config.json").is_file():
            return of_model(program, path)
        if path.is_dir():
            return of_folder(path)
        if path.suffix == ".h5ad":
            return of_h5ad(path)
        if path.suffix == ".csv":
            return of_csv(path)
        return path.read_bytes().hex()
    except (OSError, KeyError, ValueError, RuntimeError, UnicodeDecodeError, IndexError, TypeError,
            AttributeError, StopIteration) as error:
        raise Unreadable(f"{path.name} is not readable: {str(error)[:300]}") from error


def of_csv(path):
    """The cells' labels: numbers may differ in their last digits between processors."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return json.dumps([[row["cell"], row["cell_type"]] for row in rows])


def of_h5ad(path):
    """The labels, or where there are none the file's numbers."""
    with h5py.File(path) as file:
        if "sctab_cell_type" not in file["obs"]:
            return of_numbers(file)
        column = file["obs/sctab_cell_type"]
        is_old = isinstance(column, h5py.Dataset)  # anndata 0.7: the categories lie elsewhere
        types = (file[column.attrs["categories"]] if is_old else column["categories"]).asstr()[:]
        names = file["obs"][name_of_index(file["obs"])]
        codes = (column if is_old else column["codes"])[:]
        if len(codes) != len(names):
            raise ValueError(f"{len(codes)} labels for {len(names)} cells")
        return json.dumps([types[code] if code >= 0 else None for code in codes])


def name_of_index(table):
    """The column of a dataframe that names its rows, as sctab finds it in damaged ones."""
    name = table.attrs.get("_index")
    return next(known for known in (name, "_index", "index") if isinstance(known, str) and known in table)


def of_numbers(file):
    parts = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf":
            parts.append((name, hashlib.sha256(item[()].tobytes()).hexdigest()))

    file.visititems(visit)
    return json.dumps(sorted(parts))


def of_store(program, path):
    """Cells, types, donors and tissues per split; every shard is read by Python too."""
    described = json.loads(program.require(["corpus", "describe", path.name, "--json"], path.parent))
    for shard in sorted(path.glob("*.h5ad")):
        with h5py.File(shard) as file:
            sums = [int(file[f"X/{name}"][:].astype("i8").sum()) for name in ("data", "indices", "indptr")]
            described[shard.name] = sums
    for changing in ("bytes", "store", "hash", "provenance"):  # which say how large the sources are
        described.pop(changing, None)
    return json.dumps(described, sort_keys=True)


def of_model(program, path):
    """The weights, to the byte."""
    program.require(["models", "show", path.name, "--json"], path.parent)
    names = sorted(path.glob("*.safetensors")) + [path / "genes.tsv", path / "cell_types.tsv"]
    return json.dumps([[file.name, hashlib.sha256(file.read_bytes()).hexdigest()] for file in names])


def of_folder(path):
    """Every file of a folder that does not hold times."""
    files = [file for file in sorted(path.rglob("*")) if file.is_file() and file.suffix in (".npy", ".h5ad", ".obo")]
    return json.dumps([[file.name, hashlib.sha256(file.read_bytes()).hexdigest()] for file in files])
