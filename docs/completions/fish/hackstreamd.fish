# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hackstreamd_global_optspecs
    string join \n h/help V/version
end

function __fish_hackstreamd_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hackstreamd_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hackstreamd_using_subcommand
    set -l cmd (__fish_hackstreamd_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hackstreamd -n "__fish_hackstreamd_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamd -n "__fish_hackstreamd_needs_command" -s V -l version -d 'Print version'
complete -c hackstreamd -n "__fish_hackstreamd_needs_command" -f -a "serve" -d 'Serve the API until told to end'
complete -c hackstreamd -n "__fish_hackstreamd_needs_command" -f -a "init" -d 'Make the first administrator of a new database'
complete -c hackstreamd -n "__fish_hackstreamd_needs_command" -f -a "user" -d 'Add users, or give them new passwords, on the machine of the hub'
complete -c hackstreamd -n "__fish_hackstreamd_needs_command" -f -a "node" -d 'Add machines that run sessions'
complete -c hackstreamd -n "__fish_hackstreamd_needs_command" -f -a "audit" -d 'Look after the audit log'
complete -c hackstreamd -n "__fish_hackstreamd_needs_command" -f -a "openapi" -d 'Print the API\'s OpenAPI document'
complete -c hackstreamd -n "__fish_hackstreamd_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand serve" -l state-dir -d 'Folder of keys, certificate and database; made if it is missing' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand serve" -l database -d 'A file for SQLite, or postgres://USER@HOST/NAME; by default hub.sqlite in the state directory' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand serve" -l listen -d 'Where to listen for HTTPS' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand serve" -l name -d 'A name or address in the hub\'s own certificate; can be given several times' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand serve" -l certificate -d 'A certificate chain in PEM, instead of the hub\'s own' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand serve" -l key -d 'The private key that belongs to it, in PEM' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand serve" -l metrics -d 'Where Prometheus can read metrics without a token, over plain HTTP; only on this machine' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand serve" -l log-format -d 'How to write the log, to standard error' -r -f -a "json\t'One JSON object for each line'
text\t'For reading'"
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand init" -l state-dir -d 'Folder of keys, certificate and database; made if it is missing' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand init" -l database -d 'A file for SQLite, or postgres://USER@HOST/NAME; by default hub.sqlite in the state directory' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand init" -l password-file -d 'Read the password from the first line of this file, instead of asking for it or reading it from standard input' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and not __fish_seen_subcommand_from add password help" -s h -l help -d 'Print help'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and not __fish_seen_subcommand_from add password help" -f -a "add" -d 'Add a user'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and not __fish_seen_subcommand_from add password help" -f -a "password" -d 'Give a user a new password, and log all their devices out'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and not __fish_seen_subcommand_from add password help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from add" -l state-dir -d 'Folder of keys, certificate and database; made if it is missing' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from add" -l database -d 'A file for SQLite, or postgres://USER@HOST/NAME; by default hub.sqlite in the state directory' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from add" -l role -d 'What the user is' -r -f -a "admin\t'Manages users, policies, nodes'
auditor\t'Reads the audit log'
user\t'Uses sessions'"
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from add" -l password-file -d 'Read the password from the first line of this file, instead of asking for it or reading it from standard input' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from password" -l state-dir -d 'Folder of keys, certificate and database; made if it is missing' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from password" -l database -d 'A file for SQLite, or postgres://USER@HOST/NAME; by default hub.sqlite in the state directory' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from password" -l password-file -d 'Read the password from the first line of this file, instead of asking for it or reading it from standard input' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from password" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a user'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "password" -d 'Give a user a new password, and log all their devices out'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and not __fish_seen_subcommand_from add token help" -s h -l help -d 'Print help'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and not __fish_seen_subcommand_from add token help" -f -a "add" -d 'Let a machine in: print what `hackstream-noded enroll` reads there, or write a token for it'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and not __fish_seen_subcommand_from add token help" -f -a "token" -d 'Give a node another token; the one before is void at once. Its sessions go on'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and not __fish_seen_subcommand_from add token help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from add" -l state-dir -d 'Folder of keys, certificate and database; made if it is missing' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from add" -l database -d 'A file for SQLite, or postgres://USER@HOST/NAME; by default hub.sqlite in the state directory' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from add" -l hub -d 'Where the machine finds this hub, which it recognises by the key of the hub\'s own certificate; what is printed is good for ten minutes and one machine' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from add" -l token-file -d 'Instead, add the node at once, and write the token by which it is known to this file, which must not exist yet' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from token" -l state-dir -d 'Folder of keys, certificate and database; made if it is missing' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from token" -l database -d 'A file for SQLite, or postgres://USER@HOST/NAME; by default hub.sqlite in the state directory' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from token" -l token-file -d 'The file to write the token to; must not exist yet' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "add" -d 'Let a machine in: print what `hackstream-noded enroll` reads there, or write a token for it'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "token" -d 'Give a node another token; the one before is void at once. Its sessions go on'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and not __fish_seen_subcommand_from verify restored help" -s h -l help -d 'Print help'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and not __fish_seen_subcommand_from verify restored help" -f -a "verify" -d 'Check the whole log: whether any row was changed, left out or added, and whether it has what was signed'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and not __fish_seen_subcommand_from verify restored help" -f -a "restored" -d 'Say that a backup was restored: the log is signed as it is now, and goes on from there'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and not __fish_seen_subcommand_from verify restored help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and __fish_seen_subcommand_from verify" -l state-dir -d 'Folder of keys, certificate and database; made if it is missing' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and __fish_seen_subcommand_from verify" -l database -d 'A file for SQLite, or postgres://USER@HOST/NAME; by default hub.sqlite in the state directory' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and __fish_seen_subcommand_from restored" -l state-dir -d 'Folder of keys, certificate and database; made if it is missing' -r -F
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and __fish_seen_subcommand_from restored" -l database -d 'A file for SQLite, or postgres://USER@HOST/NAME; by default hub.sqlite in the state directory' -r
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and __fish_seen_subcommand_from restored" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check the whole log: whether any row was changed, left out or added, and whether it has what was signed'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "restored" -d 'Say that a backup was restored: the log is signed as it is now, and goes on from there'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand openapi" -s h -l help -d 'Print help'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and not __fish_seen_subcommand_from serve init user node audit openapi help" -f -a "serve" -d 'Serve the API until told to end'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and not __fish_seen_subcommand_from serve init user node audit openapi help" -f -a "init" -d 'Make the first administrator of a new database'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and not __fish_seen_subcommand_from serve init user node audit openapi help" -f -a "user" -d 'Add users, or give them new passwords, on the machine of the hub'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and not __fish_seen_subcommand_from serve init user node audit openapi help" -f -a "node" -d 'Add machines that run sessions'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and not __fish_seen_subcommand_from serve init user node audit openapi help" -f -a "audit" -d 'Look after the audit log'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and not __fish_seen_subcommand_from serve init user node audit openapi help" -f -a "openapi" -d 'Print the API\'s OpenAPI document'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and not __fish_seen_subcommand_from serve init user node audit openapi help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and __fish_seen_subcommand_from user" -f -a "add" -d 'Add a user'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and __fish_seen_subcommand_from user" -f -a "password" -d 'Give a user a new password, and log all their devices out'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "add" -d 'Let a machine in: print what `hackstream-noded enroll` reads there, or write a token for it'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "token" -d 'Give a node another token; the one before is void at once. Its sessions go on'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "verify" -d 'Check the whole log: whether any row was changed, left out or added, and whether it has what was signed'
complete -c hackstreamd -n "__fish_hackstreamd_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "restored" -d 'Say that a backup was restored: the log is signed as it is now, and goes on from there'
