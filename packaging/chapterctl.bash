# bash completion for chapterctl(1)

_chapterctl()
{
    local cur prev words cword
    _init_completion || return

    case $prev in
    --config | -c) _filedir; return ;;
    --kind)
        local kinds='state district local network'
        [[ " ${words[*]} " == *' audit '* ]] && kinds='rights chapter contents operation'
        mapfile -t COMPREPLY < <(compgen -W "$kinds" -- "$cur")
        return
        ;;
    esac

    local first='' second='' i
    for ((i = 1; i < cword; i++)); do
        case ${words[i]} in
        --config | -c) ((i++)) ;;
        -*) ;;
        *) if [ -z "$first" ]; then first=${words[i]}; else second=${second:-${words[i]}}; fi ;;
        esac
    done

    # Folders of backups, and the backups in one.
    case $first:$second in
    backup:?* | restore:*)
        if [ "$prev" = --at ]; then
            local word
            for word in "${words[@]}"; do
                [ -e "$word/chapterd-backup" ] || continue
                mapfile -t COMPREPLY < <(compgen -W "$(cd "$word" && echo 20*Z)" -- "$cur")
            done
            return
        fi
        if [[ $cur != -* ]]; then _filedir -d; return; fi
        ;;
    esac

    # Commands and their options as the program itself tells them.
    local help
    if [ -n "$first" ] && [[ $cur == -* ]]; then
        help=$(chapterctl "$first" ${second:+"$second"} --help 2>/dev/null)
        mapfile -t COMPREPLY < <(compgen -W "$(grep -oE '^ +--[a-z-]+' <<<"$help")" -- "$cur")
        return
    fi
    help=$(chapterctl --help 2>/dev/null)
    if [ -z "$first" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(sed -n '/^Commands:/,/^$/s/^  \([a-z-]\+\).*/\1/p' <<<"$help") --config --json --help --version" -- "$cur")
    elif [ -z "$second" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(sed -n "s/^  $first \([a-z-]\+\).*/\1/p" <<<"$help")" -- "$cur")
    fi
} &&
    complete -F _chapterctl chapterctl
