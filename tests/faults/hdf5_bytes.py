"""Damage to HDF5's own structures, which h5py cannot write: global heaps and texts in them."""
import struct

import h5py
import numpy as np


def heaps(content):
    """Where the global heaps of a file begin."""
    found, at = [], content.find(b"GCOL")
    while at >= 0:
        found.append(at)
        at = content.find(b"GCOL", at + 4)
    return found


def objects_of(content, heap):
    """Where the objects of a heap begin: index (2 bytes), references (2), 4 unused, size (8), bytes."""
    (size,) = struct.unpack_from("<Q", content, heap + 8)
    at, end, found = heap + 16, min(heap + size, len(content)), []
    while at + 16 <= end:
        index, _, n = struct.unpack_from("<HHxxxxQ", content, at)
        found.append(at)
        if index == 0:
            break
        at += 16 + (n + 7) // 8 * 8
    return found


def damage_heap(path, rng):
    """One number of a global heap: its size, or an object's index or size. Returns what was done."""
    content = bytearray(path.read_bytes())
    all_heaps = heaps(content)
    if not all_heaps:
        return "no heap"
    heap = rng.choice(all_heaps)
    objects = objects_of(content, heap)
    last = rng.random() < 0.5
    at = objects[-1] if last else rng.choice(objects)
    value = rng.choice([0, 1, 8, 15, 16, 2 ** 16, 2 ** 32, 2 ** 63, 2 ** 64 - 4096, 2 ** 64 - 16, 2 ** 64 - 1])
    where = rng.choice(["size of the heap", "size of an object", "index of an object", "zeros"])
    if where == "size of the heap":
        struct.pack_into("<Q", content, heap + 8, value)
    elif where == "size of an object":
        struct.pack_into("<Q", content, at + 8, value)
    elif where == "index of an object":
        struct.pack_into("<H", content, at, value % 2 ** 16)
    else:
        n = min(rng.choice([16, 64, 512, 4096]), len(content) - at)
        content[at:at + n] = bytes(n)
    path.write_bytes(content)
    return f"{where} is {value}, at {at}"


def share_long_text(path, n_texts=20000, n_bytes=100000):
    """As many cell names that are one long text of the file: `n_texts` times its bytes if each is read by itself."""
    with h5py.File(path, "r+") as file:
        del file["obs/_index"]
        names = np.full(n_texts, "", object)
        names[0] = "x" * n_bytes
        dataset = file.create_dataset("obs/_index", data=names, dtype=h5py.string_dtype())
        offset = dataset.id.get_offset()
    content = bytearray(path.read_bytes())
    content[offset:offset + 16 * n_texts] = content[offset:offset + 16] * n_texts
    path.write_bytes(content)


def refer_wrongly(path, rng):
    """A reference to a text that is not there: wrong heap, wrong index, wrong length."""
    with h5py.File(path) as file:
        dataset = file["var/_index"]
        offset, n = dataset.id.get_offset(), len(dataset)
    if offset is None:
        return "not in one piece"
    content = bytearray(path.read_bytes())
    at = offset + 16 * rng.randrange(n)
    field, width = rng.choice([(0, 4), (4, 8), (12, 4)])
    value = rng.choice([0, 1, 7, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 63, 2 ** 64 - 1]) % 2 ** (8 * width)
    content[at + field:at + field + width] = value.to_bytes(width, "little")
    path.write_bytes(content)
    return f"field {field} of a reference is {value}"
