#!/bin/sh
# Make sure that Chromium is there for the browser tests: Debian's package where we may install it.
# Without it the browser tests skip themselves and say so.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests ..."
    if apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu-core >/dev/null; then
        exit 0
    fi
fi
echo "No Chromium found and none could be installed: the browser tests will be skipped (apt-get install chromium)."
