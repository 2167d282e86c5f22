package dev.pulpo.engine.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.pulpo.engine.BytesTarget;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.stub.StubLayout;
import java.util.Arrays;

/** What describes the word of threads is read, or refused; see {@code RegistryFuzzTest}. */
class ThreadWordFuzzTest {
    private static final RemoteAddress PLACE = new RemoteAddress(0x1000);

    @FuzzTest(maxDuration = "10m")
    void word(byte[] bytes) {
        BytesTarget memory = new BytesTarget().put(PLACE.value(), Arrays.copyOf(bytes, StubLayout.THREAD_BYTES));
        try {
            assertThat(ThreadWord.read(1, memory, PLACE).offset()).isNegative();
        } catch (TargetUnreadableException unreadable) {
            assertThat(unreadable).hasMessageContaining("what describes the threads' word, at 0x1000");
        }
    }
}
