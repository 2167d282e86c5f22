# Functions for the scripts of this directory. Each script sets -eu, sets $self to its own path with links resolved, and
# reads this file.
#
# PULPO_MODULE_PATH   where the modules are; then nothing is built. Otherwise they are built if they are missing or
#                     older than a source.
#
# Root runs what is built here, so no other user may change it: files are created without write permission for others,
# whatever the umask, and checked before use. Programs that a user starts with these scripts get the user's own umask.

examples=$(CDPATH='' cd -P -- "${self%/*}/.." && pwd -P)
root=${examples%/*}
demo=$examples/target/demo

fail() {
    echo "pulpo: $*" >&2
    exit 1
}

# java_version JAVA: sets $build to its version, such as 25.0.1+8, and $version to the feature number, or 0. Reads the JDK's
# release file, because starting a JDK, or any other program, takes longer.
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
                    # Stop here: the shell reads byte by byte, and a list of all modules follows.
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

# is_new_enough JAVA: whether JAVA exists and is of JDK 22 or newer; if so, sets $jdk to that JDK.
is_new_enough() {
    [ -x "$1" ] || return 1
    java_version "$1"
    [ "$version" -ge 22 ]
}

# Sets $jdk to a JDK 22 or newer: JAVA_HOME, the java on the PATH, or one in /usr/lib/jvm.
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

# find_weak PATH...: sets $weak to those of the paths, and of the files in them, that a user other than root, the caller and
# the owner of these scripts can change; one per line. A user who may change the scripts decides what they run anyway: so a
# group that may is trusted, and if everybody may, nothing is run.
#
# Sets $jars, too: the sizes and times of the jars in those paths, and where they are. See find_archive.
find_weak() {
    weak=
    jars=
    trusted=0
    group=
    found=$(find -L "$examples/bin/lib.sh" "$@" -maxdepth 1 \( -name '*.jar' -printf 'jar %s,%T@ %f\n' , \
        \( -perm /022 -o ! -user 0 \) -printf '%m %U %p\n' \) 2>/dev/null) || true
    while read -r mode owner file; do
        if [ "$mode" = jar ]; then
            case $file in
                *-picocli.jar | *-sources.jar | *-javadoc.jar) ;;
                *) jars="$jars$owner " ;;
            esac
        elif [ "$file" = "$examples/bin/lib.sh" ]; then
            trusted=$owner
            case $mode in
                *[2367]) fail "others may change $file, and so what it runs; chmod -R go-w $root" ;;
                *[2367]?) group=trusted ;;
            esac
        elif [ -n "$file" ]; then
            case ${group:+trusted}$mode in
                *[2367] | [0-9]*[2367]?) add_weak ;;
                *) [ "$owner" = 0 ] || [ "$owner" = "$trusted" ] || [ -O "$file" ] || add_weak ;;
            esac
        fi
    done <<EOF
$found
EOF
    # One line, even where the path has more.
    jars=$jars${examples%%"
"*}
}

add_weak() {
    weak="${weak:+$weak
}$file"
}

# Removes what another user may have changed in the build, so that it is built again, if it is ours. Otherwise does without
# an archive and sets $unarchived, or fails if modules cannot be trusted.
check_what_was_built() {
    find_weak "$examples/target" "$examples/target/modules" "$demo"
    unarchived=
    [ -n "$weak" ] || return 0
    while read -r file; do
        case $file in
            "$examples"/target/pulpo-*.aot | "$examples"/target/pulpo-*.jsa | "$examples"/target/pulpo-*-picocli.jar | \
                "$examples"/target/pulpo-*.log | "$examples"/target/pulpo-*.jars)
                if [ -O "$examples/target" ]; then
                    echo "pulpo: somebody else may change $file; it is made anew" >&2
                    rm -f -- "$file"
                else
                    echo "pulpo: somebody else may change $file; it is not used. Remove it, or chmod go-w it" >&2
                    unarchived=yes
                fi
                ;;
            *)
                [ -O "$examples/target" ] || fail "somebody else may change $file; chown -R root $examples/target" \
                    "and chmod -R go-w it, or remove it"
                echo "pulpo: somebody else may change $file; all that was built is made anew" >&2
                rm -rf -- "$root"/*/target
                return
                ;;
        esac
    done <<EOF
$weak
EOF
}

# Refuses modules of PULPO_MODULE_PATH that another user may change.
check_module_path() {
    set -f
    IFS_before=$IFS
    IFS=:
    # shellcheck disable=SC2086  # split at the colons
    set -- $modules
    IFS=$IFS_before
    set +f
    for entry in "$@"; do
        shift
        case $entry in /*) ;; *) entry=$PWD/$entry ;; esac
        set -- "$@" "$entry"
    done
    find_weak "$@"
    [ -z "$weak" ] || fail "somebody else may change $weak of PULPO_MODULE_PATH; chmod -R go-w it, or chown it"
}

# Builds what is missing and sets $modules to the module path.
find_modules() {
    modules=${PULPO_MODULE_PATH:-}
    if [ -n "$modules" ]; then
        check_module_path
        return
    fi
    check_what_was_built
    built=$examples/target/.built-for-scripts
    if ! [ -e "$built" ] || ! [ -d "$examples/target/modules" ] || [ -n "$(newer_sources)" ]; then
        echo "pulpo: building, which takes a minute the first time" >&2
        (
            umask go-w
            # No module of another version may stay beside the new ones.
            rm -rf -- "$examples/target/modules"
            cd -- "$root" && ./mvnw -q -B -Dstyle.color=never -pl examples -am -DskipTests package >&2 || exit
            touch -- "$built"
        ) || fail "the build failed"
        check_what_was_built
    fi
    modules=$examples/target/modules:$examples/target/pulpo-examples.jar
}

newer_sources() {
    find "$root/pom.xml" "$root"/*/pom.xml "$root"/*/src/main -type f -newer "$built" -print -quit
}

# Builds the demo if it is missing or older than its sources.
build_demo() {
    if ! [ -e "$demo/fix.so" ] || [ -n "$(find "$examples/demo" -type f -newer "$demo/fix.so" -print -quit)" ]; then
        "$examples/demo/build.sh" "$demo"
    fi
}

# Sets $archive to a file from which the JVM takes classes instead of loading, verifying and linking them, or to nothing. If
# the file does not fit the JVM or the modules, or cannot be read, the JVM silently does without it. It does not fit if a jar
# has another size, time or path than in training: so these are kept beside it, and if they differ, it is made anew.
#
# A training run decides what is in it. From JDK 25 on it is an AOT cache (JEP 514), which includes the module graph; before
# that, or if that fails, a dynamic archive (JEP 350). Each JDK has its own archive next to the modules that were built here;
# other modules have none.
find_archive() {
    archive=
    if [ -n "${PULPO_MODULE_PATH:-}" ] || [ -n "$unarchived" ]; then
        return
    fi
    base=$examples/target/pulpo-$build
    first=$base.jsa
    [ "$version" -lt 25 ] || first=$base.aot
    trained_for=
    if [ -r "$base.jars" ]; then
        IFS= read -r trained_for <"$base.jars" || true
    fi
    if [ "$trained_for" != "$jars" ]; then
        # Where that is not allowed, the old archive stays, and the JVM does without it.
        (umask go-w && rm -f -- "$base.aot" "$base.jsa" "$base-picocli.jar" && echo "$jars" >"$base.jars") 2>/dev/null || true
    fi
    # The script that creates the empty file trains. If training fails, the file stays empty, because it would fail again.
    if ! [ -e "$first" ] && (umask go-w && set -C && : >"$first") 2>/dev/null; then
        echo "pulpo: preparing a quick start on JDK $build, which takes some seconds the first time" >&2
        (umask go-w && train "$base" >/dev/null 2>"$base.log") || true
    fi
    if [ -s "$base.aot" ] && [ "$version" -ge 25 ]; then
        archive=$base.aot
        use_newer_classes
    elif [ -s "$base.jsa" ]; then
        archive=$base.jsa
    fi
}

# Puts the picocli that an AOT cache accepts before the original.
use_newer_classes() {
    newer=$base-picocli.jar
    if [ -e "$newer" ]; then
        modules=$newer:$modules
    fi
}

# train BASE: makes the archive, in a directory of its own first, because a JVM may be reading the old one.
train() {
    work=$(mktemp -d "$examples/target/.training.XXXXXX")
    trap 'rm -rf -- "$work"' EXIT
    if (build_demo) || [ -e "$demo/fix.so" ]; then
        learned=$demo
    else
        learned=
    fi
    plain=$modules
    if [ "$version" -ge 25 ]; then
        if "$jdk/bin/java" "$examples/bin/NewerClasses.java" "$examples"/target/modules/picocli-*.jar "$work/picocli.jar"; then
            # The same time, whoever makes it: should two scripts train at once, each archive fits the jar of both.
            touch -r "$examples"/target/modules/picocli-*.jar -- "$work/picocli.jar"
            mv -f -- "$work/picocli.jar" "$base-picocli.jar"
            use_newer_classes
        fi
        # Do not record which methods were hot in training (JEP 515): a JVM that compiles them at once starts more slowly.
        if (start_training -XX:+IgnoreUnrecognizedVMOptions -XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining \
            "-XX:AOTCacheOutput=$work/archive.aot"); then
            keep archive.aot "$base.aot"
            return
        fi
        modules=$plain
    fi
    if (start_training "-XX:ArchiveClassesAtExit=$work/archive.jsa"); then
        keep archive.jsa "$base.jsa"
    fi
}

start_training() {
    start_java "$@" -m dev.pulpo.examples/dev.pulpo.examples.cli.Training ${learned:+"$learned"}
}

# keep FILE PLACE: moves what training has made to its final place.
keep() {
    [ -s "$work/$1" ] && mv -f -- "$work/$1" "$2"
}

# For a command that runs for long and mostly waits: a small heap that is given back (the JVM would let it grow to a quarter of
# the machine's memory before it looks for garbage), and an archive that is mapped, not copied to another address.
small_memory="-Xms10m -Xmn6m -Xmx384m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20 -XX:+IgnoreUnrecognizedVMOptions"
small_memory="$small_memory -XX:TrimNativeHeapInterval=10000 -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0"

# run_java CLASS ARGUMENTS...
run_java() {
    class=$1
    shift
    find_archive
    small=
    if [ "${1:-}" = watch ]; then
        export MALLOC_ARENA_MAX=1
        small=$small_memory
    fi
    # shellcheck disable=SC2086  # options
    set -- $small -m "dev.pulpo.examples/$class" "$@"
    case $archive in
        *.aot) set -- "-XX:AOTCache=$archive" "$@" ;;
        *.jsa) set -- "-XX:SharedArchiveFile=$archive" "$@" ;;
    esac
    start_java -Xlog:disable "$@"
}

# start_java OPTIONS...: the options that all JVMs with the same archive share. A short run gains nothing from the optimising
# compiler, the performance data for jstat, or generated code for reflection (picocli's). Many compiler threads would take
# processors from the process that is to be patched.
start_java() {
    exec "$jdk/bin/java" -p "$modules" --enable-native-access=dev.pulpo.ffm -Djdk.reflect.useNativeAccessorOnly=true \
        -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:CICompilerCount=1 -XX:-UsePerfData "$@"
}
