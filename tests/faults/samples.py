"""The undamaged files that trials damage: made by the program itself, small, and the same for each run."""
import dataclasses
import pathlib
import sys

import h5ad_samples
import outputs
import published
from trial import Command, copy_into

sys.path.append(str(pathlib.Path(__file__).parents[1] / "support"))
import container_files  # noqa: E402

THREADS = ("--threads", "1")
ANY_CELLS = ("--min-cells", "0", "--min-donors", "0", "--min-ancestors", "0")
RECIPE = """title = "A trial"
draws = "nothing"
seeds = [1, 2]

[[part]]
name = "half"
by = "cells"
fraction = 0.5

[[model]]
name = "linear"
kind = "linear"
epochs = 1
learning_rate = 0.01

[[figure]]
title = "Scores"
kind = "bars"
measure = "macro_f1"

[[finding]]
text = "half is worse than nothing"
paper = "it is"
left = { model = "linear", part = "half", measure = "macro_f1" }
than = 0.5
"""


@dataclasses.dataclass
class Samples:
    """Undamaged inputs, and the commands that read them: by the name of what is damaged."""
    folder: pathlib.Path
    h5ads: dict  # layout: path
    containers: dict  # the same cells in every format: path
    commands: dict = dataclasses.field(default_factory=dict)  # name: Command
    inputs: dict = dataclasses.field(default_factory=dict)  # name of a command: {file name: source}
    seconds: dict = dataclasses.field(default_factory=dict)  # name of a command: how long it takes


def make(program, folder):
    """Simulates cells, builds a store, trains a linear model, and runs each command once for its result."""
    sim, store, model = folder / "sim", folder / "store", folder / "model"
    program.require(["simulate", "-o", "sim", "--cells", "300", "--sources", "2", "--donors", "8", "--types", "5",
                     "--n-genes", "150", *THREADS], folder)
    sources = [f"sim/source-{i:02d}.h5ad" for i in (1, 2)]
    program.require(["corpus", "build", *sources, "-o", "store", *ANY_CELLS, *THREADS], folder)
    program.require(["train", "store", "-o", "model", "--kind", "linear", "--epochs", "2", *THREADS], folder)
    program.require(["train", "store", "-o", "trees", "--kind", "xgboost", "--xgb-rounds", "3", "--components", "4",
                     *THREADS], folder)
    program.require(["augment", "make", "store", "-o", "vectors.h5ad", *THREADS], folder)
    samples = Samples(folder, h5ad_samples.write_layouts(sim / "source-01.h5ad", folder / "layouts"),
                      container_files.write_all(sim / "source-01.h5ad", folder / "containers"))
    others = h5ad_samples.write_layouts(sim / "source-02.h5ad", folder / "other-layouts")
    published.write_published(model, folder / "published")
    (folder / "recipe.toml").write_text(RECIPE)
    obo, genes = sim / "ontology.obo", sim / "genes.csv"

    def add(name, arguments, output, inputs):
        samples.commands[name] = Command(tuple(arguments) + THREADS * (arguments[0] != "models" and name != "describe"),
                                         output)
        samples.inputs[name] = inputs

    for layout, path in samples.h5ads.items():
        cells = {"in.h5ad": path, "model": model}
        annotate = ["annotate", "in.h5ad", "-m", "model", "-o", "out.h5ad", "--min-genes-found", "0"]
        add(f"annotate {layout}", annotate, "out.h5ad", cells)
        add(f"annotate other {layout}", annotate, "out.h5ad", cells | {"in.h5ad": others[layout]})
        add(f"build {layout}", ["corpus", "build", "in.h5ad", "-o", "out", "--ontology", "cl.obo", *ANY_CELLS], "out",
            {"in.h5ad": path, "cl.obo": obo})
    cells = {"in.h5ad": samples.h5ads["csr_gzip"], "model": model}
    add("annotate", ["annotate", "in.h5ad", "-m", "model", "-o", "out.csv", "--min-genes-found", "0"], "out.csv", cells)
    add("annotate with trees", ["annotate", "in.h5ad", "-m", "model", "-o", "out.csv"], "out.csv",
        cells | {"model": folder / "trees"})
    add("show", ["models", "show", "model"], "", {"model": model})
    add("build", ["corpus", "build", "in.h5ad", "-o", "out", "--ontology", "cl.obo", "--genes", "genes.csv",
                  "--symbols", "symbols.csv", *ANY_CELLS], "out",
        {"in.h5ad": samples.h5ads["csr_gzip"], "cl.obo": obo, "genes.csv": genes, "symbols.csv": genes})
    add("describe", ["corpus", "describe", "store"], "", {"store": store})
    add("subsample", ["corpus", "subsample", "store", "-o", "out", "--fraction", "0.5"], "out", {"store": store})
    add("evaluate", ["evaluate", "store", "-m", "model", "-o", "out.json"], "out.json", {"store": store, "model": model})
    add("train", ["train", "store", "-o", "out", "--kind", "linear", "--epochs", "2"], "out", {"store": store})
    add("train long", ["train", "store", "-o", "out", "--kind", "linear", "--epochs", "60"], "out", {"store": store})
    add("pca", ["pca", "store", "-o", "out", "--components", "3"], "out", {"store": store})
    add("augment", ["augment", "make", "store", "-o", "out.h5ad"], "out.h5ad", {"store": store})
    add("check", ["augment", "check", "store", "vectors.h5ad"], "",
        {"store": store, "vectors.h5ad": folder / "vectors.h5ad"})
    add("simulate", ["simulate", "-o", "out", "--cells", "300", "--donors", "8", "--n-genes", "150"], "out", {})
    add("benchmark", ["benchmark", "recipe.toml", "-o", "out", "--store", "store", "--report-only"], "",
        {"recipe.toml": folder / "recipe.toml", "store": store})
    add("import", ["models", "import", "model.ckpt", "--hparams", "hparams.yaml", "--genes", "var.csv", "--labels",
                   "cell_type.csv", "--ontology", "cl.obo", "-o", "out"], "out",
        {name: folder / "published" / name for name in ("model.ckpt", "hparams.yaml", "var.csv", "cell_type.csv")}
        | {"cl.obo": obo})
    add_references(program, samples)
    return samples


def add_references(program, samples):
    """Runs every command on its undamaged inputs and keeps the digest of its output."""
    for name, command in samples.commands.items():
        folder = samples.folder / "references" / name.replace(" ", "-")
        folder.mkdir(parents=True)
        copy_into(folder, samples.inputs[name])
        if name == "benchmark":  # --report-only has nothing to report here, and says so
            continue
        run = program.run_good(command.line(), folder)
        samples.seconds[name] = run.seconds
        reference = outputs.digest(program, folder / command.output) if command.output else ""
        samples.commands[name] = dataclasses.replace(command, reference=reference, warnings=run.err)
