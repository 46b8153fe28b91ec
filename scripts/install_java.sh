#!/bin/sh
# Make sure that Java is there for the Spark tests: Debian's headless package where we may install it.
# Without it the Spark tests skip themselves and say so.
if [ -n "$JAVA_HOME" ] && [ -x "$JAVA_HOME/bin/java" ]; then exit 0; fi
command -v java >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Java for the Spark tests ..."
    if apt-get update -qq >/dev/null; then
        for package in openjdk-21-jre-headless openjdk-17-jre-headless default-jre-headless; do
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null 2>&1 && exit 0
        done
    fi
fi
echo "No Java found and none could be installed: the Spark tests will be skipped (apt-get install openjdk-17-jre-headless)."
