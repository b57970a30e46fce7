"""Inputs that change while they are read: the result is that of the old file or of the new one, or an error."""
import dataclasses
import os
import pathlib
import random
import time

import outputs
import program as programs
from trial import Command, Result, copy_into

LAYOUTS = ["csr_gzip", "csr_plain", "csc_gzip", "dense_plain", "raw"]
WAYS = ["another file by rename", "another file in place", "cut", "cut and written again", "zeros in the middle"]


def trials(samples, seed):
    rng = random.Random(f"changes {seed}")
    while True:
        layout = rng.choice(LAYOUTS)
        name, other = f"annotate {layout}", f"annotate other {rng.choice(LAYOUTS)}"
        # Zeros that are there before an uncompressed file is opened are values like others.
        way = rng.choice(WAYS[:-1] if layout.endswith("plain") else WAYS)
        yield Change(f"change {name}", samples.commands[name], samples.inputs[name], samples.inputs[other]["in.h5ad"],
                     samples.commands[other].reference, way, rng.random() * samples.seconds[name])


@dataclasses.dataclass(frozen=True)
class Change:
    """A run whose input changes `delay` seconds after its start."""
    name: str
    command: Command
    inputs: dict
    other: pathlib.Path  # of other cells
    other_result: str
    way: str
    delay: float

    def run(self, program, folder):
        copy_into(folder, self.inputs | {"other.h5ad": self.other})
        result, began = Result(), time.monotonic()
        process = program.start(self.command.line(), folder)
        time.sleep(self.delay)
        try:
            self.change(folder)
        except BaseException:
            programs.end_group(process)
            raise
        run = result.add(program.finish(process, self.command.line(), began))
        result.problems += [f"left {path[len(str(folder)) + 1:]}" for path in programs.temporaries(folder)][:3]
        if run.code != programs.EXIT_GOOD:
            return result
        try:
            digest = outputs.digest(program, folder / self.command.output)
        except outputs.Unreadable as error:
            result.problems.append(f"{self.way}: exit 0, and {error}")
        else:
            if digest not in (self.command.reference, self.other_result):
                result.problems.append(f"{self.way}: exit 0 with the result of neither file")
        return result

    def change(self, folder):
        path, other = folder / "in.h5ad", folder / "other.h5ad"
        if self.way == "another file by rename":
            os.replace(other, path)
            return
        content = (other if self.way == "another file in place" else path).read_bytes()
        with open(path, "r+b") as file:
            if self.way == "zeros in the middle":
                file.seek(len(content) // 3)
                file.write(bytes(len(content) // 3))
                return
            file.truncate(len(content) if self.way == "another file in place" else len(content) // 2)
            if self.way != "cut":
                file.write(content)
