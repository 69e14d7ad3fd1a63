#!/bin/sh
# work KEY TENTHS KIND: notes that it started, takes its time, and ends as its kind says.
here=${0%/*}
echo "$1 $$" >>"$here/starts"
case $3 in
    stubborn)
        trap '' TERM # what it starts ignores the signal too
        tail -f "$here/starts" >/dev/null 2>&1 &
        (tail -f "$here/starts" >/dev/null 2>&1 & wait) &
        ;;
esac
sleep "$(($2 / 10)).$(($2 % 10))"
if [ "$3" = failing ]; then
    echo "told to fail" >&2
    exit 3
fi
echo "done $1"
