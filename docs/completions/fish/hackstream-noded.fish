complete -c hackstream-noded -l config -d 'The configuration' -r -F
complete -c hackstream-noded -s h -l help -d 'Print help'
complete -c hackstream-noded -s V -l version -d 'Print version'
