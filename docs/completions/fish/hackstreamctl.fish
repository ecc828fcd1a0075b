# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hackstreamctl_global_optspecs
    string join \n api-url= fingerprint= no-input h/help V/version
end

function __fish_hackstreamctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hackstreamctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hackstreamctl_using_subcommand
    set -l cmd (__fish_hackstreamctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -s V -l version -d 'Print version'
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -f -a "users" -d 'Who may log in, and as what'
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -f -a "quotas" -d 'How much they may use'
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -f -a "policies" -d 'What sessions allow, by role'
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -f -a "pool" -d 'Sessions that wait warm, so that a launch is quick'
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -f -a "nodes" -d 'The machines that run sessions'
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -f -a "tokens" -d 'Tokens by which your programs use the hub'
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -f -a "audit" -d 'What was done'
complete -c hackstreamctl -n "__fish_hackstreamctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -f -a "list" -d 'Show them'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -f -a "add" -d 'Add one; asks for the first password'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -f -a "disable" -d 'Close an account: its tokens are void and its sessions end at once'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -f -a "enable" -d 'Open a closed account'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -f -a "password" -d 'Give somebody a new password; logs them out everywhere'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -f -a "role" -d 'Change what somebody is'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and not __fish_seen_subcommand_from list add disable enable password role help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from list" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from list" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from list" -l json -d 'As JSON, with all that the hub says'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from add" -l role -d 'What the person is' -r -f -a "admin\t'Manages users, policies and nodes; uses sessions'
auditor\t'Reads the audit log and the lists'
user\t'Uses sessions'"
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from add" -l email -d 'Where to write to' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from add" -l name -d 'What the person is called' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from add" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from add" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from add" -l password-stdin -d 'Read the password from the first line of standard input'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from disable" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from disable" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from disable" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from enable" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from enable" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from enable" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from password" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from password" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from password" -l password-stdin -d 'Read the password from the first line of standard input'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from password" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from password" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from role" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from role" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from role" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from role" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show them'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one; asks for the first password'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "disable" -d 'Close an account: its tokens are void and its sessions end at once'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "enable" -d 'Open a closed account'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "password" -d 'Give somebody a new password; logs them out everywhere'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "role" -d 'Change what somebody is'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and not __fish_seen_subcommand_from get set help" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and not __fish_seen_subcommand_from get set help" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and not __fish_seen_subcommand_from get set help" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and not __fish_seen_subcommand_from get set help" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and not __fish_seen_subcommand_from get set help" -f -a "get" -d 'Show what was set; the most specific one that says something counts'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and not __fish_seen_subcommand_from get set help" -f -a "set" -d 'Set something; what is not named stays as it is'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and not __fish_seen_subcommand_from get set help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from get" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from get" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from get" -l json -d 'As JSON'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from get" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l max-sessions -d 'Sessions at once' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l memory -d 'Memory of each session, such as 4G' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l cpus -d 'Processors of each session, such as 2 or 0.5' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l pids -d 'Processes and threads of each session' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l idle -d 'Ends a session that nobody has used for so long, such as 30m, or never' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l disconnect -d 'Ends a session that had no viewer for so long' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l max-duration -d 'Ends a session after so long in any case' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l reset -d 'Forget what was set before for this subject'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show what was set; the most specific one that says something counts'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from help" -f -a "set" -d 'Set something; what is not named stays as it is'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand quotas; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and not __fish_seen_subcommand_from get set help" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and not __fish_seen_subcommand_from get set help" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and not __fish_seen_subcommand_from get set help" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and not __fish_seen_subcommand_from get set help" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and not __fish_seen_subcommand_from get set help" -f -a "get" -d 'Show what sessions of a role allow'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and not __fish_seen_subcommand_from get set help" -f -a "set" -d 'Change what sessions allow that are started from then on; what is not named stays as it is'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and not __fish_seen_subcommand_from get set help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from get" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from get" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from get" -l json -d 'As JSON'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from get" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l clipboard-in -d 'Pasting into the session' -r -f -a "on\t''
off\t''"
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l clipboard-out -d 'Copying out of it' -r -f -a "on\t''
off\t''"
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l files -d 'Files in both directions' -r -f -a "on\t''
off\t''"
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l sound -d 'Hearing its sound' -r -f -a "on\t''
off\t''"
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l microphone -d 'Speaking into it' -r -f -a "on\t''
off\t''"
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l gpu -d 'The node\'s graphics hardware' -r -f -a "on\t''
off\t''"
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l egress -d 'Where its programs may connect to' -r -f -a "none\t'Nowhere'
internet\t'Public addresses; not the host, not private networks'"
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l quality-cap -d 'The best quality that it gives' -r -f -a "low\t''
auto\t''
high\t''"
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show what sessions of a role allow'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change what sessions allow that are started from then on; what is not named stays as it is'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand policies; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and not __fish_seen_subcommand_from list set pause resume help" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and not __fish_seen_subcommand_from list set pause resume help" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and not __fish_seen_subcommand_from list set pause resume help" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and not __fish_seen_subcommand_from list set pause resume help" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and not __fish_seen_subcommand_from list set pause resume help" -f -a "list" -d 'Show how many wait, and how many there are to be'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and not __fish_seen_subcommand_from list set pause resume help" -f -a "set" -d 'Set how many sessions of an application wait warm'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and not __fish_seen_subcommand_from list set pause resume help" -f -a "pause" -d 'End those of an application that wait, and start none'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and not __fish_seen_subcommand_from list set pause resume help" -f -a "resume" -d 'Start them again, also where starts have failed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and not __fish_seen_subcommand_from list set pause resume help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from list" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from list" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from list" -l json -d 'As JSON'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from set" -l min -d 'So many in any case' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from set" -l max -d 'No more than so many, however many are asked for; as many as --min if nothing is said' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from set" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from set" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from pause" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from pause" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from pause" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from resume" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from resume" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from resume" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show how many wait, and how many there are to be'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "set" -d 'Set how many sessions of an application wait warm'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "pause" -d 'End those of an application that wait, and start none'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "resume" -d 'Start them again, also where starts have failed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and not __fish_seen_subcommand_from list add remove cordon uncordon help" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and not __fish_seen_subcommand_from list add remove cordon uncordon help" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and not __fish_seen_subcommand_from list add remove cordon uncordon help" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and not __fish_seen_subcommand_from list add remove cordon uncordon help" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and not __fish_seen_subcommand_from list add remove cordon uncordon help" -f -a "list" -d 'Show them, and what is free there'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and not __fish_seen_subcommand_from list add remove cordon uncordon help" -f -a "add" -d 'Let a machine in: prints what `hackstream-noded enroll` reads there, within ten minutes'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and not __fish_seen_subcommand_from list add remove cordon uncordon help" -f -a "remove" -d 'Take one out for good: it is nobody to the hub at once, and its lost sessions have ended'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and not __fish_seen_subcommand_from list add remove cordon uncordon help" -f -a "cordon" -d 'Take one out of service: what runs goes on, nothing new comes'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and not __fish_seen_subcommand_from list add remove cordon uncordon help" -f -a "uncordon" -d 'Put it back into service'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and not __fish_seen_subcommand_from list add remove cordon uncordon help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l json -d 'As JSON, with all that the hub says'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from add" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from add" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from remove" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from remove" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from remove" -l force -d 'Although it has sessions: they count as ended, and on a machine that runs they go on until their own timers end them'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from cordon" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from cordon" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from cordon" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from cordon" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from uncordon" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from uncordon" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from uncordon" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from uncordon" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show them, and what is free there'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from help" -f -a "add" -d 'Let a machine in: prints what `hackstream-noded enroll` reads there, within ten minutes'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Take one out for good: it is nobody to the hub at once, and its lost sessions have ended'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from help" -f -a "cordon" -d 'Take one out of service: what runs goes on, nothing new comes'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from help" -f -a "uncordon" -d 'Put it back into service'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand nodes; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and not __fish_seen_subcommand_from list add revoke help" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and not __fish_seen_subcommand_from list add revoke help" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and not __fish_seen_subcommand_from list add revoke help" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and not __fish_seen_subcommand_from list add revoke help" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and not __fish_seen_subcommand_from list add revoke help" -f -a "list" -d 'Show yours that are good'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and not __fish_seen_subcommand_from list add revoke help" -f -a "add" -d 'Make one, and write it into a file that only you can read; it is shown nowhere else'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and not __fish_seen_subcommand_from list add revoke help" -f -a "revoke" -d 'Void one at once'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and not __fish_seen_subcommand_from list add revoke help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from list" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from list" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from list" -l json -d 'As JSON, with all that the hub says'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from add" -l scope -d 'What it may do, such as session.create or users.read; can be given several times' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from add" -l lifetime -d 'How long it is good, at most 366d' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from add" -l token-file -d 'The file to write it into; must not exist yet' -r -F
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from add" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from add" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from revoke" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from revoke" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from revoke" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show yours that are good'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from help" -f -a "add" -d 'Make one, and write it into a file that only you can read; it is shown nowhere else'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Void one at once'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand tokens; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and not __fish_seen_subcommand_from list verify checkpoint help" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and not __fish_seen_subcommand_from list verify checkpoint help" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and not __fish_seen_subcommand_from list verify checkpoint help" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and not __fish_seen_subcommand_from list verify checkpoint help" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and not __fish_seen_subcommand_from list verify checkpoint help" -f -a "list" -d 'Show the last rows; that they were read is written down, too'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and not __fish_seen_subcommand_from list verify checkpoint help" -f -a "verify" -d 'Fetch the whole log, and check it here: that nothing was changed, and that it is the one that was signed and seen before'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and not __fish_seen_subcommand_from list verify checkpoint help" -f -a "checkpoint" -d 'Show the last point of the log that the hub has signed; keep it elsewhere, and no row before it can be changed unseen'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and not __fish_seen_subcommand_from list verify checkpoint help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l last -d 'So many' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l json -d 'As JSON, with all that the hub says'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from verify" -l from-witness -d 'Compare it with what this file knows as well: witness.json of a node or of another machine, or what `checkpoint --save` wrote' -r -F
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from verify" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from verify" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from verify" -l by-hub -d 'Have the hub check its own log, without fetching it: quicker, but its word'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from verify" -l json -d 'As JSON'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from verify" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from checkpoint" -l save -d 'Write it into this file, too' -r -F
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from checkpoint" -l api-url -d 'The hub, for this command only; `configure` remembers one' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from checkpoint" -l fingerprint -d 'The key that the hub must have (hackstreamd prints it), instead of an authority\'s word' -r
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from checkpoint" -l json -d 'As JSON'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from checkpoint" -l no-input -d 'Never ask anything; fail where an answer is needed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from checkpoint" -s h -l help -d 'Print help'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show the last rows; that they were read is written down, too'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Fetch the whole log, and check it here: that nothing was changed, and that it is the one that was signed and seen before'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "checkpoint" -d 'Show the last point of the log that the hub has signed; keep it elsewhere, and no row before it can be changed unseen'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and not __fish_seen_subcommand_from users quotas policies pool nodes tokens audit help" -f -a "users" -d 'Who may log in, and as what'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and not __fish_seen_subcommand_from users quotas policies pool nodes tokens audit help" -f -a "quotas" -d 'How much they may use'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and not __fish_seen_subcommand_from users quotas policies pool nodes tokens audit help" -f -a "policies" -d 'What sessions allow, by role'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and not __fish_seen_subcommand_from users quotas policies pool nodes tokens audit help" -f -a "pool" -d 'Sessions that wait warm, so that a launch is quick'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and not __fish_seen_subcommand_from users quotas policies pool nodes tokens audit help" -f -a "nodes" -d 'The machines that run sessions'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and not __fish_seen_subcommand_from users quotas policies pool nodes tokens audit help" -f -a "tokens" -d 'Tokens by which your programs use the hub'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and not __fish_seen_subcommand_from users quotas policies pool nodes tokens audit help" -f -a "audit" -d 'What was done'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and not __fish_seen_subcommand_from users quotas policies pool nodes tokens audit help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "list" -d 'Show them'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "add" -d 'Add one; asks for the first password'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "disable" -d 'Close an account: its tokens are void and its sessions end at once'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "enable" -d 'Open a closed account'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "password" -d 'Give somebody a new password; logs them out everywhere'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "role" -d 'Change what somebody is'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from quotas" -f -a "get" -d 'Show what was set; the most specific one that says something counts'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from quotas" -f -a "set" -d 'Set something; what is not named stays as it is'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from policies" -f -a "get" -d 'Show what sessions of a role allow'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from policies" -f -a "set" -d 'Change what sessions allow that are started from then on; what is not named stays as it is'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "list" -d 'Show how many wait, and how many there are to be'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "set" -d 'Set how many sessions of an application wait warm'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "pause" -d 'End those of an application that wait, and start none'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "resume" -d 'Start them again, also where starts have failed'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from nodes" -f -a "list" -d 'Show them, and what is free there'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from nodes" -f -a "add" -d 'Let a machine in: prints what `hackstream-noded enroll` reads there, within ten minutes'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from nodes" -f -a "remove" -d 'Take one out for good: it is nobody to the hub at once, and its lost sessions have ended'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from nodes" -f -a "cordon" -d 'Take one out of service: what runs goes on, nothing new comes'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from nodes" -f -a "uncordon" -d 'Put it back into service'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from tokens" -f -a "list" -d 'Show yours that are good'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from tokens" -f -a "add" -d 'Make one, and write it into a file that only you can read; it is shown nowhere else'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from tokens" -f -a "revoke" -d 'Void one at once'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "list" -d 'Show the last rows; that they were read is written down, too'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "verify" -d 'Fetch the whole log, and check it here: that nothing was changed, and that it is the one that was signed and seen before'
complete -c hackstreamctl -n "__fish_hackstreamctl_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "checkpoint" -d 'Show the last point of the log that the hub has signed; keep it elsewhere, and no row before it can be changed unseen'
