#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load common

@test "without a subcommand the exit status is 2 and help is named" {
    run -2 romcompat
    output_has "romcompat: a subcommand is missing" "romcompat help"
}

@test "an unknown subcommand is status 2" {
    run -2 romcompat frobnicate
    output_has "unknown subcommand 'frobnicate'"
    run -2 romcompat inspekt
    output_has "unknown subcommand 'inspekt'" "Did you mean inspect?"
    run -2 romcompat varstore converd
    output_has "unknown subcommand 'converd'" "Did you mean convert?"
    run -2 romcompat help flash inspekt
    output_has "Did you mean inspect?"
    run -2 romcompat check --agianst old new
    output_has "unknown option '--agianst'" "Did you mean --against?"
}

@test "help lists every subcommand, and each of them explains itself" {
    run -0 romcompat help
    output_has "Subcommands:" "help"
    for sub in $(romcompat help --options); do
        run -0 romcompat help "$sub"
        output_has "romcompat $sub" "Usage:" "Exit status:"
        run -0 romcompat "$sub" --help
        output_has "Usage:"
    done
}

@test "--help and -h without a subcommand print what help prints" {
    run -0 romcompat help
    expected=$output
    for option in --help -h; do
        run -0 romcompat "$option"
        [ "$output" = "$expected" ]
    done
}

@test "an unknown option is status 2 in every subcommand, and is named" {
    for sub in $(romcompat help --options); do
        run -2 romcompat "$sub" --no-such-option
        output_has "unknown option '--no-such-option'"
        case $sub in flash | varstore | xen) continue ;; esac # there the operand is named
        run -2 romcompat "$sub" operand --no-such-option
        output_has "unknown option '--no-such-option'"
    done
}

@test "an unknown letter is named, alone and among others" {
    run -2 romcompat build -Z
    output_has "unknown option '-Z'"
    run -2 romcompat build -qZ x
    output_has "unknown option '-Z'"
    run -2 romcompat build --deb=x
    output_has "unknown option '--deb=x'"
    run -2 romcompat build x -o
    output_has "option '-o' needs a value"
    run -2 romcompat build x --output
    output_has "option '--output' needs a value"
}

@test "--version prints the version" {
    run -0 romcompat --version
    [[ "$output" =~ ^romcompat\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "a full disk under standard output is status 2" {
    run -2 bash -c 'romcompat help > /dev/full'
    output_has "standard output: No space left on device"
}
