#!/usr/bin/env bash
# check_package.sh BUILD_FOLDER: installs the Debian packages of `make package` into a fresh Debian 12, labels a file and
# trains a model there with the network off; then unpacks the tarball in another one and labels the file there. Skips,
# with a line that says so, where root or debootstrap is missing.
set -euo pipefail
build=$(realpath "$1")
if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
  echo "check-package: skipped; it needs root and debootstrap"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | sed -n 1p)
mirror=${mirror:-http://deb.debian.org/debian}

# A file and a model to label it with.
"$build/sctab" simulate -o "$work/cells" --cells 600 --seed 1 --quiet >/dev/null
"$build/sctab" corpus build "$work"/cells/source-*.h5ad -o "$work/store" --ontology "$work/cells/ontology.obo" \
  --min-cells 10 --min-donors 1 --quiet >/dev/null
"$build/sctab" train "$work/store" -o "$work/model" --kind tabnet --epochs 1 --quiet >/dev/null
file=$(ls "$work"/cells/source-*.h5ad | head -n 1)

label() {  # label ROOT PROGRAM: with no network, and with /proc, by which the program finds what lies next to it
  cp -r "$work/model" "$file" "$1/tmp/"
  unshare --net --pid --fork --root="$1" --mount-proc "$2" annotate "/tmp/$(basename "$file")" -m /tmp/model -o /tmp/labels.csv --quiet
  "$build/sctab" annotate "$file" -m "$work/model" -o "$work/labels.csv" --quiet >/dev/null
  cmp "$1/tmp/labels.csv" "$work/labels.csv"
}

debootstrap --variant=minbase bookworm "$work/bare" "$mirror" >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
cp -a "$work/bare" "$work/packaged"
cp "$build"/packages/sctab_*.deb "$work/packaged/tmp/"
chroot "$work/packaged" sh -ec 'apt-get update && apt-get install --yes --no-install-recommends /tmp/sctab_*.deb' \
  >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
label "$work/packaged" sctab
echo "check-package: the .deb labels a file in a fresh Debian 12"
cp "$build"/packages/sctab-train_*.deb "$work/packaged/tmp/"
cp -r "$work/store" "$work/packaged/tmp/"
chroot "$work/packaged" sh -ec 'apt-get install --yes --no-install-recommends /tmp/sctab-train_*.deb' \
  >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
unshare --net --pid --fork --root="$work/packaged" --mount-proc \
  sctab train /tmp/store -o /tmp/trained --kind linear --epochs 1 --quiet >/dev/null
echo "check-package: the .deb of sctab-train trains a model there"
tar -C "$work/bare/opt" -xzf "$build"/packages/sctab-*.tar.gz
label "$work/bare" "/opt/$(ls "$work/bare/opt")/bin/sctab"
echo "check-package: the tarball labels a file in a bare Debian 12"
