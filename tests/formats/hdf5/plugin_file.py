#!/usr/bin/env python3
"""Writes one HDF5 file with the same arrays behind each filter of the Python package hdf5plugin, for plugin_file_test.cpp.
hdf5plugin is no package of Debian's, so this is no part of `make test`:

    python3 -m venv plugins && plugins/bin/pip install h5py hdf5plugin numpy
    plugins/bin/python tests/formats/hdf5/plugin_file.py plugins.h5
    SCTAB_PLUGIN_FILE=plugins.h5 build/test_hdf5 --gtest_filter='PluginFile.*'
"""
import sys

import h5py
import hdf5plugin
import numpy as np

SEED = 7
SIZES = (1, 7, 1000, 20_011)
CHUNK = 3000


def filters():
    for inner in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for shuffle in (0, 1, 2):
            for level in (1, 9):
                yield f"blosc_{inner}_{shuffle}_{level}", hdf5plugin.Blosc(cname=inner, clevel=level, shuffle=shuffle), {}
    for inner in ("none", "lz4", "zstd"):
        for block in (0, 8, 512):
            yield f"bitshuffle_{inner}_{block}", hdf5plugin.Bitshuffle(nelems=block, cname=inner), {}
    yield "zstd", hdf5plugin.Zstd(), {}
    yield "zstd_22", hdf5plugin.Zstd(clevel=22), {"shuffle": True, "fletcher32": True}
    yield "lz4", hdf5plugin.LZ4(), {}
    yield "lz4_blocks", hdf5plugin.LZ4(nbytes=1024), {"shuffle": True}
    yield "bzip2", hdf5plugin.BZip2(), {"shuffle": True}
    yield "lzf", {"compression": "lzf"}, {"shuffle": True, "fletcher32": True}


def arrays():
    random = np.random.default_rng(SEED)
    for n in SIZES:
        counts = np.where(random.random(n) < 0.1, random.integers(0, 100, n), random.integers(0, 3, n))
        for kind in ("u1", "<i2", "<i4", "<f4", "<f8", "<i8", ">f4"):
            yield f"{kind.strip('<').replace('>', 'big_')}_{n}", counts.astype(kind)


def main():
    with h5py.File(sys.argv[1], "w") as file:
        for name, values in arrays():
            file[f"plain/{name}"] = values.astype("<f8")
            for filter_name, compression, more in filters():
                file.create_dataset(f"{filter_name}/{name}", data=values, chunks=(min(CHUNK, len(values)),),
                                    **compression, **more)
        texts = np.array([f"CD{i % 7}-positive T cell" for i in range(5000)], dtype=object)
        file.create_dataset("plain/texts", data=texts, dtype=h5py.string_dtype())
        for filter_name, compression, more in filters():
            if filter_name.startswith("blosc"):
                continue  # hdf5plugin 7.1 crashes on text of variable length
            more = {key: value for key, value in more.items() if key != "fletcher32"}
            file.create_dataset(f"{filter_name}/texts", data=texts, dtype=h5py.string_dtype(), chunks=(CHUNK,),
                                **compression, **more)


if __name__ == "__main__":
    main()
