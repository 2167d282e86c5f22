package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.elf.cfi.CfiTable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tables that go on for terabytes, in a file that takes a few kilobytes of the disk: each is refused before it is read. */
@Timeout(30)
class ReadLimitsTest {
    private static final long HUGE = 1L << 40;

    @TempDir
    private Path directory;

    /** A copy of the sample with a terabyte of zeros behind it, which a section has for its content. */
    private void withHuge(String section, Consumer<ElfFile> use) throws IOException {
        Path library = Tools.sample(directory, "lib.so", "-g");
        byte[] bytes = Files.readAllBytes(library);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long start = bytes.length + 4095L & -4096;
        try (ElfFile file = ElfFile.of(ByteSource.of(bytes), "lib.so")) {
            Section found = file.section(section).orElseThrow();
            int header = (int) file.header().sectionHeaders().value() + found.index() * Section.ENTRY_SIZE;
            buffer.putLong(header + 24, start).putLong(header + 32, HUGE);
        }
        Path huge = Files.write(directory.resolve("huge.so"), bytes);
        try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
            file.setLength(start + HUGE);
        }
        try (FileChannel channel = FileChannel.open(huge, StandardOpenOption.READ)) {
            use.accept(ElfFile.of(MappedFile.of(channel, "huge.so"), ReadLimits.PROCESS));
        }
    }

    private static void tooLarge(Runnable question) {
        assertThatThrownBy(question::run).isInstanceOf(TooLargeException.class)
                .hasMessageContaining("too large to be read: ").hasMessageContaining("the limit is ");
    }

    @Test
    void symbols() throws IOException {
        withHuge(".symtab", file -> tooLarge(file::symbols));
        withHuge(".dynsym", file -> assertThatThrownBy(file::dynamicSymbols).isInstanceOf(MalformedElfException.class)
                .hasMessageContaining("dynamic symbol table"));
    }

    @Test
    void notesAndPreparedFunctions() throws IOException {
        withHuge(".note.gnu.build-id", file -> tooLarge(file::buildId));
        withHuge("__patchable_function_entries", file -> tooLarge(file::patchableFunctionEntries));
    }

    @Test
    void callFrameInformation() throws IOException {
        withHuge(".eh_frame", file -> tooLarge(() -> CfiTable.of(file)));
    }

    @Test
    void hashTables() {
        ElfFile bloom = new HandMade().ints(HandMade.GNU_HASH + 8, 1 << 30).open();
        assertThatThrownBy(() -> bloom.dynamicSymbols().find("f")).isInstanceOf(TooLargeException.class);
        ElfFile buckets = new HandMade().ints(HandMade.GNU_HASH, 1 << 30).open();
        assertThatThrownBy(() -> buckets.dynamicSymbols().find("f")).isInstanceOf(TooLargeException.class);
    }

    /** Whoever stays open, as a library that many processes have in common, is asked about with new files again and again. */
    @Test
    void filesAboutOneObjectCountTogetherUntilTheyAreClosed() throws IOException {
        Path library = Tools.sample(directory, "lib.so", "-g", "-Wl,--compress-debug-sections=zlib");
        try (ElfFile object = ElfFile.open(library)) {
            long together = inflated(object);
            ReadLimits limits = new ReadLimits(HUGE, HUGE, 100, 100, 1 << 20, 1 << 20, together, 1 << 20, 1 << 20);
            ElfFile limited = ElfFile.of(object.source(), "lib.so", limits);
            for (int i = 0; i < 3; i++) {
                try (ElfFile beside = limited.with(ByteSource.map(library), limits)) {
                    assertThat(inflated(beside)).isEqualTo(together);
                    tooLarge(() -> inflated(limited));
                }
            }
            assertThat(inflated(limited)).isEqualTo(together);
        }
    }

    private static long inflated(ElfFile file) {
        return file.sections().stream().filter(Section::isCompressed).mapToLong(section -> file.data(section).limit())
                .sum();
    }

    @Test
    void inflatedSectionsCountTogether() throws IOException {
        Path library = Tools.sample(directory, "lib.so", "-g", "-Wl,--compress-debug-sections=zlib");
        ReadLimits few = new ReadLimits(HUGE, HUGE, 100, 100, 1 << 20, 1 << 20, 200, 1 << 20, 1 << 20);
        try (ElfFile all = ElfFile.open(library)) {
            long together = inflated(all);
            assertThat(together).isGreaterThan(200);
            ElfFile file = ElfFile.of(all.source(), "lib.so", few);
            tooLarge(() -> file.sections().stream().filter(Section::isCompressed).forEach(file::data));
            ReadLimits enough = new ReadLimits(HUGE, HUGE, 100, 100, 1 << 20, 1 << 20, together, 1 << 20, 1 << 20);
            ElfFile twice = ElfFile.of(all.source(), "lib.so", enough);
            for (int i = 0; i < 3; i++) {
                twice.sections().stream().filter(Section::isCompressed).forEach(twice::data);
            }
        }
    }
}
