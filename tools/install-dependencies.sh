#!/usr/bin/env bash
# install-dependencies.sh [labelling]: installs what sctab needs on Debian 12, as root or with sudo; labelling: what it
# needs without training. Does nothing, quickly, where nothing is missing.
# DuckDB, which reads Parquet, is optional: it comes through npm, where npm is there, into $SCTAB_DUCKDB_DIR.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache make pkg-config git
  libhwy-dev libeigen3-dev
  libhdf5-dev libdeflate-dev liblzf-dev zlib1g-dev libssl-dev
  libzstd-dev liblz4-dev libsnappy-dev libbz2-dev libaec-dev libblosc-dev
  libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev libyaml-cpp-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  clang-format clang-tidy clang-14 libclang-rt-14-dev dpkg-dev file zsh
  python3 python3-anndata python3-h5py python3-scipy
)
[ "${1:-}" = labelling ] || packages+=(libtorch-dev libopenblas0-openmp libopenblas-openmp-dev libxgboost-dev)

duckdb_dir=${SCTAB_DUCKDB_DIR:-/opt/sctab/duckdb}
duckdb_version=1.4.4
bindings_version=1.4.4-r.4

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() {
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null
}

install_packages() {
  local missing=() package status
  for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  can_be_root || { echo "install-dependencies: needs root or sudo for: ${missing[*]}" >&2; exit 1; }
  echo "installing ${#missing[@]} packages: ${missing[*]}"
  if ! { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive \
         apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    echo "install-dependencies: apt-get failed (above); sctab needs Debian 12's packages: ${missing[*]}" >&2
    exit 1
  fi
}

# The library from DuckDB's package for Node.js and the header from its source package, both checked.
fetch_duckdb() {
  cd "$work"
  npm pack --silent --fetch-retries=0 "@duckdb/node-bindings-linux-x64@$bindings_version" "duckdb@$duckdb_version"
  sha256sum --check --quiet <<EOF
732fac4dc6b8f198870b9c4bb6ddf13544466daca00ad28ba2f1d80de5d7aa4b  duckdb-node-bindings-linux-x64-$bindings_version.tgz
5bb967dcbcd517670ba5f169f238fb9d6787e53752c60ebe24386169d76941ed  duckdb-$duckdb_version.tgz
EOF
  tar xzf "duckdb-node-bindings-linux-x64-$bindings_version.tgz" package/libduckdb.so
  tar xzf "duckdb-$duckdb_version.tgz" package/src/duckdb/src/include/duckdb.h
}

install_duckdb() {
  [ "$(cat "$duckdb_dir/version" 2>/dev/null)" != "$bindings_version" ] || return 0
  local without="sctab reads and writes no Parquet without it"
  [ "$(uname -m)" = x86_64 ] || { echo "DuckDB: not known here for $(uname -m); $without"; return 0; }
  command -v npm >/dev/null || { echo "DuckDB: npm is not installed; $without"; return 0; }
  can_be_root || { echo "DuckDB: needs root or sudo to be installed; $without"; return 0; }
  echo "installing DuckDB $duckdb_version in $duckdb_dir"
  # In a shell of its own: in a condition, set -e would not stop at a wrong checksum.
  export -f fetch_duckdb
  export work duckdb_version bindings_version
  if ! bash -euc fetch_duckdb >"$work/log" 2>&1; then
    tail -n 3 "$work/log" >&2
    echo "DuckDB: could not be fetched (above); $without"
    return 0
  fi
  as_root install -D -m 644 "$work/package/libduckdb.so" "$duckdb_dir/lib/libduckdb.so"
  as_root install -D -m 644 "$work/package/src/duckdb/src/include/duckdb.h" "$duckdb_dir/include/duckdb.h"
  echo "$bindings_version" | as_root tee "$duckdb_dir/version" >/dev/null
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
install_packages
install_duckdb
