#!/bin/sh
# tree.sh: makes examples/target/dist, the files of a package as they lie below /usr: the runtime image in lib/pulpo with an
# AOT cache made for it, commands, stub, header, manual pages, completions, licences. Needs the built modules.
set -eu
# Root runs what is made here: others may not change it, whatever the umask.
umask 022
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
self=$here/../../bin/pulpo
. "$here/../../bin/lib.sh"
find_jdk
[ "$version" -ge 25 ] || fail "the package needs a JDK 25 or newer, for its AOT cache; set JAVA_HOME to one ($jdk is older)"
target=$examples/target
modules=$target/modules
dist=$target/dist
rm -rf -- "$dist"
image=$dist/lib/pulpo
share=$dist/share
work=$target/dist-work
rm -rf -- "$work"
mkdir -p -- "$dist/lib" "$work/modules"
cp -- "$modules"/*.jar "$target/pulpo-examples.jar" "$work/modules"
rm -- "$work"/modules/picocli-*.jar
"$jdk/bin/java" "$examples/bin/NewerClasses.java" "$modules"/picocli-*.jar "$work/modules/picocli.jar"

# Not compressed here: the package is, as a whole, which takes less room. The options are those of bin/lib.sh.
"$jdk/bin/jlink" --module-path "$work/modules" --add-modules dev.pulpo.examples --output "$image" --compress zip-0 \
    --strip-java-debug-attributes --no-header-files --no-man-pages \
    "--add-options=--enable-native-access=dev.pulpo.ffm -Djdk.reflect.useNativeAccessorOnly=true -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData"
java=$image/bin/java
find "$image/bin" "$image/lib" -type f \( -perm -100 -o -name '*.so' \) -exec strip -- {} +

launcher() {
    sed -e "s|@DESCRIPTION@|$3|" -e "s|@MAIN@|$2|" -e "s|@SMALL@|$small_memory|" "$here/launcher" >"$image/bin/$1"
    chmod 755 -- "$image/bin/$1"
    ln -s "../lib/pulpo/bin/$1" "$dist/bin/$1"
}
mkdir -- "$dist/bin"
launcher pulpo dev.pulpo.examples.cli.Pulpo "The command line of Pulpo; pulpo --help lists the commands."
launcher ulp dev.pulpo.examples.ulp.Ulp "The command line of libpulp, on Pulpo; ulp --help lists the commands."

"$examples/demo/build.sh" "$work/demo"
PULPO_CACHE=$work/cache "$java" -XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining "-XX:AOTCacheOutput=$image/lib/pulpo.aot" \
    -m dev.pulpo.examples/dev.pulpo.examples.cli.Training "$work/demo" >"$work/training.log" 2>&1 || {
    cat "$work/training.log" >&2
    exit 1
}
chmod 644 -- "$image/lib/pulpo.aot"
# Shows that the JVM takes it: otherwise it would do without, silently.
"$java" -XX:AOTMode=on "-XX:AOTCache=$image/lib/pulpo.aot" -m dev.pulpo.examples/dev.pulpo.examples.cli.Pulpo --version >/dev/null

# For LD_PRELOAD, and for the sources of patches.
stub=$root/preload-stub/target/classes/dev/pulpo/stub
install -m 644 -t "$image/lib" "$stub/libpulpo.so"
install -D -m 644 -t "$dist/include" "$stub/pulpo.h"
install -D -m 644 -t "$dist/lib/systemd/system" "$here/pulpo-watch.service"
install -D -m 644 -t "$share/pulpo/schema" "$examples"/src/main/resources/dev/pulpo/examples/schema/*.json
# For Ansible: ansible-galaxy collection install /usr/share/pulpo/ansible.
(cd -- "$examples/ansible" && find . -type f ! -name '*.tar.gz' -exec install -D -m 644 -- {} "$share/pulpo/ansible/{}" \;)

"$java" -m dev.pulpo.examples/dev.pulpo.examples.man.ManPages "$share/man/man1"
gzip -9n "$share"/man/man1/*.1
"$java" -m dev.pulpo.examples/dev.pulpo.examples.man.Completions "$share/bash-completion/completions"
# They are read, not run.
sed -i '1{/^#!/d}' "$share"/bash-completion/completions/*

# Licences: the image has those of the JDK; the libraries' are in their jars.
doc=$share/doc/pulpo
install -D -m 644 "$here/copyright" "$doc/copyright"
gzip -9nc "$root/CHANGELOG.md" >"$doc/NEWS.md.gz"
# In the form of deb-changelog(5), which only says where to read.
gzip -9nc >"$doc/changelog.gz" <<EOF
$("$image/bin/pulpo" --version | sed 's/ \(.*\)/ (\1)/') unstable; urgency=medium

  * What has changed is in NEWS.md.gz.

 -- The authors of Pulpo <maintainers@pulpo.dev>  Thu, 01 Jan 2026 00:00:00 +0000
EOF
install -D -m 644 "$here/deb/overrides" "$share/lintian/overrides/pulpo"
for jar in "$modules"/picocli-*.jar "$modules"/jackson-core-*.jar; do
    name=${jar##*/}
    notices=$image/legal/${name%-*}
    mkdir -p -- "$notices"
    (cd -- "$notices" && "$jdk/bin/jar" --extract --file "$jar" META-INF)
    find "$notices" -type f ! -iname '*LICENSE*' ! -iname '*NOTICE*' -delete
    find "$notices" -depth -type d -empty -delete
done
mkdir -p -- "$image/legal/bouncycastle"
"$jdk/bin/java" -cp "$(echo "$modules"/bcprov-*.jar)" org.bouncycastle.LICENSE >"$image/legal/bouncycastle/LICENSE"
chmod -R u+w "$image/legal"
[ ! -e "$jdk/NOTICE" ] || install -m 644 -t "$image/legal/java.base" "$jdk/NOTICE"
rm -rf -- "$work"
