"""Wrong checkpoints for `models import`: operations of the pickle, entries of the zip, and its own records."""
import random
import struct
import zipfile

import published
from trial import DamagedInput, copy_into

PICKLE = "run/data.pkl"
OPERATIONS = b"N\x88\x89JKM\x8a\x8bGXc)]}t\x85\x86\x87R\x81Qaesub(01qrhj\x80.iolIFSVTUpg2dPCBZ\x95\x93\x94\x8c\x8d\x8e\x90\x91"
PICKLES = {
    "empty": b"", "only STOP": b"\x80\x02.", "no STOP": b"\x80\x02}", "protocol 4": b"\x80\x04\x95" + b"\xff" * 8 + b"}.",
    "lists deep": b"\x80\x02" + b"]" * 500000 + b"a" * 499999 + b".", "tuples deep": b"\x80\x02N" + b"\x85" * 500000 + b".",
    "marks": b"\x80\x02" + b"(" * 500000 + b".", "calls deep": b"\x80\x02cos\nsystem\n" + b")R" * 200000 + b".",
    "a command": b"\x80\x02cos\nsystem\nX\x07\x00\x00\x00touch x\x85R.", "a dict in itself": b"\x80\x02}q\x00h\x00h\x00s.",
    "a state_dict in itself": b"\x80\x02}q\x00X\x0a\x00\x00\x00state_dicth\x00s.", "text of 4 GB": b"\x80\x02X\xff\xff\xff\xffab.",
    "number of 4 GB": b"\x80\x02\x8b\xff\xff\xff\xffab.", "memo of 2^32": b"\x80\x02Nr\xff\xff\xff\xff.",
}


def trials(samples, seed):
    rng = random.Random(f"checkpoints {seed}")
    while True:
        yield checkpoint_trial(samples, rng)


def checkpoint_trial(samples, rng):
    source = samples.inputs["import"]["model.ckpt"]
    with zipfile.ZipFile(source) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    kind = rng.choice([pickle_damage, pickle_damage, pickle_damage, entry_damage, record_damage])
    what, content = kind(entries, source.read_bytes(), rng)

    def make(folder):
        copy_into(folder, samples.inputs["import"])
        if content is None:
            compression = zipfile.ZIP_DEFLATED if what == "compressed" else zipfile.ZIP_STORED
            published.write_zip(folder / "model.ckpt", entries, compression)
        else:
            (folder / "model.ckpt").write_bytes(content)

    return DamagedInput(f"import: model.ckpt: {what}", samples.commands["import"], make, False)


def pickle_damage(entries, _, rng):
    """Changes data.pkl; the zip around it is good."""
    text = bytearray(entries[PICKLE])
    what = rng.choice(["whole", "operation", "operation", "number", "number", "cut", "inserted", "name"])
    at = rng.randrange(len(text))
    if what == "whole":
        what = rng.choice(list(PICKLES))
        text = PICKLES[what]
    elif what == "operation":
        text[at] = rng.choice(OPERATIONS)
    elif what == "number":  # a shape, stride, offset or length: BININT1 and BININT2 become BININT of any value
        places = [i for i, byte in enumerate(text) if byte in b"KM"]
        at = rng.choice(places)
        value = rng.choice([0, 1, -1, 2 ** 31 - 1, -2 ** 31, 65536, 150 * 6])
        text[at:at + (2 if text[at] == ord("K") else 3)] = b"J" + struct.pack("<i", value)
        what = f"number {value}"
    elif what == "cut":
        text = text[:at]
    elif what == "inserted":
        text[at:at] = bytes(rng.choices(OPERATIONS, k=rng.choice([1, 3, 50])))
    else:
        names = [b"weight", b"bias", b"classifier.", b"torch", b"FloatStorage", b"state_dict", b"storage", b"OrderedDict"]
        name = rng.choice(names)
        text = bytes(text).replace(name, rng.choice([b"x" * len(name), bytes(len(name)), b"\xff" * len(name)]))
        what = f"another name for {name.decode()}"
    entries[PICKLE] = bytes(text)
    return f"{what} at {at} of the pickle", None


def entry_damage(entries, _, rng):
    what = rng.choice(["removed", "renamed", "shorter", "longer", "empty", "compressed", "outside", "folder", "many"])
    name = rng.choice(list(entries))
    data = entries[name]
    if what in ("removed", "renamed", "outside"):
        del entries[name]
        other = {"renamed": "run/other", "outside": "../../" + name}.get(what)
        entries.update({other: data} if other else {})
    elif what == "folder":
        entries.update({key.replace("run/", "other/", 1): entries.pop(key) for key in [name]})
    elif what == "many":
        entries.update({f"run/data/x{i}": b"" for i in range(3000)})
    elif what != "compressed":
        entries[name] = {"shorter": data[:-1], "longer": data + b"1234", "empty": b""}[what]
    return what if what == "compressed" else f"entry {name} {what}", None


def record_damage(_, content, rng):
    """Numbers of the zip's own records."""
    content = bytearray(content)
    signature = rng.choice([b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"])
    at = rng.choice([i for i in range(len(content) - 4) if content[i:i + 4] == signature])
    field = rng.randrange(4, 42 if signature == b"PK\x01\x02" else 26 if signature == b"PK\x03\x04" else 18)
    width = rng.choice([1, 2, 4])
    value = rng.choice([0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, len(content)]) % 2 ** (8 * width)
    content[at + field:at + field + width] = value.to_bytes(width, "little")
    return f"byte {field} of {signature[2:].hex()} at {at} is {value}", bytes(content)
