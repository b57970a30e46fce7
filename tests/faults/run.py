#!/usr/bin/env python3
"""Runs sctab on damaged and hostile inputs, kills it, and starts it in hostile surroundings.

Whatever happens, a run must end in time with exit 0 or 2 (or 128 + the signal that was sent), say in one line what is
wrong, and leave outputs that are whole or absent. A run that does not is a finding: its folder is kept, with a file
FINDING that says what happened and how to run it again. Exits with 1 where there are findings. The same seed gives the
same trials, but for the moments of kills and changes. All inputs are made by the program itself.
"""
import argparse
import concurrent.futures
import importlib
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import environments_campaign
import samples as sample_files
from findings import Findings
from program import Limits, Program
from trial import Result

CAMPAIGNS = {"h5ad": 6, "containers": 6, "random": 4, "folders": 3, "checkpoints": 2, "texts": 2, "environments": 4,
             "kills": 2, "changes": 1, "resumes": 1}  # how many trials of each come in turn


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default="build/sctab", help="the program to test [%(default)s]")
    parser.add_argument("--seed", type=int, default=1, help="decides all damage [%(default)s]")
    parser.add_argument("--seconds", type=float, default=60, help="how long, without making the inputs [%(default)s]")
    parser.add_argument("--trials", type=int, help="trials of each campaign, at most")
    parser.add_argument("--first", type=int, default=0, help="the first trial of each campaign")
    parser.add_argument("--only", nargs="+", choices=CAMPAIGNS, default=list(CAMPAIGNS), help="these campaigns alone")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="trials at a time [%(default)s]")
    parser.add_argument("--timeout", type=float, default=30, help="seconds that a run may take [%(default)s]")
    parser.add_argument("--memory", type=float, default=4 + 0.15 * os.cpu_count(),
                        help="GiB of memory that a run may map; OpenBLAS maps some for each processor [%(default)s]")
    parser.add_argument("--keep", default="build/faults", help="the folder for findings; replaced [%(default)s]")
    return parser.parse_args()


class Queue:
    """The trials of all campaigns in turn, each campaign as often as its weight says. For many threads."""

    def __init__(self, arguments, samples):
        self.lock, self.end = threading.Lock(), time.monotonic() + arguments.seconds
        self.campaigns = {}
        for name in arguments.only:
            trials = enumerate(importlib.import_module(f"{name}_campaign").trials(samples, arguments.seed))
            stop = None if arguments.trials is None else arguments.first + arguments.trials
            self.campaigns[name] = itertools.islice(trials, arguments.first, stop)
        self.turns = itertools.cycle([name for name in arguments.only for _ in range(CAMPAIGNS[name])])

    def next(self):
        """(campaign, number, trial), or nothing at the end."""
        with self.lock:
            while self.campaigns and time.monotonic() < self.end:
                name = next(self.turns)
                if name not in self.campaigns:
                    continue
                try:
                    return name, *next(self.campaigns[name])
                except StopIteration:
                    del self.campaigns[name]
        return None


def work_through(queue, program, findings, folder):
    """One thread's share of the trials."""
    while (found := queue.next()) is not None:
        campaign, number, trial = found
        work = folder / f"{campaign}-{number}"
        work.mkdir()
        try:
            result = trial.run(program, work)
        except Exception:  # the campaign's own fault, which must not pass for a trial without findings
            result = Result(problems=["the campaign itself failed: " + traceback.format_exc().splitlines()[-1],
                                      traceback.format_exc()])
        with queue.lock:
            findings.add(campaign, number, trial, result, program, work)
        if work.exists():
            work.chmod(0o755)
            shutil.rmtree(work)


def can_run_as_nobody(program, folder):
    """Whether a user without rights reaches the program and the folder; else nothing is run as that user."""
    if os.geteuid() != 0:
        return True
    test = [*environments_campaign.AS_NOBODY, "test", "-x", str(program.path), "-a", "-x", str(folder)]
    return subprocess.run(test, check=False).returncode == 0


def main():
    arguments = parse_arguments()
    program = Program(arguments.program, Limits(arguments.timeout, int(arguments.memory * 2 ** 30)))
    if not os.access(program.path, os.X_OK):
        sys.exit(f"{arguments.program}: no such program; run make build")
    rerun = (f"/usr/bin/python3 tests/faults/run.py --program {arguments.program} --seed {arguments.seed} "
             f"--timeout {arguments.timeout:g} --memory {arguments.memory:g} --keep {arguments.keep}-again")
    findings = Findings(arguments.keep, rerun)
    # Where findings are kept too: FIFOs and sockets cannot be moved to another file system.
    with tempfile.TemporaryDirectory(prefix="work-", dir=arguments.keep) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        if not can_run_as_nobody(program, folder):
            print(f"{program.path}: cannot be run by nobody (user 65534): no trials of permissions")
            environments_campaign.RUNS_AS_NOBODY = False
        began = time.monotonic()
        (folder / "samples").mkdir()
        samples = sample_files.make(program, folder / "samples")
        print(f"inputs made in {time.monotonic() - began:.0f} s; seed {arguments.seed}, {arguments.seconds:.0f} s, "
              f"{arguments.jobs} trials at a time", flush=True)
        began, queue = time.monotonic(), Queue(arguments, samples)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            workers = [pool.submit(work_through, queue, program, findings, folder) for _ in range(arguments.jobs)]
            try:
                for worker in workers:
                    worker.result()
            except BaseException:  # Ctrl-C, or a fault of this program: the others end after their trial
                queue.end = 0
                raise
        found = findings.report(time.monotonic() - began)
    print(f"\n{found} findings" + (f", kept in {arguments.keep}" if found else ""))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
