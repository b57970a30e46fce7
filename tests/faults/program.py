"""Runs sctab with limits on its time and memory, and judges how a run ended."""
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import time

MOST_MESSAGE_BYTES = 1200  # foreign text takes at most 300 bytes of it, the rest is sctab's own
TEMPORARY = re.compile(r"^\..+\.\d+-\d+\.(tmp|old)(\..*)?$|^sctab-.*\.(tmp|scratch)$")
LIBRARY_MESSAGE = re.compile(r"\s|HDF5-DIAG|terminate called|OpenBLAS|OMP:|libgomp|Aborted|Segmentation")
SECONDS_FOR_GOOD_INPUT = 600  # no finding, whatever else the machine does
EXIT_GOOD, EXIT_BAD_INPUT = 0, 2


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a run may take before it counts as hung or as without bound."""
    seconds: float = 20
    memory: int = 4 << 30  # bytes of address space, of which libtorch maps 2 GB


@dataclasses.dataclass
class Run:
    """How a run ended."""
    arguments: list
    code: int  # negative: the signal that killed it
    out: bytes
    err: bytes
    seconds: float
    hung: bool = False
    sent: int = 0  # the signal that was sent to it; 0: none

    def exit_name(self):
        """The exit for the table: "0", "2", "SIGSEGV", "hung"."""
        if self.hung:
            return "hung"
        return signal.Signals(-self.code).name if self.code < 0 else str(self.code)

    def problems(self):
        """What is wrong with this end, as a list of texts. Outputs are judged elsewhere."""
        if self.hung:
            return [f"not done after {self.seconds:.0f} s"]
        if self.sent and self.code in (-self.sent, 128 + self.sent):
            return [] if self.sent == signal.SIGKILL else problems_of_message(self.err, least=0)
        if self.code < 0:
            return [f"killed by {self.exit_name()}"]
        if self.code == EXIT_GOOD:
            return problems_of_message(self.err, least=0)
        problems = problems_of_message(self.err, least=1)
        if self.code != EXIT_BAD_INPUT:
            problems.append(f"exit {self.code}")
        return problems


def problems_of_message(err, least):
    """An error is one line of UTF-8 that a terminal can show, "sctab: …"; warnings may come before it."""
    problems = []
    try:
        text = err.decode()
    except UnicodeDecodeError:
        return ["the message is not UTF-8"]
    lines = text.split("\n")[:-1]
    errors = [line for line in lines if line.startswith("sctab: ")]
    if not least <= len(errors) <= 1:
        problems.append(f"{len(errors)} errors on stderr instead of 1")
    if errors and lines[-1] != errors[-1]:
        problems.append("the error is not the last line on stderr")
    problems += [f"a library's message: {line[:80]}" for line in lines if LIBRARY_MESSAGE.match(line)][:1]
    if any(ord(c) < 32 and c != "\n" for c in text):
        problems.append("control characters in the message")
    if any(len(line.encode()) > MOST_MESSAGE_BYTES for line in lines):
        problems.append("a message that is too long to read")
    return problems


class Program:
    """The program under test."""

    def __init__(self, path, limits):
        self.path, self.limits = pathlib.Path(path).resolve(), limits

    def command(self, arguments, wrapper=(), memory=None):
        """The command line, with what limits it."""
        limited = ["prlimit", f"--as={memory or self.limits.memory}", "--core=0", "--"]
        return limited + list(wrapper) + [str(self.path)] + list(arguments)

    def start(self, arguments, folder, wrapper=(), memory=None):
        """Starts it in `folder`, in a session of its own. Temporaries of the system's folder go to folder/tmp."""
        temporary = pathlib.Path(folder) / "tmp"
        temporary.mkdir(exist_ok=True)
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(temporary), "LANG": "C.UTF-8"}
        return subprocess.Popen(self.command(arguments, wrapper, memory), cwd=folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                env=environment)

    def finish(self, process, arguments, began, sent=0, seconds=None):
        """Waits for its end, and ends it and what it started where that takes too long."""
        hung = False
        try:
            out, err = process.communicate(timeout=seconds or self.limits.seconds)
        except subprocess.TimeoutExpired:
            hung = True
            end_group(process)
            out, err = process.communicate()
        return Run(list(arguments), process.returncode, out, err, time.monotonic() - began, hung, sent)

    def run(self, arguments, folder, wrapper=(), memory=None):
        """Runs it to its end."""
        began = time.monotonic()
        return self.finish(self.start(arguments, folder, wrapper, memory), arguments, began)

    def run_and_signal(self, arguments, folder, number, delay):
        """Runs it and sends it a signal after `delay` seconds, unless it is done by then."""
        began = time.monotonic()
        process = self.start(arguments, folder)
        try:
            process.wait(delay)
            number = 0
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        return self.finish(process, arguments, began, number)

    def require(self, arguments, folder):
        """Runs it on good input, for what the campaign itself needs. Returns its standard output."""
        return self.run_good(arguments, folder).out

    def run_good(self, arguments, folder):
        """The same, for the whole run."""
        process = self.start(arguments, folder)
        run = self.finish(process, arguments, time.monotonic(), seconds=SECONDS_FOR_GOOD_INPUT)
        if run.code != EXIT_GOOD or run.hung:
            message = run.err.decode(errors="replace")
            raise RuntimeError(f"sctab {' '.join(arguments)}: exit {run.exit_name()}: {message}")
        return run


def end_group(process):
    """Ends a process with all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def temporaries(folder):
    """What unfinished outputs left below a folder."""
    found = []
    for parent, folders, files in os.walk(folder):
        inside_tmp = pathlib.Path(parent).name == "tmp"
        found += [os.path.join(parent, name) for name in folders + files if inside_tmp or TEMPORARY.match(name)]
    return found
