package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The objects that are loaded into this very process, read from its memory, against their files. */
class ImageViewTest {
    private static final Path MEMORY = Path.of("/proc/self/mem");

    /** Memory that is not in this process, as far as the reader can tell: every slice is a copy. */
    private record Memory(FileChannel channel, long start, long size) implements ByteSource {
        @Override
        public MemorySegment slice(long offset, long length) {
            Objects.checkFromIndexSize(offset, length, size);
            ByteBuffer copy = ByteBuffer.allocate(Math.toIntExact(length));
            try {
                int count = 0;
                while (copy.hasRemaining() && count >= 0) {
                    count = channel.read(copy, start + offset + copy.position());
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
            return MemorySegment.ofBuffer(copy.flip());
        }
    }

    private record Mapping(long start, long end, String path) {}

    private static List<Mapping> mappings() throws IOException {
        List<Mapping> mappings = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] fields = line.split(" +", 6);
            String[] range = fields[0].split("-", 2);
            if (fields.length == 6 && Long.parseUnsignedLong(fields[2], 16) == 0) {
                mappings.add(new Mapping(Long.parseUnsignedLong(range[0], 16), Long.parseUnsignedLong(range[1], 16),
                        fields[5]));
            }
        }
        return mappings;
    }

    @Test
    void loadedLibrariesReadAsTheirFilesDo() throws IOException {
        int compared = 0;
        try (FileChannel channel = FileChannel.open(MEMORY)) {
            for (Mapping mapping : mappings()) {
                if (!mapping.path().contains(".so") || !Files.isReadable(Path.of(mapping.path()))) {
                    continue;
                }
                try (ElfFile file = ElfFile.open(Path.of(mapping.path()))) {
                    Segment last = file.segments().stream().filter(s -> s.type().equals(SegmentType.LOAD))
                            .reduce((a, b) -> b).orElseThrow();
                    Memory memory = new Memory(channel, mapping.start(),
                            last.address().value() + last.memorySize());
                    compare(file, ElfFile.ofImage(memory, mapping.path() + " in memory", new LinkAddress(0),
                            mapping.start()));
                    compared++;
                }
            }
        }
        assertThat(compared).isGreaterThan(3);
    }

    private static void compare(ElfFile file, ElfFile image) {
        assertThat(image.sections()).isEmpty();
        assertThat(image.segments()).isEqualTo(file.segments());
        assertThat(image.buildId()).isEqualTo(file.buildId());
        assertThat(image.dynamic().soname()).isEqualTo(file.dynamic().soname());
        assertThat(image.dynamic().needed()).isEqualTo(file.dynamic().needed());
        assertThat(image.dynamic().address(DynamicTag.SYMTAB)).isEqualTo(file.dynamic().address(DynamicTag.SYMTAB));
        assertThat(image.dynamicSymbols().stream().toList()).isEqualTo(file.dynamicSymbols().stream().toList());
        assertThat(image.pltRelocations().stream().toList()).isEqualTo(file.pltRelocations().stream().toList());
        file.dynamicSymbols().stream().filter(ElfSymbol::isDefined).limit(20).forEach(symbol -> assertThat(
                image.dynamicSymbols().find(symbol.name())).isEqualTo(file.dynamicSymbols().find(symbol.name())));
    }

    @Test
    void theVdsoReads() throws IOException {
        try (FileChannel channel = FileChannel.open(MEMORY)) {
            Mapping vdso = mappings().stream().filter(mapping -> mapping.path().equals("[vdso]")).findFirst()
                    .orElseThrow();
            ElfFile image = ElfFile.ofImage(new Memory(channel, vdso.start(), vdso.end() - vdso.start()), "vDSO",
                    new LinkAddress(0), vdso.start());
            assertThat(image.dynamic().soname()).contains("linux-vdso.so.1");
            ElfSymbol time = image.dynamicSymbols().find("__vdso_clock_gettime").orElseThrow();
            assertThat(time.version().map(SymbolVersion::name)).contains("LINUX_2.6");
            assertThat(image.symbolContaining(time.address().plus(1)).map(ElfSymbol::value)).contains(time.value());
        }
    }
}
