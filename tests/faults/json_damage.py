"""Wrong JSON: each value of a document removed or replaced, and documents that are wrong as a whole."""
import copy
import json

VALUES = [None, True, 0, -1, 1, 1.5, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 63 - 1, 2 ** 64 - 1, 2 ** 70, -2 ** 63, 1e308, "", "x",
          "../../../etc/passwd", "/dev/zero", "fifo", "z" * 50000, " ." + "A" * 50000, "\x1b[2J\r\n", "\ud800", [], {}, [[]],
          [1], ["a", "a"], {"": None}]
WHOLE = {
    "empty": b"", "null": b"null", "a list": b"[]", "an object": b"{}", "a number": b"1", "a text": b'"x"',
    "lists 200000 deep": b"[" * 200000, "closed lists 100000 deep": b"[" * 100000 + b"]" * 100000,
    "objects 100000 deep": b'{"a":' * 100000 + b"1" + b"}" * 100000, "zeros": bytes(4096),
    "a number of a million digits": b"1" * 10 ** 6, "an open text": b'"' + b"x" * 10 ** 6, "backslashes": b'"' + b"\\" * 99999,
}


def places(value, path=()):
    """The paths of all values of a document."""
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for key, member in members:
        yield from places(member, path + (key,))


def parent_of(document, path):
    for key in path[:-1]:
        document = document[key]
    return document


def damage_value(document, rng):
    """A copy of the document with one value changed, and what was done."""
    document = copy.deepcopy(document)
    path = rng.choice([path for path in places(document) if path])
    parent, key = parent_of(document, path), path[-1]
    what = rng.choice(["removed", "replaced", "replaced", "replaced", "doubled", "deep"])
    if what == "removed":
        del parent[key]
    elif what == "replaced":
        value = rng.choice(VALUES)
        parent[key] = value
        what = f"replaced by {str(value)[:20]!r}"
    elif what == "doubled" and isinstance(parent, list):
        parent.append(parent[key])
    else:
        parent[key], what = "DEEP", "deep"
    return document, f"{'.'.join(map(str, path))} {what}"


def damaged_text(content, rng):
    """JSON of `content` with damage, as bytes, and what was done."""
    if rng.random() < 0.15:
        what = rng.choice(list(WHOLE))
        return WHOLE[what], what
    document, what = damage_value(json.loads(content), rng)
    text = json.dumps(document, indent=1).encode()
    depth = rng.choice([50, 99, 101, 5000, 100000])
    return text.replace(b'"DEEP"', b"[" * depth + b"]" * depth), what
