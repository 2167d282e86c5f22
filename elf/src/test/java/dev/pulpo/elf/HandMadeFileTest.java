package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes assembled by hand: that they are read as meant, and what is said of them when one thing is wrong. */
class HandMadeFileTest {
    private static void defect(HandMade file, long offset, String message, Consumer<ElfFile> question) {
        MalformedElfException found = HandMade.defect(() -> question.accept(file.open()));
        assertThat(Objects.requireNonNull(found, message)).hasMessageContaining(message);
        assertThat(found.offset()).isEqualTo(offset);
    }

    @Test
    void theUnspoiltFileReads() {
        ElfFile file = new HandMade().open();
        assertThat(file.dynamicSymbols().size()).isEqualTo(3);
        assertThat(file.dynamicSymbols().find("f").orElseThrow().versionedName()).isEqualTo("f");
        assertThat(file.dynamicSymbols().get(1).versionedName()).isEqualTo("g@V1");
        assertThat(file.dynamicSymbols().get(1).version().orElseThrow().library()).contains("lib.so");
        assertThat(file.dynamic().needed()).containsExactly("lib.so");
        // Bits 1 and 3 of the first bitmap, and bit 63 of the second, which begins 63 words further on.
        assertThat(file.relativeRelocations().places().map(LinkAddress::value)).containsExactly(0x1000L, 0x1008L,
                0x1018L, 0x1008L + 63 * 8 + 62 * 8);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 63, 64, 65, 175})
    void shortFilesAreMalformed(int length) {
        byte[] bytes = Arrays.copyOf(new HandMade().bytes.array(), length);
        assertThatThrownBy(() -> ElfFile.of(ByteSource.of(bytes), "short")).isInstanceOf(MalformedElfException.class);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, the magic number", "4, 1, class 2", "5, 2, little endian", "6, 2, version 1", "20, 2, version 1",
            "54, 32, program headers of 56 bytes"})
    void spoiltHeaders(int at, int value, String message) {
        HandMade file = new HandMade();
        file.bytes.put(at, (byte) value);
        defect(file, at, message, elf -> {});
    }

    @Test
    void headersOutsideTheFile() {
        defect(new HandMade().set64(32, -8), -8, "program headers", elf -> {});
        defect(new HandMade().set64(32, 0xfff), 0xfff, "program headers of 112 bytes", elf -> {});
        defect(new HandMade().sections(0).set64(40, 0xfff), 0xfff, "section headers of 64 bytes", ElfFile::sections);
        defect(new HandMade().sections(0).set16(58, 65), 58, "section headers of 64 bytes", ElfFile::sections);
        defect(new HandMade().sections(0).set16(62, 9), 62, "one of 1 sections", ElfFile::sections);
        defect(new HandMade().sections(0, 1).section(1, 0xff0, 0x11, 0), 0xff0, "of 17 bytes",
                elf -> elf.data(elf.sections().get(1)));
        defect(new HandMade().set16(56, 0xffff), 56, "fewer than 65535", elf -> {});
    }

    @Test
    void extendedNumbering() {
        HandMade file = new HandMade().sections(0, 3, 1).section(1, HandMade.STRINGS, 0x20, 0);
        // gABI, "ELF Header": the real numbers are in sh_size, sh_link and sh_info of section 0.
        file.set16(60, 0).set16(62, 0xffff).set16(56, 0xffff);
        file.set64(HandMade.SECTIONS + 32, 3).ints(HandMade.SECTIONS + 40, 1, 2).ints(HandMade.SECTIONS + 128, 5);
        ElfFile elf = file.open();
        assertThat(elf.sections()).hasSize(3);
        assertThat(elf.segments()).hasSize(2);
        assertThat(elf.header().sectionNameIndex()).isEqualTo(1);
        assertThat(elf.sections().get(2).name()).isEqualTo("V1");
        file.set64(HandMade.SECTIONS + 32, 1L << 31);
        defect(file, HandMade.SECTIONS + 32, "a count of headers", ElfFile::sections);
    }

    @Test
    void symbolsInSectionsWithLargeNumbers() {
        HandMade file = new HandMade().sections(0, 2, 3, 18).section(1, HandMade.SYMBOLS, 72, 2)
                .section(2, HandMade.STRINGS, 0x20, 0).section(3, HandMade.RELR, 12, 1)
                .ints(HandMade.RELR, 0, 0, 70_000).set16(HandMade.SYMBOLS + 48 + 6, 0xffff);
        assertThat(file.open().symbols().find("f").orElseThrow().sectionIndex())
                .isEqualTo(new SectionIndex.Regular(70_000));
        assertThat(file.open().symbols().findAll("g")).hasSize(1);
        file.section(3, HandMade.RELR, 8, 1);
        defect(file, HandMade.RELR + 8, "4 bytes", elf -> elf.symbols().get(2));
        defect(file.section(1, HandMade.SYMBOLS, 72, 9), HandMade.SYMBOLS, "to be linked to a string table",
                ElfFile::symbols);
    }

    @Test
    void hashTables() {
        Consumer<ElfFile> find = elf -> elf.dynamicSymbols().find("f");
        defect(new HandMade().ints(HandMade.GNU_HASH, 0), HandMade.GNU_HASH, "a number of buckets", find);
        defect(new HandMade().ints(HandMade.GNU_HASH + 8, 3), HandMade.GNU_HASH + 8, "a power of two", find);
        defect(new HandMade().ints(HandMade.GNU_HASH + 8, 1 << 30), HandMade.GNU_HASH, "GNU hash table", find);
        defect(new HandMade().ints(HandMade.GNU_HASH + 24, 3), HandMade.GNU_HASH + 24, "a symbol from 2 to 3", find);
        defect(new HandMade().ints(HandMade.GNU_HASH + 24, 1), HandMade.GNU_HASH + 24, "a symbol from 2 to 3", find);
        defect(new HandMade().ints(HandMade.GNU_HASH + 28, 4), HandMade.GNU_HASH + 32, "4 bytes", find);

        HandMade loop = new HandMade().set64(HandMade.DYNAMIC + 64, 0x12345).ints(HandMade.SYSV_HASH, 1, 3, 1, 0, 1);
        defect(loop, HandMade.SYSV_HASH + 16, "a chain that ends", find);
        defect(new HandMade().set64(HandMade.DYNAMIC + 64, 0x12345).ints(HandMade.SYSV_HASH, 1, 3, 9),
                HandMade.SYSV_HASH + 8, "a symbol below 3", find);
        HandMade huge = new HandMade().ints(HandMade.SYSV_HASH + 4, 0x7fffffff);
        defect(huge, HandMade.SYMBOLS, "dynamic symbol table", find);
        HandMade endless = new HandMade().set64(HandMade.DYNAMIC + 48, 0x12345);
        for (int at = HandMade.GNU_HASH + 28; at < 0x1000; at += 4) {
            endless.ints(at, 2);
        }
        defect(endless, 0x1000, "GNU hash chain", find);
    }

    @Test
    void versions() {
        Consumer<ElfFile> get = elf -> elf.dynamicSymbols().get(1);
        defect(new HandMade().set16(HandMade.VERSIONS + 2, 3), HandMade.VERSIONS + 2, "the number of a version", get);
        defect(new HandMade().ints(HandMade.REQUIRED + 8, 0x7fffffff), HandMade.REQUIRED + 0x7fffffffL + 6, "2 bytes",
                get);
        // One byte on each time, 65535 times, in each of as many structures: a walk of four thousand million steps.
        HandMade overlapping = new HandMade().set64(HandMade.DYNAMIC + 120, -1).set16(HandMade.REQUIRED + 2, 0xffff)
                .ints(HandMade.REQUIRED + 12, 1).ints(HandMade.REQUIRED + 28, 1);
        assertThat(HandMade.defect(() -> get.accept(overlapping.open()))).isNotNull();
    }

    @Test
    void stringsAndRelocations() {
        defect(new HandMade().ints(HandMade.SYMBOLS + 24, 0x21), HandMade.STRINGS + 0x21, "a string within a table",
                elf -> elf.dynamicSymbols().get(1));
        defect(new HandMade().set64(HandMade.DYNAMIC + 24, 2), HandMade.STRINGS + 1, "a NUL-terminated string",
                elf -> elf.dynamic().strings().string(1));
        defect(new HandMade().set64(HandMade.RELR, 3), HandMade.RELR, "an address",
                elf -> elf.relativeRelocations().places().forEach(Objects::requireNonNull));
        defect(new HandMade().set64(HandMade.DYNAMIC + 8, 0x1000), 0x1000, "dynamic string table",
                elf -> elf.dynamic().needed());
    }

    @Test
    void aSmallFileThatNamesGigabytes() {
        byte[] bytes = Arrays.copyOf(new HandMade().bytes.array(), 1 << 20);
        HandMade header = new HandMade().sections(0).set64(40, 0x1000).set16(60, 1000).set16(62, 999);
        System.arraycopy(header.bytes.array(), 0, bytes, 0, 0x1000);
        Arrays.fill(bytes, 0x1000 + 64 * 1000, bytes.length - 1, (byte) 'n');
        java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).putLong(0x1000 + 64 * 999 + 24,
                0x1000 + 64 * 1000).putLong(0x1000 + 64 * 999 + 32, bytes.length - 0x1000 - 64 * 1000);
        ElfFile file = ElfFile.of(ByteSource.of(bytes), "names");
        assertThatThrownBy(file::sections).isInstanceOf(MalformedElfException.class).hasMessageContaining("16 MiB");
        assertThatThrownBy(file::sections).as("asked again").isInstanceOf(MalformedElfException.class);
    }

    @Test
    void compressedSections() throws IOException {
        ByteArrayOutputStream deflated = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(deflated)) {
            out.write(new byte[100_000]);
        }
        int at = HandMade.SECTIONS + 0x200;
        HandMade file = new HandMade().sections(0, 1).section(1, at, 24 + deflated.size(), 0)
                .set64(HandMade.SECTIONS + 64 + 8, 0x800).ints(at, 1).set64(at + 8, 100_000);
        file.bytes.put(at + 24, deflated.toByteArray());
        Consumer<ElfFile> data = elf -> elf.data(elf.sections().get(1));
        assertThat(file.open().data(file.open().sections().get(1)).limit()).isEqualTo(100_000);
        defect(file.set64(at + 8, 100_001), at + 24, "100001 bytes of inflated data", data);
        defect(file.set64(at + 8, 1L << 40), at + 8, "a size that", data);
        defect(file.set64(at + 8, 100_000).ints(at, 3), at, "compression with zlib (1) or zstd (2)", data);
        defect(file.ints(at, 2), at + 24, "zstd data", data);
        defect(file.ints(at, 1).ints(at + 24, -1), at + 24, "zlib data", data);
    }
}
