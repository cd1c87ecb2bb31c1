# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Bash completion for romcompat. It asks the program, so it is never out of date.

_romcompat() {
    local cur=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]} sub=${COMP_WORDS[1]-}
    local words inner=${COMP_WORDS[2]-}

    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        words=$("$program" help --options 2>/dev/null)
    elif [[ $sub == help && $cur != -* ]]; then
        # A subcommand, then one of that; no file.
        words=$("$program" help --options ${inner:+"$inner"} 2>/dev/null | grep -v '^-')
        ((COMP_CWORD == 2)) && words=$("$program" help --options 2>/dev/null)
    elif [[ $cur == -* ]]; then
        # Of `flash check`, where there is such a thing; else of `flash`.
        words=$("$program" help --options "$sub" "$inner" 2>/dev/null ||
            "$program" help --options "$sub" 2>/dev/null)
    elif ((COMP_CWORD == 2)) && words=$("$program" help --options "$sub" 2>/dev/null | grep -v '^-'); then
        :
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -F _romcompat romcompat
