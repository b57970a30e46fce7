"""Wrong structure in h5ad files, one at a time and two at once."""
import os
import random
import shutil

import h5py

import hdf5_bytes
import hdf5_damage
from trial import DamagedInput, copy_into

SHARE_OF_BUILDS = 0.3
SHARE_OF_WRONG_BYTES, SHARE_OF_PAIRS = 0.05, 0.2
SHARE_OF_ATTRIBUTES = 0.1  # of those of items that no command needs


def trials(samples, seed):
    """Endless: each damage of each layout once in random order, and between them pairs and wrong bytes."""
    rng = random.Random(f"h5ad {seed}")
    every = [(layout, damage) for layout, path in samples.h5ads.items() for damage in hdf5_damage.damages_of(path)
             if not is_minor(damage[0]) or rng.random() < SHARE_OF_ATTRIBUTES]
    rng.shuffle(every)
    singles = iter(every)
    while True:
        kind = rng.random()
        layout, damage = next(singles, (None, None)) if kind > SHARE_OF_WRONG_BYTES + SHARE_OF_PAIRS else (None, None)
        if damage:
            yield damaged(samples, rng, layout, [damage])
        elif kind < SHARE_OF_WRONG_BYTES:
            yield with_wrong_bytes(samples, rng)
        else:
            layout = rng.choice(list(samples.h5ads))
            pair = [damage for of_layout, damage in rng.choices(every, k=40) if of_layout == layout][:2]
            yield damaged(samples, rng, layout, pair) if pair else with_wrong_bytes(samples, rng)


def is_minor(name):
    return "attribute " in name and not name.rsplit(" of ", 1)[1].startswith(hdf5_damage.NEEDED)


def command_of(samples, rng, layout):
    name = f"{'build' if rng.random() < SHARE_OF_BUILDS else 'annotate'} {layout}"
    return samples.commands[name], samples.inputs[name]


def damaged(samples, rng, layout, damages):
    command, inputs = command_of(samples, rng, layout)
    what = " and ".join(name for name, _, _ in damages)

    def make(folder):
        copy_into(folder, inputs)
        shutil.copyfile(inputs["in.h5ad"], folder / "other.h5ad")
        os.mkfifo(folder / "fifo")
        n_done = 0
        with h5py.File(folder / "in.h5ad", "r+") as file:
            for _, damage, _ in damages:
                try:
                    damage(file)
                    n_done += 1
                except hdf5_damage.NOT_WRITABLE:
                    pass  # the first damage of two left nothing for the second, or HDF5 cannot write it so
        return n_done > 0

    keeps = all(keeps for _, _, keeps in damages)
    return DamagedInput(f"h5ad {layout}: {what}", command, make, keeps)


def with_wrong_bytes(samples, rng):
    """Damage to the global heaps, where texts lie."""
    layout = rng.choice(list(samples.h5ads))
    command, inputs = command_of(samples, rng, layout)
    kind = rng.choice(["heap", "heap", "reference", "shared text"])
    seed = rng.random()

    def make(folder):
        copy_into(folder, inputs)
        path = folder / "in.h5ad"
        if kind == "shared text":
            hdf5_bytes.share_long_text(path)
        elif kind == "heap":
            hdf5_bytes.damage_heap(path, random.Random(seed))
        else:
            hdf5_bytes.refer_wrongly(path, random.Random(seed))

    return DamagedInput(f"h5ad {layout}: wrong {kind} {seed}", command, make, False)
