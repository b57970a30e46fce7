"""Keeps what trials found, with how to run each again, and prints the table at the end."""
import collections
import os
import pathlib
import re
import shlex
import shutil

MOST_KEPT = 3  # folders for findings of one kind
MARK = ".made-by-make-faults"  # a file in the folder of findings, which the next run replaces


class Findings:
    """Counts of trials, runs and exits for each campaign, and the findings by kind."""

    def __init__(self, folder, rerun):
        self.folder, self.rerun = pathlib.Path(folder), rerun
        self.trials, self.runs = collections.Counter(), collections.Counter()
        self.exits = collections.defaultdict(collections.Counter)
        self.undamaged = collections.Counter()  # trials whose damage could not be written
        self.kinds = collections.Counter()
        self.kept = collections.defaultdict(list)
        if self.folder.exists() and any(self.folder.iterdir()) and not (self.folder / MARK).exists():
            raise SystemExit(f"{self.folder}: holds other files than findings; choose another --keep")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / MARK).touch()

    def add(self, campaign, number, trial, result, program, work):
        """Counts a trial; where it has problems its folder moves to those that are kept."""
        self.trials[campaign] += 1
        self.runs[campaign] += len(result.runs)
        self.undamaged[campaign] += result.is_undamaged
        self.exits[campaign].update(run.exit_name() for run in result.runs)
        if not result.problems:
            return
        kind = f"{campaign}: {re.sub(r'[0-9]+', 'N', result.problems[0])[:120]}"
        self.kinds[kind] += 1
        if len(self.kept[kind]) < MOST_KEPT:
            self.kept[kind].append(self.keep(campaign, number, trial, result, program, work))

    def keep(self, campaign, number, trial, result, program, work):
        folder = self.folder / f"{campaign}-{number}"
        os.chmod(work, 0o755)
        shutil.move(work, folder)
        lines = [trial.name, ""] + [f"  {problem}" for problem in result.problems] + ["", "Runs:"]
        for run in result.runs:
            lines += [f"  {shlex.join([str(program.path), *run.arguments])}",
                      f"    exit {run.exit_name()}, {run.seconds:.1f} s"]
            lines += ["    " + line[:2000] for line in run.err.decode(errors="replace").splitlines()[:5]]
        lines += ["", "The whole trial again, from good files:",
                  f"  {self.rerun} --only {campaign} --first {number} --trials 1"]
        (folder / "FINDING").write_text("\n".join(lines) + "\n")
        return folder

    def report(self, seconds):
        """Prints the table and returns the number of findings."""
        print(f"\n{'campaign':14}{'trials':>8}{'runs':>8}{'findings':>10}  exits")
        for campaign in self.trials:
            found = sum(n for kind, n in self.kinds.items() if kind.startswith(campaign + ": "))
            exits = ", ".join(f"{name}: {n}" for name, n in self.exits[campaign].most_common())
            print(f"{campaign:14}{self.trials[campaign]:8}{self.runs[campaign]:8}{found:10}  {exits}")
        total = sum(self.kinds.values())
        print(f"{'all':14}{sum(self.trials.values()):8}{sum(self.runs.values()):8}{total:10}  in {seconds:.0f} s")
        for campaign, n in self.undamaged.items():
            if n:
                print(f"{campaign}: in {n} of {self.trials[campaign]} trials there was nothing to damage, or no way to")
        for kind, n in self.kinds.most_common():
            print(f"\n{n} × {kind}")
            for folder in self.kept[kind]:
                print(f"    {(folder / 'FINDING').read_text().splitlines()[0][:150]}\n    {folder}")
        return total
