"""Wrong text: lines and fields of tables, ontologies, recipes and settings."""
import re

FIELDS = [b"", b"0", b"-1", b"1e999", b"nan", b"99999999999999999999", b'"', b'"a""b"', b'"open', b"a\tb", b"a,b", b"\0", b"\xff",
          b"\xed\xa0\x80", b"\x1b[2J", b"x" * 100000, b" ." + b"A" * 50000, b"'", b"[", b"{", b"[[", b"#", b"!", b"\\", b"&a", b"*a",
          b"!!python/object/apply:os.system ['touch x']", b"ENSG00000141510", b"CL:0000000", b"CL:9999999", b"true", b"1979-05-27"]
LINES = [b"", b"\r", b"[Term]", b"[", b"[a.b.c]", b"[[model]]", b"a = 1", b"a: 1", b"- a", b"? a", b"...", b"---", b"%YAML 9.9",
         b"id: CL:0000084", b"is_a: CL:0000000", b"is_a: CL:0000084 ! itself", b"# comment", b'"', b"'''", b'"""', b"\0", b"\xef\xbb\xbf",
         b",,,,,,,,", b"x" * 200000, b"\\", b"a\\", b"<<: *a", b"a: &a [*a]"]
WHOLE = {
    "empty": b"", "a line end": b"\n", "zeros": bytes(5000), "a byte order mark": b"\xef\xbb\xbf", "UTF-16": "id,x\n".encode("utf-16"),
    "one long line": b"a" * 10 ** 6, "quotes": b'"' * 99999, "commas": b"," * 10 ** 6, "line ends": b"\n" * 10 ** 6,
    "lists deep": b"a: " + b"[" * 100000, "closed lists deep": b"a = " + b"[" * 20000 + b"]" * 20000,
    "flow maps deep": b"{a: " * 30000, "block lists deep": b"- " * 50000, "keys deep": b"? " * 50000,
    "inline tables deep": b"a = " + b"{a=" * 20000 + b"1" + b"}" * 20000, "dotted key": b"a." * 50000 + b"b = 1",
    "quoted dotted key": b"'#'." * 50000 + b"b = 1", "dotted table": b"[" + b"a." * 50000 + b"b]",
    "tables in tables": b"\n".join(b"a." * 50 + b"x%d = {" % i for i in range(50)), "anchors": b"a: " + b"&a " * 20000,
    "gzip of nothing": bytes.fromhex("1f8b08000000000000030300000000000000000000"), "gzip cut": bytes.fromhex("1f8b0800000000000003"),
}


def damaged_lines(content, rng):
    """The text with one to three lines or fields damaged, or another text; and what was done."""
    if rng.random() < 0.2:
        what = rng.choice(list(WHOLE))
        return WHOLE[what], what
    lines, done = content.split(b"\n"), []
    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.randrange(len(lines))
        what = rng.choice(["removed", "doubled", "another", "field", "field", "field", "cut here", "swapped", "CRLF", "nested"])
        if what == "removed":
            lines[at:at + 1] = []
        elif what == "doubled":
            lines.insert(at, lines[at])
        elif what == "another":
            lines.insert(at, rng.choice(LINES))
        elif what == "field":
            lines[at] = replace_field(lines[at], rng)
        elif what == "cut here":
            lines[at:] = [lines[at][:rng.randrange(len(lines[at]) + 1)]]
        elif what == "swapped":
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif what == "CRLF":
            lines = [line + b"\r" for line in lines]
        else:
            lines[at] += rng.choice([b"[", b"{", b"- ", b"a.", b"&a "]) * rng.choice([5, 101, 5000, 100000])
        done.append(f"line {at + 1} {what}")
        lines = lines or [b""]
    return b"\n".join(lines), ", ".join(done)


def replace_field(line, rng):
    """Another value for one field of a csv, tsv, obo, YAML or TOML line."""
    parts = re.split(rb"([,\t=:. ])", line)
    parts[rng.randrange(len(parts))] = rng.choice(FIELDS)
    return b"".join(parts)
