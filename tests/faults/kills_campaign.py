"""Kills at random moments: outputs are whole or absent, earlier ones stay, nothing is left behind, training resumes."""
import dataclasses
import random
import signal

import outputs
import program as programs
from trial import Command, Result, copy_into

SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
COMMANDS = ["annotate csr_gzip", "annotate", "build", "subsample", "simulate", "import", "evaluate", "train", "train",
            "pca", "augment"]
RESUMED = {"train", "build"}  # commands that have --resume


def trials(samples, seed):
    rng = random.Random(f"kills {seed}")
    while True:
        name = rng.choice(COMMANDS)
        delay = rng.random() * 1.1 * samples.seconds[name]
        yield Kill(f"kill {name}", name, samples.commands[name], samples.inputs[name], rng.choice(SIGNALS), delay,
                   rng.random() < 0.3)


def overwriting(output):
    """The option that replaces a folder that is there."""
    return ["--overwrite"] if output.is_dir() else []


@dataclasses.dataclass(frozen=True)
class Kill:
    """A run that gets a signal `delay` seconds after its start, and what the next run makes of it."""
    name: str
    command_name: str
    command: Command
    inputs: dict
    number: signal.Signals
    delay: float
    has_earlier: bool  # an output of an earlier run is there

    def run(self, program, folder):
        copy_into(folder, self.inputs)
        result, line = Result(), self.command.line()
        output = folder / self.command.output
        if self.has_earlier:
            result.add(program.run(line, folder))
            line += overwriting(output)
        run = result.add(program.run_and_signal(line, folder, self.number, self.delay))
        result.problems += self.problems_of(program, output, "after the kill")
        if self.number != signal.SIGKILL:
            result.problems += [f"left {path[len(str(folder)) + 1:]} after {self.number.name}"
                                for path in programs.temporaries(folder)][:3]
        if run.code != programs.EXIT_GOOD:
            self.run_again(program, folder, result)
        return result

    def problems_of(self, program, output, when):
        """Whole, with the bytes that an uninterrupted run writes, or absent."""
        if not outputs.exists(output):
            return []
        try:
            if outputs.digest(program, output) == self.command.reference:
                return []
        except outputs.Unreadable as error:
            return [f"{when}: {error}"]
        return [f"{when}: {output.name} is another than that of an uninterrupted run"]

    def run_again(self, program, folder, result):
        """The next run, resumed where that can be, gives the output of an uninterrupted run and leaves nothing else."""
        line, output = self.command.line(), folder / self.command.output
        resumes = self.command_name in RESUMED and any(folder.glob(f"{output.name}.*"))
        result.add(program.run(line + ["--resume"] * resumes + overwriting(output), folder))
        if not outputs.exists(output):
            result.problems.append(f"no {output.name} from the next run")
        result.problems += self.problems_of(program, output, "after the next run")
        result.problems += [f"left {path[len(str(folder)) + 1:]} after the next run"
                            for path in programs.temporaries(folder)][:3]
