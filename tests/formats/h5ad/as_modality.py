"""Writes a h5mu of two modalities, of which rna is the h5ad given: as_modality.py FROM TO"""
import sys

import h5py

with h5py.File(sys.argv[1]) as source, h5py.File(sys.argv[2], "w") as target:
    target.attrs.update({"encoding-type": "MuData", "encoding-version": "0.1.0"})
    modalities = target.create_group("mod")
    for name in ["prot", "rna"]:
        source.copy("/", modalities, name)
    source.copy("obs", target)
