# SPDX-License-Identifier: MIT
# Completion of mosctl for bash. Names come from mosctl itself, so that they are never out of date.

# Names of types have a colon in them, at which readline breaks words.
_mosctl_types() # the word so far; words that lead to the list
{
	local cur=$1
	shift
	mapfile -t COMPREPLY < <(compgen -W "$(mosctl emit --fields "$@" 2>/dev/null)" -- "$cur")
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$cur"
	fi
}

# What an option of the band takes; false: anything.
_mosctl_band_argument() # the word so far, the option
{
	local words
	case $2 in
	--style | -s) words=$(mosctl band styles 2>/dev/null | cut -d ' ' -f 1) ;;
	--intensity) words='soft medium hard' ;;
	--groove) words='tight loose challenge recover' ;;
	--tritone) words='none all_doms probabilistic' ;;
	--voicing) words='true reference' ;;
	--clave) words='son_2_3 son_3_2 rumba_2_3 rumba_3_2' ;;
	--without) words='comp bass drums' ;;
	--trade-first) words='band soloist' ;;
	--output) words='apollo midi both' ;;
	--backend) words='pipewire alsa-seq alsa-raw collect' ;;
	--at) words='bar chorus' ;;
	--to)
		mapfile -t COMPREPLY < <(compgen -d -- "$1")
		return
		;;
	*) return 1 ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$1")
}

_mosctl()
{
	local cur prev words cword command='' i
	_init_completion -n : 2>/dev/null || {
		cur=${COMP_WORDS[COMP_CWORD]}
		prev=${COMP_WORDS[COMP_CWORD-1]}
		words=("${COMP_WORDS[@]}")
		cword=$COMP_CWORD
	}

	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--runtime-dir | --timeout) ((i++)) ;;
		-*) ;;
		*)
			command=${words[i]}
			break
			;;
		esac
	done

	if [[ $command == band ]]; then
		_mosctl_band_argument "$cur" "$prev" && return
	fi
	case $prev in
	--runtime-dir | --root | --logs)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--out | -o | --bank | -b | --file | -f)
		[[ $command == instrument && $prev == -?(-)b* || $command == clip ]] ||
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--workers)
		mapfile -t COMPREPLY < <(compgen -W '1 2' -- "$cur")
		return
		;;
	--interp)
		mapfile -t COMPREPLY < <(compgen -W 'cubic linear sinc8' -- "$cur")
		return
		;;
	--fx)
		return
		;;
	--mute | --solo)
		mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$cur")
		return
		;;
	--instrument)
		mapfile -t COMPREPLY < <(compgen -W 'sampler builtin' -- "$cur")
		return
		;;
	--type | -t)
		_mosctl_types "$cur"
		return
		;;
	--format)
		mapfile -t COMPREPLY < <(compgen -W 'f32 s24 s16' -- "$cur")
		return
		;;
	esac

	if [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
			"$(mosctl help --names 2>/dev/null | cut -f 1) --json --runtime-dir --timeout --help --version" \
			-- "$cur")
		return
	fi
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(mosctl help --names "$command" 2>/dev/null | cut -f 1)" -- "$cur")
		return
	fi
	case $command in
	play | load | check | render)
		mapfile -t COMPREPLY < <(compgen -f -X '!*.@(mid|midi|kar|midi2|xml|musicxml|mxl|abc|gp[345x]|gp|nvx1|umf|MID|MIDI)' -- "$cur"; compgen -d -- "$cur")
		;;
	metronome) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$cur") ;;
	rhythm)
		case $((cword - i)):${words[i + 1]} in
		1:*) mapfile -t COMPREPLY < <(compgen -W 'export list spotlight' -- "$cur") ;;
		2:spotlight)
			mapfile -t COMPREPLY < <(compgen -W "$(mosctl rhythm list 2>/dev/null | cut -d ' ' -f 1)" -- "$cur")
			;;
		*:export)
			mapfile -t COMPREPLY < <(compgen -W \
				'preset= pattern= pulses= steps= rotation= bpm= kit= subdivision= attack_ms= decay_ms= sustain=' -- "$cur")
			;;
		esac
		;;
	loop) mapfile -t COMPREPLY < <(compgen -W 'off' -- "$cur") ;;
	tempo) mapfile -t COMPREPLY < <(compgen -W 'score' -- "$cur") ;;
	strip) mapfile -t COMPREPLY < <(compgen -W 'master' -- "$cur") ;;
	ping) mapfile -t COMPREPLY < <(compgen -W 'band broker hermes' -- "$cur") ;;
	emit) _mosctl_types "$cur" "${words[@]:i+1:cword > i + 1}" ;;
	audit) mapfile -t COMPREPLY < <(compgen -W 'show verify' -- "$cur") ;;
	metrics) _mosctl_types "$cur" ;;
	doctor)
		mapfile -t COMPREPLY < <(compgen -W "$(mosctl doctor --list 2>/dev/null | sed 's/ .*//; h; s/\..*//; G' | sort -u)" -- "$cur")
		;;
	errors)
		case $((cword - i)) in
		1) mapfile -t COMPREPLY < <(compgen -W 'search' -- "$cur") ;;
		*) mapfile -t COMPREPLY < <(compgen -W "$(mosctl errors 2>/dev/null | sed -n 's/^\([a-z]\S*\) .*/\1/p')" -- "$cur") ;;
		esac
		;;
	data)
		case $((cword - i)) in
		1) mapfile -t COMPREPLY < <(compgen -W 'get put' -- "$cur") ;;
		*) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		esac
		;;
	score)
		case $((cword - i)):$prev in
		1:*)
			mapfile -t COMPREPLY < <(compgen -W \
				'add analyse backup convert delete diff export fsck list open redo schema show tab undo validate' -- "$cur")
			;;
		*) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		esac
		;;
	band)
		case $((cword - i)):$prev in
		1:*) mapfile -t COMPREPLY < <(compgen -W 'backends change create exercise export loop play ports score status stop styles validate' -- "$cur") ;;
		*:styles) mapfile -t COMPREPLY < <(compgen -W "$(mosctl band styles 2>/dev/null | cut -d ' ' -f 1)" -- "$cur") ;;
		*) mapfile -t COMPREPLY < <(compgen -f -X '!*.@(ztprog|ztplay|ztex|irealb|html|mid|midi|xml|musicxml|mxl|abc|gp[345x]|gp|nvx1)' -- "$cur"; compgen -d -- "$cur") ;;
		esac
		;;
	instrument)
		case $((cword - i)):${words[i+1]-} in
		1:*) mapfile -t COMPREPLY < <(compgen -W 'audition list load map set unmap' -- "$cur") ;;
		*:load | *:map | *:unmap) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		esac
		;;
	theater)
		case $((cword - i)):${words[i+1]-} in
		1:*) mapfile -t COMPREPLY < <(compgen -W 'focus hide layer ndi record scene shot show status streams theme widgets zoom' -- "$cur") ;;
		2:layer) mapfile -t COMPREPLY < <(compgen -W 'analysis chords diagrams fingering form lyrics markers notation tablature' -- "$cur") ;;
		2:theme) mapfile -t COMPREPLY < <(compgen -W 'contrast night paper stage' -- "$cur") ;;
		3:layer | 2:ndi) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$cur") ;;
		esac
		;;
	fx)
		case $((cword - i)):${words[i+1]-} in
		1:*) mapfile -t COMPREPLY < <(compgen -W 'list reset set' -- "$cur") ;;
		2:*) mapfile -t COMPREPLY < <(compgen -W 'chorus compressor drive eq limiter loudness reverb send' -- "$cur") ;;
		*) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$cur") ;;
		esac
		;;
	insert)
		case $((cword - i)):${words[i+1]-} in
		1:*) mapfile -t COMPREPLY < <(compgen -W 'add bypass list models plugins remove restore save set show' -- "$cur") ;;
		2:*) mapfile -t COMPREPLY < <(compgen -W 'master' -- "$cur") ;;
		3:bypass) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$cur") ;;
		3:add | 3:restore | 3:save) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		esac
		;;
	clip)
		case $((cword - i)):${words[i+1]-} in
		1:*) mapfile -t COMPREPLY < <(compgen -W 'add list remove' -- "$cur") ;;
		*:add) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		esac
		;;
	clock)
		case $((cword - i)):$prev in
		1:*) mapfile -t COMPREPLY < <(compgen -W 'follow status timecode' -- "$cur") ;;
		*:follow) mapfile -t COMPREPLY < <(compgen -W 'internal link midi mtc' -- "$cur") ;;
		*:timecode) mapfile -t COMPREPLY < <(compgen -W '24 25 29.97 30 off' -- "$cur") ;;
		esac
		;;
	link | jack) ((cword > i + 1)) || mapfile -t COMPREPLY < <(compgen -W 'off on status' -- "$cur") ;;
	midi-out) ((cword > i + 1)) || mapfile -t COMPREPLY < <(compgen -W 'link list unlink' -- "$cur") ;;
	library)
		case $((cword - i)):$prev in
		1:*) mapfile -t COMPREPLY < <(compgen -W 'check embed import remove search show stats' -- "$cur") ;;
		*:stats) mapfile -t COMPREPLY < <(compgen -W 'transitions' -- "$cur") ;;
		*) [[ ${words[i+1]} != @(embed|import) ]] || mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		esac
		;;
	widget)
		case $((cword - i)):$prev in
		1:*)
			mapfile -t COMPREPLY < <(compgen -W \
				'attach call check dev install key list logs new pack publish remove restart settings start stop test trust' -- "$cur")
			;;
		2:install | 2:publish) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		2:dev | 2:pack | 2:test) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
		2:new) ;;
		2:check) mapfile -t COMPREPLY < <(compgen -d -- "$cur"; compgen -W "$(mosctl widget list --names 2>/dev/null)" -- "$cur") ;;
		2:*) mapfile -t COMPREPLY < <(compgen -W "$(mosctl widget list --names 2>/dev/null)" -- "$cur") ;;
		esac
		;;
	help) mapfile -t COMPREPLY < <(compgen -W "$(mosctl help --names 2>/dev/null | cut -f 1)" -- "$cur") ;;
	esac
}
shopt -s extglob
complete -o filenames -F _mosctl mosctl
