package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ByteSourceTest {
    @Test
    void mapsAFile(@TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("f"), new byte[]{1, 2, 3});
        MappedFile source = ByteSource.map(file);
        try (source) {
            assertThat(source.size()).isEqualTo(3);
            assertThat(source.slice(1, 2).toArray(ValueLayout.JAVA_BYTE)).containsExactly(2, 3);
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> source.slice(2, 2));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> source.slice(1, -1));
        }
        source.close();
        assertThat(source.size()).isEqualTo(3);
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> ByteSource.map(directory.resolve("none")));
        try (MappedFile empty = ByteSource.map(Files.createFile(directory.resolve("empty")))) {
            assertThat(empty.size()).isZero();
        }
    }

    @Test
    void readsAnArray() {
        ByteSource source = ByteSource.of(new byte[]{1, 2, 3});
        assertThat(source.slice(3, 0).byteSize()).isZero();
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> source.slice(0, 4));
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> source.slice(Long.MAX_VALUE, 1));
    }
}
