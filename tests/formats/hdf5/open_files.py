"""open_files.py FOLDER: left-open.h5, whose writer never closed it, and latest.h5, with chunks, in HDF5's newest way."""
import os
import sys

import h5py
import numpy as np

with h5py.File(f"{sys.argv[1]}/latest.h5", "w", libver="latest") as f:
    f.create_dataset("chunked", data=np.arange(100.0), chunks=(10,), compression="gzip")
f = h5py.File(f"{sys.argv[1]}/left-open.h5", "w", libver="latest")
f["values"] = np.arange(5)
f.flush()
os._exit(0)
