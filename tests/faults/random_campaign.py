"""Random damage to any file that sctab reads: flipped bits, zeros, cuts, splices, huge numbers."""
import random

from trial import DamagedInput, copy_into

# What is damaged, and how often. A bit that is flipped in a number without a checksum makes another valid file, so only
# the end of the run is judged.
TARGETS = {"annotate": ["in.h5ad"], "build": ["in.h5ad", "genes.csv", "cl.obo"], "import": ["model.ckpt", "hparams.yaml"],
           "annotate with trees": ["model"], "evaluate": ["store", "model"],
           "subsample": ["store"], "describe": ["store"], "check": ["vectors.h5ad"], "benchmark": ["recipe.toml"],
           "pca": ["store"], "train": ["store"]}
WEIGHTS = {"annotate": 10, "build": 5, "import": 5, "annotate with trees": 4, "evaluate": 5, "subsample": 4, "describe": 2}
HUGE = [0, 1, 2 ** 15, 2 ** 16 - 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 62, 2 ** 63 - 1, 2 ** 63,
        2 ** 64 - 4096, 2 ** 64 - 16, 2 ** 64 - 1]


def trials(samples, seed):
    rng = random.Random(f"random {seed}")
    while True:
        yield random_trial(samples, rng)


def random_trial(samples, rng):
    name = rng.choices(list(TARGETS), [WEIGHTS.get(name, 1) for name in TARGETS])[0]
    target, command = rng.choice(TARGETS[name]), name
    if target == "in.h5ad":  # any layout
        command = f"{name} {rng.choice(list(samples.h5ads))}"
        if command not in samples.commands:
            command = name
    inputs, kind, seed = samples.inputs[command], rng.choice(list(DAMAGES)), rng.random()
    if inputs[target].is_dir():
        files = sorted(file.name for file in inputs[target].iterdir() if file.is_file() and file.suffix != ".md")
        target = f"{target}/{rng.choice(files)}"

    def make(folder):
        copy_into(folder, inputs)
        own = random.Random(seed)
        content = bytearray((folder / target).read_bytes())
        for _ in range(own.choice([1, 1, 1, 2, 5])):
            content = DAMAGES[kind](content, own)
        (folder / target).write_bytes(content)

    return DamagedInput(f"{command}: {kind} in {target} {seed}", samples.commands[command], make, False)


def flip(content, rng):
    for _ in range(rng.choice([1, 1, 8, 64])):
        if content:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return content


def stretch(content, rng):
    begin = rng.randrange(len(content) + 1)
    return begin, min(len(content), begin + rng.choice([1, 8, 64, 512, 4096, 65536]))


def fill(content, rng):
    begin, end = stretch(content, rng)
    content[begin:end] = rng.choice([b"\0", b"\0", b"\xff", b"A"]) * (end - begin)
    return content


def cut(content, rng):
    return content[:rng.randrange(len(content) + 1)]


def splice(content, rng):
    """A stretch of the file in another place of it."""
    begin, end = stretch(content, rng)
    at = rng.randrange(len(content) + 1)
    content[at:at + end - begin] = content[begin:end]
    return content


def insert(content, rng):
    begin, end = stretch(content, rng)
    at = rng.randrange(len(content) + 1)
    content[at:at] = content[begin:end]
    return content


def remove(content, rng):
    begin, end = stretch(content, rng)
    del content[begin:end]
    return content


def huge(content, rng):
    """A number of 1 to 8 bytes, where most formats have their lengths: at a multiple of its width."""
    width = rng.choice([1, 2, 4, 8, 8])
    if len(content) < width:
        return content
    at = rng.randrange(len(content) // width) * width
    if rng.random() < 0.5:  # headers come first
        at %= 4096
    value = rng.choice(HUGE) % 2 ** (8 * width)
    content[at:at + width] = value.to_bytes(width, rng.choice(["little", "little", "big"]))
    return content


DAMAGES = {"flipped bits": flip, "a filled stretch": fill, "a cut": cut, "a splice": splice, "an insertion": insert,
           "a removed stretch": remove, "huge numbers": huge}
