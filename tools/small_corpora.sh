#!/usr/bin/env bash
# small_corpora.sh CELLS OUT: the table of docs/small-corpora.md. CELLS: the folder of the nine labelled files of the
# cross-tissue mix, with ../ontology and ../genes next to it. Every kind of model is trained on eight studies and scored
# on the ninth, and on donors left out. What OUT holds already is not computed again.
#   SCTAB=build/sctab  KINDS="linear mlp,--loss=hierarchical …"  STUDIES="kang_ifnb …"  SPLITS="1 2 3"  SEEDS="1 2"  THREADS=0
set -euo pipefail
cells=$1 out=$2
sctab=${SCTAB:-build/sctab}
threads=${THREADS:-0}
read -r -a kinds <<<"${KINDS:-linear mlp tabnet celltypist pca+linear centroid xgboost mixed}"
read -r -a files <<<"$("$(dirname "$0")"/cross_tissue_files.sh "$cells")"
# pelka_colon_epithelium has a single type, which leaves nothing to classify.
read -r -a studies <<<"${STUDIES-kang_ifnb zheng_facs he_liver wu_breast_cid4465 darmanis_brain moncada_pdac_a baron_pancreas_mini li_colon_normal_mucosa}"
read -r -a splits <<<"${SPLITS-1 2 3 4 5 6}"
read -r -a seeds <<<"${SEEDS:-1 2}"
common=(--ontology "$cells"/../ontology/cl_2023-07-20.obo --genes "$cells"/../genes/sctab_features.csv --any-assay --assume-primary)
mkdir -p "$out"

build() {  # STORE options and sources…
  local store=$1; shift
  [ -d "$store" ] || "$sctab" --quiet corpus build -o "$store" "${common[@]}" "$@" >"$store.log"
}

score() {  # FOLD TEST_STORE SPLIT
  local kind seed model kind_and_options
  for kind in "${kinds[@]}"; do
    for seed in "${seeds[@]}"; do
      model=$out/$1.$kind.$seed
      [ -f "$model.json" ] && continue
      IFS=, read -r -a kind_and_options <<<"$kind"
      [ -d "$model" ] || "$sctab" --quiet train "$out/$1" -o "$model" --kind "${kind_and_options[@]}" --seed "$seed" \
        --threads "$threads" --resume >"$model.log"
      "$sctab" --quiet evaluate "$2" -m "$model" --split "$3" -o "$model.json" >/dev/null
    done
  done
}

for split in "${splits[@]}"; do
  build "$out/donors-$split" --min-cells 15 --min-donors 1 --seed "$split" "${files[@]}"
  score "donors-$split" "$out/donors-$split" test
done
for study in "${studies[@]}"; do
  others=()
  for file in "${files[@]}"; do [ "$file" = "$cells/$study.h5ad" ] || others+=("$file"); done
  build "$out/without-$study" --min-cells 15 --min-donors 1 "${others[@]}"
  build "$out/only-$study" --min-cells 1 --min-donors 0 --val-fraction 0 --test-fraction 0 "$cells/$study.h5ad"
  score "without-$study" "$out/only-$study" train
done

/usr/bin/python3 - "$out" "${kinds[@]}" -- "${seeds[@]}" -- "${splits[@]/#/donors-}" "${studies[@]/#/without-}" <<'PY'
import json, sys
out, rest = sys.argv[1], sys.argv[2:]
kinds, rest = rest[:rest.index("--")], rest[rest.index("--") + 1:]
seeds, folds = rest[:rest.index("--")], rest[rest.index("--") + 1:]
def f1_of_types(fold, kind, seed):  # of the types that the test cells have
    per_type = json.load(open(f"{out}/{fold}.{kind}.{seed}.json"))["per_type"]
    return {t["id"]: t["f1"] for t in per_type if t["n_true"] > 0}
scores = {k: [] for k in kinds}
spread, n_types = {k: [] for k in kinds}, []
for fold in folds:
    f1 = {(k, s): f1_of_types(fold, k, s) for k in kinds for s in seeds}
    # Types that no model ever calls right are those that the training studies lack.
    known = [t for t in next(iter(f1.values())) if any(of_type[t] > 0 for of_type in f1.values())]
    n_types.append(len(known))
    for k in kinds:
        by_seed = [sum(f1[k, s][t] for t in known) / len(known) for s in seeds]
        scores[k].append(sum(by_seed) / len(seeds))
        spread[k].append(max(by_seed) - min(by_seed))
def row(name, n, values, best):
    print(f"| {name} | {n} | " + " | ".join(f"**{v:.3f}**" if v == best else f"{v:.3f}" for v in values) + " |")
print("| left out | types | " + " | ".join(kinds) + " |\n|---|--:|" + "--:|" * len(kinds))
for i, fold in enumerate(folds):
    row(fold.replace("without-", ""), n_types[i], [scores[k][i] for k in kinds], max(scores[k][i] for k in kinds))
row("mean", "", [sum(scores[k]) / len(folds) for k in kinds], None)
row("mean range over seeds", "", [sum(spread[k]) / len(folds) for k in kinds], None)
PY
