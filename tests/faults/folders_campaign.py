"""Wrong files in models and stores: JSON, tables, arrays, the structure of shards and of augmentation vectors."""
import functools
import hashlib
import json
import os
import random
import struct

import h5py

import hdf5_damage
import json_damage
import text_damage
from trial import DamagedInput, copy_into

NUMBERS_FILE = "model.safetensors"
CHECKED = ("genes.tsv", "cell_types.tsv", "ontology.json", NUMBERS_FILE)  # by the checksums in config.json


def trials(samples, seed):
    rng = random.Random(f"folders {seed}")
    while True:
        yield rng.choice([model_trial, model_trial, store_trial, hdf5_trial])(samples, rng)


def model_trial(samples, rng):
    name = rng.choice(["annotate", "annotate", "annotate with trees", "evaluate", "show"])
    file = rng.choice(["config.json", "metrics.json", "ontology.json", "genes.tsv", "cell_types.tsv", NUMBERS_FILE])
    is_known = rng.random() < 0.7  # whether config.json has the new file's checksum, as who means harm would write it
    return folder_trial(samples, rng, name, f"model/{file}", is_known)


def store_trial(samples, rng):
    name = rng.choice(["describe", "describe", "subsample", "evaluate", "evaluate", "check", "train"])
    file = rng.choice(["store.json", "store.json", "genes.tsv", "ontology.json"])
    return folder_trial(samples, rng, name, f"store/{file}", False)


def hdf5_trial(samples, rng):
    """Wrong structure in a shard, whose new size store.json knows, or in vectors."""
    name = rng.choice(["subsample", "evaluate", "train", "pca", "check", "check"])
    shards = sorted(path.name for path in samples.inputs[name]["store"].glob("*.h5ad"))
    file = rng.choice([f"store/{shard}" for shard in shards] + ["vectors.h5ad"] * (3 if name == "check" else 0))
    what, damage, _ = rng.choice(damages_of(samples.inputs["check"]["vectors.h5ad"] if file == "vectors.h5ad" else
                                            samples.inputs[name]["store"] / file.split("/")[1]))

    def make(folder):
        copy_into(folder, samples.inputs[name])
        os.mkfifo(folder / "fifo")
        try:
            with h5py.File(folder / file, "r+") as opened:
                damage(opened)
        except hdf5_damage.NOT_WRITABLE:
            return False
        if file.startswith("store/"):
            update_size(folder / "store", file.split("/")[1])
        return True

    return DamagedInput(f"{name}: {file}: {what}", samples.commands[name], make, keeps_result=False)


damages_of = functools.cache(hdf5_damage.damages_of)


def update_size(store, shard):
    """Gives store.json the size of a shard that was changed."""
    manifest = json.loads((store / "store.json").read_bytes())
    for entries in manifest["shards"].values():
        for entry in entries:
            if entry["file"] == shard:
                entry["bytes"] = (store / shard).stat().st_size
    (store / "store.json").write_text(json.dumps(manifest))


def folder_trial(samples, rng, name, file, is_known):
    seed = rng.random()
    source = samples.inputs[name][file.split("/")[0]] / file.split("/")[1]
    if not source.exists():
        file, source = "model/config.json", samples.inputs[name]["model"] / "config.json"
    content, what = damaged_file(source, random.Random(seed))

    def make(folder):
        copy_into(folder, samples.inputs[name])
        os.mkfifo(folder / "fifo")
        (folder / file).write_bytes(content)
        if is_known:
            update_checksum(folder / "model", file.split("/")[1])

    is_checked = name.startswith("annotate") and not is_known and file.split("/")[1] in CHECKED
    return DamagedInput(f"{name}: {file} {'(checksum known) ' if is_known else ''}{what}", samples.commands[name], make,
                        keeps_result=is_checked)


def damaged_file(path, rng):
    content = path.read_bytes()
    if path.suffix == ".json":
        return json_damage.damaged_text(content, rng)
    if path.suffix == ".safetensors":
        return damaged_safetensors(content, rng)
    return text_damage.damaged_lines(content, rng)


def update_checksum(model, name):
    """Gives config.json the size and checksum of a file that was changed."""
    if name == "config.json":
        return
    config = json.loads((model / "config.json").read_bytes())
    if name in config.get("files", {}):
        content = (model / name).read_bytes()
        config["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        (model / "config.json").write_text(json.dumps(config))


def damaged_safetensors(content, rng):
    """Its length, its header as JSON, or its numbers."""
    (length,) = struct.unpack_from("<Q", content)
    header, data = content[8:8 + length], content[8 + length:]
    what = rng.choice(["header", "header", "header", "length", "numbers", "data cut", "data longer"])
    if what == "length":
        value = rng.choice([0, 1, length - 1, length + 1, 2 ** 31, 2 ** 32, 2 ** 63, 2 ** 64 - 1, len(content)])
        return struct.pack("<Q", value) + content[8:], f"length {value}"
    if what == "header":
        header, what = json_damage.damaged_text(header, rng)
    elif what == "numbers":
        at = rng.randrange(len(data) // 4) * 4
        value = rng.choice([b"\x00\x00\xc0\x7f", b"\x00\x00\x80\x7f", b"\xff\xff\x7f\x7f", b"\x01\x00\x00\x00", b"\xff" * 4])
        n = rng.choice([1, 1, 16, len(data) // 4])
        data = (data[:at] + value * n + data[at + 4 * n:])[:len(data)]
        what = f"{n} numbers {value.hex()}"
    elif what == "data cut":
        data = data[:rng.randrange(len(data))]
    else:
        data = data + bytes(rng.choice([1, 8, 4096]))
    return struct.pack("<Q", len(header)) + header + data, what
