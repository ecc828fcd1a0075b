# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hackstream_noded_global_optspecs
    string join \n config= h/help V/version
end

function __fish_hackstream_noded_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hackstream_noded_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hackstream_noded_using_subcommand
    set -l cmd (__fish_hackstream_noded_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hackstream-noded -n "__fish_hackstream_noded_needs_command" -l config -d 'The configuration' -r -F
complete -c hackstream-noded -n "__fish_hackstream_noded_needs_command" -s h -l help -d 'Print help'
complete -c hackstream-noded -n "__fish_hackstream_noded_needs_command" -s V -l version -d 'Print version'
complete -c hackstream-noded -n "__fish_hackstream_noded_needs_command" -f -a "enroll" -d 'Make this machine a node of a hub, with what `hackstreamctl nodes add` printed there'
complete -c hackstream-noded -n "__fish_hackstream_noded_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstream-noded -n "__fish_hackstream_noded_using_subcommand enroll" -l join-file -d 'Read it from this file, which only its owner may read, instead of standard input' -r -F
complete -c hackstream-noded -n "__fish_hackstream_noded_using_subcommand enroll" -l config -d 'The configuration' -r -F
complete -c hackstream-noded -n "__fish_hackstream_noded_using_subcommand enroll" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream-noded -n "__fish_hackstream_noded_using_subcommand help; and not __fish_seen_subcommand_from enroll help" -f -a "enroll" -d 'Make this machine a node of a hub, with what `hackstreamctl nodes add` printed there'
complete -c hackstream-noded -n "__fish_hackstream_noded_using_subcommand help; and not __fish_seen_subcommand_from enroll help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
