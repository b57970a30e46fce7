#!/usr/bin/env bash
# cross_tissue_files.sh FOLDER: the nine labelled files of the cross-tissue mix that the demo and CI use, in order.
set -euo pipefail
for name in kang_ifnb zheng_facs he_liver wu_breast_cid4465 darmanis_brain moncada_pdac_a baron_pancreas_mini \
            li_colon_normal_mucosa pelka_colon_epithelium; do
  printf '%s ' "$1/$name.h5ad"
done
