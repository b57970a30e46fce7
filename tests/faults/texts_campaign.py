"""Wrong recipes, gene lists, tables of labels, ontologies and settings of published models."""
import random

import text_damage
from trial import DamagedInput, copy_into

FILES = {"benchmark": ["recipe.toml"], "build": ["genes.csv", "symbols.csv", "cl.obo"],
         "import": ["hparams.yaml", "var.csv", "cell_type.csv", "cl.obo"]}
WEIGHTS = {"benchmark": 1, "build": 3, "import": 4}  # sctab-train takes a second to start


def trials(samples, seed):
    rng = random.Random(f"texts {seed}")
    while True:
        name = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        yield text_trial(samples, name, rng.choice(FILES[name]), rng)


def text_trial(samples, name, file, rng):
    content, what = text_damage.damaged_lines(samples.inputs[name][file].read_bytes(), rng)

    def make(folder):
        copy_into(folder, samples.inputs[name])
        (folder / file).write_bytes(content)

    return DamagedInput(f"{name}: {file}: {what}", samples.commands[name], make, False)
