package dev.pulpo.elf.dwarf;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * In a normal build, runs over the seeds in {@code src/test/resources/dev/pulpo/elf/dwarf/DebugFuzzTestInputs}. How they
 * were made, and how to search for new ones, is in {@code elf/FUZZING.md}.
 */
class DebugFuzzTest {
    @FuzzTest(maxDuration = "10m")
    void everything(byte[] bytes) {
        new DebugWalker().walk(bytes);
    }
}
