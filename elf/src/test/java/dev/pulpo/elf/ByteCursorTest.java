package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteCursorTest {
    private static ByteCursor over(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return ByteCursor.of(MemorySegment.ofArray(bytes), "test", 0x100);
    }

    @Test
    void readsLittleEndianValues() {
        ByteCursor cursor = over(0x80, 1, 0x82, 0, 0, 0, 0x80, 8, 7, 6, 5, 4, 3, 2, 0xf1, 'h', 'i', 0, 0xff);
        assertThat(cursor.u8()).isEqualTo(0x80);
        assertThat(cursor.u16()).isEqualTo(0x8201);
        assertThat(cursor.u32()).isEqualTo(0x80000000L);
        assertThat(cursor.address()).isEqualTo(new LinkAddress(0xf102030405060708L));
        assertThat(cursor.string()).isEqualTo("hi");
        assertThat(cursor.i8()).isEqualTo((byte) -1);
        assertThat(cursor.hasRemaining()).isFalse();
    }

    @Test
    void errorsPointAtTheBeginningOfTheValue() {
        ByteCursor cursor = over(1, 2, 3).skip(1);
        assertThatExceptionOfType(MalformedElfException.class).isThrownBy(cursor::u32).satisfies(e -> {
            assertThat(e.source()).isEqualTo("test");
            assertThat(e.offset()).isEqualTo(0x101);
            assertThat(e.expected()).isEqualTo("4 bytes");
            assertThat(e.found()).isEqualTo("2 bytes before the end");
        });
        ByteCursor leb = over(0, 0x80, 0x80).skip(1);
        assertThatExceptionOfType(MalformedElfException.class).isThrownBy(leb::uleb128)
                .satisfies(e -> assertThat(e.offset()).isGreaterThanOrEqualTo(0x101));
        assertThatExceptionOfType(MalformedElfException.class).isThrownBy(() -> over('a', 'b').string());
        assertThatExceptionOfType(MalformedElfException.class).isThrownBy(() -> over(1).skip(Long.MAX_VALUE));
        assertThatExceptionOfType(MalformedElfException.class).isThrownBy(() -> over(1).skip(-1));
        assertThatExceptionOfType(MalformedElfException.class).isThrownBy(() -> over(1).slice(Long.MAX_VALUE, 2));
        assertThatExceptionOfType(MalformedElfException.class).isThrownBy(() -> over(1).position(2));
    }

    @Test
    void lebNumbersOfAllSizesComeBack() {
        Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            long value = random.nextLong() >> random.nextInt(64);
            int padding = random.nextInt(12);
            assertThat(bytes(unsignedLeb(value, padding)).uleb128()).isEqualTo(value);
            assertThat(bytes(signedLeb(value, padding)).sleb128()).isEqualTo(value);
        }
    }

    @Test
    void lebNumbersThatOverflowAreMalformed() {
        assertThat(over(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01).uleb128()).isEqualTo(-1);
        assertThatThrownBy(over(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03)::uleb128)
                .hasMessageContaining("64 bits");
        assertThatThrownBy(over(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)::uleb128)
                .hasMessageContaining("64 bits");
        assertThat(over(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f).sleb128())
                .isEqualTo(Long.MIN_VALUE);
        assertThatThrownBy(over(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)::sleb128)
                .hasMessageContaining("64 bits");
        assertThatThrownBy(over(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xff, 0x80, 0x7f)::sleb128)
                .hasMessageContaining("64 bits");
    }

    @Test
    void subCursorsKeepTheOffsetInTheSource() {
        ByteCursor cursor = over(1, 2, 3, 4, 5);
        ByteCursor sub = cursor.skip(1).sub(2);
        assertThat(cursor.position()).isEqualTo(3);
        assertThat(sub.u8()).isEqualTo(2);
        assertThat(sub.offset()).isEqualTo(0x102);
        assertThat(sub.u8()).isEqualTo(3);
        assertThatExceptionOfType(MalformedElfException.class).isThrownBy(sub::u8)
                .satisfies(e -> assertThat(e.offset()).isEqualTo(0x103));
        assertThat(cursor.align(4).position()).isEqualTo(4);
        assertThat(cursor.skip(1).align(4).position()).isEqualTo(5);
    }

    private static ByteCursor bytes(byte[] bytes) {
        return ByteCursor.of(ByteSource.of(bytes), "test", 0, bytes.length);
    }

    private static byte[] unsignedLeb(long value, int padding) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long rest = value;
        while (rest >>> 7 != 0) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        return finish(out, (int) rest, padding, 0);
    }

    private static byte[] signedLeb(long value, int padding) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long rest = value;
        while (rest < -64 || rest > 63) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>= 7;
        }
        return finish(out, (int) (rest & 0x7f), padding, value < 0 ? 0x7f : 0);
    }

    private static byte[] finish(ByteArrayOutputStream out, int last, int padding, int filler) {
        if (padding == 0) {
            out.write(last);
        } else {
            out.write(last | 0x80);
            for (int i = 1; i < padding; i++) {
                out.write(filler | 0x80);
            }
            out.write(filler);
        }
        return out.toByteArray();
    }
}
