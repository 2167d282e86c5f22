# What the scripts of this directory share. They set -eu and read this file.
#
# PULPO_MODULE_PATH   where the modules are; nothing is built then. Otherwise they are built when they are missing or
#                     older than a source.

examples=$(cd "$(dirname "$0")/.." && pwd)
root=$(dirname "$examples")
demo=$examples/target/demo

fail() {
    echo "pulpo: $*" >&2
    exit 1
}

# java_version JAVA: its feature number, or 0. What a JDK says of itself in a file is read sooner than it starts.
java_version() {
    release=$(dirname "$(dirname "$(readlink -f "$1")")")/release
    if [ -r "$release" ]; then
        sed -n 's/^JAVA_VERSION="\([0-9]*\).*$/\1/p' "$release" | head -n 1 | grep . && return
    fi
    "$1" -version 2>&1 | sed -n 's/^.* version "\([0-9]*\).*$/\1/p' | head -n 1 | grep . || echo 0
}

# Sets $jdk to a JDK of 22 or newer: JAVA_HOME, the java on the PATH, whatever is installed in the usual place.
find_jdk() {
    on_path=$(command -v java 2>/dev/null || true)
    for java in "${JAVA_HOME:-/nowhere}/bin/java" "${on_path:-/nowhere}" /usr/lib/jvm/*/bin/java; do
        if [ -x "$java" ] && [ "$(java_version "$java")" -ge 22 ]; then
            jdk=$(dirname "$(dirname "$(readlink -f "$java")")")
            return
        fi
    done
    fail "a JDK 22 or newer is needed; set JAVA_HOME to one, or install one below /usr/lib/jvm"
}

# Sets $modules to the module path, after building what is missing.
find_modules() {
    modules=${PULPO_MODULE_PATH:-}
    if [ -n "$modules" ]; then
        return
    fi
    built=$examples/target/.built-for-scripts
    if ! [ -e "$built" ] || ! [ -d "$examples/target/modules" ] || [ -n "$(newer_sources | head -n 1)" ]; then
        echo "pulpo: building, which takes a minute the first time" >&2
        (cd "$root" && ./mvnw -q -B -Dstyle.color=never -pl examples -am -DskipTests package >&2) || fail "the build failed"
        # The JVM makes its archive of classes anew where there is none, and not where that is of an older build.
        rm -f "$examples/target/pulpo.jsa"
        touch "$built"
    fi
    modules=$examples/target/modules:$(ls "$examples"/target/pulpo-examples-*.jar | head -n 1)
}

newer_sources() {
    find "$root/pom.xml" "$root"/*/pom.xml "$root"/*/src/main -type f -newer "$built"
}

# Builds the demo when it is missing or older than its sources.
build_demo() {
    if ! [ -e "$demo/fix.so" ] || [ -n "$(find "$examples/demo" -type f -newer "$demo/fix.so" | head -n 1)" ]; then
        "$examples/demo/build.sh" "$demo"
    fi
}

# run_java CLASS ARGUMENTS...
run_java() {
    class=$1
    shift
    exec "$jdk/bin/java" -p "$modules" --enable-native-access=dev.pulpo.ffm \
        -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xlog:disable \
        -XX:+AutoCreateSharedArchive -XX:SharedArchiveFile="$examples/target/pulpo.jsa" -m "dev.pulpo.examples/$class" "$@"
}
