# SPDX-License-Identifier: MIT
# Completion of mos-trace for bash.

_mos_trace() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} view=${COMP_WORDS[1]}
	local options='--seconds --interval --json --pid --runtime-dir --trace --help --version'

	COMPREPLY=()
	case $before in
	-p | --pid)
		mapfile -t COMPREPLY < <(compgen -W "$(pgrep -x mos-rtcore 2>/dev/null)" -- "$word")
		return
		;;
	-d | --runtime-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	-t | --trace)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	-s | --seconds | -i | --interval | --slow-ms | --event | --type)
		return
		;;
	esac
	case $view in
	path) options+=' --slow-ms --event --type' ;;
	io) options+=' --slow-ms' ;;
	esac
	if ((COMP_CWORD == 1)) && [[ $word != -* ]]; then
		options='rt cycle path io top'
	fi
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
}
complete -F _mos_trace mos-trace
