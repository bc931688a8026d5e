# SPDX-License-Identifier: MIT
# Completion of mosctl for fish. Names come from mosctl itself, so that they are never out of date.

function __mosctl_command
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word --runtime-dir --timeout
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
            return 0
        end
    end
    return 1
end

function __mosctl_is
    set -l command (__mosctl_command)
    and contains -- $command $argv
end

complete -c mosctl -f
complete -c mosctl -n 'not __mosctl_command' -a '(mosctl help --names 2>/dev/null)'
complete -c mosctl -n 'not __mosctl_command' -l json -s j -d 'print JSON, one value a line'
complete -c mosctl -n 'not __mosctl_command' -l runtime-dir -xa '(__fish_complete_directories)' -d 'where MOS runs'
complete -c mosctl -n 'not __mosctl_command' -l timeout -x -d 'seconds to wait for an answer'
complete -c mosctl -n 'not __mosctl_command' -l help -s h -d 'list the commands'
complete -c mosctl -n 'not __mosctl_command' -l version -s V -d 'print the version'
complete -c mosctl -n __mosctl_command -a '(string match -q -- "-*" (commandline -ct); and mosctl help --names (__mosctl_command) 2>/dev/null)'
complete -c mosctl -n '__mosctl_is play load check render' -F
complete -c mosctl -n '__mosctl_is metronome' -a 'on off'
complete -c mosctl -n '__mosctl_is rhythm; and not __fish_seen_subcommand_from export list spotlight' -a 'export list spotlight'
complete -c mosctl -n '__mosctl_is rhythm; and __fish_seen_subcommand_from spotlight' -a '(mosctl rhythm list 2>/dev/null | string replace -r " .*" "")'
complete -c mosctl -n '__mosctl_is rhythm; and __fish_seen_subcommand_from export' -a 'preset= pattern= pulses= steps= rotation= bpm= kit= subdivision= attack_ms= decay_ms= sustain='
complete -c mosctl -n '__mosctl_is loop' -a off
complete -c mosctl -n '__mosctl_is tempo' -a score
complete -c mosctl -n '__mosctl_is strip' -a master
complete -c mosctl -n '__mosctl_is ping' -a 'band broker hermes'
complete -c mosctl -n '__mosctl_is audit' -a 'show verify'
complete -c mosctl -n '__mosctl_is emit metrics' -a '(mosctl emit --fields 2>/dev/null)'
complete -c mosctl -n '__mosctl_is events' -s t -l type -xa '(mosctl emit --fields 2>/dev/null)'
complete -c mosctl -n '__mosctl_is data' -a 'get put' -F
complete -c mosctl -n '__mosctl_is widget; and not __fish_seen_subcommand_from attach call check dev install key list logs new pack publish remove restart settings start stop test trust' -a 'attach call check dev install key list logs new pack publish remove restart settings start stop test trust'
complete -c mosctl -n '__mosctl_is widget; and __fish_seen_subcommand_from attach call check logs remove restart settings start stop' -a '(mosctl widget list --names 2>/dev/null)'
complete -c mosctl -n '__mosctl_is widget; and __fish_seen_subcommand_from install check dev pack publish test' -F
complete -c mosctl -n '__mosctl_is score; and not __fish_seen_subcommand_from add analyse backup convert delete diff export fsck list open redo schema show tab undo validate' -a 'add analyse backup convert delete diff export fsck list open redo schema show tab undo validate'
complete -c mosctl -n '__mosctl_is score; and __fish_seen_subcommand_from add backup convert diff export show validate' -F
complete -c mosctl -n '__mosctl_is library; and not __fish_seen_subcommand_from check embed import remove search show stats' -a 'check embed import remove search show stats'
complete -c mosctl -n '__mosctl_is library; and __fish_seen_subcommand_from embed import' -F
complete -c mosctl -n '__mosctl_is library; and __fish_seen_subcommand_from stats' -a transitions
complete -c mosctl -n '__mosctl_is band; and not __fish_seen_subcommand_from backends change create exercise export loop play ports score status stop styles validate' -a 'backends change create exercise export loop play ports score status stop styles validate'
complete -c mosctl -n '__mosctl_is band; and __fish_seen_subcommand_from create exercise export loop play score validate' -F
complete -c mosctl -n '__mosctl_is band; and __fish_seen_subcommand_from styles' -a '(mosctl band styles 2>/dev/null | string replace -r " .*" "")'
complete -c mosctl -n '__mosctl_is instrument; and not __fish_seen_subcommand_from audition list load map set unmap' -a 'audition list load map set unmap'
complete -c mosctl -n '__mosctl_is instrument; and __fish_seen_subcommand_from load map unmap' -F
complete -c mosctl -n '__mosctl_is theater; and not __fish_seen_subcommand_from focus hide layer ndi record scene shot show status streams theme widgets zoom' -a 'focus hide layer ndi record scene shot show status streams theme widgets zoom'
complete -c mosctl -n '__mosctl_is theater; and __fish_seen_subcommand_from layer' -a 'analysis chords diagrams fingering form lyrics markers notation tablature on off'
complete -c mosctl -n '__mosctl_is theater; and __fish_seen_subcommand_from theme' -a 'contrast night paper stage'
complete -c mosctl -n '__mosctl_is theater; and __fish_seen_subcommand_from ndi' -a 'on off'
complete -c mosctl -n '__mosctl_is fx; and not __fish_seen_subcommand_from list reset set' -a 'list reset set'
complete -c mosctl -n '__mosctl_is fx; and __fish_seen_subcommand_from reset set' -a 'chorus compressor drive eq limiter loudness reverb send'
complete -c mosctl -n '__mosctl_is insert; and not __fish_seen_subcommand_from add bypass list models plugins remove restore save set show' -a 'add bypass list models plugins remove restore save set show'
complete -c mosctl -n '__mosctl_is insert; and __fish_seen_subcommand_from add restore save' -a master -F
complete -c mosctl -n '__mosctl_is insert; and __fish_seen_subcommand_from bypass' -a 'on off master'
complete -c mosctl -n '__mosctl_is clip; and not __fish_seen_subcommand_from add list remove' -a 'add list remove'
complete -c mosctl -n '__mosctl_is clip; and __fish_seen_subcommand_from add' -F
complete -c mosctl -n '__mosctl_is clock; and not __fish_seen_subcommand_from follow status timecode' -a 'follow status timecode'
complete -c mosctl -n '__mosctl_is clock; and __fish_seen_subcommand_from follow' -a 'internal link midi mtc'
complete -c mosctl -n '__mosctl_is clock; and __fish_seen_subcommand_from timecode' -a '24 25 29.97 30 off'
complete -c mosctl -n '__mosctl_is link jack; and not __fish_seen_subcommand_from off on status' -a 'off on status'
complete -c mosctl -n '__mosctl_is midi-out; and not __fish_seen_subcommand_from link list unlink' -a 'link list unlink'
complete -c mosctl -n '__mosctl_is doctor' -a '(mosctl doctor --list 2>/dev/null | string replace -r " .*" "" | string replace -r "\..*" ""; mosctl doctor --list 2>/dev/null | string replace -r " .*" "")'
complete -c mosctl -n '__mosctl_is doctor' -l root -xa '(__fish_complete_directories)'
complete -c mosctl -n '__mosctl_is report' -l logs -xa '(__fish_complete_directories)'
complete -c mosctl -n '__mosctl_is report stats' -l out -s o -rF
complete -c mosctl -n '__mosctl_is errors; and not __fish_seen_subcommand_from search' -a search
complete -c mosctl -n '__mosctl_is errors; and __fish_seen_subcommand_from search' -a '(mosctl errors 2>/dev/null | string match -r "^[a-z]\S*")'
complete -c mosctl -n '__mosctl_is help' -a '(mosctl help --names 2>/dev/null)'
