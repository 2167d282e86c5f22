package dev.pulpo.engine.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.pulpo.engine.BytesTarget;

/** The loader's list of objects ends somewhere, wherever it leads; see {@code RegistryFuzzTest}. */
class ThreadLocalMemoryFuzzTest {
    private static final long PLACE = 0x1000;

    /** A dynamic section, and whatever it leads to. */
    @FuzzTest(maxDuration = "10m")
    void list(byte[] bytes) {
        ThreadLocalMemory found = ThreadLocalMemory.of(new BytesTarget().put(PLACE, bytes), PLACE, 40);
        assertThat(found.size()).isLessThanOrEqualTo(4096);
    }
}
