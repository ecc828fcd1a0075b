complete -c hackstream-view -l token -d 'The session\'s token. Other users of this machine can see it in the list of processes: better use --token-file or the variable HACKSTREAM_TOKEN' -r
complete -c hackstream-view -l token-file -d 'File whose first line is the session\'s token' -r -F
complete -c hackstream-view -l ticket-file -d 'Go where this file of a control plane says, with the connect ticket in it: one JSON object with host, port, server_spki, ticket and key, or - for standard input. A ticket admits once' -r -F
complete -c hackstream-view -l fingerprint -d 'The fingerprint that the server must have, whatever is remembered' -r
complete -c hackstream-view -l host-key -d 'The key that opens the viewer\'s menu, or none: F1 to F12, Insert, Menu, Pause, Right-Control or Scroll-Lock. Pressed twice it goes to the session' -r
complete -c hackstream-view -l fullscreen-key -d 'A key that fills the screen and back, such as F11, in place of the session\'s programs' -r
complete -c hackstream-view -l quality -d 'What to prefer where quality costs time; the server may allow less' -r -f -a "low\t'Few bytes and coarse video, for weak machines and thin links'
auto\t'Decided from what is measured'
high\t'Sharpness before frame rate'"
complete -c hackstream-view -l max-bitrate -d 'Get no more than this from the server, for example 800k, 5M or 1G bits per second: in every second or longer, everything included. Video becomes coarser, then rarer, before text has to wait. At least 100k; other viewers do not notice' -r
complete -c hackstream-view -l scale -d 'What the server does with a screen larger than the window: auto (send it smaller, which also saves bytes and work here), off (send all of it; the window cuts it off), or the size of the largest picture to send, also without a window' -r
complete -c hackstream-view -l volume -d 'Volume of the session\'s sound in percent, up to 400' -r
complete -c hackstream-view -l disable -d 'What the session shall not have, separated by commas: clipboard-in (what is copied here can be pasted in the session), clipboard-out (what the session copies can be pasted here), notifications (of its programs are shown here), links (that it opens are opened here)' -r -f -a "clipboard-in\t'What is copied here can be pasted in the session'
clipboard-out\t'What the session copies can be pasted here'
notifications\t'Notifications of the session\'s programs are shown here'
links\t'Links that the session\'s programs open are opened here'"
complete -c hackstream-view -l send -d 'Give this file to the session, as by dropping it on the window; may be repeated. The server must allow it (--enable file-transfer). With --headless, and unless --accept-files or --screenshot says otherwise, leave once all are stored' -r -F
complete -c hackstream-view -l accept-files -d 'What to do with files that the session has for you: ask for each, in the window; never take one; or store all of them in this folder (./ask is a folder). Default: ask with a window, never without' -r -F
complete -c hackstream-view -l max-file-size -d 'Size of the largest file that is taken from the session, for example 50M or 2G. Default: 1 GiB' -r
complete -c hackstream-view -l screenshot -d 'Write the picture to a PNG file and leave, also with a window. Without --after: once the picture is complete and quiet for half a second, after ten seconds at the latest' -r -F
complete -c hackstream-view -l after -d 'Milliseconds from the first complete picture to the screenshot' -r
complete -c hackstream-view -l reconnect-timeout -d 'Seconds after which a lost connection is given up; 0 means never. Default: 0 with a window, 30 without' -r
complete -c hackstream-view -l accept-new -d 'Remember an unknown server without asking. A changed fingerprint is refused all the same'
complete -c hackstream-view -l view-only -d 'Only watch, until the menu says otherwise: nothing that is done here reaches the session, nor what is copied here. Others stay in control'
complete -c hackstream-view -l fullscreen -d 'Fill the screen'
complete -c hackstream-view -l no-audio -d 'Do without the session\'s sound; otherwise it is played by PulseAudio or PipeWire, or without them by ALSA'
complete -c hackstream-view -l mute -d 'Begin muted: the server sends no sound'
complete -c hackstream-view -l microphone -d 'Let programs of the session hear what is said here. The microphone is open only while one of them records, and the server has to allow it (--enable microphone)'
complete -c hackstream-view -l stats -d 'Print a line of measurements to stderr each second in which something happens: rates, where the time goes, and the bottleneck. With a window, also draw them over the picture'
complete -c hackstream-view -l stats-json -d 'The same, and more, as a JSON object a line on standard output'
complete -c hackstream-view -l open-links -d 'Open links that the session\'s programs open in your own browser, with xdg-open and without asking in the window. The server has to allow it (--enable links)'
complete -c hackstream-view -l headless -d 'Open no window'
complete -c hackstream-view -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hackstream-view -s V -l version -d 'Print version'
