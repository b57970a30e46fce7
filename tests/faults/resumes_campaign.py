"""Damage to what an interrupted run left: resumed, it is refused or ends with the output of an uninterrupted run."""
import dataclasses
import random
import signal

import outputs
import program as programs
import random_campaign
from trial import Command, Result, copy_into

NAME = "train long"

def trials(samples, seed):
    rng = random.Random(f"resumes {seed}")
    while True:
        delay = (0.4 + 0.6 * rng.random()) * samples.seconds[NAME]
        kind = rng.choice(["none", *random_campaign.DAMAGES])
        yield Resume(f"resume: {kind} in what was left", samples.commands[NAME], samples.inputs[NAME], delay, kind,
                     rng.random())


@dataclasses.dataclass(frozen=True)
class Resume:
    """A run that is interrupted after `delay` seconds, and one that resumes it with one of its files damaged."""
    name: str
    command: Command
    inputs: dict
    delay: float
    kind: str
    seed: float

    def run(self, program, folder):
        copy_into(folder, self.inputs)
        result, line = Result(), self.command.line()
        result.add(program.run_and_signal(line, folder, signal.SIGTERM, self.delay))
        left = sorted(path for path in folder.glob(f"{self.command.output}.*/**/*") if path.is_file())
        if not left:
            result.is_undamaged = True
            return result
        rng = random.Random(self.seed)
        if self.kind != "none":
            path = rng.choice(left)
            path.write_bytes(random_campaign.DAMAGES[self.kind](bytearray(path.read_bytes()), rng))
        run = result.add(program.run(line + ["--resume"], folder))
        output = folder / self.command.output
        if run.code != programs.EXIT_GOOD:
            if self.kind == "none":
                result.problems.append("what was left undamaged is not resumed")
            return result
        try:
            if outputs.digest(program, output) != self.command.reference:
                result.problems.append("exit 0 with another result than that of an uninterrupted run")
        except outputs.Unreadable as error:
            result.problems.append(f"exit 0, and {error}")
        return result
