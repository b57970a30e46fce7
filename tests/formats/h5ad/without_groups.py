"""Removes the empty groups of a file, as some writers leave them out."""
import sys

import h5py

with h5py.File(sys.argv[1], "r+") as f:
    for name in ["obsm", "uns", "varm", "obsp", "varp", "layers"]:
        del f[name]
