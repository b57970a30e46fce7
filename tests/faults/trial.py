"""A trial: some files, a run of sctab on them, and what must be true afterwards."""
import dataclasses
import hashlib
import os
import shutil
import typing

import outputs
import program as programs


@dataclasses.dataclass
class Result:
    """What a trial found."""
    runs: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)
    is_undamaged: bool = False  # the damage could not be written

    def add(self, run):
        self.runs.append(run)
        self.problems += run.problems()
        return run


@dataclasses.dataclass(frozen=True)
class Command:
    """A command of sctab on files that lie in the folder where it runs."""
    arguments: tuple
    output: str = ""  # what it writes; empty: standard output alone
    reference: str = ""  # the digest of its output on undamaged files
    warnings: bytes = b""  # what it says of them on standard error

    def line(self):
        return list(self.arguments) + ["--quiet"]


@dataclasses.dataclass(frozen=True)
class DamagedInput:
    """Damaged files must be refused in one line, or give what undamaged ones do; nothing may be left half done."""
    name: str  # "h5ad csr_gzip: lost chunk of X/data"
    command: Command
    make: typing.Callable  # make(folder) writes the files; False where the damage could not be written
    keeps_result: bool  # a success must have the result of the undamaged files, or a warning

    def run(self, program, folder):
        result = Result(is_undamaged=self.make(folder) is False)
        before = contents(folder)
        run = result.add(program.run(self.command.line(), folder))
        if b"out of memory" in run.err:
            result.problems.append("took all the memory that it was allowed")
        result.problems += problems_of_outputs(program, folder, self.command, run, self.keeps_result)
        result.problems += problems_of_other_files(before, contents(folder), self.command)
        return result


def contents(folder):
    """The regular files below a folder that can be read, {name: checksum}."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).digest()
            for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and os.access(path, os.R_OK)}


def problems_of_other_files(before, after, command):
    """Inputs stay as they are, and no file appears but the output and, next to it, work that can be resumed."""
    problems = [f"changed {name}, an input" for name in before if after.get(name) != before[name]]
    for name in after.keys() - before.keys():
        top = name.split("/")[0]
        is_output = command.output and (top == command.output or top.startswith(command.output + "."))
        if not is_output and top not in ("tmp", "out"):  # temporaries are judged by their names
            problems.append(f"made {name}")
    return problems


def problems_of_outputs(program, folder, command, run, keeps_result, may_stay=False):
    """An output is whole after a success, and absent after a failure; temporaries are gone either way. may_stay: it may
    be there after a failure too, whole.
    """
    problems = [f"left {path[len(str(folder)) + 1:]}" for path in programs.temporaries(folder)][:3]
    if not command.output:
        return problems
    path = folder / command.output
    is_there, failed = outputs.exists(path), run.code != programs.EXIT_GOOD
    if failed and not is_there:
        return problems
    if failed and not may_stay:
        return problems + [f"exit {run.exit_name()}, and {command.output} was written"]
    if not is_there:
        return problems + [f"exit 0, and {command.output} was not written"]
    try:
        digest = outputs.digest(program, path)
    except outputs.Unreadable as error:
        return problems + [f"exit {run.exit_name()}, and {error}"]
    says_something = set(run.err.splitlines()) - set(command.warnings.splitlines())
    if keeps_result and digest != command.reference and not says_something:
        problems.append(f"exit {run.exit_name()} with another result than that of the undamaged files, without a word")
    return problems


def copy_into(folder, sources):
    """Copies files and folders, {name: path}, into a trial's folder."""
    for name, source in sources.items():
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copyfile(source, folder / name)
