package dev.pulpo.engine.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.ffm.RemoteAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MapReaderTest {
    private static void take(MapReader reader, String line) {
        // As it lies in a buffer, between others.
        byte[] bytes = ("x\n" + line + "\nx").getBytes(StandardCharsets.UTF_8);
        reader.take(bytes, 2, bytes.length - 2);
    }

    @Test
    void linesOfAllKinds() {
        MapReader reader = new MapReader(1);
        take(reader, "7f0000000000-7f0000001000 r-xp 00001000 fd:1a 123456                     /lib/a b (deleted)");
        take(reader, "7f0000001000-7f0000002000 rw-p 00000000 00:00 0 ");
        take(reader, "7f0000002000-7f0000003000 rw-p 00000000 00:00 0                          [heap]");
        take(reader, "7f0000003000-7f0000004000 r--s 00000000 fd:1a 7                          /two\\012lines");
        take(reader, "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]");
        assertThat(reader.mappings()).containsExactly(
                new Mapping(new RemoteAddress(0x7f0000000000L), new RemoteAddress(0x7f0000001000L), "r-xp", 0x1000,
                        "fd:1a", 123456, "/lib/a b", true),
                new Mapping(new RemoteAddress(0x7f0000001000L), new RemoteAddress(0x7f0000002000L), "rw-p", 0, "00:00",
                        0, "", false),
                new Mapping(new RemoteAddress(0x7f0000002000L), new RemoteAddress(0x7f0000003000L), "rw-p", 0, "00:00",
                        0, "[heap]", false),
                new Mapping(new RemoteAddress(0x7f0000003000L), new RemoteAddress(0x7f0000004000L), "r--s", 0, "fd:1a",
                        7, "/two" + RawText.asData("\n") + "lines", false),
                new Mapping(new RemoteAddress(0xffffffffff600000L), new RemoteAddress(0xffffffffff601000L), "--xp", 0,
                        "00:00", 0, "[vsyscall]", false));
    }

    @Test
    void namesAreHeldOnceAndThereAreNoneWithoutEnd() {
        MapReader reader = new MapReader(1);
        String line = "7f0000000000-7f0000001000 r-xp 00000000 fd:1a 1 /";
        String name = "n".repeat(3900);
        for (int i = 0; i < 32_000; i++) {
            take(reader, line + name);
            take(reader, "7f0000001000-7f0000002000 ---p 00000000 00:00 0 ");
        }
        List<Mapping> mappings = reader.mappings();
        assertThat(mappings.getFirst().path()).isSameAs(mappings.get(63_998).path());
        assertThatThrownBy(() -> {
            for (int i = 0; i < 10_000; i++) {
                take(reader, line + i + name);
            }
        }).isInstanceOf(TargetUnreadableException.class).hasMessageContaining("too large to be read");
    }
}
