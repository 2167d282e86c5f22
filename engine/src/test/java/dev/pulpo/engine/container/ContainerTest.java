package dev.pulpo.engine.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.engine.PatchId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerTest {
    @TempDir
    static Path directory;
    static Samples samples;

    private static final String ID = "00112233445566778899aabbccddeeff".repeat(2);
    private static final Metadata METADATA = new Metadata(PatchId.parse(ID), new BuildId("e8".repeat(20)),
            "libfoo.so.0",
            List.of(new FunctionPair("foo", "new_foo", new LinkAddress(0x114e)),
                    new FunctionPair("bar", "new_bar", new LinkAddress(0x119e))),
            List.of(PatchId.parse("ab".repeat(32))),
            List.of(new DataReference("tcount", "tls_ref", 4, 0x4020, true),
                    new DataReference("counter", "counter_ref", 0x4018, 0x4030, false)));

    @BeforeAll
    static void build() throws IOException {
        samples = new Samples(directory);
    }

    /** Bytes put together by hand from the description of the format. */
    private static byte[] assembled() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        hex(out, "01" + ID + "14000000" + "e8".repeat(20));
        text(out, "libfoo.so.0");
        hex(out, "02000000");
        text(out, "foo");
        text(out, "new_foo");
        hex(out, "4e11000000000000");
        text(out, "bar");
        text(out, "new_bar");
        hex(out, "9e11000000000000");
        hex(out, "01000000" + "ab".repeat(32));
        hex(out, "02000000");
        text(out, "tcount");
        text(out, "tls_ref");
        hex(out, "0400000000000000" + "2040000000000000" + "01");
        text(out, "counter");
        text(out, "counter_ref");
        hex(out, "1840000000000000" + "3040000000000000" + "00");
        return out.toByteArray();
    }

    private static void hex(ByteArrayOutputStream out, String digits) {
        out.writeBytes(HexFormat.of().parseHex(digits));
    }

    private static void text(ByteArrayOutputStream out, String text) {
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(text.length() + 1).array());
        out.writeBytes((text + "\0").getBytes(StandardCharsets.UTF_8));
    }

    private static ByteCursor cursor(byte[] bytes) {
        return ByteCursor.of(MemorySegment.ofArray(bytes), "test", 0x1000);
    }

    @Test
    void metadataIsReadAndWrittenByteForByte() {
        assertThat(MetadataFormat.encode(METADATA)).isEqualTo(assembled());
        assertThat(MetadataFormat.decode(cursor(assembled()))).isEqualTo(METADATA);
        byte[] revert = HexFormat.of().parseHex("02" + ID + "14000000" + "e8".repeat(20) + "0b000000"
                + HexFormat.of().formatHex("libfoo.so.0".getBytes(StandardCharsets.UTF_8)));
        assertThat(MetadataFormat.encodeRevert(METADATA)).isEqualTo(revert);
        assertThat(MetadataFormat.decodeRevert(cursor(revert))).isEqualTo(
                new Metadata(METADATA.id(), METADATA.targetBuild(), "libfoo.so.0", List.of(), List.of(), List.of()));
    }

    @Test
    void damageIsNamedWithItsPlaceAndWhatWasExpected() {
        byte[] whole = assembled();
        byte[] otherType = whole.clone();
        otherType[0] = 3;
        assertMalformed(otherType, 0x1000, "type 1, of a patch", "type 3");
        byte[] hugeBuildId = whole.clone();
        Arrays.fill(hugeBuildId, 33, 37, (byte) 0xff);
        assertMalformed(hugeBuildId, 0x1025, "4294967295 bytes", whole.length - 37 + " bytes before the end");
        int units = 33 + 4 + 20 + 4 + 12;
        byte[] manyUnits = whole.clone();
        manyUnits[units + 2] = 1;
        assertMalformed(manyUnits, 0x1000 + units, "a number of entries of at least 18 bytes that fit into "
                + (whole.length - units - 4), "65538");
        byte[] noNul = whole.clone();
        noNul[units + 4 + 4 + 3] = 'x';
        assertMalformed(noNul, 0x1000 + units + 4 + 4 + 3, "the NUL at the end of a string", "0x78");
        byte[] truth = whole.clone();
        truth[whole.length - 1] = 9;
        assertMalformed(truth, 0x1000 + whole.length - 1, "0 or 1", "9");
        assertMalformed(Arrays.copyOf(whole, whole.length + 2), 0x1000 + whole.length, "the end of the metadata",
                "2 bytes more");
        assertMalformed(Arrays.copyOf(whole, whole.length - 1), 0x1000 + whole.length - 1, "1 bytes",
                "0 bytes before the end");
    }

    private static void assertMalformed(byte[] bytes, long offset, String expected, String found) {
        MalformedElfException e = catchThrowableOfType(MalformedElfException.class,
                () -> MetadataFormat.decode(cursor(bytes)));
        assertThat(e.offset()).isEqualTo(offset);
        assertThat(e.expected()).isEqualTo(expected);
        assertThat(e.found()).isEqualTo(found);
    }

    @Test
    void mutatedMetadataIsReadOrRefusedWithItsPlace() {
        Random random = new Random(20260901);
        int read = 0;
        int refused = 0;
        for (int run = 0; run < 50_000; run++) {
            byte[] bytes = random.nextInt(8) == 0
                    ? Arrays.copyOf(assembled(), random.nextInt(assembled().length))
                    : assembled();
            for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
                bytes[random
                        .nextInt(bytes.length)] = (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(3));
            }
            try {
                MetadataFormat.decode(cursor(bytes));
                read++;
            } catch (MalformedElfException e) {
                assertThat(e.offset()).isBetween(0x1000L, 0x1000L + bytes.length);
                refused++;
            }
        }
        assertThat(read).isGreaterThan(5_000);
        assertThat(refused).isGreaterThan(5_000);
    }

    @Test
    void containerKeepsWhatTheFileWas() throws IOException {
        Path file = samples.copy("kept.so");
        String before = samples.run("readelf", "-W", "-l", "-d", "-s", "-r", "-n", file.toString());
        try (ElfFile elf = ElfFile.open(file)) {
            assertThat(Container.read(elf)).isEmpty();
            new Container(METADATA, " one\n two\n").embed(elf).write(file);
        }
        try (ElfFile elf = ElfFile.open(file)) {
            assertThat(Container.read(elf)).contains(new Container(METADATA, " one\n two\n"));
            assertThat(Container.readRevert(elf).orElseThrow().id()).isEqualTo(METADATA.id());
            assertThat(elf.section(".ulp").orElseThrow().isAllocated()).isFalse();
            // Packed again without a comment, the old one is gone.
            new Container(METADATA, "").embed(elf).write(file);
        }
        try (ElfFile elf = ElfFile.open(file)) {
            assertThat(Container.read(elf)).contains(new Container(METADATA, ""));
            assertThat(elf.section(".ulp.comments")).isEmpty();
        }
        assertThat(samples.run("readelf", "-W", "-l", "-d", "-s", "-r", "-n", file.toString())).isEqualTo(before);
        samples.run("strip", "-o", "stripped.so", file.toString());
    }

    @Test
    void damagedSectionIsReportedWithItsPlaceInTheFile() throws IOException {
        Path file = samples.copy("damaged.so");
        try (ElfFile elf = ElfFile.open(file)) {
            new Container(METADATA, "").embed(elf).put(".ulp", new byte[]{7}).write(file);
        }
        try (ElfFile elf = ElfFile.open(file)) {
            long offset = elf.section(".ulp").orElseThrow().offset().value();
            assertThatThrownBy(() -> Container.read(elf)).isInstanceOf(MalformedElfException.class)
                    .hasMessageContaining(file + ": at 0x" + Long.toHexString(offset) + ": expected type 1");
        }
    }

    @Test
    void digestIsThatOfTheRfc() {
        assertThat(HexFormat.of().formatHex(Md4.digest(new byte[0]))).isEqualTo("31d6cfe0d16ae931b73c59d7e0c089c0");
        assertThat(HexFormat.of().formatHex(Md4.digest("message digest".getBytes(StandardCharsets.UTF_8))))
                .isEqualTo("d9130a8164549fe818874806e1c7014b");
        // Two blocks, of which the second holds nothing but the end.
        assertThat(HexFormat.of().formatHex(Md4.digest(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".getBytes(StandardCharsets.UTF_8))))
                .isEqualTo("043f8582f241db351ce627e153e7f0e4");
    }

    @Test
    void libpulpsPackerAndThisOneMakeTheSameSections() throws Exception {
        String ulp = Libpulp.ulp();
        Path description = samples.description("first:new_first", "second:new_second", "#counter:counter_reference",
                "#%exported_local:local_reference", "#%private_local:private_reference:8:"
                        + offsetOf("private_reference"));
        Files.writeString(description, "! bsc#12345 and CVE-2024-1\n" + Files.readString(description));
        Path ours = samples.copy("ours.so");
        Path theirs = samples.copy("theirs.so");
        Packer.read(description, Optional.of(ours), Optional.empty()).write(ours);
        samples.run(ulp, "packer", "-l", theirs.toString(), description.toString());
        try (ElfFile one = ElfFile.open(ours); ElfFile other = ElfFile.open(theirs)) {
            for (String section : List.of(".ulp", ".ulp.rev", ".ulp.comments")) {
                assertThat(bytes(one, section)).as(section).isEqualTo(bytes(other, section));
            }
            assertThat(Container.read(other)).isEqualTo(Container.read(one));
        }
        String dumped = samples.run(ulp, "dump", ours.toString());
        // The tool prints as many bytes of the id as a build-id has.
        String id = Packer.read(description, Optional.of(ours), Optional.empty()).container().metadata().id().hex();
        assertThat(dumped).contains("patch id: " + id.substring(0, 40) + "\n", "** old_fname: first",
                "** new_fname: new_second", "*** ref_name: private_reference", "bsc#12345");
        assertThat(samples.run(ulp, "dump", "--revert", ours.toString())).contains("* name: libtarget.so.1");
    }

    private static String offsetOf(String symbol) throws IOException {
        try (ElfFile elf = ElfFile.open(samples.patch)) {
            return Long.toHexString(elf.dynamicSymbols().find(symbol).orElseThrow().value());
        }
    }

    private static byte[] bytes(ElfFile elf, String section) {
        ByteCursor data = elf.data(elf.section(section).orElseThrow());
        return data.bytes(data.limit()).toArray(ValueLayout.JAVA_BYTE);
    }
}
