# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hackstream_server_global_optspecs
    string join \n h/help V/version
end

function __fish_hackstream_server_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hackstream_server_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hackstream_server_using_subcommand
    set -l cmd (__fish_hackstream_server_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hackstream-server -n "__fish_hackstream_server_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream-server -n "__fish_hackstream_server_needs_command" -s V -l version -d 'Print version'
complete -c hackstream-server -n "__fish_hackstream_server_needs_command" -f -a "run" -d 'Start a command on a display of its own and stream it; ends when the command ends'
complete -c hackstream-server -n "__fish_hackstream_server_needs_command" -f -a "attach" -d 'Stream a display that already exists, and leave it alone afterwards'
complete -c hackstream-server -n "__fish_hackstream_server_needs_command" -f -a "status" -d 'Tell of the sessions that run: viewers, rates, times, memory, and since when nobody did anything'
complete -c hackstream-server -n "__fish_hackstream_server_needs_command" -f -a "entrypoint" -d 'Start a session as the environment says: what a container runs'
complete -c hackstream-server -n "__fish_hackstream_server_needs_command" -f -a "open-link" -d 'Open a web page in the browser of the viewer. For programs of a session with --enable links, where xdg-open, x-www-browser and $BROWSER call it'
complete -c hackstream-server -n "__fish_hackstream_server_needs_command" -f -a "pages" -d 'Run an application in which whoever has a socket can open pages: the command of sessions that wait for their owners'
complete -c hackstream-server -n "__fish_hackstream_server_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l display -d 'Number of the display to start, for example :7. Default: the first free one' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l size -d 'Size of the screen in pixels, until a viewer\'s window has another one' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l max-size -d 'Largest size that the screen takes on to fill a viewer\'s window. Costs four bytes of memory a pixel, and a little time. Default: the size' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l listen -d 'Address and UDP port to listen on' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l listen-fd -d 'Serve the UDP socket that was inherited under this number, 3 or higher, instead of an address: whoever started us bound it, in a network that may be another one than ours' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l status-fd -d 'Also answer on the Unix socket that was inherited under this number how the session is, as `hackstream-server status` hears it: for whoever started us and does not see our files' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l sockets-from -d 'Serve the sockets that are handed out, as descriptors, on the Unix socket at this path, instead of an address: for containers, which inherit none. docs/control-plane.md tells what is sent' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l state-dir -d 'Where the server\'s key and token are kept. Default: $XDG_STATE_HOME/hackstream' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l token-file -d 'File with the token that viewers must show; only its owner may be able to read it. Default: one is made in the state directory' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l view-token-file -d 'The same with the token in this file, which only its owner may be able to read' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l max-viewers -d 'Most viewers at a time; one more is refused. Each costs a thread and some megabytes' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l ticket-key -d 'Let in whoever shows a connect ticket that a control plane signed for this session, and nobody else. The file holds its public key, ed25519:BASE64URL, one on each line while it changes keys' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l session-id -d 'What the control plane calls this session. Tickets for another one are refused' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l node-id -d 'What the control plane calls this node. With it, tickets for another one are refused' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l quality -d 'The best that viewers get, in the order low, auto, high. A viewer that asks for less gets less; with high each gets what it asks for' -r -f -a "low\t'Few bytes and coarse video'
auto\t'Decided from what is measured'
high\t'Sharpness before frame rate'"
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l max-bitrate -d 'Send no more than this to all viewers together, for example 800k, 5M or 1G bits per second: in every second or longer, headers and repetitions included. Video becomes coarser, then rarer, before text has to wait. At least 100k' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l max-data-per-hour -d 'Send no more than this to all viewers together in any hour, for example 500M or 2G bytes. The first half may be spent at once; the rest is made to last. At least 45M' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l disable -d 'What viewers do not get, separated by commas. What is off does not exist for them' -r -f -a "audio\t'Sound from the session, which needs PulseAudio. Displays of others have none'
clipboard-in\t'What a viewer copies can be pasted in the session'
clipboard-out\t'What the session copies can be pasted at the viewer'
resize\t'The screen takes on the size of the viewer\'s window'
bell\t'The bell of a program in the session is noticed at the viewer'
notifications\t'Notifications of programs are shown by the viewer\'s desktop. Displays of others have none'"
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l enable -d 'What viewers get although it is off by default, separated by commas' -r -f -a "file-transfer\t'Viewers can put files into a folder of the session, and get those put into its Outbox'
microphone\t'Programs can record what viewers say that were started with --microphone'
links\t'Links that programs open are handed to the browser of the viewer whose person is at work, if it takes them'"
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l files-dir -d 'Where files from viewers are stored, made when the first one comes. What is put into its folder Outbox is offered to them, and moved to Outbox/Sent once one has it. Default: the folder HackStream in the folder for downloads of this user. Needs --enable file-transfer' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l max-file-size -d 'Size of the largest file that is taken from a viewer, for example 50M or 2G. Default: 1 GiB. Needs --enable file-transfer' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l metrics -d 'Tell metrics to Prometheus at http://ADDRESS/metrics. A port alone is one of 127.0.0.1: who reaches the address can read them' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l log-format -d 'Form of the log on standard error. RUST_LOG sets what is logged' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l fresh-key -d 'Make a key for this run only, and write it nowhere: programs of the session are the server\'s user and could read the file'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l view-token -d 'Also let in viewers that can watch and hear, and nothing else, with a second token: the server makes one in the state directory, called view-token'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -l no-auth -d 'Let in everyone who reaches the port. Only on loopback and private addresses, for trusted networks: whoever is let in can type and click'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l display -d 'The display, for example :0' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l listen -d 'Address and UDP port to listen on' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l listen-fd -d 'Serve the UDP socket that was inherited under this number, 3 or higher, instead of an address: whoever started us bound it, in a network that may be another one than ours' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l status-fd -d 'Also answer on the Unix socket that was inherited under this number how the session is, as `hackstream-server status` hears it: for whoever started us and does not see our files' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l sockets-from -d 'Serve the sockets that are handed out, as descriptors, on the Unix socket at this path, instead of an address: for containers, which inherit none. docs/control-plane.md tells what is sent' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l state-dir -d 'Where the server\'s key and token are kept. Default: $XDG_STATE_HOME/hackstream' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l token-file -d 'File with the token that viewers must show; only its owner may be able to read it. Default: one is made in the state directory' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l view-token-file -d 'The same with the token in this file, which only its owner may be able to read' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l max-viewers -d 'Most viewers at a time; one more is refused. Each costs a thread and some megabytes' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l ticket-key -d 'Let in whoever shows a connect ticket that a control plane signed for this session, and nobody else. The file holds its public key, ed25519:BASE64URL, one on each line while it changes keys' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l session-id -d 'What the control plane calls this session. Tickets for another one are refused' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l node-id -d 'What the control plane calls this node. With it, tickets for another one are refused' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l quality -d 'The best that viewers get, in the order low, auto, high. A viewer that asks for less gets less; with high each gets what it asks for' -r -f -a "low\t'Few bytes and coarse video'
auto\t'Decided from what is measured'
high\t'Sharpness before frame rate'"
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l max-bitrate -d 'Send no more than this to all viewers together, for example 800k, 5M or 1G bits per second: in every second or longer, headers and repetitions included. Video becomes coarser, then rarer, before text has to wait. At least 100k' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l max-data-per-hour -d 'Send no more than this to all viewers together in any hour, for example 500M or 2G bytes. The first half may be spent at once; the rest is made to last. At least 45M' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l disable -d 'What viewers do not get, separated by commas. What is off does not exist for them' -r -f -a "audio\t'Sound from the session, which needs PulseAudio. Displays of others have none'
clipboard-in\t'What a viewer copies can be pasted in the session'
clipboard-out\t'What the session copies can be pasted at the viewer'
resize\t'The screen takes on the size of the viewer\'s window'
bell\t'The bell of a program in the session is noticed at the viewer'
notifications\t'Notifications of programs are shown by the viewer\'s desktop. Displays of others have none'"
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l enable -d 'What viewers get although it is off by default, separated by commas' -r -f -a "file-transfer\t'Viewers can put files into a folder of the session, and get those put into its Outbox'
microphone\t'Programs can record what viewers say that were started with --microphone'
links\t'Links that programs open are handed to the browser of the viewer whose person is at work, if it takes them'"
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l files-dir -d 'Where files from viewers are stored, made when the first one comes. What is put into its folder Outbox is offered to them, and moved to Outbox/Sent once one has it. Default: the folder HackStream in the folder for downloads of this user. Needs --enable file-transfer' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l max-file-size -d 'Size of the largest file that is taken from a viewer, for example 50M or 2G. Default: 1 GiB. Needs --enable file-transfer' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l metrics -d 'Tell metrics to Prometheus at http://ADDRESS/metrics. A port alone is one of 127.0.0.1: who reaches the address can read them' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l log-format -d 'Form of the log on standard error. RUST_LOG sets what is logged' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l fresh-key -d 'Make a key for this run only, and write it nowhere: programs of the session are the server\'s user and could read the file'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l view-token -d 'Also let in viewers that can watch and hear, and nothing else, with a second token: the server makes one in the state directory, called view-token'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -l no-auth -d 'Let in everyone who reaches the port. Only on loopback and private addresses, for trusted networks: whoever is let in can type and click'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand attach" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand status" -l state-dir -d 'The state directory of the servers to ask. Default: $XDG_STATE_HOME/hackstream' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand status" -l format -d 'Lines for people, or one JSON object for programs, with units in the names' -r -f -a "text\t'For people'
json\t'One JSON object'"
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand status" -l wait-ready -d 'Wait until a session is ready for viewers, for this long at most; 0 only looks. Exits with 70 if none is' -r
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand entrypoint" -l work-dir -d 'Folder for what ends with the session: its home if that is ephemeral, sockets, and the server\'s key and token. Made if it is not there' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand entrypoint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand open-link" -l socket -d 'The session\'s socket for links, which its programs have in this variable' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand open-link" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand pages" -l socket -d 'Where to listen' -r -F
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand pages" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand help; and not __fish_seen_subcommand_from run attach status entrypoint open-link pages help" -f -a "run" -d 'Start a command on a display of its own and stream it; ends when the command ends'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand help; and not __fish_seen_subcommand_from run attach status entrypoint open-link pages help" -f -a "attach" -d 'Stream a display that already exists, and leave it alone afterwards'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand help; and not __fish_seen_subcommand_from run attach status entrypoint open-link pages help" -f -a "status" -d 'Tell of the sessions that run: viewers, rates, times, memory, and since when nobody did anything'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand help; and not __fish_seen_subcommand_from run attach status entrypoint open-link pages help" -f -a "entrypoint" -d 'Start a session as the environment says: what a container runs'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand help; and not __fish_seen_subcommand_from run attach status entrypoint open-link pages help" -f -a "open-link" -d 'Open a web page in the browser of the viewer. For programs of a session with --enable links, where xdg-open, x-www-browser and $BROWSER call it'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand help; and not __fish_seen_subcommand_from run attach status entrypoint open-link pages help" -f -a "pages" -d 'Run an application in which whoever has a socket can open pages: the command of sessions that wait for their owners'
complete -c hackstream-server -n "__fish_hackstream_server_using_subcommand help; and not __fish_seen_subcommand_from run attach status entrypoint open-link pages help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
