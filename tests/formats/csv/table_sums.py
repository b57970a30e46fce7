"""Prints what pandas reads of a table: a line a cell with its name, the sum of its values, how many are not 0, and the
sum of value × (1 + place of the gene); before it a line with the names of the first and the last gene.

    table_sums.py FILE SEPARATOR cells|genes        what its lines are
"""
import sys

import numpy as np
import pandas as pd

path, separator, lines = sys.argv[1:]
table = pd.read_csv(path, sep="\t" if separator == "tab" else separator, index_col=0)
if lines == "genes":
    table = table.T
values = table.to_numpy(dtype="f4").astype("f8")
places = np.arange(1, values.shape[1] + 1)
print(table.columns[0], table.columns[-1], values.shape[1])
for name, row in zip(table.index, values):
    print(name, repr(float(row.sum())), np.count_nonzero(row), repr(float(row @ places)))
