package dev.pulpo.engine.update;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.InstalledPackage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What package managers answer. */
class PackageNamesTest {
    @Test
    void dpkgNamesOwners() {
        assertThat(PackageNames.owners("""
                libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6
                diversion by dash from: /bin/sh
                diversion by dash to: /bin/sh.distrib
                a, b: /usr/share/both
                """)).isEqualTo(Map.of("/lib/x86_64-linux-gnu/libc.so.6", "libc6:amd64", "/usr/share/both", "a"));
    }

    @Test
    void rpmAnswersInOrder() {
        assertThat(PackageNames.rpmAnswer(List.of("/usr/lib64/libc.so.6", "/home/x"),
                "glibc\t2.34-60.el9\nfile /home/x is not owned by any package\n"))
                .isEqualTo(Map.of("/usr/lib64/libc.so.6", new InstalledPackage("glibc", "2.34-60.el9")));
        // Two packages have one of the files: which line is whose is unknown.
        assertThat(PackageNames.rpmAnswer(List.of("/usr/lib64/a"), "a\t1-1\nb\t1-1\n")).isEmpty();
    }

    @Test
    void namesThatArePatternsAreNotAskedFor() {
        assertThat(PackageNames.of(List.of("/usr/*", "/usr/lib/[a]", "--help", "/x\ny"))).isEmpty();
    }
}
