#!/usr/bin/env bash
# small_corpora.sh CELLS OUT: the table of docs/small-corpora.md. CELLS: the folder of the nine labelled files of the
# cross-tissue mix, with ../ontology and ../genes beside it. Every kind of model is trained on eight studies and scored
# on the ninth, and on donors left out. What OUT holds already is not computed again.
#   SCTAB=build/sctab  KINDS="linear mlp …"  STUDIES="kang_ifnb …"  SPLITS="1 2 3"
set -euo pipefail
cells=$1 out=$2
sctab=${SCTAB:-build/sctab}
read -r -a kinds <<<"${KINDS:-linear mlp tabnet celltypist pca+linear centroid xgboost mixed}"
read -r -a files <<<"$("$(dirname "$0")"/cross_tissue_files.sh "$cells")"
# pelka_colon_epithelium has one type alone, which is no classification.
read -r -a studies <<<"${STUDIES:-kang_ifnb zheng_facs he_liver wu_breast_cid4465 darmanis_brain moncada_pdac_a baron_pancreas_mini li_colon_normal_mucosa}"
read -r -a splits <<<"${SPLITS:-1 2 3}"
common=(--ontology "$cells"/../ontology/cl_2023-07-20.obo --genes "$cells"/../genes/sctab_features.csv --any-assay --assume-primary)
mkdir -p "$out"

build() {  # STORE options and sources…
  local store=$1; shift
  [ -d "$store" ] || "$sctab" --quiet corpus build -o "$store" "${common[@]}" "$@" >"$store.log"
}

score() {  # FOLD TEST_STORE SPLIT
  for kind in "${kinds[@]}"; do
    local model=$out/$1.$kind
    [ -f "$model.json" ] && continue
    [ -d "$model" ] || "$sctab" --quiet train "$out/$1" -o "$model" --model "$kind" >"$model.log"
    "$sctab" --quiet evaluate "$model" "$2" --split "$3" -o "$model.json" >/dev/null
  done
}

for seed in "${splits[@]}"; do
  build "$out/donors-$seed" --min-cells 15 --min-donors 1 --seed "$seed" "${files[@]}"
  score "donors-$seed" "$out/donors-$seed" test
done
for study in "${studies[@]}"; do
  others=()
  for file in "${files[@]}"; do [ "$file" = "$cells/$study.h5ad" ] || others+=("$file"); done
  build "$out/without-$study" --min-cells 15 --min-donors 1 "${others[@]}"
  build "$out/only-$study" --min-cells 1 --min-donors 0 --val-fraction 0 --test-fraction 0 "$cells/$study.h5ad"
  score "without-$study" "$out/only-$study" train
done

/usr/bin/python3 - "$out" "${kinds[@]}" -- "${splits[@]/#/donors-}" "${studies[@]/#/without-}" <<'PY'
import json, sys
out, rest = sys.argv[1], sys.argv[2:]
kinds, folds = rest[:rest.index("--")], rest[rest.index("--") + 1:]
def f1_of_types(fold, kind):  # of the types that the test cells have
    per_type = json.load(open(f"{out}/{fold}.{kind}.json"))["per_type"]
    return {t["id"]: t["f1"] for t in per_type if t["n_true"] > 0}
scores = {k: [] for k in kinds}
n_types = []
for fold in folds:
    f1 = {k: f1_of_types(fold, k) for k in kinds}
    # Types that no model ever calls right are those that the training studies lack.
    known = [t for t in f1[kinds[0]] if any(f1[k][t] > 0 for k in kinds)]
    n_types.append(len(known))
    for k in kinds: scores[k].append(sum(f1[k][t] for t in known) / len(known))
print("| left out | types | " + " | ".join(kinds) + " |\n|---|--:|" + "--:|" * len(kinds))
for i, fold in enumerate(folds):
    best = max(scores[k][i] for k in kinds)
    row = (f"**{scores[k][i]:.3f}**" if scores[k][i] == best else f"{scores[k][i]:.3f}" for k in kinds)
    print(f"| {fold.replace('without-', '')} | {n_types[i]} | " + " | ".join(row) + " |")
print("| mean | | " + " | ".join(f"{sum(scores[k]) / len(folds):.3f}" for k in kinds) + " |")
PY
