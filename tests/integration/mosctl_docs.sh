#!/bin/bash
# SPDX-License-Identifier: MIT
# What surrounds mosctl agrees with it: manual pages, completion in three shells, the example of mos(7).
# shellcheck disable=SC2317 # the checks are called through check()
# Arguments: mosctl, its source folder, the library. Environment: CC, CPATH.
set -u
mosctl=$1 source=$2 library=$3
failed=0
checked=0
PATH=$(dirname "$mosctl"):$PATH
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

check() { # what, then a command
	local what=$1
	shift
	checked=$((checked + 1))
	if ! "$@"; then
		echo "FAILED: $what"
		failed=1
	fi
}
contains() { [[ $1 == *"$2"* ]]; }
equals() { [[ $1 == "$2" ]] || { echo "got:  $1"; echo "want: $2"; false; }; }

# Every command and option is in the manual page, as it is written in roff.
page=$(sed 's/\\-/-/g; s/\\f[BIRP]//g' "$source/man/mosctl.1")
while IFS=$'\t' read -r command _; do
	check "mosctl.1: $command" grep -qE "^(\.[A-Z]+ )?([a-z]+, )*$command\b" <<<"$page"
	while IFS=$'\t' read -r option _; do
		check "mosctl.1: $command $option" contains "$page" "$option"
	done < <(mosctl help --names "$command")
done < <(mosctl help --names)
check 'commands were looked at' test "$checked" -gt 60

for page in "$source"/man/*; do
	if command -v man >/dev/null; then
		check "$page has no warnings" equals "$(LC_ALL=C.UTF-8 man --warnings=w -Tutf8 -l "$page" 2>&1 >/dev/null)" ''
	fi
done

# The example of mos(7) compiles as it stands there.
sed -n '/^#include/,/^\.fi/p' "$source/man/mos.7" | sed '/^\.fi/d; s/\\en/\\n/g' >"$tmp/mos7.c"
# shellcheck disable=SC2086
check 'the example of mos(7)' $CC -std=c2x -Wall -Wextra -Werror "$tmp/mos7.c" "$library" \
	-o /dev/null

# So do those of docs/WIDGETS.md, and its manifests are JSON.
widgets=$source/../../docs/WIDGETS.md
block() { # language, which one
	awk -v lang="$1" -v want="$2" '$0 == "```" lang { n++; on = n == want; next } /^```/ { on = 0 } on' "$widgets"
}
block c 1 >"$tmp/hello.c"
# shellcheck disable=SC2086
check 'the C widget of WIDGETS.md' $CC -std=c2x -Wall -Wextra -Werror -Wno-unused-parameter "$tmp/hello.c" "$library" \
	-o "$tmp/hello"
check 'it is a widget' contains "$("$tmp/hello" --help 2>&1)" hello
block python 1 >"$tmp/hello.py"
check 'the Python widget of WIDGETS.md' python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$tmp/hello.py"
for n in 1 2; do
	check "manifest $n of WIDGETS.md" python3 -c 'import json, sys; json.loads(sys.argv[1])["id"]' "$(block json $n)"
done

# What README.md and docs/ would have people type: each command is there and takes these options; --help behind them
# keeps it from being done.
typed() {
	python3 - "$mosctl" "$@" <<'E'
import re, shlex, subprocess, sys
seen = wrong = 0
for page in sys.argv[2:]:
    with open(page, encoding="utf-8") as file:
        blocks = re.findall(r"^```sh\n(.*?)^```", file.read(), re.M | re.S)
    for line in "".join(blocks).replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words:
            end = next((i for i, word in enumerate(words) if word in ("&&", "|", ";") or word[0:1] == ">"), len(words))
            if words[0] == "mosctl" and "--" not in words[:end]:
                done = subprocess.run([sys.argv[1], *words[1:end], "--help"], capture_output=True, text=True, check=False)
                seen += 1
                if done.returncode:
                    wrong += 1
                    print(f"{page}: {' '.join(words[:end])}: {done.stderr.strip()}")
            words = words[end + 1:]
print(f"{seen} commands")
sys.exit(wrong > 0 or seen < 60)
E
}
check 'commands of README.md and docs/' typed "$source/../../README.md" "$source"/../../docs/*.md

# docs/BAND.md names each option of the band.
band=$(<"$source/../../docs/BAND.md")
while IFS=$'\t' read -r option _; do
	check "BAND.md: $option" contains "$band" "$option"
done < <(mosctl help --names band | grep -v '^--help')

# docs/SOUND.md names each effect and parameter.
sound=$(<"$source/../../docs/SOUND.md")
params=$(sed -n 's/^\t{"\([a-z0-9_]*\)", "[^"]*", .*/\1/p' "$source/../../shm/fx.c")
check 'parameters of effects were found' test "$(wc -l <<<"$params")" -gt 40
for param in $params; do
	check "SOUND.md: $param" contains "$sound" "\`$param\`"
done

# bash: what completion answers to a word.
bash_completes() { # words...
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_mosctl
	printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}
# shellcheck source=/dev/null
. "$source/completions/mosctl.bash"
check 'bash: commands' equals "$(bash_completes mosctl st)" 'stats status stop strip '
check 'bash: after an option' equals "$(bash_completes mosctl --timeout 3 pa)" 'panic pause '
check 'bash: options' equals "$(bash_completes mosctl play --co)" '--count-in '
check 'bash: words' equals "$(bash_completes mosctl metronome o)" 'off on '
check 'bash: arguments' equals "$(bash_completes mosctl render --format s)" 's16 s24 '
check 'bash: verbs of widget' equals "$(bash_completes mosctl widget st)" 'start stop '
check 'bash: verbs of band' equals "$(bash_completes mosctl band st)" 'status stop styles '
check 'bash: options of band' equals "$(bash_completes mosctl band play --tra)" '--trade --trade-first --trainer --trainer-max --transpose '
check 'bash: arguments of band' equals "$(bash_completes mosctl band play --intensity '')" 'hard medium soft '
check 'bash: verbs of instrument' equals "$(bash_completes mosctl instrument l)" 'list load '
check 'bash: effects' equals "$(bash_completes mosctl fx set re)" 'reverb '
check 'bash: verbs of insert' equals "$(bash_completes mosctl insert s)" 'save set show '
check 'bash: verbs of clip' equals "$(bash_completes mosctl clip r)" 'remove '
check 'bash: verbs of rhythm' equals "$(bash_completes mosctl rhythm e)" 'export '
check 'bash: rhythms' equals "$(bash_completes mosctl rhythm spotlight son)" 'son-clave-2-3 son-clave-3-2 '
check 'bash: verbs of midi-out' equals "$(bash_completes mosctl midi-out l)" 'link list '
check 'bash: types of events' equals "$(bash_completes mosctl emit rocky:)" 'rocky:feedback rocky:highlight '
check 'bash: types of events' equals "$(bash_completes mosctl events --type metronome:b)" 'metronome:beat '
check 'bash: fields of a type' equals "$(bash_completes mosctl emit rocky:feedback k)" 'kind '
check 'bash: topics of doctor' equals "$(bash_completes mosctl doctor ker)" 'kernel kernel.preempt kernel.threadirqs kernel.throttle kernel.version '
check 'bash: codes of errors' equals "$(bash_completes mosctl errors search hermes.undo)" 'hermes.undo.empty '
check 'bash: types for metrics' equals "$(bash_completes mosctl metrics tuner)" 'tuner:pitch '

if command -v zsh >/dev/null; then
	check 'zsh: syntax' zsh -n "$source/completions/_mosctl"
else
	echo 'no zsh here: its completion is not tested'
fi
if command -v fish >/dev/null; then
	fish_completes() {
		HOME=$tmp fish --no-config -c "source '$source/completions/mosctl.fish'; complete -C '$1'" \
			2>/dev/null | cut -f 1 | sort | tr '\n' ' '
	}
	check 'fish: commands' equals "$(fish_completes 'mosctl st')" 'stats status stop strip '
	check 'fish: options' equals "$(fish_completes 'mosctl play --co')" '--count-in '
	check 'fish: verbs of widget' equals "$(fish_completes 'mosctl widget st')" 'start stop '
	check 'fish: verbs of band' equals "$(fish_completes 'mosctl band st')" 'status stop styles '
	check 'fish: verbs of instrument' equals "$(fish_completes 'mosctl instrument l')" 'list load '
	check 'fish: types of events' equals "$(fish_completes 'mosctl emit rocky:')" 'rocky:feedback rocky:highlight '
	check 'fish: topics of doctor' equals "$(fish_completes 'mosctl doctor kernel.th')" 'kernel.threadirqs kernel.throttle '
	check 'fish: codes of errors' equals "$(fish_completes 'mosctl errors search hermes.undo')" 'hermes.undo.empty '
	check 'fish: words' equals "$(fish_completes 'mosctl metronome o')" 'off on '
else
	echo 'no fish here: its completion is not tested'
fi
echo "$checked checks"
exit $failed
