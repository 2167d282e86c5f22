package dev.pulpo.engine.stack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.cfi.Step;
import dev.pulpo.engine.FileImage;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.code.UnwindTables;
import dev.pulpo.engine.stack.StackCheck.Verdict;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Stacks made of bytes, with the call frame information of programs that every machine has. */
class StackCheckTest {
    private static final long STACK = 0x7fff_0000_0000L;

    private final Arena arena = Arena.ofConfined();
    private final FileImage process = new FileImage();
    private LoadedObject program;
    private LoadedObject libc;

    @BeforeEach
    void mapFiles() throws IOException {
        program = process.map(Path.of("/usr/bin/true").toRealPath());
        libc = process.map(Path.of("/lib/x86_64-linux-gnu/libc.so.6").toRealPath());
    }

    @AfterEach
    void free() {
        arena.close();
    }

    private long function(String name) {
        return libc.exported(name).orElseThrow().value();
    }

    /** Where the program begins; its call frame information says that nobody has called that (psABI 3.4.1). */
    private long outermost() {
        return program.toRemote(program.elf().header().entry()).value();
    }

    private void stack(long... words) {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long word : words) {
            bytes.putLong(word);
        }
        process.memory().put(STACK, bytes.array());
    }

    private Optional<CfiMap> tables() {
        return Optional.of(UnwindTables.of(process.image(), process.memory()));
    }

    private StackCheck check(long zone, Optional<CfiMap> tables) {
        CodeRanges zones = CodeRanges.of(List.of(
                new CodeRanges.Range(new RemoteAddress(zone), new RemoteAddress(zone + 8), "zone")));
        StackCheck check = new StackCheck(process.image(), process.memory(), zones, tables, arena);
        check.begin();
        return check;
    }

    @Test
    void aThreadInTheCodeNeedsNoTables() {
        StackCheck check = check(function("qsort"), Optional.empty());
        assertThat(check.walk(FileImage.PID, STACK, function("qsort") + 4)).isEqualTo(Verdict.INSIDE);
        assertThat(check.address()).isEqualTo(function("qsort") + 4);
        assertThat(check.blockingFrame()).isZero();
    }

    @Test
    void withoutTablesNothingIsSaidOfCallers() {
        assertThat(check(function("qsort"), Optional.empty()).walk(FileImage.PID, STACK, function("getpid")))
                .isEqualTo(Verdict.NEEDS_TABLES);
    }

    /** At its first instruction a function's return address is at the stack pointer. */
    @Test
    void aReturnAddressIsFoundByCallFrameInformation() {
        stack(function("qsort") + 4);
        StackCheck check = check(function("qsort"), tables());
        assertThat(check.walk(FileImage.PID, STACK, function("getpid"))).isEqualTo(Verdict.INSIDE);
        assertThat(check.blockingFrame()).isOne();
        assertThat(check.frameCount()).isEqualTo(2);
    }

    /** A call may be the last instruction of a function: what it returns to is the next one's first byte, and is not in it. */
    @Test
    void theAddressAfterACallBelongsToTheCaller() {
        stack(function("qsort"), 0);
        assertThat(check(function("qsort"), tables()).walk(FileImage.PID, STACK, function("getpid")))
                .isNotEqualTo(Verdict.INSIDE);
    }

    @Test
    void aWordThatIsNoReturnAddressDoesNotCount() {
        stack(outermost() + 1, function("qsort") + 4, function("qsort") + 4);
        assertThat(check(function("qsort"), tables()).walk(FileImage.PID, STACK, function("getpid")))
                .isEqualTo(Verdict.CLEAR);
    }

    @Test
    void whereTheWalkEndsTooEarlyNothingIsGuessed() {
        stack(0x1234);
        StackCheck check = check(function("qsort"), tables());
        assertThat(check.walk(FileImage.PID, STACK, function("getpid"))).isEqualTo(Verdict.UNKNOWN);
        assertThat(check.end()).isEqualTo(Step.NO_CFI);
        assertThat(check(function("qsort"), tables()).walk(FileImage.PID, STACK - 4096, function("getpid")))
                .as("nothing is mapped there").isEqualTo(Verdict.UNKNOWN);
    }
}
