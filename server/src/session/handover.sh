# Hands web pages to the viewer. Written by hackstream-server for one session.

case $1 in
[Hh][Tt][Tt][Pp]://* | [Hh][Tt][Tt][Pp][Ss]://*)
    if [ -z "$HACKSTREAM_OPENS_HERE" ] && [ $# -eq 1 ]; then
        "$server" open-link -- "$1" && exit 0
    fi
    ;;
esac

# The real program of this name, which must not come back here.
without_us() {
    rest=
    for place in $1; do
        case $place in
        "$own"/*) ;;
        *) rest=${rest:+$rest:}$place ;;
        esac
    done
}

set -f
IFS=:
without_us "$PATH"
PATH=$rest
without_us "$XDG_CONFIG_DIRS"
XDG_CONFIG_DIRS=$rest
without_us "$XDG_DATA_DIRS"
XDG_DATA_DIRS=$rest
unset IFS BROWSER
set +f
HACKSTREAM_OPENS_HERE=1
export PATH XDG_CONFIG_DIRS XDG_DATA_DIRS HACKSTREAM_OPENS_HERE
exec "${0##*/}" "$@"
