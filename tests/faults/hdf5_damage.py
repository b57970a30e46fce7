"""Wrong structure in an h5ad file: each function damages one dataset, group or attribute of an open file.

Lists of (name, function, keeps_result): keeps_result where the file still says what its cells are, or does not say it
any more, so that sctab must give the labels of the undamaged file or none. Without, the damage may make another valid
file.
"""
import h5py
import numpy as np

HUGE = 10 ** 13
# What damage raises where the item lacks what it changes, or where HDF5 cannot write it so.
NOT_WRITABLE = (KeyError, OSError, ValueError, TypeError, RuntimeError, AttributeError, IndexError, OverflowError,
                MemoryError)
NEEDED = ("X", "raw", "obs/_index", "obs/cell_type_ontology_term_id", "obs/donor_id")  # other columns may be absent


def replace(f, path, values=None, **options):
    """Another dataset of this name, with the attributes of the one that was there."""
    attributes = dict(f[path].attrs)
    del f[path]
    dataset = f.create_dataset(path, data=values, **options)
    for name, value in attributes.items():
        dataset.attrs[name] = value
    return dataset


def values_of(f, path):
    return f[path][()]


def chunks_of(values):
    return tuple(max(1, (n + 3) // 4) for n in values.shape)


# Chunks

def lose_chunk(f, path, which=1, **options):
    """A quarter of the numbers was never written, as where a bit of the index of chunks is flipped."""
    values = values_of(f, path)
    chunks = chunks_of(values)
    dataset = replace(f, path, shape=values.shape, dtype=f[path].dtype, chunks=chunks, **options)
    for begin in range(0, len(values), chunks[0]):
        if begin // chunks[0] != which:
            dataset[begin:begin + chunks[0]] = values[begin:begin + chunks[0]]


def lose_all_chunks(f, path, **options):
    values = values_of(f, path)
    replace(f, path, shape=values.shape, dtype=f[path].dtype, chunks=chunks_of(values), **options)


def never_allocate(f, path):
    replace(f, path, shape=f[path].shape, dtype=f[path].dtype)


def change_chunk(f, path, change, mask=0):
    """Changes the stored bytes of the first chunk."""
    values, dtype = values_of(f, path), f[path].dtype
    dataset = replace(f, path, values, dtype=dtype, chunks=chunks_of(values), compression="gzip", shuffle=True)
    origin = (0,) * values.ndim
    dataset.id.write_direct_chunk(origin, change(dataset.id.read_direct_chunk(origin)[1]), mask)


CHUNKS = [
    ("lost chunk", lose_chunk, True),
    ("lost first chunk, gzip", lambda f, p: lose_chunk(f, p, 0, compression="gzip"), True),
    ("lost last chunk, lzf", lambda f, p: lose_chunk(f, p, 3, compression="lzf"), True),
    ("lost chunk with a fill value", lambda f, p: lose_chunk(f, p, fillvalue=1), True),
    ("no chunks", lose_all_chunks, True),
    ("no chunks, gzip", lambda f, p: lose_all_chunks(f, p, compression="gzip"), True),
    ("never allocated", never_allocate, True),
    ("cut chunk", lambda f, p: change_chunk(f, p, lambda b: b[:len(b) // 2]), True),
    ("chunk of one byte", lambda f, p: change_chunk(f, p, lambda b: b[:1]), True),
    ("longer chunk", lambda f, p: change_chunk(f, p, lambda b: b + b"\1" * 5000), False),
    ("chunk of zeros", lambda f, p: change_chunk(f, p, lambda b: bytes(len(b))), True),
    ("chunk that skips its filters", lambda f, p: change_chunk(f, p, lambda b: b, mask=3), True),
]


# Types and shapes

def convert(f, path, dtype):
    replace(f, path, values_of(f, path).astype(dtype))


def as_compound(f, path):
    replace(f, path, np.zeros(f[path].shape, dtype=[("a", "i4"), ("b", "f4")]))


def as_enumeration(f, path):
    kind = h5py.enum_dtype({"NO": 0, "YES": 1}, basetype="i1")
    replace(f, path, np.zeros(f[path].shape, "i1"), dtype=kind)


def as_references(f, path):
    replace(f, path, np.full(f[path].shape, f.ref), dtype=h5py.ref_dtype)


def as_lists(f, path):
    values = np.empty(f[path].shape, object)
    for at in np.ndindex(values.shape):
        values[at] = np.arange(3, dtype="i4")
    replace(f, path, values, dtype=h5py.vlen_dtype(np.int32))


def resize(f, path, change):
    replace(f, path, change(values_of(f, path)))


def make_huge(f, path, **options):
    shape = (HUGE,) + f[path].shape[1:]
    replace(f, path, shape=shape, dtype=f[path].dtype, chunks=(1000,) + f[path].shape[1:], **options)


SHAPES = [
    ("shorter by one", lambda f, p: resize(f, p, lambda v: v[:-1]), True),
    ("longer by one", lambda f, p: resize(f, p, lambda v: np.concatenate([v, v[-1:]])), True),
    ("one value", lambda f, p: resize(f, p, lambda v: v[:1]), True),
    ("empty", lambda f, p: resize(f, p, lambda v: v[:0]), True),
    ("a column more", lambda f, p: resize(f, p, lambda v: v.reshape(*v.shape, 1)), True),
    ("scalar", lambda f, p: resize(f, p, lambda v: v.flat[0]), True),
    ("null", lambda f, p: replace(f, p, h5py.Empty(f[p].dtype)), True),
    ("huge", make_huge, True),
    ("huge with a fill value", lambda f, p: make_huge(f, p, fillvalue=1), True),
    ("huge, gzip", lambda f, p: make_huge(f, p, compression="gzip"), True),
    ("compound", as_compound, True),
    ("enumeration", as_enumeration, False),
    ("references", as_references, True),
    ("lists", as_lists, True),
    ("opaque", lambda f, p: replace(f, p, np.zeros(f[p].shape, "V4")), True),
    ("fixed text", lambda f, p: replace(f, p, np.full(f[p].shape, b"x", "S3")), False),
    ("text without end", lambda f, p: replace(f, p, np.full(f[p].shape, "x" * 70000, object),
                                              dtype=h5py.string_dtype()), False),
]
NUMBER_TYPES = [(f"as {kind}", lambda f, p, kind=kind: convert(f, p, kind), kind in ("<f8", ">f4", ">i8", "<u8"))
                for kind in ("<f8", ">f4", "<f2", ">i8", "<i1", "<u8", "?")]


# Values

def change_values(f, path, change):
    """change(values): of 64 bits, in place."""
    kind = "i8" if f[path].dtype.kind in "iub" else "f8"
    values = values_of(f, path).astype(kind)
    change(values.reshape(-1))
    replace(f, path, values, compression="gzip")


def assign(values, at, value):
    values[at] = value


INDICES = [
    ("gene out of range", lambda v: assign(v, 5, 10 ** 6), True),
    ("gene -1", lambda v: assign(v, 5, -1), True),
    ("gene 2^32", lambda v: assign(v, 5, 2 ** 32), True),
    ("gene 2^63 - 1", lambda v: assign(v, 5, 2 ** 63 - 1), True),
    ("genes all 0", lambda v: assign(v, slice(None), 0), True),
    ("zeros in the middle", lambda v: assign(v, slice(len(v) // 3, len(v) // 2), 0), True),
]
INDPTR = [
    ("falls", lambda v: assign(v, 50, 1), True),
    ("negative", lambda v: assign(v, 0, -3), True),
    ("does not begin at 0", lambda v: assign(v, 0, 2), True),
    ("past the end", lambda v: assign(v, -1, 10 ** 12), True),
    ("2^63 - 1", lambda v: assign(v, 60, 2 ** 63 - 1), True),
    ("ends early", lambda v: assign(v, -1, v[-1] - 1), True),
    ("all 0", lambda v: assign(v, slice(None), 0), True),
    ("zeros in the middle", lambda v: assign(v, slice(40, 80), 0), True),
    ("zeros at the end", lambda v: assign(v, slice(-20, None), 0), True),
]
CODES = [
    ("code out of range", lambda v: assign(v, 2, 99), True),
    ("code -2", lambda v: assign(v, 2, -2), True),
    ("code 2^40", lambda v: assign(v, 2, 2 ** 40), True),
]
DATA = [
    ("NaN", lambda v: assign(v, 7, np.nan), True),
    ("infinite", lambda v: assign(v, 7, np.inf), True),
    ("negative", lambda v: assign(v, 7, -4), True),
    ("1e300", lambda v: assign(v, 7, 1e300), True),
    ("not whole", lambda v: assign(v, 7, 0.5), False),
]


def values_for(path):
    """The wrong values that an array of this name can have."""
    name = path.split("/")[-1]
    lists = {"indices": INDICES, "indptr": INDPTR, "codes": CODES, "data": DATA}
    return [(what, lambda f, p, change=change: change_values(f, p, change), keeps)
            for what, change, keeps in lists.get(name, [])]


# Texts

def set_text(f, path, at, text):
    """at: a place, or the last one where there are fewer; or a slice."""
    values = values_of(f, path)
    values = np.array([v if isinstance(v, bytes) else str(v).encode() for v in values], object)
    values[min(at, len(values) - 1) if isinstance(at, int) else at] = text
    replace(f, path, values, dtype=h5py.string_dtype())


TEXTS = [
    ("a text of a million bytes", lambda f, p: set_text(f, p, 1, b"x" * 10 ** 6), False),
    ("a text behind ' .'", lambda f, p: set_text(f, p, 1, b" ." + b"A" * 50000), False),
    ("not UTF-8", lambda f, p: set_text(f, p, 1, b"M\xfcller"), False),
    ("escape sequences", lambda f, p: set_text(f, p, 1, b"\x1b[31mred\r\n\x07"), False),
    ("empty", lambda f, p: set_text(f, p, 1, b""), False),
    ("the first again", lambda f, p: set_text(f, p, 1, f[p][0]), False),
    ("all empty", lambda f, p: set_text(f, p, slice(None), b""), False),
]


# Links

def link(f, path, target):
    del f[path]
    f[path] = target


def virtual(f, path, name, source="/none"):
    shape, dtype = f[path].shape, f[path].dtype
    layout = h5py.VirtualLayout(shape=shape, dtype=dtype)
    layout[...] = h5py.VirtualSource(name, source, shape=shape, dtype=dtype)
    del f[path]
    f.create_virtual_dataset(path, layout)


def external_storage(f, path, name):
    replace(f, path, shape=f[path].shape, dtype=f[path].dtype, external=[(name, 0, h5py.h5f.UNLIMITED)])


LINKS = [
    ("removed", lambda f, p: f.__delitem__(p), True),
    ("soft link to itself", lambda f, p: link(f, p, h5py.SoftLink("/" + p)), True),
    ("soft link to nothing", lambda f, p: link(f, p, h5py.SoftLink("/none")), True),
    ("hard link to its group", lambda f, p: link(f, p, f[p].parent), True),
    ("hard link to the root", lambda f, p: link(f, p, f["/"]), True),
    ("external link to a FIFO", lambda f, p: link(f, p, h5py.ExternalLink("fifo", "/" + p)), True),
    ("external link to a device", lambda f, p: link(f, p, h5py.ExternalLink("/dev/zero", "/" + p)), True),
    ("external link to another file", lambda f, p: link(f, p, h5py.ExternalLink("other.h5ad", "/" + p)), True),
    ("external link to itself", lambda f, p: link(f, p, h5py.ExternalLink("in.h5ad", "/" + p)), True),
]
LINKS_OF_DATASETS = [
    ("virtual, of itself", lambda f, p: virtual(f, p, ".", p), True),
    ("virtual, of its file", lambda f, p: virtual(f, p, "in.h5ad", p), True),
    ("virtual, of nothing", lambda f, p: virtual(f, p, "none.h5ad"), True),
    ("virtual, of a FIFO", lambda f, p: virtual(f, p, "fifo"), True),
    ("stored in another file", lambda f, p: external_storage(f, p, "other.h5ad"), True),
    ("stored in a FIFO", lambda f, p: external_storage(f, p, "fifo"), True),
    ("stored in a device", lambda f, p: external_storage(f, p, "/dev/zero"), True),
    ("stored in a missing file", lambda f, p: external_storage(f, p, "none.bin"), True),
]


# Groups and attributes

def as_number(f, path):
    link(f, path, 5)


def deep_group(f, path):
    group = f[path]
    for _ in range(300):
        group = group.create_group("x")


def many_members(f, path):
    for i in range(2000):
        f[path].create_group(f"x{i}")


GROUPS = [
    ("a number instead", as_number, True),
    ("an empty group", lambda f, p: link(f, p, h5py.SoftLink("/none")) or f.__delitem__(p) or f.create_group(p), True),
    ("groups 300 deep", deep_group, False),
    ("2000 more members", many_members, False),
    ("a member with a long name", lambda f, p: f[p].create_group("n" * 60000), False),
    ("a member whose name is not UTF-8", lambda f, p: f[p].create_group(b"\xff\xfe"), False),
    ("a member with control characters", lambda f, p: f[p].create_group("a\x1b[2J\nb"), False),
]
ATTRIBUTE_VALUES = {
    "0": 0, "-1": -1, "2^63 - 1": 2 ** 63 - 1, "1.5": 1.5, "empty text": "", "long text": "y" * 60000,
    "not UTF-8": np.bytes_(b"\xff\xfe\x1b"), "no numbers": np.array([], "i8"), "one number": np.array([3]),
    "negative numbers": np.array([-165, -150]), "huge numbers": np.array([2 ** 62, 2 ** 62]),
    "other numbers": np.array([150, 165]), "three numbers": np.array([165, 150, 1]),
    "real numbers": np.array([165.5, 150.0]), "null": h5py.Empty("S1"), "texts": ["csr_matrix", "x"],
    "another encoding": "csc_matrix", "dataframe": "dataframe", "array": "array", "version 99": "99.0",
}


def attributes_of(item):
    """Damage to each attribute of a dataset or group."""
    damages = []
    for name in item.attrs:
        damages.append((f"without attribute {name}", lambda f, p, n=name: f[p].attrs.__delitem__(n), False))
        for what, value in ATTRIBUTE_VALUES.items():
            damages.append((f"attribute {name}: {what}", lambda f, p, n=name, v=value: f[p].attrs.__setitem__(n, v),
                            False))
    return damages


def damages_of(path):
    """All of them for a file, as a list of (name, function of the open file, keeps_result)."""
    found = []

    def visit(name, item):
        damages = LINKS + attributes_of(item)
        if isinstance(item, h5py.Dataset):
            damages = damages + LINKS_OF_DATASETS
            if item.shape:
                damages = damages + SHAPES + CHUNKS
            if item.dtype.kind in "iufb" and item.shape:
                damages = damages + NUMBER_TYPES + values_for(name)
            if item.dtype.kind == "O" and item.shape and h5py.check_string_dtype(item.dtype):
                damages = damages + TEXTS
        else:
            damages = damages + GROUPS
        is_chunk = {what for what, _, _ in CHUNKS}
        found.extend((f"{what} of {name}", lambda f, d=damage, n=name: d(f, n),
                      keeps and name.startswith(NEEDED + ("obs",) * (what in is_chunk)))
                     for what, damage, keeps in damages)

    with h5py.File(path) as file:
        file.visititems(visit)
    return found
