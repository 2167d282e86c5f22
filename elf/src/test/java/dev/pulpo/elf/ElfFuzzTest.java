package dev.pulpo.elf;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * In a normal build, each runs over the seeds in {@code src/test/resources/dev/pulpo/elf/ElfFuzzTestInputs}. How to let
 * them search for new ones is in {@code elf/FUZZING.md}.
 */
class ElfFuzzTest {
    @FuzzTest(maxDuration = "10m")
    void file(byte[] bytes) {
        new Walker().walkFile(bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void image(byte[] bytes) {
        new Walker().walkImage(bytes);
    }
}
