package dev.pulpo.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** ELF files with one thing wrong, made of a good one. Offsets are those of the ELF64 header, of Elf64_Shdr and Elf64_Dyn. */
final class HostileFiles {
    /** Kinds of {@link #malformed}. */
    static final List<String> MALFORMED = List.of("shoff", "shstrndx", "phnum", "symtab", "strsz", "hash-buckets",
            "hash-no-buckets", "hash-no-mask", "note-size", "note-align", "patchable-size", "rela-size", "cie-length",
            "eh-frame", "dynstr");
    /** Sections that may be said to go on for 2 TiB. */
    static final List<String> SPARSE = List.of(".note.gnu.build-id", "__patchable_function_entries", ".symtab",
            ".eh_frame", ".gnu.hash", ".rela.dyn", ".debug_info");
    static final List<String> DEBUG_LINKS = List.of("fifo", "sparse", "zero", "kcore");

    private static final long SPARSE_BYTES = 2L << 40;
    private static final int INFLATED_MIB = 1900;
    private static final int DT_SYMTAB = 6;
    private static final int DT_RELASZ = 8;
    private static final int DT_STRSZ = 10;
    private static final int DT_STRTAB = 5;
    private static final int SECTION_BYTES = 64;
    private static final int FLAGS = 8;
    private static final int OFFSET = 24;
    private static final int SIZE = 32;
    private static final int ALIGN = 48;
    private static final long SHF_COMPRESSED = 0x800;

    private final Path good;
    private ByteBuffer bytes = ByteBuffer.allocate(0);
    private final Map<String, Integer> headers = new HashMap<>();

    HostileFiles(Path good) {
        this.good = good;
    }

    private void read() throws IOException {
        bytes = ByteBuffer.wrap(Files.readAllBytes(good)).order(ByteOrder.LITTLE_ENDIAN);
        int table = (int) bytes.getLong(40);
        int names = (int) bytes.getLong(table + bytes.getShort(62) * SECTION_BYTES + OFFSET);
        headers.clear();
        for (int i = 0; i < bytes.getShort(60); i++) {
            int header = table + i * SECTION_BYTES;
            int name = names + bytes.getInt(header);
            int end = name;
            while (bytes.get(end) != 0) {
                end++;
            }
            headers.put(new String(bytes.array(), name, end - name, StandardCharsets.US_ASCII), header);
        }
    }

    private int header(String section) {
        Integer header = headers.get(section);
        if (header == null) {
            throw new IllegalStateException(good + " has no section " + section);
        }
        return header;
    }

    private int offset(String section) {
        return (int) bytes.getLong(header(section) + OFFSET);
    }

    private void dynamic(long tag, long value) {
        for (int at = offset(".dynamic"); bytes.getLong(at) != 0; at += 16) {
            if (bytes.getLong(at) == tag) {
                bytes.putLong(at + 8, value);
                return;
            }
        }
        throw new IllegalStateException(good + " has no dynamic entry " + tag);
    }

    /** The file with one field wrong. */
    Path malformed(String kind, Path to) throws IOException {
        read();
        long far = Long.MAX_VALUE & ~0xfffL;
        switch (kind) {
            case "shoff" -> bytes.putLong(40, far);
            case "shstrndx" -> bytes.putShort(62, (short) 0xfff0);
            case "phnum" -> bytes.putShort(56, (short) -1);
            case "symtab" -> dynamic(DT_SYMTAB, far);
            case "strsz" -> dynamic(DT_STRSZ, far);
            case "dynstr" -> dynamic(DT_STRTAB, bytes.getLong(header(".dynamic") + 16));
            case "rela-size" -> dynamic(DT_RELASZ, far);
            case "hash-buckets" -> bytes.putInt(offset(".gnu.hash"), Integer.MAX_VALUE);
            case "hash-no-buckets" -> bytes.putInt(offset(".gnu.hash"), 0);
            case "hash-no-mask" -> bytes.putInt(offset(".gnu.hash") + 8, 0);
            case "note-size" -> bytes.putInt(offset(".note.gnu.build-id"), -1);
            case "note-align" -> bytes.putLong(header(".note.gnu.build-id") + ALIGN, Long.MIN_VALUE >>> 1);
            case "patchable-size" -> bytes.putLong(header("__patchable_function_entries") + SIZE, far);
            case "cie-length" -> bytes.putInt(offset(".eh_frame"), 0xfffffff0);
            case "eh-frame" -> {
                int start = offset(".eh_frame");
                for (int i = 24; i < bytes.getLong(header(".eh_frame") + SIZE); i++) {
                    bytes.put(start + i, (byte) 0x41);
                }
            }
            default -> throw new IllegalArgumentException(kind);
        }
        return Files.write(to, bytes.array());
    }

    /** The file with one section at its end, which goes on for 2 TiB of nothing; it takes no room on the disk. */
    Path sparse(String section, Path to) throws IOException {
        read();
        int header = header(section);
        long end = (bytes.capacity() + 4095L) & -4096;
        bytes.putLong(header + OFFSET, end);
        bytes.putLong(header + SIZE, SPARSE_BYTES / 24 * 24);
        Files.write(to, bytes.array());
        try (RandomAccessFile file = new RandomAccessFile(to.toFile(), "rw")) {
            file.setLength(end + SPARSE_BYTES);
        }
        return to;
    }

    /** The file with debug sections that are small until they are inflated. */
    Path inflating(Path to) throws IOException {
        read();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(bytes.array());
        for (String section : List.of(".debug_info", ".debug_abbrev", ".debug_str", ".debug_line")) {
            int header = header(section);
            while (out.size() % 8 != 0) {
                out.write(0);
            }
            long size = (long) INFLATED_MIB << 20;
            byte[] packed = deflated(offset(section), (int) bytes.getLong(header + SIZE), size);
            bytes.putLong(header + OFFSET, out.size()).putLong(header + SIZE, 24 + packed.length)
                    .putLong(header + FLAGS, bytes.getLong(header + FLAGS) | SHF_COMPRESSED);
            // Elf64_Chdr: ELFCOMPRESS_ZLIB, reserved, size, alignment.
            out.write(ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).putInt(1).putInt(0).putLong(size)
                    .putLong(1).array());
            out.write(packed);
        }
        byte[] all = out.toByteArray();
        System.arraycopy(bytes.array(), 0, all, 0, bytes.capacity());
        return Files.write(to, all);
    }

    private byte[] deflated(int offset, int length, long size) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(packed, new Deflater(Deflater.BEST_SPEED), 1 << 16)) {
            out.write(bytes.array(), offset, length);
            byte[] zeros = new byte[1 << 20];
            for (long left = size - length; left > 0; left -= zeros.length) {
                out.write(zeros, 0, (int) Math.min(left, zeros.length));
            }
        }
        return packed.toByteArray();
    }

    /** The file without debug information, in this directory, with a link to a debug file that is none. */
    Path debugLink(String kind, Path directory) throws IOException, InterruptedException {
        Path to = directory.resolve(good.getFileName());
        Path debug = Files.createFile(directory.resolve("answer.debug"));
        Tools.run("objcopy", "--strip-debug", "--add-gnu-debuglink=" + debug, good.toString(), to.toString());
        Files.delete(debug);
        switch (kind) {
            case "fifo" -> Tools.run("mkfifo", "-m", "666", debug.toString());
            case "sparse" -> Tools.run("truncate", "-s", "8T", debug.toString());
            case "zero" -> Files.createSymbolicLink(debug, Path.of("/dev/zero"));
            case "kcore" -> Files.createSymbolicLink(debug, Path.of("/proc/kcore"));
            default -> throw new IllegalArgumentException(kind);
        }
        return to;
    }
}
