#!/bin/sh
# Says hello, and keeps a line of each run in the volume.
set -e
echo "Hello from $(hostname), $(. /etc/os-release && echo "$PRETTY_NAME")"
echo "run at $(date -u +%FT%TZ) in $(hostname)" >> /data/runs
echo "/data/runs has $(wc -l < /data/runs) line(s):"
cat /data/runs
