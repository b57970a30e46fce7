"""Damage to files of every format of cells: within a file, and among the files of a folder or an archive."""
import gzip
import os
import random
import shutil

import h5py

import hdf5_damage
import json_damage
import random_campaign
import text_damage
from trial import Command, DamagedInput, copy_into

MODEL = ("-m", "model", "-o", "out.csv", "--min-genes-found", "0", "--threads", "1")
IN_FOLDERS = {"lost": lambda path: path.unlink(), "made a folder": lambda path: (path.unlink(), path.mkdir()),
              "made a FIFO": lambda path: (path.unlink(), os.mkfifo(path)),
              "made a link that leads nowhere": lambda path: (path.unlink(), path.symlink_to("nowhere")),
              "made a link to itself": lambda path: (path.unlink(), path.symlink_to(path.name)),
              "made a link to /dev/zero": lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
              "emptied": lambda path: path.write_bytes(b"")}


def trials(samples, seed):
    rng = random.Random(f"containers {seed}")
    while True:
        name = rng.choice([name for name in samples.containers if not name.startswith("h5ad")])
        yield container_trial(samples, name, rng)


def container_trial(samples, name, rng):
    path = samples.containers[name]
    seed = rng.random()
    damage = kind_of_damage(name, path, rng)

    def make(folder):
        copy_into(folder, {"model": samples.folder / "model", path.name: path})
        own = random.Random(seed)
        target = folder / path.name
        if target.is_dir():
            files = sorted(file for file in target.rglob("*") if file.is_file())
            if damage == "swapped":
                one, other = own.sample(files, 2)
                content = one.read_bytes()
                shutil.copyfile(other, one)
                other.write_bytes(content)
                return True
            # Headers of arrays and groups are small, and there are few: as often as all the chunks.
            headers = [file for file in files if file.suffix in (".json", ".tsv") or file.name.startswith(".z")]
            target = own.choice(headers if headers and own.random() < 0.6 else files)
        if damage in IN_FOLDERS:
            IN_FOLDERS[damage](target)
            return True
        return damage_file(damage, target, own)

    command = Command(("annotate", path.name, *MODEL), "out.csv")
    return DamagedInput(f"{name}: {damage} {seed}", command, make, False)


def kind_of_damage(name, path, rng):
    kinds = ["bytes"] * 3
    if path.is_dir():
        kinds += [*IN_FOLDERS, "swapped", "text", "text", "text", "text"]
    elif path.suffix in (".h5", ".h5mu", ".loom"):
        kinds += ["hdf5"] * 6
    elif path.suffix != ".zip":
        kinds += ["text"] * 6
    return rng.choice(kinds)


def damage_file(damage, path, rng):
    if damage == "hdf5":
        what, change, _ = rng.choice(hdf5_damage.damages_of(path))
        try:
            with h5py.File(path, "r+") as file:
                change(file)
        except hdf5_damage.NOT_WRITABLE:
            return False
        return True
    content = path.read_bytes()
    is_zipped = path.suffix == ".gz" and damage == "text"  # what is inside, zipped again
    content = bytearray(gzip.decompress(content) if is_zipped else content)
    if damage == "text" and path.suffix in (".json", ".zarray", ".zattrs", ".zgroup"):
        content, _ = json_damage.damaged_text(bytes(content), rng)
    elif damage == "text" and not path.name.endswith(".tar.gz"):
        content, _ = text_damage.damaged_lines(bytes(content), rng)
    else:
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            content = random_campaign.DAMAGES[rng.choice(list(random_campaign.DAMAGES))](content, rng)
    path.write_bytes(gzip.compress(content, 1) if is_zipped else content)
    return True
