#!/usr/bin/env bash
# package.sh BUILD_FOLDER: makes BUILD_FOLDER/packages with sctab_VERSION_amd64.deb, sctab-train_VERSION_amd64.deb where
# training was built, and sctab-VERSION-x86_64.tar.gz: sctab with the libraries that a bare Debian 12 lacks.
set -euo pipefail
build=$1
packages=$build/packages
command -v dpkg-shlibdeps >/dev/null || { echo "package: needs dpkg-dev" >&2; exit 1; }
rm -rf "$packages"
mkdir -p "$packages"
(cd "$build" && cpack -G DEB -B "$PWD/packages") >"$packages/log" 2>&1 || { cat "$packages/log" >&2; exit 1; }
rm -rf "$packages/_CPack_Packages" "$packages/log"

version=$("$build/sctab" --version | cut -d' ' -f2)
name=sctab-$version-$(uname -m)
root=$packages/$name
cmake --install "$build" --prefix "$root" --component labelling --strip >/dev/null
# Every Debian has glibc and GCC's run-time libraries.
mkdir -p "$root/lib/sctab"
ldd "$root/bin/sctab" | awk '$2 == "=>" && $3 ~ /^\// {print $3}' |
  { grep -vE '/(libc|libm|libmvec|libdl|libpthread|librt|libgcc_s|libstdc\+\+)\.so' || true; } | xargs -r -I{} cp -L {} "$root/lib/sctab/"
tar -C "$packages" --owner=0 --group=0 --sort=name -czf "$packages/$name.tar.gz" "$name"
rm -rf "$root"
ls -l "$packages" | awk 'NR > 1 {printf "%9.1f MB  %s\n", $5 / 1e6, $NF}'
