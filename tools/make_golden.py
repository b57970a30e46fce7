#!/usr/bin/env python3
"""Write golden numbers of other sizes and seeds: files for tests/golden, laid out like shared/golden.

    python3 tools/make_golden.py shared/reference/tabnet_torch.py OUT --seed 7 [--hard]
    SCTAB_GOLDEN=OUT/golden.h5 SCTAB_GOLDEN_CHECKPOINT=OUT/checkpoint build/test_golden

Needs torch, numpy and h5py. The numbers come from the plain PyTorch network in the file named first, in float32 as
published. Next to each output NAME lies NAME_f64, from the same float32 weights and cells computed in float64, so that
an error can be told from rounding. There are networks (TabNet, linear, MLP), entmax and sparsemax, and a checkpoint;
the other groups of golden.h5 do not depend on a network and are not written.

By default statistics and weights are drawn as in golden.h5. --hard draws running variances from 1e-4 to 1e4 and means
far from zero, which takes digits from every implementation: where means are large against deviations, normalising
cancels.
"""
import argparse
import copy
import importlib.util
import pathlib

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Sparsemax(torch.autograd.Function):
    """The projection onto the simplex by sorting; takes the place of the reference's Entmax15."""

    @staticmethod
    def forward(ctx, z):
        z = z - z.max(-1, keepdim=True).values
        s = z.sort(-1, descending=True).values
        k = torch.arange(1, z.shape[-1] + 1, dtype=z.dtype)
        excess = s.cumsum(-1) - 1
        size = (k * s > excess).sum(-1, keepdim=True)
        y = (z - excess.gather(-1, size - 1) / size).clamp(min=0)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, dy):
        support = ctx.saved_tensors[0] > 0
        mean = (dy * support).sum(-1, keepdim=True) / support.sum(-1, keepdim=True)
        return (dy - mean) * support


class Linear(nn.Linear):
    def forward(self, x):
        return super().forward(x), x.new_zeros(())


class Mlp(nn.Module):
    """Layers at positions 4i (linear), 4i + 1 (batch norm), 4i + 2 (SiLU) and 4i + 3 (dropout), as published."""

    def __init__(self, n_genes, n_types, n_hidden, hidden_size):
        super().__init__()
        layers = []
        for i in range(n_hidden):
            layers += [nn.Linear(n_genes if i == 0 else hidden_size, hidden_size), nn.BatchNorm1d(hidden_size),
                       nn.SiLU(), nn.Dropout(0.0)]
        self.encoder = nn.Sequential(*layers)
        self.linear = nn.Linear(hidden_size, n_types)

    def forward(self, x):
        return self.linear(self.encoder(x)), x.new_zeros(())


class Draw:
    """Random cells, statistics and sizes from one seed."""

    def __init__(self, seed, hard):
        self.rng, self.hard = np.random.default_rng(seed), hard
        torch.manual_seed(seed)

    def size(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def cells(self, n_cells, n_genes):
        """Log-normalised values, mostly zero."""
        x = self.rng.uniform(0.05, 4, (n_cells, n_genes)) * (self.rng.random((n_cells, n_genes)) < 0.125)
        return torch.tensor(x, dtype=torch.float32)

    def statistics(self, model):
        """Parameters and running statistics of all batch norms."""
        for norm in model.modules():
            if not isinstance(norm, nn.BatchNorm1d):
                continue
            n = norm.num_features
            variance = self.rng.uniform(0.5, 2, n)
            mean = self.rng.normal(0, 0.3, n)
            if self.hard:
                variance = 10 ** self.rng.uniform(-4, 4, n)
                mean = self.rng.normal(0, 1, n) * np.sqrt(variance) * 3
            values = {"weight": self.rng.uniform(0.6, 1.4, n), "bias": self.rng.normal(0, 0.2, n),
                      "running_mean": mean, "running_var": variance}
            with torch.no_grad():
                for name, value in values.items():
                    getattr(norm, name).copy_(torch.tensor(value))

    def weights(self, model):
        """Weights as scTab draws them: larger where a layer feeds a GLU."""
        for name, module in model.named_modules():
            if isinstance(module, nn.Linear) and module.bias is None:
                factor = 2 if "glu_layers" in name or "shared_layers" in name else 1
                nn.init.normal_(module.weight, std=(factor / module.in_features ** 0.5) ** 0.5)


def in_double(model):
    """The same weights in float64."""
    return copy.deepcopy(model).double()


@torch.no_grad()
def eval_outputs(model, x):
    """Everything the group `eval` holds, by name."""
    model.eval()
    logits, _ = model(x)
    out = {"logits": logits, "probabilities": logits.softmax(1)}
    if not hasattr(model, "encoder") or isinstance(model, Mlp):
        return out
    # The contribution of each step weighs its mask in masks_explain.
    contributions = []
    hooks = [t.register_forward_hook(lambda _m, _i, o: contributions.append(o[:, :model.encoder.n_d].relu()))
             for t in model.encoder.feat_transformers]
    out["embedding"], _, masks = model.encoder(x)
    for hook in hooks:
        hook.remove()
    for step, mask in enumerate(masks):
        out[f"mask_{step}"] = mask
    out["masks_explain"] = sum(m * c.sum(1, keepdim=True) for m, c in zip(masks, contributions))
    return out


def write(group, values):
    for name, value in values.items():
        group[name] = value.detach().numpy() if torch.is_tensor(value) else value


def write_eval(group, model, x):
    group["x"] = x.numpy()
    write(group, eval_outputs(model, x))
    write(group, {f"{name}_f64": value for name, value in eval_outputs(in_double(model), x.double()).items()})


def backward(model, x, y, class_weights, lambda_sparse):
    """Loss, mask loss and logits of a training step, with gradients in the parameters."""
    model.train()
    model.zero_grad()
    logits, mask_loss = model(x)
    loss = F.cross_entropy(logits, y, weight=class_weights) - lambda_sparse * mask_loss
    loss.backward()
    return loss.item(), mask_loss.item(), logits


def write_training(group, model, draw, n_genes, n_types, options):
    class_weights = torch.tensor(draw.rng.uniform(0.5, 2, n_types), dtype=torch.float32)
    group["class_weights"] = class_weights.numpy()
    write(group.create_group("state_before"), model.state_dict())
    optimiser = torch.optim.AdamW(model.parameters(), lr=options["learning_rate"], eps=options["adam_eps"],
                                  betas=options["betas"], weight_decay=options["weight_decay"])
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, options["step_lr_every"], options["step_lr_gamma"])
    losses, mask_losses, norms = [], [], []
    n_cells = draw.size(50, 120)
    for step in range(3):
        x, y = draw.cells(n_cells, n_genes), torch.tensor(draw.rng.integers(0, n_types, n_cells))
        batch = group.create_group(f"step{step}")
        write(batch, {"x": x, "y": y})
        exact = in_double(model)
        loss, mask_loss, logits = backward(model, x, y, class_weights, options["lambda_sparse"])
        if step == 0:
            _, _, exact_logits = backward(exact, x.double(), y, class_weights.double(), options["lambda_sparse"])
            write(batch, {"logits": logits, "logits_f64": exact_logits})
            write(batch.create_group("grads"), {name: p.grad.clone() for name, p in model.named_parameters()})
        losses.append(loss)
        mask_losses.append(mask_loss)
        norms.append(float(nn.utils.clip_grad_norm_(model.parameters(), options["gradient_clip_norm"])))
        optimiser.step()
        schedule.step()
    write(group.create_group("state_after"), model.state_dict())
    group.attrs.update(options)
    group.attrs.update({"losses": losses, "mask_losses": mask_losses, "gradient_norms": norms})


TRAINING = {"learning_rate": 0.005, "weight_decay": 0.05, "adam_eps": 1e-8, "betas": (0.9, 0.999),
            "gradient_clip_norm": 1.0, "step_lr_every": 2, "step_lr_gamma": 0.9, "lambda_sparse": 0.001}


def write_network(group, model, draw, n_genes, n_types, options):
    draw.statistics(model)
    write_eval(group.create_group("eval"), model, draw.cells(draw.size(20, 60), n_genes))
    write_training(group, model, draw, n_genes, n_types, TRAINING | options)


def new_tabnet(reference, draw, n_steps, n_shared):
    """A network of random sizes, and its hyper-parameters."""
    sizes = {"gene_dim": draw.size(80, 600), "type_dim": draw.size(5, 30), "n_d": draw.size(8, 32),
             "n_a": draw.size(4, 16), "n_steps": n_steps, "gamma": round(float(draw.rng.uniform(1.1, 1.8)), 2),
             "n_independent": draw.size(1, 5), "n_shared": n_shared, "epsilon": 1e-15,
             "virtual_batch_size": draw.size(16, 48), "momentum": 0.02}
    model = reference.TabNet(**sizes)
    draw.weights(model)
    return model, sizes


def write_tabnets(root, reference, draw):
    entmax = reference.Entmax15
    for n_steps in (1, 2, 3, 4):
        for mask_type in ("entmax", "sparsemax"):
            reference.Entmax15 = entmax if mask_type == "entmax" else Sparsemax
            model, sizes = new_tabnet(reference, draw, n_steps, draw.size(0, 3))
            group = root.create_group(f"tabnet/{n_steps}_steps_{mask_type}")
            write_network(group, model, draw, sizes["gene_dim"], sizes["type_dim"], sizes | {"mask_type": mask_type})
    reference.Entmax15 = entmax


def write_baselines(root, draw):
    n_genes, n_types = draw.size(80, 400), draw.size(5, 30)
    write_network(root.create_group("linear"), Linear(n_genes, n_types), draw, n_genes, n_types,
                  {"learning_rate": 0.0005, "weight_decay": 0.01, "lambda_sparse": 0.0})
    options = {"n_hidden": draw.size(1, 4), "hidden_size": draw.size(8, 24)}
    write_network(root.create_group("mlp"), Mlp(n_genes, n_types, **options), draw, n_genes, n_types,
                  options | {"learning_rate": 0.002, "lambda_sparse": 0.0, "dropout": 0.0})


def write_activations(root, reference, draw):
    for name, function in (("entmax15", reference.Entmax15), ("sparsemax", Sparsemax)):
        for kind, width, scale in (("narrow", 13, 1), ("wide", 4096, 1), ("peaky", 300, 8), ("flat", 257, 0.01)):
            z = torch.tensor(draw.rng.normal(0, scale, (draw.size(3, 9), width)), dtype=torch.float32)
            grad = torch.tensor(draw.rng.normal(0, 1, z.shape), dtype=torch.float32)
            z.requires_grad_(True)
            y = function.apply(z)
            y.backward(grad)
            write(root.create_group(f"{name}/{kind}"),
                  {"input": z, "output": y, "grad_output": grad, "grad_input": z.grad,
                   "output_f64": function.apply(z.detach().double())})


def write_checkpoint(folder, reference, draw):
    folder.mkdir(parents=True, exist_ok=True)
    model, sizes = new_tabnet(reference, draw, 1, draw.size(1, 3))
    draw.statistics(model)
    state = {f"classifier.{name}": value for name, value in model.state_dict().items()}
    torch.save({"epoch": 1, "global_step": 1, "state_dict": state}, folder / "golden.ckpt")
    lines = [f"{name}: {value}" for name, value in sizes.items()] + ["mask_type: entmax", "lambda_sparse: 1.0e-05"]
    (folder / "hparams.yaml").write_text("\n".join(lines).replace("1e-15", "1.0e-15") + "\n")
    with h5py.File(folder / "expected.h5", "w") as file:
        write_eval(file, model, draw.cells(draw.size(20, 60), sizes["gene_dim"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reference", type=pathlib.Path, help="tabnet_torch.py: TabNet and Entmax15 in plain PyTorch")
    parser.add_argument("out", type=pathlib.Path, help="folder for golden.h5 and checkpoint/")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hard", action="store_true", help="statistics over eight orders of magnitude")
    args = parser.parse_args()
    torch.set_num_threads(1)
    spec = importlib.util.spec_from_file_location("reference", args.reference)
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    draw = Draw(args.seed, args.hard)
    args.out.mkdir(parents=True, exist_ok=True)
    with h5py.File(args.out / "golden.h5", "w") as root:
        write_activations(root, reference, draw)
        write_tabnets(root, reference, draw)
        write_baselines(root, draw)
    write_checkpoint(args.out / "checkpoint", reference, draw)


if __name__ == "__main__":
    main()
