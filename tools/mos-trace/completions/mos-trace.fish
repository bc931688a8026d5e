# SPDX-License-Identifier: MIT
# Completion of mos-trace for fish.

complete -c mos-trace -f
complete -c mos-trace -n __fish_use_subcommand -a rt -d 'is the audio thread left in peace, and if not, by whom'
complete -c mos-trace -n __fish_use_subcommand -a cycle -d 'how long each stage of the audio cycle takes'
complete -c mos-trace -n __fish_use_subcommand -a path -d 'events on their way'
complete -c mos-trace -n __fish_use_subcommand -a io -d 'files, requests of io_uring and system calls'
complete -c mos-trace -n __fish_use_subcommand -a top -d 'every thread of MOS'
complete -c mos-trace -s s -l seconds -x -d 'end after so long'
complete -c mos-trace -s i -l interval -x -d 'a picture or a line of JSON every so many seconds'
complete -c mos-trace -s j -l json -d 'JSON at the end'
complete -c mos-trace -s p -l pid -x -a '(pgrep -x mos-rtcore)' -d 'this mos-rtcore'
complete -c mos-trace -s d -l runtime-dir -x -a '(__fish_complete_directories)' -d 'the mos-rtcore that serves it'
complete -c mos-trace -s t -l trace -r -F -d 'write a trace for Perfetto'
complete -c mos-trace -s h -l help -d 'help'
complete -c mos-trace -s V -l version -d 'version'
complete -c mos-trace -n '__fish_seen_subcommand_from path io' -l slow-ms -x -d 'name what takes so long'
complete -c mos-trace -n '__fish_seen_subcommand_from path' -l event -x -d 'follow one event'
complete -c mos-trace -n '__fish_seen_subcommand_from path' -l type -x -d 'only events of a type'
