#!/usr/bin/env bash
# Installs what sctab needs on Debian 12, as root or with sudo. Does nothing, quickly, where nothing is missing.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache make pkg-config git
  libtorch-dev libopenblas0-openmp libopenblas-openmp-dev libhwy-dev libxgboost-dev
  libhdf5-dev libdeflate-dev zlib1g-dev libssl-dev
  libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  clang-format-14 clang-tidy-14
  python3 python3-anndata python3-h5py python3-scipy
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install-dependencies: needs root or sudo for: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing ${#missing[@]} packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
       apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "install-dependencies: apt-get failed (above); sctab needs Debian 12's packages: ${missing[*]}" >&2
  exit 1
fi
