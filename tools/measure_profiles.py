#!/usr/bin/env python3
"""Measures, from annotated h5ad files, the figures on which `sctab simulate` rests (lab/simulate/measured.hpp).

Usage: tools/measure_profiles.py --genes GENES.csv --ontology CL.obo --donors DONORS.h5ad ... -- ATLAS.h5ad ...

ATLAS files hold raw counts over all genes, droplet-based; DONORS files may hold a part of the genes but several donors.
All need obs cell_type_ontology_term_id and donor_id. Only summaries over genes and cells are printed, never a gene or a
cell. Signal is told from sampling noise by halves: cells are split in two at random, and what the halves share (their
covariance over genes) is not noise.
"""
import argparse
import collections
import itertools

import anndata
import numpy as np
import scipy.sparse as sp

MIN_CELLS = 60  # of a group, for a mean profile worth comparing
EXPRESSED = 1.0  # counts per 10,000: genes measured well enough for a log ratio


def read_counts(path, genes):
    """The file with X as CSR counts over the protein-coding genes that it holds (cells x genes)."""
    cells = anndata.read_h5ad(path)
    keep = np.array([name.split(".")[0] in genes for name in cells.var_names])
    symbols = cells.var.get("gene_symbol")
    if symbols is not None:
        keep |= np.array([s in genes for s in symbols.astype(str)])
    cells = cells[:, keep].copy()
    cells.X = sp.csr_matrix(cells.X, dtype=np.float64)
    return cells


def read_ancestors(path):
    """CL id -> set of its CL ancestors and itself."""
    parents, term = collections.defaultdict(list), None
    for line in open(path, encoding="utf-8"):
        if line.startswith("id: CL:"):
            term = line.split()[1]
        elif line.startswith("is_a: CL:") and term:
            parents[term].append(line.split()[1])
        elif line.startswith("["):
            term = None

    def closure(node):
        return {node}.union(*(closure(parent) for parent in parents[node]))

    return {node: closure(node) for node in list(parents)}


def groups(cells, columns, min_cells=MIN_CELLS):
    """Rows of each group of cells with a known type and at least min_cells of them."""
    obs = cells.obs.reset_index(drop=True)
    for key, rows in obs.groupby([obs[c].astype(str) for c in columns]).groups.items():
        key = key if isinstance(key, tuple) else (key,)
        if len(rows) >= min_cells and "unknown" not in key:
            yield key, np.asarray(rows)


def profile(counts):
    """Mean expression of a group, counts per 10,000."""
    total = np.asarray(counts.sum(0)).ravel()
    return 1e4 * total / total.sum()


def halves(counts, rng):
    order = rng.permutation(counts.shape[0])
    middle = len(order) // 2
    return profile(counts[order[:middle]]), profile(counts[order[middle:]])


def log_ratio(a, b, scale=0.5):
    return np.log(a + scale) - np.log(b + scale)


def measure_means(files):
    """Quantiles over genes of log counts per 10,000 within one type; genes never seen are at the lowest values."""
    at = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0]
    rows = []
    for cells in files:
        for _, members in groups(cells, ["cell_type_ontology_term_id"], 200):
            rows.append(np.quantile(np.log(profile(cells.X[members]) + 1e-4), at))
    print("log mean (counts per 10,000) over genes, of one type:")
    for q, value in zip(at, np.mean(rows, 0)):
        print(f"  {q:6.3f} {value:7.2f}")


def measure_dispersion(files):
    """phi in var = mu + phi mu^2 within donor and type, by moments, pooled in bins of the mean."""
    bins = np.log([0.1, 0.3, 1, 3, 10, 30, 100, 300])
    tops, bottoms = np.zeros(len(bins) - 1), np.zeros(len(bins) - 1)
    medians = [[] for _ in tops]
    for cells in files:
        for _, members in groups(cells, ["donor_id", "cell_type_ontology_term_id"]):
            counts = cells.X[members]
            size = np.asarray(counts.sum(1)).ravel()
            p = np.asarray(counts.sum(0)).ravel() / size.sum()
            kept = np.flatnonzero(p > 1e-6)
            expected = np.outer(size, p[kept])
            top = ((counts[:, kept].toarray() - expected) ** 2 - expected).sum(0)
            bottom = (expected**2).sum(0)
            where = np.digitize(np.log(1e4 * p[kept]), bins) - 1
            for b in range(len(tops)):
                tops[b] += top[where == b].sum()
                bottoms[b] += bottom[where == b].sum()
                medians[b].extend(top[where == b] / bottom[where == b])
    print("dispersion phi by mean (counts per 10,000): pooled, median over genes")
    for b in range(len(tops)):
        if medians[b]:
            print(f"  {np.exp(bins[b]):6.1f}..{np.exp(bins[b + 1]):6.1f}: "
                  f"{tops[b] / bottoms[b]:6.3f} {np.median(medians[b]):6.3f}  ({len(medians[b])})")


def measure_library(files):
    """Log library size: spread within donor and type (as quantiles of the residual), and of types' means in a file."""
    at = [0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999]
    residuals, of_types, of_donors = [], [], []
    for cells in files:
        logs = np.log(np.asarray(cells.X.sum(1)).ravel() + 1)
        centres = collections.defaultdict(list)
        for (donor, cell_type), members in groups(cells, ["donor_id", "cell_type_ontology_term_id"], 30):
            centres[donor].append(np.median(logs[members]))
            residuals.append(logs[members] - np.median(logs[members]))
        of_types += [np.std(c, ddof=1) for c in centres.values() if len(c) > 2]
        if len(centres) > 2:
            of_donors.append(np.std([np.mean(c) for c in centres.values()], ddof=1))
    print("library size: log residual within donor and type, quantiles:")
    print("  ", dict(zip(at, np.quantile(np.concatenate(residuals), at).round(3))))
    print("  sd of log between types of a donor", np.mean(of_types).round(3), "between donors", np.round(of_donors, 3))


def measure_lineage(files, ancestors, rng):
    """How log ratios between types grow with the number of ontology terms that are above one of two types only."""
    rows = []
    for cells in files:
        types = {k[0]: halves(cells.X[m], rng) for k, m in groups(cells, ["cell_type_ontology_term_id"])}
        for a, b in itertools.combinations(types, 2):
            if a not in ancestors or b not in ancestors:
                continue
            (a1, a2), (b1, b2) = types[a], types[b]
            kept = (a1 + a2 + b1 + b2) / 4 > EXPRESSED
            one, two = log_ratio(a1, b1)[kept], log_ratio(a2, b2)[kept]
            both = (one + two) / 2
            squares = np.clip(one * two, 0, None)
            rows.append([len(ancestors[a] ^ ancestors[b]), np.mean((one - one.mean()) * (two - two.mean())),
                         np.mean(np.abs(both) > 1), np.mean(np.abs(both) > 2),
                         np.mean(squares**2) / np.mean(squares) ** 2, len(both)])
    rows = np.array(rows)
    print("log ratios between types, expressed genes: terms apart, pairs, variance, |.|>1, |.|>2, kurtosis, genes")
    for low, high in [(1, 4), (4, 8), (8, 13), (13, 20), (20, 30), (30, 60)]:
        of = rows[(rows[:, 0] >= low) & (rows[:, 0] < high)]
        if len(of):
            print(f"  {low:3d}..{high - 1:3d} {len(of):4d}", np.median(of[:, 1:], 0).round(3))
    slope = (rows[:, 0] * rows[:, 1]).sum() / (rows[:, 0] ** 2).sum()
    # k independent terms that each move a share f of the genes have an excess kurtosis of (3 / f - 3) / k.
    share = 3 / (3 + np.median(rows[:, 0] * (rows[:, 4] - 3)))
    print(f"  variance per term apart, least squares through 0: {slope:.4f}; as a share {share:.3f} of the genes moved "
          f"with sd {np.sqrt(slope / share):.2f}")


def spread_along(one, two, counts, rng):
    """Spread of the cells of two types along the axis between them, over the types' distance: what is beyond sampling.

    The axis comes from one half of the cells, the spread from the other; scores on two halves of the genes share the
    state of a cell and not its noise. What goes with the library size is taken off.
    """
    (axis_a, score_a), (axis_b, score_b) = (np.array_split(rng.permutation(rows), 2) for rows in (one, two))
    a, b = profile(counts[axis_a]), profile(counts[axis_b])
    axis = np.where(a + b > EXPRESSED, log_ratio(a, b), 0)
    first = rng.random(len(axis)) < 0.5
    centred, means = [], []
    for rows in (score_a, score_b):
        size = np.asarray(counts[rows].sum(1)).ravel()
        logs = sp.diags(1e4 / size) @ counts[rows]
        logs.data = np.log1p(logs.data)
        scores = np.stack([logs @ (axis * first), logs @ (axis * ~first)], axis=1)
        design = np.stack([np.ones(len(size)), np.log(size)], axis=1)
        centred.append(scores - design @ np.linalg.lstsq(design, scores, rcond=None)[0])
        means.append(scores.mean(0))
    distance = np.prod(means[0] - means[1])
    variance = np.mean([np.mean(c[:, 0] * c[:, 1]) for c in centred])
    return np.sqrt(max(0.0, variance / distance)) if distance > 0 else np.nan


def measure_states(files, ancestors, rng):
    """How far cells of a type differ in state, by the number of terms between the types whose axis is looked along."""
    rows = []
    for cells in files:
        types = {k[0]: m for k, m in groups(cells, ["cell_type_ontology_term_id"]) if k[0] in ancestors}
        for a, b in itertools.combinations(types, 2):
            apart = len(ancestors[a] ^ ancestors[b])
            rows.append([apart, spread_along(types[a], types[b], cells.X, rng)])
    rows = np.array(rows)
    print("spread of a type's cells along the axis to another type, over their distance: terms apart, pairs, median")
    for low, high in [(1, 8), (8, 13), (13, 20), (20, 60)]:
        of = rows[(rows[:, 0] >= low) & (rows[:, 0] < high), 1]
        if len(of):
            print(f"  {low:3d}..{high - 1:3d} {len(of):4d} {np.nanmedian(of):.3f}")


def measure_donors(files, rng):
    """Variance over donors of a gene's log expression in one type; the part that two types of a donor share."""
    for cells in files:
        obs = cells.obs
        if "condition" in obs:
            cells = cells[(obs["condition"].astype(str) == obs["condition"].astype(str).iloc[0]).values]
        logs = collections.defaultdict(dict)
        for (donor, cell_type), members in groups(cells, ["donor_id", "cell_type_ontology_term_id"], 40):
            logs[cell_type][donor] = [h for h in halves(cells.X[members], rng)]
        variances, own = [], {}
        for cell_type, of in logs.items():
            if len(of) < 4:
                continue
            one, two = (np.log(np.array([h[i] for h in of.values()]) + 0.5) for i in (0, 1))
            kept = np.exp(one.mean(0)) > 3 * EXPRESSED
            one, two = one - one.mean(0), two - two.mean(0)
            per_gene = (one * two)[:, kept].sum(0) / (len(of) - 1)
            variances.append([per_gene.mean(), np.median(per_gene), np.quantile(per_gene, 0.9), len(of), kept.sum()])
            own[cell_type] = {d: (one[i] + two[i]) / 2 for i, d in enumerate(of)}, kept
        shared = []
        for a, b in itertools.combinations(own, 2):
            donors = set(own[a][0]) & set(own[b][0])
            kept = own[a][1] & own[b][1]
            shared += [np.mean(own[a][0][d][kept] * own[b][0][d][kept]) for d in donors]
        variances = np.array(variances)
        if len(variances):
            print("donors: variance of log expression in a type (mean, median, 90% of genes; donors, genes)",
                  variances.mean(0).round(4), "shared by types:", np.mean(shared).round(4) if shared else None)


def measure_batches(files, rng):
    """Variance of log ratios between studies for the same type."""
    values = []
    for one, two in itertools.combinations(files, 2):
        names = "gene_symbol" if all("gene_symbol" in f.var for f in (one, two)) else None
        index = [f.var[names].astype(str).values if names else f.var_names.values for f in (one, two)]
        _, i, j = np.intersect1d(index[0], index[1], return_indices=True)
        first = {k[0]: m for k, m in groups(one, ["cell_type_ontology_term_id"])}
        second = {k[0]: m for k, m in groups(two, ["cell_type_ontology_term_id"])}
        for t in set(first) & set(second):
            (a1, a2), (b1, b2) = halves(one.X[first[t]][:, i], rng), halves(two.X[second[t]][:, j], rng)
            kept = (a1 + a2 + b1 + b2) / 4 > EXPRESSED
            x, y = log_ratio(a1, b1)[kept], log_ratio(a2, b2)[kept]
            values.append(np.mean((x - x.mean()) * (y - y.mean())))
    print("studies: variance of log ratios of one type", np.round(values, 3), "median", np.median(values).round(3))


def measure_ambient(files, ancestors):
    """Share of a lymphocyte's counts that is soup, from genes that only myeloid cells make and the reverse."""
    for cells in files:
        types = {k[0]: profile(cells.X[m]) for k, m in groups(cells, ["cell_type_ontology_term_id"])}
        mean = profile(cells.X)
        shares = []
        for t, own in types.items():
            far = [types[u] for u in types if len(ancestors.get(t, set()) & ancestors.get(u, set())) < 12 and u != t]
            if not far:
                continue
            strong = np.flatnonzero((np.max(far, 0) > 10) & (mean > 3))
            ratio = own[strong] / mean[strong]
            if len(strong) >= 10:
                shares.append(np.quantile(ratio, 0.05))
        if shares:
            print("ambient share, from the genes least seen in a type", np.quantile(shares, [0.1, 0.5, 0.9]).round(3))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genes", required=True, help="csv of the protein-coding genes: ids and symbols")
    parser.add_argument("--ontology", required=True, help="Cell Ontology, obo")
    parser.add_argument("--donors", nargs="*", default=[], help="h5ad files with several donors of one study")
    parser.add_argument("atlas", nargs="+", help="h5ad files with counts over all genes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    genes = {field.strip('"') for line in open(options.genes) for field in line.strip().split(",")}
    ancestors = read_ancestors(options.ontology)
    atlas = [read_counts(path, genes) for path in options.atlas]
    measure_means(atlas)
    measure_dispersion(atlas)
    measure_library(atlas)
    measure_lineage(atlas, ancestors, rng)
    measure_states(atlas, ancestors, rng)
    measure_donors([read_counts(path, genes) for path in options.donors], rng)
    measure_batches(atlas, rng)
    measure_ambient(atlas, ancestors)


if __name__ == "__main__":
    main()
