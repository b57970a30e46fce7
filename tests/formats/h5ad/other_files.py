"""Makes copies of a good file (CSR, gzip) that lead into other files, and those files."""
import os
import shutil
import sys

import h5py

source, folder = sys.argv[1:]


def copy_with_link(name, target, path="X"):
    shutil.copyfile(source, f"{folder}/{name}.h5ad")
    with h5py.File(f"{folder}/{name}.h5ad", "r+") as f:
        del f[path]
        f[path] = h5py.ExternalLink(target, "/" + path)


def with_values_in(name, target):
    """obs/score in a file of bare values, of which the file may have fewer than the column."""
    shutil.copyfile(source, f"{folder}/{name}.h5ad")
    with h5py.File(f"{folder}/{name}.h5ad", "r+") as f:
        values, attributes = f["obs/score"][:], dict(f["obs/score"].attrs)
        del f["obs/score"]
        f.create_dataset("obs/score", shape=values.shape, dtype=values.dtype,
                         external=[(target, 8, values.nbytes)]).attrs.update(attributes)
    return values


os.mkdir(f"{folder}/sub")
shutil.copyfile(source, f"{folder}/sub/cells.h5")
copy_with_link("linked", "sub/cells.h5")
copy_with_link("linked-group", "sub/cells.h5", "obs")
copy_with_link("sub/chain", "cells.h5")  # relative to the file that has the link
copy_with_link("linked-twice", "sub/chain.h5ad")
copy_with_link("itself", "itself.h5ad")
copy_with_link("nowhere", "none.h5")
os.mkfifo(f"{folder}/fifo")
copy_with_link("fifo", "fifo")
with open(source, "rb") as file, open(f"{folder}/half.h5", "wb") as half:
    content = file.read()
    half.write(content[:len(content) // 2])
copy_with_link("damaged", "half.h5")
with open(f"{folder}/text.h5", "w") as file:
    file.write("no HDF5")
copy_with_link("text", "text.h5")
values = with_values_in("values", f"{folder}/scores.bin")
with open(f"{folder}/scores.bin", "wb") as file:
    file.write(bytes(8) + values.tobytes())
with_values_in("short", f"{folder}/short.bin")
with open(f"{folder}/short.bin", "wb") as file:
    file.write(bytes(8) + values.tobytes()[:-1])
with_values_in("pipe", f"{folder}/fifo")
