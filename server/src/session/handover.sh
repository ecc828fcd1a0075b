# Hands web pages to the viewer. Written by hackstream-server for one session.

case $1 in
[Hh][Tt][Tt][Pp]://* | [Hh][Tt][Tt][Pp][Ss]://*)
    if [ -z "$HACKSTREAM_OPENS_HERE" ] && [ $# -eq 1 ]; then
        "$server" open-link -- "$1" && exit 0
    fi
    ;;
esac

# The real program of this name. It must not find this one again, and has no use for us.
rest=
IFS=:
for place in $PATH; do
    [ "$place" = "$programs" ] || rest=${rest:+$rest:}$place
done
unset IFS BROWSER
PATH=$rest
HACKSTREAM_OPENS_HERE=1
export PATH HACKSTREAM_OPENS_HERE
exec "${0##*/}" "$@"
