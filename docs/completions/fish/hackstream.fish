# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hackstream_global_optspecs
    string join \n api-url= fingerprint= no-input h/help V/version
end

function __fish_hackstream_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hackstream_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hackstream_using_subcommand
    set -l cmd (__fish_hackstream_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hackstream -n "__fish_hackstream_needs_command" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_needs_command" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_needs_command" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream -n "__fish_hackstream_needs_command" -s V -l version -d 'Print version'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "configure" -d 'Set which hub to use, and log in'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "login" -d 'Log in'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "logout" -d 'Log out, on this machine'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "launch" -d 'Start an application and show it'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "list" -d 'Show your sessions'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "connect" -d 'Show a session that runs'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "stop" -d 'End a session'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "logs" -d 'Show what the programs of a session say'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "apps" -d 'Show what can be launched'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "audit" -d 'Show what was done that concerns you: logins, sessions, changes of your account'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "devices" -d 'Where you are logged in, and logging out there'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "doctor" -d 'Look for what does not work'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "config" -d 'Look at single settings, and change them'
complete -c hackstream -n "__fish_hackstream_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstream -n "__fish_hackstream_using_subcommand configure" -l username -d 'Who logs in, unless something else is typed then' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand configure" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand configure" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand configure" -l no-login -d 'Do not log in now'
complete -c hackstream -n "__fish_hackstream_using_subcommand configure" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand configure" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand login" -l username -d 'Who' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand login" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand login" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand login" -l password-stdin -d 'Read the password from the first line of standard input'
complete -c hackstream -n "__fish_hackstream_using_subcommand login" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand login" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand logout" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand logout" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand logout" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand logout" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand launch" -l url -d 'What a browser opens: http:// or https://' -r -f
complete -c hackstream -n "__fish_hackstream_using_subcommand launch" -l profile -d 'What remains when the session is over' -r -f -a "ephemeral\t'Nothing'
persist\t'Your profile of this application'"
complete -c hackstream -n "__fish_hackstream_using_subcommand launch" -l quality -d 'What to prefer where quality costs time; the hub\'s policy may allow less' -r -f -a "auto\t'What the link and this machine can take'
low\t'Few bytes and coarse video, for weak machines and thin links'
high\t'Sharpness before frame rate'"
complete -c hackstream -n "__fish_hackstream_using_subcommand launch" -l wait -d 'Where there is no room, try again for so long, such as 5m' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand launch" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand launch" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand launch" -l detach -d 'Do not show it; print its id when one can connect'
complete -c hackstream -n "__fish_hackstream_using_subcommand launch" -l stop-on-exit -d 'End the session when the window is closed'
complete -c hackstream -n "__fish_hackstream_using_subcommand launch" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand launch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream -n "__fish_hackstream_using_subcommand list" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand list" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand list" -l all -d 'Also those that are over'
complete -c hackstream -n "__fish_hackstream_using_subcommand list" -l everybody -d 'Also those of others, for administrators and auditors'
complete -c hackstream -n "__fish_hackstream_using_subcommand list" -l json -d 'As JSON, with all that the hub says'
complete -c hackstream -n "__fish_hackstream_using_subcommand list" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand list" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand connect" -l quality -d 'What to prefer where quality costs time, if not what the session was launched with; the hub\'s policy may allow less' -r -f -a "auto\t'What the link and this machine can take'
low\t'Few bytes and coarse video, for weak machines and thin links'
high\t'Sharpness before frame rate'"
complete -c hackstream -n "__fish_hackstream_using_subcommand connect" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand connect" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand connect" -l stop-on-exit -d 'End the session when the window is closed'
complete -c hackstream -n "__fish_hackstream_using_subcommand connect" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand connect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream -n "__fish_hackstream_using_subcommand stop" -l grace -d 'How long its programs may take for ending themselves, at most 60s' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand stop" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand stop" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand stop" -l json -d 'Print the session as JSON'
complete -c hackstream -n "__fish_hackstream_using_subcommand stop" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand stop" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand logs" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand logs" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand logs" -s f -l follow -d 'Go on with what comes, until the session ends'
complete -c hackstream -n "__fish_hackstream_using_subcommand logs" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand logs" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand apps" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand apps" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand apps" -l json -d 'As JSON, with all that the hub says'
complete -c hackstream -n "__fish_hackstream_using_subcommand apps" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand apps" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand audit" -l last -d 'So many rows, the last ones' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand audit" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand audit" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand audit" -l json -d 'As JSON, with all that the hub says'
complete -c hackstream -n "__fish_hackstream_using_subcommand audit" -l accept -d 'Take the hub\'s log as it is now, after whoever runs the hub has told you why it is another one than this machine has seen'
complete -c hackstream -n "__fish_hackstream_using_subcommand audit" -l yes -d 'Do not ask whether that is meant'
complete -c hackstream -n "__fish_hackstream_using_subcommand audit" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand audit" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and not __fish_seen_subcommand_from list revoke help" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and not __fish_seen_subcommand_from list revoke help" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and not __fish_seen_subcommand_from list revoke help" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and not __fish_seen_subcommand_from list revoke help" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and not __fish_seen_subcommand_from list revoke help" -f -a "list" -d 'Show where you are logged in'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and not __fish_seen_subcommand_from list revoke help" -f -a "revoke" -d 'Log one out: whoever has it needs the password again'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and not __fish_seen_subcommand_from list revoke help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from list" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from list" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from list" -l json -d 'As JSON, with all that the hub says'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from revoke" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from revoke" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from revoke" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show where you are logged in'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Log one out: whoever has it needs the password again'
complete -c hackstream -n "__fish_hackstream_using_subcommand devices; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstream -n "__fish_hackstream_using_subcommand doctor" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand doctor" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand doctor" -l json -d 'As JSON'
complete -c hackstream -n "__fish_hackstream_using_subcommand doctor" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and not __fish_seen_subcommand_from set get unset list help" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and not __fish_seen_subcommand_from set get unset list help" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and not __fish_seen_subcommand_from set get unset list help" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and not __fish_seen_subcommand_from set get unset list help" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and not __fish_seen_subcommand_from set get unset list help" -f -a "set" -d 'Set one. With another api_url the fingerprint of the old hub is forgotten'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and not __fish_seen_subcommand_from set get unset list help" -f -a "get" -d 'Show one; fails if it is not set'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and not __fish_seen_subcommand_from set get unset list help" -f -a "unset" -d 'Forget one'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and not __fish_seen_subcommand_from set get unset list help" -f -a "list" -d 'Show all, and where they are kept'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and not __fish_seen_subcommand_from set get unset list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from set" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from set" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from get" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from get" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from get" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from unset" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from unset" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from unset" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from unset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from list" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from list" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "set" -d 'Set one. With another api_url the fingerprint of the old hub is forgotten'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show one; fails if it is not set'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "unset" -d 'Forget one'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show all, and where they are kept'
complete -c hackstream -n "__fish_hackstream_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "configure" -d 'Set which hub to use, and log in'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "login" -d 'Log in'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "logout" -d 'Log out, on this machine'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "launch" -d 'Start an application and show it'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "list" -d 'Show your sessions'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "connect" -d 'Show a session that runs'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "stop" -d 'End a session'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "logs" -d 'Show what the programs of a session say'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "apps" -d 'Show what can be launched'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "audit" -d 'Show what was done that concerns you: logins, sessions, changes of your account'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "devices" -d 'Where you are logged in, and logging out there'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "doctor" -d 'Look for what does not work'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "config" -d 'Look at single settings, and change them'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and not __fish_seen_subcommand_from configure login logout launch list connect stop logs apps audit devices doctor config help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and __fish_seen_subcommand_from devices" -f -a "list" -d 'Show where you are logged in'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and __fish_seen_subcommand_from devices" -f -a "revoke" -d 'Log one out: whoever has it needs the password again'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "set" -d 'Set one. With another api_url the fingerprint of the old hub is forgotten'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "get" -d 'Show one; fails if it is not set'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "unset" -d 'Forget one'
complete -c hackstream -n "__fish_hackstream_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "list" -d 'Show all, and where they are kept'
