#!/usr/bin/env bash
# The main job from beginning to end: build a corpus, train, evaluate on donors never seen, annotate a file.
#   make demo                                   on simulated cells
#   make demo DATA="a.h5ad b.h5ad …"            on labelled files of yours; more variables:
#     ANNOTATE=c.h5ad   the file to annotate     (default: the first of DATA)
#     ONTOLOGY=cl.obo   the Cell Ontology        (default: an obo file next to the data or in ../ontology from there)
#     GENES=genes.csv   the gene space           (default: a *features.csv in ../genes from there, else the union of the data's)
#     OUT=demo          where everything goes    (an earlier demo there is replaced)
set -euo pipefail
sctab=${SCTAB:-build/sctab}
out=${OUT:-demo}
data=${DATA:-}
start=$SECONDS

say() { printf '\n== %s\n' "$*"; }
run() { printf '$ %s\n' "$*" >&2; "$@"; }
first_match() { for path in "$@"; do [ -f "$path" ] && { printf '%s' "$path"; return; }; done; return 0; }

mkdir -p "$out"
if [ -z "$data" ]; then
  say "Simulating cells of many donors and tissues (give DATA=\"a.h5ad b.h5ad\" to use yours)"
  run "$sctab" simulate --overwrite -o "$out/simulated" --cells "${CELLS:-20000}" --seed 1
  data=$(ls "$out"/simulated/source-*.h5ad)
  ontology=$out/simulated/ontology.obo
  genes=$out/simulated/genes.csv
  curation=(--min-cells 100 --min-donors 5)
else
  folder=$(dirname "${data%% *}")
  ontology=${ONTOLOGY:-$(first_match "$folder"/*.obo "$folder"/../ontology/cl_*.obo "$folder"/../ontology/*.obo)}
  genes=${GENES:-$(first_match "$folder"/../genes/*features.csv)}
  # Small corpora: the paper's thresholds (5,000 cells and 30 donors a type, 10x assays) would leave nothing.
  curation=(--min-cells 15 --min-donors 1 --any-assay --assume-primary)
fi
[ -n "$ontology" ] || { echo "demo: no Cell Ontology found next to the data; give ONTOLOGY=cl.obo (obofoundry.org/ontology/cl)" >&2; exit 2; }
read -r -a sources <<<"$(echo $data)"
annotate=${ANNOTATE:-${sources[0]}}

say "Building the corpus: curation, split by donor, shuffled store"
run "$sctab" corpus build --overwrite "${sources[@]}" -o "$out/corpus" --ontology "$ontology" ${genes:+--genes "$genes"} "${curation[@]}"

for model in linear mlp tabnet mixed; do
  say "Training $model and evaluating it on donors never seen"
  run "$sctab" train --overwrite "$out/corpus" -o "$out/$model" --kind "$model"
  run "$sctab" evaluate "$out/corpus" -m "$out/$model" --split test --json >"$out/$model.json"
done

say "Macro F1 on the donors of the test split, corrected by the Cell Ontology"
/usr/bin/python3 - "$out" <<'PY'
import json, sys
print(f"{'model':8} {'macro F1':>9} {'weighted F1':>12} {'micro F1':>9} {'macro F1, uncorrected':>22}")
for model in ("mixed", "tabnet", "mlp", "linear"):
    scores = json.load(open(f"{sys.argv[1]}/{model}.json"))
    keys = ("macro_f1", "weighted_f1", "micro_f1", "macro_f1_uncorrected")
    print("{:8} {:9.3f} {:12.3f} {:9.3f} {:22.3f}".format(model, *(scores[k] for k in keys)))
PY

say "Annotating $annotate"
name=$(basename "$annotate" .h5ad)
run "$sctab" annotate "$annotate" -m "$out/mixed" -o "$out/$name.sctab.h5ad" -o "$out/$name.sctab.csv"

say "Where everything lies (after $((SECONDS - start)) seconds)"
cat <<EOF
  $out/corpus                  the training store: ordinary AnnData files and store.json
  $out/{mixed,tabnet,mlp,linear}  model directories; $out/mixed/README.md is the model card
  $out/*.json                  evaluations on the test donors
  $out/$name.sctab.h5ad        the annotated file; open it in scanpy
  $out/$name.sctab.csv         the same labels as a table
EOF
