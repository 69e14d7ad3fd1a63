#!/bin/sh
# iostat -d WAIT COUNT, of a host without disks.
sleep "$(($2 * ($3 - 1)))"
echo "Device"
