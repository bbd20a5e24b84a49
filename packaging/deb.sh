#!/bin/bash
# deb.sh: "make deb". Builds the package from what is committed, into build/. In the tree debian/ is
# packaging/debian, so that the top stays about the program.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"
version=$(dpkg-parsechangelog -l packaging/debian/changelog -S Version)
tree=build/deb/chapterd-${version%-*}

rm -rf build/deb
mkdir -p "$tree"
git archive HEAD | tar -x -C "$tree"
cp -a "$tree/packaging/debian" "$tree/debian"
(cd "$tree" && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL dpkg-buildpackage -b -us -uc)
rm -f build/chapterd_*.deb build/chapterd-dbgsym_*.deb
mv build/deb/chapterd*_"${version}"_* build/
ls build/chapterd_*.deb
