package dev.pulpo.x86.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Texts compared with objdump's. {@link FullTextComparison} compares whole machines. */
class ObjdumpTextTest {
    private static final Path LIBRARIES = Path.of("/usr/lib/x86_64-linux-gnu");
    private static final long PER_FILE = 15_000;

    @ParameterizedTest
    @EnumSource
    @Timeout(240)
    void librariesReadTheSame(Syntax syntax) throws Exception {
        TextComparison comparison = new TextComparison(syntax);
        for (String name : List.of("libc.so.6", "libm.so.6", "libstdc++.so.6")) {
            comparison.compare(PER_FILE, "-d", LIBRARIES.resolve(name).toString());
        }
        System.out.println(comparison);
        assertThat(comparison.report(10)).isEmpty();
        assertThat(comparison.instructions).isGreaterThan(2 * PER_FILE);
    }

    /** The code of libm and libc for AVX-512 is chosen at run time, so it is there whatever processor this is. */
    @Test
    void wideVectorsAreAmongWhatIsCompared() throws Exception {
        TextComparison comparison = new TextComparison(Syntax.INTEL);
        comparison.compare(PER_FILE, "-d", LIBRARIES.resolve("libmvec.so.1").toString());
        System.out.println(comparison);
        assertThat(comparison.report(10)).isEmpty();
        assertThat(comparison.wide).isGreaterThan(1_000);
    }

    /** A difference has to be seen: bytes in one syntax against text in the other. */
    @Test
    void theOtherSyntaxIsAllDifferences() throws Exception {
        TextComparison comparison = new TextComparison(Syntax.INTEL, "-Mintel64");
        comparison.compare(10_000, "-d", LIBRARIES.resolve("libc.so.6").toString());
        assertThat(comparison.different).isGreaterThan(5_000);
    }

    /** Each encoding with prefixes that matter; objdump's opinions on useless prefixes and on what no assembler makes vary. */
    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    @Timeout(240)
    void vectorEncodingsReadTheSame(Syntax syntax) throws Exception {
        for (String kind : List.of("vex", "evex")) {
            TextComparison comparison = EncodingsComparison.compare(kind, syntax, 97);
            System.out.println(kind + " " + comparison);
            assertThat(comparison.different * 1_000).as(comparison.report(20)).isLessThan(comparison.instructions);
        }
    }
}
