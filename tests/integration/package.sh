#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tools/dev/package, with a small package instead of MOS: what goes in, what comes out, and that a build that is not
# reproducible is found. Prints TAP. $1 = the source directory.
set -uo pipefail
src=$1
for program in dpkg-buildpackage dh git; do
	command -v "$program" >/dev/null || { echo "1..0 # SKIP no $program"; exit 0; }
done
tmp=$(mktemp -d /tmp/mos-package-XXXXXX)
trap 'rm -rf -- "$tmp"' EXIT

n=0
check() { # NAME COMMAND...
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$tmp/out" 2>/dev/null | tail -n 30
	fi
}
gives_not_0() { ! "$@" >"$tmp/out" 2>&1; }
gives() { local code=$1; shift; "$@" >"$tmp/out" 2>&1; [[ $? == "$code" ]]; }
says() { grep -qF -- "$1" "$tmp/out"; }
# It judges real packages; this one is none.
mkdir "$tmp/bin"
printf '#!/bin/sh\nexit 0\n' >"$tmp/bin/lintian"
chmod +x "$tmp/bin/lintian"
make_packages() { PATH=$tmp/bin:$PATH MOS_JOBS=1 "$src/tools/dev/package" "$tree" "$tmp/out dir" "$@"; }
has() { [[ $'\n'$(dpkg-deb --fsys-tarfile "$tmp/out dir/mos_1.2_all.deb" | tar --list)$'\n' == *$'\n'"./usr/share/mos/$1"$'\n'* ]]; }

tree=$tmp/tree
mkdir -p "$tree/debian/source" "$tree/data"
git init --quiet "$tree"
printf '/build/\n*.o\n' >"$tree/.gitignore"
printf '3.0 (native)\n' >"$tree/debian/source/format"
cat >"$tree/debian/changelog" <<'EOF'
mos (1.2) unstable; urgency=medium

  * A test.

 -- The MOS developers <mos@mos.example>  Sat, 21 Nov 2026 00:00:00 +0000
EOF
cat >"$tree/debian/control" <<'EOF'
Source: mos
Maintainer: The MOS developers <mos@mos.example>
Build-Depends: debhelper-compat (= 13)

Package: mos
Architecture: all
Description: a test
EOF
cat >"$tree/debian/rules" <<'EOF'
#!/usr/bin/make -f
%:
	dh $@
execute_before_dh_builddeb:
	find debian/mos -exec touch --no-dereference --date=@$$SOURCE_DATE_EPOCH {} +
EOF
chmod +x "$tree/debian/rules"
echo 'data/* usr/share/mos' >"$tree/debian/mos.install"
touch "$tree/data/committed" "$tree/data/removed"
git -C "$tree" add . && git -C "$tree" -c user.name=x -c user.email=x@mos.example commit --quiet -m x
touch "$tree/data/new" "$tree/data/ignored.o"
rm "$tree/data/removed"
before=$(cd "$tree" && find . -not -path './.git*' -not -path './build*' | sort)

mkdir -p "$tmp/out dir"
touch "$tmp/out dir/mos_1.0_all.deb" "$tmp/out dir/mosaic_1.0_all.deb"
check "packages are built, twice, to the same bytes" gives 0 make_packages yes no ''
reproducible() { says "reproducible: 1 files are the same"; }
check "it says so" reproducible
complete() { [[ -f "$tmp/out dir/mos_1.2_all.deb" && -f "$tmp/out dir/upload/mos_1.2.dsc" ]] && compgen -G "$tmp/out dir/upload/*.changes" >/dev/null; }
check "the package lies in the folder, all for an archive below it" complete
cleared() { [[ ! -e "$tmp/out dir/mos_1.0_all.deb" && -e "$tmp/out dir/mosaic_1.0_all.deb" ]]; }
check "its older version is gone, what is no package of ours stays" cleared
as_it_is() { has committed && has new && ! has removed && ! has ignored.o; }
check "what is packaged is the checkout as it is, without what git ignores" as_it_is
untouched() { [[ $(cd "$tree" && find . -not -path './.git*' -not -path './build*' | sort) == "$before" ]]; }
check "nothing is left in the source tree" untouched
sums() {
	(cd "$tmp/out dir/upload" && sed -n '/^Checksums-Sha256:/,/^Files:/s/^ \([0-9a-f]\{64\}\) [0-9]* \(.*\)/\1  \2/p' ./*.changes |
		sha256sum --check --quiet --strict)
}
check "SEC-02: .changes, which is what is signed, has the sums of all files" sums
check "SEC-02: a key that is not there is told, nothing unsigned is given for signed" \
	gives_not_0 make_packages no no 0123456789ABCDEF0123456789ABCDEF01234567
printf 'override_dh_auto_build:\n\tpwd >data/where; umask >>data/where; date >>data/where\n' >>"$tree/debian/rules"
check "a build that depends on where and when is found" gives 1 make_packages yes no ''
named() { says "differs: mos_1.2_all.deb" && says "/usr/share/mos/where differ"; }
check "the file is named" named
sed -i '/^execute_before/,$d' "$tree/debian/rules"
check "a package that has the files' age in it is found" gives 1 make_packages yes no ''
aged() { says "2026-11-20 00:00" && says "./usr/share/mos/committed"; }
check "the files are named, with their ages" aged
printf 'override_dh_auto_install:\n\tfalse\n' >>"$tree/debian/rules"
check "a build that fails is an error" gives 1 make_packages no no ''
told() { says "the packages were not built: $tree/build/package-work/build.log"; }
check "its log is named" told
rm -rf "$tree/.git"
check "without a checkout it says what is missing" gives 3 make_packages no no ''
echo "1..$n"
