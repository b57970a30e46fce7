#!/usr/bin/env python3
"""Checks the pages of the project: lines of prose fit 120 columns, and every relative link leads to a file and a heading.

Tables, code blocks and lines that hold a single long link or image may be wider.
"""
import pathlib
import re
import subprocess
import sys

MAX_COLUMNS = 120
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*?) *#*$")


def pages():
    """README, CONTRIBUTING, CHANGELOG and everything in docs/, as git has them or would add them."""
    patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md"]
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
                            capture_output=True, text=True, check=True).stdout.splitlines()
    return [pathlib.Path(name) for name in sorted(set(listed)) if pathlib.Path(name).exists()]


def outside_code(text):
    """(line number, line) of all lines that no ``` block holds."""
    in_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif not in_code:
            yield number, line


def anchors(path):
    """The anchors of a page's headings, by GitHub's rule: lower case, no punctuation, hyphens, -1 for a repeated one."""
    seen, found = {}, set()
    for _, line in outside_code(path.read_text(encoding="utf-8")):
        if match := HEADING.match(line):
            title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
            repeated = seen.get(slug, 0)
            seen[slug] = repeated + 1
            found.add(f"{slug}-{repeated}" if repeated else slug)
    return found


def is_too_wide(line):
    if len(line) <= MAX_COLUMNS or line.lstrip().startswith(("|", "![")):
        return False
    return len(LINK.sub("", line).split()) > 3  # a line that is a link and little else cannot be broken


def broken_link(page, target):
    """What is wrong with a relative link, or None."""
    name, _, anchor = target.partition("#")
    path = page.parent / name if name else page
    if not path.exists():
        return f"{target}: no such file"
    if anchor and path.suffix == ".md" and anchor not in anchors(path):
        return f"{target}: {path.name} has no such heading"
    return None


def complaints(page):
    lines = dict(outside_code(page.read_text(encoding="utf-8")))
    for number, line in lines.items():
        if is_too_wide(line):
            yield f"{page}:{number}: {len(line)} columns; wrap prose at {MAX_COLUMNS}"
    text = "\n".join(lines.get(number, "") for number in range(1, max(lines, default=0) + 1))
    text = re.sub(r"`[^`\n]*`", lambda code: "x" * len(code[0]), text)
    for link in LINK.finditer(text):  # a link may go over two lines
        if not re.match(r"[a-z]+:", link[1]) and (problem := broken_link(page, link[1])):
            yield f"{page}:{text.count(chr(10), 0, link.start()) + 1}: {problem}"


def main():
    found = [complaint for page in pages() for complaint in complaints(page)]
    print("\n".join(found) if found else "docs: clean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
