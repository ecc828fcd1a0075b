# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hackstream_bench_global_optspecs
    string join \n h/help V/version
end

function __fish_hackstream_bench_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hackstream_bench_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hackstream_bench_using_subcommand
    set -l cmd (__fish_hackstream_bench_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hackstream-bench -n "__fish_hackstream_bench_needs_command" -s h -l help -d 'Print help'
complete -c hackstream-bench -n "__fish_hackstream_bench_needs_command" -s V -l version -d 'Print version'
complete -c hackstream-bench -n "__fish_hackstream_bench_needs_command" -f -a "compare" -d 'Do the same work on several systems and compare. Links other than loopback need root'
complete -c hackstream-bench -n "__fish_hackstream_bench_needs_command" -f -a "serve" -d 'Measure HackStream between two machines, the server\'s part: show what `measure` needs'
complete -c hackstream-bench -n "__fish_hackstream_bench_needs_command" -f -a "measure" -d 'Measure HackStream between two machines, the viewer\'s part. Needs neither root nor clocks that agree'
complete -c hackstream-bench -n "__fish_hackstream_bench_needs_command" -f -a "report" -d 'Make plots and a document from the results of an earlier run'
complete -c hackstream-bench -n "__fish_hackstream_bench_needs_command" -f -a "stimulus" -d 'The program on the remote display. Started by `compare`'
complete -c hackstream-bench -n "__fish_hackstream_bench_needs_command" -f -a "witness" -d 'What starts an application on the remote display and watches it. Started by `compare`'
complete -c hackstream-bench -n "__fish_hackstream_bench_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand compare" -l peers -d 'Systems to measure; one that is not installed is skipped' -r -f -a "floor\t'No remoting: stimulus and probe on one display. What the method itself costs'
hackstream\t'HackStream, from the folder of this program or --bin-dir'
hackstream-low\t'The same with the viewer of a small device: --quality low'
tigervnc\t'TigerVNC: Xtigervnc and xtigervncviewer'
xpra\t'xpra, as a desktop over TCP'
xrdp\t'xrdp with its Xorg, and FreeRDP as the viewer'
xrdp-rfx\t'The same with RemoteFX, which FreeRDP does only when asked (/rfx)'"
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand compare" -l links -d 'Links between server and viewer. Mbit/s down/up; RTT without queues; a packet that would wait longer than the queue of its direction is dropped [default: lan, or loopback where that cannot be made]' -r -f -a "lan\t'as fast as this machine, no delay'
wifi\t'40/40 Mbit/s, RTT 2 ms + 0-3 ms jitter each way, 0.5 % loss in bursts of 10 ms each way, queues of 50/50 ms'
dsl\t'10/1 Mbit/s, RTT 50 ms, no loss, queues of 100/200 ms'
lte\t'20/8 Mbit/s, RTT 60 ms + 0-15 ms jitter each way, no loss, queues of 200/200 ms'
transatlantic\t'50/50 Mbit/s, RTT 90 ms, no loss, queues of 50/50 ms'
lossy\t'10/10 Mbit/s, RTT 40 ms, 2 % random loss each way, queues of 100/100 ms'
bad\t'4/1 Mbit/s, RTT 80 ms + 0-20 ms jitter each way, 5 % random loss each way, queues of 200/200 ms'
thin\t'3/1 Mbit/s, RTT 50 ms, no loss, queues of 200/200 ms'
lte-trace\t'0.3-30/5 Mbit/s down in steps of 0.1-1 s, outages up to 500 ms, RTT 60 ms + 0-10 ms jitter each way, no loss, queues of 600/200 ms'
loopback\t'127.0.0.1, as fast as this machine; needs no root'"
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand compare" -l works -d 'Kinds of work' -r -f -a "key\t'A key draws one letter'
key-busy\t'The same while sound plays in the session, and 20 MB that were copied there are pasted at the viewer over and over. HackStream only. Compare with `key` of the same run'
scroll\t'A key scrolls a page by a line; the application moves it with CopyArea'
redraw-scroll\t'A key scrolls a page by a line; the application redraws all of it'
repaint\t'A key repaints a page of 10,500 random letters'
video\t'A 1280x720 pan over a photograph at 30 frames per second'
video60\t'The same at 60 frames per second'
motion\t'Things that move before a still background, with cuts; 1280x720 at 30 frames per second'
motion60\t'The same at 60 frames per second'
firefox\t'All five works in Firefox'
firefox-scroll\t'Firefox: three notches of the wheel on a long page of text, scrolled smoothly'
firefox-pictures\t'Firefox: the same on a page of photographs'
firefox-tabs\t'Firefox: from one tab to the other, text and photographs'
firefox-load\t'Firefox: a page with two photographs is loaded, each time another'
firefox-canvas\t'Firefox: a canvas of 1280x720 is drawn 30 times per second'
xterm-flood\t'xterm: a file of 2,000 lines is printed'
idle\t'Nothing happens: what it costs to stay connected'"
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand compare" -l runs -d 'Actions measured per kind of work, after a few to warm up' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand compare" -l seconds -d 'Seconds of video and of idling' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand compare" -l size -d 'The remote screen and the viewer\'s' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand compare" -l seed -d 'Seed of the letters, the photograph, the pauses, and the links\' loss and jitter' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand compare" -l out -d 'Folder for results.json, with every sample, and the plots' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand compare" -l bin-dir -d 'Folder of hackstream-server and hackstream-view [default: that of this program]' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand serve" -l listen -d 'Address and UDP port to listen on' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand serve" -l size -d 'The session\'s screen; it must fit on the screen of the viewer\'s machine' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand serve" -l seed -d 'Seed of the letters and the photograph' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand serve" -l state-dir -d 'Where the server\'s key and token are kept for later runs [default: nowhere, both are new each time]' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand serve" -l token-file -d 'File with the token that viewers must show; only its owner may be able to read it' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand serve" -l bin-dir -d 'Folder of hackstream-server [default: that of this program]' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand serve" -l no-auth -d 'Let in everyone who reaches the port; only on loopback and private addresses'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand serve" -s h -l help -d 'Print help'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -l fingerprint -d 'The fingerprint that the server must have; `serve` prints it' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -l token-file -d 'File whose first line is the token [default: the token in HACKSTREAM_TOKEN]' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -l works -d 'Kinds of work: key, scroll, redraw-scroll, repaint, video, video60, motion, motion60' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -l runs -d 'Actions measured per kind of work, after a few to warm up' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -l seconds -d 'Seconds of video' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -l seed -d 'Seed of the pauses' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -l display -d 'Show the viewer on this X display, with its real window system, instead of an Xvfb of its own. Keep your hands off keyboard and mouse meanwhile' -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -l json -d 'Also write everything, with every sample, to this file' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -l bin-dir -d 'Folder of hackstream-view [default: that of this program]' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -l accept-new -d 'Remember an unknown server without asking'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand measure" -s h -l help -d 'Print help'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand report" -l out -d 'Folder for the plots [default: beside the document, in a folder of its name]' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand report" -l markdown -d 'File for the document [default: standard output]' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand report" -l findings -d 'Markdown file with what you found; it becomes a section of the document' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand report" -s h -l help -d 'Print help'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand stimulus" -l size -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand stimulus" -l seed -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand stimulus" -l journal -d 'File for the times of actions and frames' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand stimulus" -s h -l help -d 'Print help'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand witness" -l size -r
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand witness" -l record -d 'File for what is seen' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand witness" -l journal -d 'File for the times of numbered frames' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand witness" -l folder -d 'Home folder of the application' -r -F
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand witness" -s h -l help -d 'Print help'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand help; and not __fish_seen_subcommand_from compare serve measure report stimulus witness help" -f -a "compare" -d 'Do the same work on several systems and compare. Links other than loopback need root'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand help; and not __fish_seen_subcommand_from compare serve measure report stimulus witness help" -f -a "serve" -d 'Measure HackStream between two machines, the server\'s part: show what `measure` needs'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand help; and not __fish_seen_subcommand_from compare serve measure report stimulus witness help" -f -a "measure" -d 'Measure HackStream between two machines, the viewer\'s part. Needs neither root nor clocks that agree'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand help; and not __fish_seen_subcommand_from compare serve measure report stimulus witness help" -f -a "report" -d 'Make plots and a document from the results of an earlier run'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand help; and not __fish_seen_subcommand_from compare serve measure report stimulus witness help" -f -a "stimulus" -d 'The program on the remote display. Started by `compare`'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand help; and not __fish_seen_subcommand_from compare serve measure report stimulus witness help" -f -a "witness" -d 'What starts an application on the remote display and watches it. Started by `compare`'
complete -c hackstream-bench -n "__fish_hackstream_bench_using_subcommand help; and not __fish_seen_subcommand_from compare serve measure report stimulus witness help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
