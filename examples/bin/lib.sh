# What the scripts of this directory share. They set -eu and read this file.
#
# PULPO_MODULE_PATH   where the modules are; nothing is built then. Otherwise they are built when they are missing or
#                     older than a source.

case $0 in
    */*) examples=$(cd "${0%/*}/.." && pwd) ;;
    *) examples=$(cd .. && pwd) ;;
esac
root=${examples%/*}
demo=$examples/target/demo

fail() {
    echo "pulpo: $*" >&2
    exit 1
}

# java_version JAVA: sets $build to its version, such as 25.0.1+8, and $version to the feature number, or 0. What a JDK says
# of itself in a file is read sooner than it starts; and each program that a script starts costs a millisecond.
java_version() {
    jdk=${1%/bin/java}
    if [ -L "$1" ] || ! [ -r "$jdk/release" ]; then
        jdk=$(readlink -f "$1")
        jdk=${jdk%/bin/java}
    fi
    build=
    if [ -r "$jdk/release" ]; then
        while IFS='="' read -r key _ value _; do
            case $key in
                JAVA_RUNTIME_VERSION)
                    # The shell reads byte by byte, and a list of all modules is still to come.
                    build=$value
                    break
                    ;;
                JAVA_VERSION) build=${build:-$value} ;;
            esac
        done <"$jdk/release"
    fi
    if [ -z "$build" ]; then
        build=$("$1" -version 2>&1 | sed -n 's/^.* version "\([^"]*\).*$/\1/p' | head -n 1)
    fi
    version=${build%%[!0-9]*}
    version=${version:-0}
}

# is_new_enough JAVA: whether there is one of a JDK of 22 or newer; if so, sets $jdk to that.
is_new_enough() {
    [ -x "$1" ] || return 1
    java_version "$1"
    [ "$version" -ge 22 ]
}

# Sets $jdk to a JDK of 22 or newer: JAVA_HOME, the java on the PATH, whatever is installed in the usual place.
find_jdk() {
    if is_new_enough "${JAVA_HOME:-/nowhere}/bin/java" || is_new_enough "$(command -v java 2>/dev/null)"; then
        return
    fi
    for java in /usr/lib/jvm/*/bin/java; do
        if is_new_enough "$java"; then
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
    if ! [ -e "$built" ] || ! [ -d "$examples/target/modules" ] || [ -n "$(newer_sources)" ]; then
        echo "pulpo: building, which takes a minute the first time" >&2
        (cd "$root" && ./mvnw -q -B -Dstyle.color=never -pl examples -am -DskipTests package >&2) || fail "the build failed"
        # Archives of an older build are of no use.
        rm -f "$examples"/target/pulpo*.jsa "$examples"/target/pulpo*.aot "$examples"/target/pulpo-*-picocli.jar
        touch "$built"
    fi
    set -- "$examples"/target/pulpo-examples-*.jar
    modules=$examples/target/modules:$1
}

newer_sources() {
    find "$root/pom.xml" "$root"/*/pom.xml "$root"/*/src/main -type f -newer "$built" -print -quit
}

# Builds the demo when it is missing or older than its sources.
build_demo() {
    if ! [ -e "$demo/fix.so" ] || [ -n "$(find "$examples/demo" -type f -newer "$demo/fix.so" | head -n 1)" ]; then
        "$examples/demo/build.sh" "$demo"
    fi
}

# Sets $archive to a file from which the JVM takes classes instead of loading, verifying and linking them; to nothing where
# there is none. Where it does not fit the JVM or the modules, or cannot be read, the JVM goes on without it and says nothing.
#
# From JDK 25 on it is an AOT cache (JEP 514) of what a training run has used, modules and how they hang together included;
# before that, an archive that the JVM makes at the end of a run. Each JDK has its own, beside the modules that were built
# here; for other modules there is none.
find_archive() {
    archive=
    if [ -n "${PULPO_MODULE_PATH:-}" ]; then
        return
    fi
    if [ "$version" -ge 25 ]; then
        archive=$examples/target/pulpo-$build.aot
        # Whoever makes the empty file trains. Where that fails, it stays empty: it would fail the next time, too.
        if ! [ -e "$archive" ] && (set -C && : >"$archive") 2>/dev/null; then
            echo "pulpo: preparing a quick start on JDK $build, which takes some seconds the first time" >&2
            (train "$archive") >/dev/null 2>"${archive%.aot}.log" || true
        fi
        if [ -s "$archive" ]; then
            use_newer_classes
            return
        fi
    fi
    archive=$examples/target/pulpo-$build.jsa
}

# Puts picocli as an AOT cache can have it in front of picocli as it is.
use_newer_classes() {
    newer=${archive%.aot}-picocli.jar
    if [ -e "$newer" ]; then
        modules=$newer:$modules
    fi
}

# train FILE: makes the archive, under another name first, because somebody may be reading it meanwhile.
train() {
    made=$1.$$
    trap 'rm -f "$made" "$made.config" "$made.jar"' EXIT
    if "$jdk/bin/java" "$examples/bin/NewerClasses.java" "$examples"/target/modules/picocli-*.jar "$made.jar"; then
        mv -f "$made.jar" "${1%.aot}-picocli.jar"
        use_newer_classes
    fi
    if (build_demo) || [ -e "$demo/fix.so" ]; then
        learned=$demo
    else
        learned=
    fi
    # What methods were busy in training is not recorded (JEP 515): a JVM that compiles them at once takes longer to start.
    if (start_java -XX:+IgnoreUnrecognizedVMOptions -XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining \
        "-XX:AOTCacheOutput=$made" -m dev.pulpo.examples/dev.pulpo.examples.cli.Training ${learned:+"$learned"}); then
        mv -f "$made" "$1"
    fi
}

# run_java CLASS ARGUMENTS...
run_java() {
    class=$1
    shift
    find_archive
    set -- -m "dev.pulpo.examples/$class" "$@"
    case $archive in
        *.aot) set -- "-XX:AOTCache=$archive" "$@" ;;
        *.jsa) set -- "-XX:SharedArchiveFile=$archive" "$@" ;;
    esac
    # A JVM that cannot write its archive when it ends makes that its exit status.
    if [ "$archive" != "${archive%.jsa}" ] && [ -w "${archive%/*}" ]; then
        set -- -XX:+AutoCreateSharedArchive "$@"
    fi
    start_java -Xlog:disable "$@"
}

# start_java OPTIONS...: all that JVMs have in common that share an archive. Compilers that take their time are for programs
# that run for longer, and so are the file of figures for jstat, and reflection (picocli's) by code of its own for each field.
start_java() {
    exec "$jdk/bin/java" -p "$modules" --enable-native-access=dev.pulpo.ffm -Djdk.reflect.useNativeAccessorOnly=true \
        -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData "$@"
}
