"""Prints what numpy reads of a gzipped table: a line with the names of its first and last gene and how many there are,
then a line a cell with its name, the sum of its values, how many are not 0, and the sum of value × (1 + place of gene).

    table_sums.py FILE SEPARATOR cells|genes        what its lines are
"""
import gzip
import sys

import numpy as np

path, separator, lines = sys.argv[1:]
separator = "\t" if separator == "tab" else separator
names, rows = [], []
with gzip.open(path, "rt") as file:
    columns = file.readline().rstrip("\r\n").split(separator)[1:]
    for line in file:
        name, numbers = line.split(separator, 1)
        names.append(name)
        rows.append(np.fromstring(numbers, dtype="f8", sep=separator).astype("f4"))
values = np.array(rows, dtype="f8")
if lines == "genes":
    values, names, columns = values.T, columns, names
places = np.arange(1, values.shape[1] + 1)
print(columns[0], columns[-1], values.shape[1])
for name, row in zip(names, values):
    print(name, repr(float(row.sum())), np.count_nonzero(row), repr(float(row @ places)))
