#!/bin/sh
# One fax from sgfax to sgfax over loopback, in real time. Usage: loopback.sh SGFAX PAGE TRANSPORT [COMMON OPTIONS…]
# TRANSPORT is what both sides are to report: T.38 or G.711. $RECEIVE_OPTIONS are the receiver's alone; $TCP set: SIP
# over TCP.
set -eu
sgfax=$1 page=$2 transport=$3
shift 3
work=$(mktemp -d)
receiver=
trap '[ -z "$receiver" ] || kill "$receiver" 2>/dev/null || :; rm -rf "$work"' EXIT

mkfifo "$work/lines"
# shellcheck disable=SC2086
"$sgfax" receive --local 127.0.0.1:0 --json --timeout 100 --out "$work/received.tif" "$@" ${RECEIVE_OPTIONS:-} \
    >"$work/lines" 2>"$work/receive.log" &
receiver=$!
exec 3<"$work/lines"
# The ready lines end this wait; so does the receiver's death.
until [ "$(grep -c '^ready sip:' "$work/receive.log")" = 2 ]; do
    kill -0 "$receiver" || { cat "$work/receive.log"; exit 1; }
    sleep 0.1
done
udp=$(sed -n 's/^ready //p' "$work/receive.log" | grep -v transport=tcp)
tcp=$(sed -n 's/^ready //p' "$work/receive.log" | grep transport=tcp)
address=${TCP:+$tcp}
address=${address:-$udp}

"$sgfax" send --json --timeout 100 "$@" "$page" "sip:100@${address#sip:}" >"$work/sent.json" 2>"$work/send.log" || {
    echo "the sender failed:"
    cat "$work/sent.json" "$work/send.log" "$work/receive.log"
    exit 1
}
read -r received <&3
wait "$receiver"
receiver=

cat "$work/sent.json"
echo "$received"
for report in "$(cat "$work/sent.json")" "$received"; do
    case $report in
        *"\"transport\":\"$transport\""*) ;;
        *) echo "it did not travel over $transport" && exit 1 ;;
    esac
done
tiffcmp -t "$page" "$work/received.tif" 2>&1
