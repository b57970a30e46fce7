"""Hostile surroundings: closed descriptors, full disks, low limits, and something else where a file should be."""
import dataclasses
import itertools
import os
import random
import socket
import stat
import typing

import outputs
import program as programs
from trial import Command, Result, contents, copy_into, problems_of_other_files, problems_of_outputs

COMMANDS = ["annotate csr_gzip", "annotate csc_gzip", "annotate", "annotate with trees", "show", "build", "describe",
            "subsample", "evaluate", "check", "import", "simulate", "augment", "pca", "train", "benchmark"]
EXIT_NOT_LOADED = 127
STREAMS = ("genes.csv", "symbols.csv", "cl.obo", "var.csv", "cell_type.csv", "hparams.yaml")  # may be pipes: `<(…)`
NOBODY = 65534
RUNS_AS_NOBODY = True  # run.py sets it to False where that user does not reach the program
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")


def trials(samples, seed):
    rng = random.Random(f"environments {seed}")
    kinds = [closed_descriptors, full_device, small_files, little_memory, few_descriptors, other_input, other_input,
             other_input, other_output] + [few_processes, read_only_folder] * RUNS_AS_NOBODY
    while True:
        kind = rng.choice(kinds)
        yield kind(samples, rng)


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """A command in surroundings that are not its fault."""
    name: str
    command: Command
    inputs: dict
    wrapper: tuple = ()  # what starts it
    prepare: typing.Callable = lambda folder: None  # changes the folder; a descriptor that it returns is closed later
    may_fail: bool = True
    says_why: bool = True  # stderr is there to see the message of a failure
    keeps_result: bool = True
    may_stay: bool = False  # the output of a failed run: what failed was to say so
    kind: typing.Callable = None  # what lies where the output should go, which no run may replace

    def run(self, program, folder):
        copy_into(folder, self.inputs)
        held = self.prepare(folder)
        before, kind = contents(folder), self.kind and self.kind(folder)
        result = Result()
        run = program.run(self.command.line(), folder, self.wrapper)
        result.runs.append(run)
        if held is not None:
            os.close(held)
        if run.code == EXIT_NOT_LOADED and b"loading shared libraries" in run.err:
            return result  # the limits kept the system from starting it
        problems = run.problems()
        if not self.says_why:
            problems = [problem for problem in problems if "on stderr" not in problem]
        result.problems += problems
        if run.code == programs.EXIT_BAD_INPUT and not self.may_fail:
            result.problems.append("exit 2")
        if self.kind:
            if self.kind(folder) != kind:
                result.problems.append("replaced what lay at the output's name")
            return result
        result.problems += problems_of_outputs(program, folder, self.command, run, self.keeps_result,
                                               self.may_stay)
        result.problems += problems_of_other_files(before, contents(folder), self.command)
        return result


def shell(script):
    """A wrapper that runs `script` before the program takes its place."""
    return ("/bin/bash", "-c", f'{script}; exec "$0" "$@"')


def any_command(samples, rng, names=tuple(COMMANDS)):
    name = rng.choice(names)
    return name, samples.commands[name], samples.inputs[name]


def closed_descriptors(samples, rng):
    name, command, inputs = any_command(samples, rng)
    every = [closed for n in (1, 2, 3) for closed in itertools.combinations((0, 1, 2), n)]
    closed = rng.choice(every)
    script = "exec " + " ".join("<&-" if descriptor == 0 else f"{descriptor}>&-" for descriptor in closed)
    return Surroundings(f"{name}: descriptors {closed} closed", command, inputs, shell(script), may_fail=1 in closed or
                        name == "benchmark", says_why=2 not in closed, may_stay=1 in closed)


def full_device(samples, rng):
    name, command, inputs = any_command(samples, rng)
    descriptor = rng.choice([1, 2])
    return Surroundings(f"{name}: descriptor {descriptor} on a full disk", command, inputs,
                        shell(f"exec {descriptor}>/dev/full"), may_fail=descriptor == 1 or name == "benchmark",
                        says_why=descriptor != 2, may_stay=descriptor == 1)


def small_files(samples, rng):
    name, command, inputs = any_command(samples, rng)
    blocks = rng.choice([0, 1, 2, 4, 8, 16, 32, 64, 128, 256])
    return Surroundings(f"{name}: files of at most {blocks} kB", command, inputs, shell(f"ulimit -f {blocks}"))


def little_memory(samples, rng):
    name, command, inputs = any_command(samples, rng)
    is_training = command.arguments[0] in ("train", "augment", "pca", "simulate", "benchmark")
    kilobytes = rng.randrange(*(400_000, 2_500_000) if is_training else (40_000, 600_000))
    return Surroundings(f"{name}: {kilobytes} kB of memory", command, inputs, shell(f"ulimit -v {kilobytes}"))


def few_processes(samples, rng):
    """Threads count as processes; root has no such limit, so it runs as nobody."""
    name, command, inputs = any_command(samples, rng)
    limit = rng.choice([0, 1, 2, 3, 5, 10])
    threads = rng.choice(["1", "4", "0"])
    arguments = tuple(threads if before == "--threads" else word
                      for before, word in zip(("",) + command.arguments, command.arguments))
    command = dataclasses.replace(command, arguments=arguments)
    return as_nobody(Surroundings(f"{name}: {limit} processes, {threads} threads", command, inputs,
                                  shell(f"ulimit -u {limit}"), keeps_result=threads == "1"))


def few_descriptors(samples, rng):
    name, command, inputs = any_command(samples, rng)
    limit = rng.randrange(4, 24)  # the loader itself needs one more than the standard three
    return Surroundings(f"{name}: {limit} descriptors", command, inputs, shell(f"ulimit -n {limit}"))


def as_nobody(trial):
    """The same trial by a user whom permissions and limits bind."""
    if os.geteuid() != 0:
        return trial

    def prepare(folder):
        held = trial.prepare(folder)
        (folder / "tmp").mkdir(exist_ok=True)
        for path in [folder, *folder.rglob("*")]:
            if not path.is_symlink():
                os.chown(path, NOBODY, NOBODY)
        return held

    return dataclasses.replace(trial, wrapper=AS_NOBODY + trial.wrapper, prepare=prepare)


DEVICES = {"null device": (1, 3), "full device": (1, 7)}


def put(path, what):
    """Something that is not a regular file with content."""
    if what == "folder":
        path.mkdir()
    elif what == "FIFO":
        os.mkfifo(path)
    elif what == "socket":
        folder = os.open(path.parent, os.O_PATH)  # names of sockets are short
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)
    elif what == "empty file":
        path.write_bytes(b"")
    elif what == "unreadable file":
        path.write_bytes(b"x")
        path.chmod(0)
    elif what in DEVICES and os.geteuid() == 0:  # its own, lest a fault replaces the machine's
        try:
            os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(*DEVICES[what]))
        except PermissionError:  # a container
            os.mkfifo(path)
    else:
        path.symlink_to({"link to itself": path.name, "link to nothing": "none", "zeros without end": "/dev/zero",
                         "null device": "/dev/null", "full device": "/dev/full", "random bytes": "/dev/urandom",
                         "terminal": "/dev/tty", "link to memory": "/proc/self/mem", "link to a folder": "/etc"}[what])


OTHERS = ["folder", "FIFO", "socket", "empty file", "unreadable file", "link to itself", "link to nothing",
          "zeros without end", "null device", "random bytes", "terminal", "link to memory", "link to a folder"]


def other_input(samples, rng):
    """Something else in place of one of the files that a command reads."""
    name, command, inputs = any_command(samples, rng, [name for name in COMMANDS if samples.inputs[name]])
    files = []
    for input_name, source in inputs.items():
        files.append(input_name)
        if source.is_dir():
            files += [f"{input_name}/{file.name}" for file in sorted(source.iterdir()) if file.suffix != ".md"]
    file = rng.choice(files)
    what = rng.choice([what for what in OTHERS if not (what == "FIFO" and file in STREAMS) and
                       (RUNS_AS_NOBODY or what != "unreadable file")])

    def prepare(folder):
        path = folder / file
        if path.is_dir():
            path.rename(folder / "moved")
        else:
            path.unlink()
        put(path, what)

    trial = Surroundings(f"{name}: {what} in place of {file}", command, inputs, prepare=prepare, keeps_result=False)
    return as_nobody(trial) if what == "unreadable file" else trial


def other_output(samples, rng):
    """Something else under the output's name: it is written to, where that makes sense, or refused; never replaced."""
    name, command, inputs = any_command(samples, rng, [name for name in COMMANDS if samples.commands[name].output])
    what = rng.choice(["FIFO", "full device", "null device", "link to nothing", "link to itself", "folder"])

    def kind_of_output(folder):
        path = folder / command.output
        kind = stat.S_IFMT(os.lstat(path).st_mode) if outputs.exists(path) else None
        return stat.S_IFREG if kind == stat.S_IFLNK else kind  # a link gives way to the file; it is never followed

    def prepare(folder):
        path = folder / command.output
        put(path, what)
        return os.open(path, os.O_RDWR) if what == "FIFO" else None  # so that it has a reader

    return Surroundings(f"{name}: {what} in place of the output", command, inputs, prepare=prepare,
                        kind=kind_of_output)


def read_only_folder(samples, rng):
    name, command, inputs = any_command(samples, rng, [name for name in COMMANDS if samples.commands[name].output])

    def prepare(folder):
        (folder / "tmp").mkdir()
        (folder / "tmp").chmod(0o777)
        folder.chmod(0o555)

    if os.geteuid() != 0:
        return Surroundings(f"{name}: read-only folder", command, inputs, prepare=prepare)

    def prepare_for_nobody(folder):
        os.chown(folder, NOBODY, NOBODY)
        prepare(folder)

    return Surroundings(f"{name}: read-only folder", command, inputs, AS_NOBODY, prepare_for_nobody)
