"""A linear network as PyTorch Lightning would have saved it, written without PyTorch."""
import io
import json
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict


class Storage:
    """The numbers of a tensor, which the pickle names and the zip holds."""

    def __init__(self, key, kind, data, width):
        self.key, self.kind, self.data, self.length = key, kind, data, len(data) // width


class Tensor:
    def __init__(self, storage, shape):
        self.storage, self.shape = storage, tuple(shape)
        strides = [1] * len(shape)
        for i in range(len(shape) - 2, -1, -1):
            strides[i] = strides[i + 1] * shape[i + 1]
        self.strides = tuple(strides)

    def __reduce__(self):
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (self.storage, 0, self.shape, self.strides, False, OrderedDict())


def name_torch():
    """Modules with the names that the pickle refers to; Pickler looks each of them up."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def _rebuild_tensor_v2():
        """Only its name is used."""

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    torch._utils = utils
    for kind in ("FloatStorage", "LongStorage"):
        setattr(torch, kind, type(kind, (), {"__module__": "torch"}))
    sys.modules.setdefault("torch", torch)
    sys.modules.setdefault("torch._utils", utils)


class CheckpointPickler(pickle.Pickler):
    def persistent_id(self, obj):
        if not isinstance(obj, Storage):
            return None
        return ("storage", getattr(sys.modules["torch"], obj.kind), obj.key, "cpu", obj.length)


def read_safetensors(path):
    """Arrays of a .safetensors file: {name: (dtype, shape, bytes)}."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    data = content[8 + length:]
    arrays = {}
    for name, entry in json.loads(content[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            arrays[name] = (entry["dtype"], entry["shape"], data[begin:end])
    return arrays


def entries_of_checkpoint(arrays):
    """The zip's entries, {name: bytes}, of a checkpoint with these arrays as its classifier."""
    name_torch()
    state, storages = OrderedDict(), []
    for name, (dtype, shape, data) in arrays.items():
        kind, width = ("LongStorage", 8) if dtype == "I64" else ("FloatStorage", 4)
        storages.append(Storage(str(len(storages)), kind, data, width))
        state["classifier." + name] = Tensor(storages[-1], shape)
    text = io.BytesIO()
    CheckpointPickler(text, protocol=2).dump(
        {"epoch": 3, "global_step": 100, "state_dict": state, "hyper_parameters": {"learning_rate": 0.005}})
    entries = {"run/data.pkl": text.getvalue(), "run/byteorder": b"little"}
    entries.update({f"run/data/{storage.key}": storage.data for storage in storages})
    entries["run/version"] = b"3\n"
    return entries


def write_zip(path, entries, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name), data, compression)


def write_published(model, folder):
    """model.ckpt, hparams.yaml, var.csv and cell_type.csv of a linear model directory."""
    folder.mkdir()
    write_zip(folder / "model.ckpt", entries_of_checkpoint(read_safetensors(model / "model.safetensors")))
    genes = [line.split("\t") for line in (model / "genes.tsv").read_text().splitlines()[1:]]
    types_ = [line.split("\t") for line in (model / "cell_types.tsv").read_text().splitlines()[1:]]
    (folder / "hparams.yaml").write_text(
        f"gene_dim: {len(genes)}\ntype_dim: {len(types_)}\nlearning_rate: 0.005\n"
        "optimizer: !!python/name:torch.optim.adamw.AdamW ''\nlr_scheduler_kwargs:\n  gamma: 0.9\n  verbose: true\n")
    (folder / "var.csv").write_text(
        ",feature_id,feature_name\n" + "".join(f"{i},{gene},{symbol}\n" for i, (gene, symbol) in enumerate(genes)))
    (folder / "cell_type.csv").write_text(
        ",label,cell_type_ontology_term_id\n" + "".join(f'{i},"{label}",{term}\n' for i, label, term in types_))
