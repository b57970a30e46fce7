"""group_files.py FILE: arrays of many kinds, for group_test.cpp."""
import sys

import h5py
import numpy as np

TEXT = h5py.string_dtype()
NUMBERS = np.arange(35).reshape(5, 7)

with h5py.File(sys.argv[1], "w") as f:
    f.attrs.update({"name": "everything", "names": np.array(["b", "a"], dtype=TEXT), "flag": np.True_, "shape": [5, 7]})
    f["list"] = np.arange(10, dtype="i2") - 2
    f["flags"] = np.array([True, False])
    f["text"] = np.array(["one", "zwölf", ""], dtype=TEXT)
    f["fixed"] = np.array([b"ab", b"c"])
    f["word"] = "scalar"
    f["deep/er/list"] = np.arange(3.0)
    f["deep/er"].attrs["kind"] = "inner"
    f["soft"] = h5py.SoftLink("/deep/er")
    f["nowhere"] = h5py.SoftLink("/not/there")
    f["null"] = h5py.Empty("f4")
    f["cube"] = np.zeros((2, 2, 2))
    m = f.create_group("matrices")
    m["contiguous"] = NUMBERS.astype("i4")
    m["empty"] = np.zeros((0, 7))
    m.create_dataset("big-endian", data=NUMBERS.astype(">i8"))
    m.create_dataset("half", data=NUMBERS.astype("f2"), chunks=(2, 3), compression="gzip")
    for i, (rows, columns) in enumerate([(1, 1), (2, 3), (5, 7), (3, 7), (5, 2)]):
        m.create_dataset(f"chunked-{i}", data=NUMBERS.astype("u2"), chunks=(rows, columns), compression="lzf", shuffle=True)
    m.create_dataset("never-written", shape=(5, 7), chunks=(2, 2), fillvalue=3.0)
    table = np.zeros(3, dtype=[("id", TEXT), ("n", ">i4"), ("real", "f8"), ("big", "u8"), ("flag", "?"), ("pair", "f4", (2,))])
    table["id"], table["n"], table["real"], table["flag"] = ["x", "y", "zz"], [-1, 2, 3], [0.5, 1.5, np.nan], [True, False, True]
    table["big"] = 2**64 - 1
    f["records"] = table
    f.create_dataset("records-in-chunks", data=table, chunks=(2,), compression="gzip", shuffle=True)
    f["records-without-text"] = table[["n", "real"]]
    f["no-records"] = table[:0]
