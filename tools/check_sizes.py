#!/usr/bin/env python3
"""Checks that source files stay under 500 lines, functions under 60, and parameter lists at 7.

clang-format makes functions easy to find: they begin at indent 0, or at 2 in a class, their head ends in '{', and they end
with the '}' of the same indent.
"""
import pathlib
import re
import subprocess
import sys

MAX_FILE, MAX_FUNCTION, MAX_PARAMETERS = 500, 60, 7
NOT_A_FUNCTION = re.compile(r"^\s*(namespace|class|struct|enum|union|if|for|while|switch|else|do|try|catch|extern|return|case|(EXPECT|ASSERT|SCTAB)_\w+)\b")

LAMBDA = re.compile(r"\[[&=\w, ]*\]\s*[({]|=\s*\{$")


def parameters(signature):
    inside = signature[signature.index("(") + 1:]
    depth, count, seen = 0, 1, False
    for c in inside:
        if c == ")" and depth == 0:
            break
        depth += c in "(<[{"
        depth -= c in ")>]}"
        seen |= not c.isspace()
        count += c == "," and depth == 0
    return count if seen else 0


def functions(lines):
    """Yields (first line number, number of lines, signature)."""
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("#"):  # a macro's other lines are no functions
            while lines[number].endswith("\\") and number + 1 < len(lines):
                number += 1
            number += 1
            continue
        start = number
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent in (0, 2) and not line.lstrip().startswith(("#", "//", "}", "*")) and "(" in line and not NOT_A_FUNCTION.match(line):
            signature = line
            while not signature.rstrip().endswith(("{", ";", "}")) and number + 1 < len(lines):
                number += 1
                signature += " " + lines[number].strip()
            if signature.rstrip().endswith("{") and not LAMBDA.search(signature):
                end = number
                while end + 1 < len(lines) and not lines[end].startswith(" " * indent + "}"):
                    end += 1
                yield start + 1, end - start + 1, signature
        number += 1


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    tracked = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.cpp", "*.hpp", "*.py", "*.sh"],
                             cwd=root, capture_output=True, text=True, check=True).stdout.split()
    bad = 0
    for name in tracked:
        path = root / name
        if not path.exists():
            continue
        lines = path.read_text().splitlines()
        if len(lines) > MAX_FILE:
            bad += 1
            print(f"{name}: {len(lines)} lines; at most {MAX_FILE}")
        if not name.endswith((".cpp", ".hpp")):
            continue
        for start, length, signature in functions(lines):
            if length > MAX_FUNCTION:
                bad += 1
                print(f"{name}:{start}: a function of {length} lines; at most {MAX_FUNCTION}")
            if parameters(signature) > MAX_PARAMETERS:
                bad += 1
                print(f"{name}:{start}: {parameters(signature)} parameters; at most {MAX_PARAMETERS}")
    print(f"sizes: {bad} complaints")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
