package dev.pulpo.elf.cfi;

import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.elf.ByteBuilder;
import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Section;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Call frame information for an object that contains some functions of another object, at the same link addresses, code
 * that replaces single instructions of them, and all of further objects, moved. It gets an {@code .eh_frame} of its own.
 * Entries are written again, because the original ones are relative to their own address.
 */
public final class FrameExcerpt {
    private static final int PC_RELATIVE_32 = 0x1b;
    private static final int ADVANCE = 0x40;
    private static final int RSP = DwarfRegisters.RSP;

    private final List<FunctionEntry> functions;
    private final CfiTable table;
    private final List<NewEntry> entries = new ArrayList<>();

    /**
     * An entry to be written; addresses are link addresses.
     *
     * @param shift how far the object that the original entry is of has been moved
     */
    private record NewEntry(FunctionEntry of, long shift, long start, long size, ByteBuilder instructions) {}

    /** A CIE: where it begins in its section, and how far that section has been moved. */
    private record Common(long shift, long offset) {}

    /** From byte {@code at} of some code on, the stack pointer is lower by {@code bytes}. */
    public record Push(int at, int bytes) {}

    /** @param file the object with the functions */
    public FrameExcerpt(ElfFile file) {
        functions = entries(file);
        table = file.section(".eh_frame").filter(Section::hasBytes).isPresent()
                ? CfiTable.of(file)
                : CfiTable.of(new CfiSection[0]);
    }

    private static List<FunctionEntry> entries(ElfFile file) {
        return CfiLoader.functions(file).stream()
                .filter(function -> function.section().format() == CfiSection.Format.EH_FRAME)
                .sorted(Comparator.comparingLong(FunctionEntry::start)).toList();
    }

    /** Where a function's table of exception handlers is (the LSDA), if it has one. */
    public Optional<LinkAddress> handlers(LinkAddress code) {
        return Optional.ofNullable(find(code)).map(Augmented::of).filter(parts -> parts.handlers != 0)
                .map(parts -> new LinkAddress(parts.handlers));
    }

    /** Where the pointer to the function's personality routine is, if it has one. */
    public Optional<LinkAddress> personality(LinkAddress code) {
        return Optional.ofNullable(find(code)).map(Augmented::of).filter(parts -> parts.personality != 0)
                .map(parts -> new LinkAddress(parts.personality));
    }

    /** Copies the entries about a range of code. */
    public void copy(LinkAddress start, long size) {
        for (FunctionEntry function : functions) {
            if (function.start() < start.value() + size && start.value() < function.end()) {
                entries.add(moved(function, 0));
            }
        }
    }

    /**
     * Copies all entries of a further object.
     *
     * @param shift how far it has been moved; other than that of every other object
     */
    public void copy(ElfFile object, long shift) {
        entries(object).forEach(function -> entries.add(moved(function, shift)));
    }

    private static NewEntry moved(FunctionEntry function, long shift) {
        return new NewEntry(function, shift, function.start() + shift, function.end() - function.start(),
                new ByteBuilder().bytes(instructions(function)));
    }

    /**
     * Describes code that replaces an instruction.
     *
     * @param instruction where the instruction is
     * @param start       where the code is
     * @param size        in bytes
     * @param pushes      how far the code lowers the stack pointer, and from which byte on
     */
    public void standIn(LinkAddress instruction, LinkAddress start, int size, List<Push> pushes) {
        FunctionEntry function = find(instruction);
        if (function == null) {
            return;
        }
        ByteBuilder program = new ByteBuilder().bytes(until(function, instruction.value()));
        long base = table.row(instruction).map(CfiRow::cfa)
                .filter(CfiRow.CfaRule.RegisterOffset.class::isInstance)
                .map(CfiRow.CfaRule.RegisterOffset.class::cast).filter(rule -> rule.register() == RSP)
                .map(CfiRow.CfaRule.RegisterOffset::offset).orElse(-1L);
        int at = 0;
        for (Push push : pushes) {
            if (base >= 0) {
                // DW_CFA_advance_loc2 is not factored, because the code alignment of x86 is one.
                program.u8(0x03).u16(push.at - at).u8(0x0e).uleb128(base + push.bytes);
                at = push.at;
            }
        }
        entries.add(new NewEntry(function, 0, start.value(), size, program));
    }

    /**
     * Describes code that only jumps on, at the entry of a function.
     *
     * @param size in bytes
     */
    public void leaf(LinkAddress start, int size) {
        // A CIE describes the state at the entry of a function.
        functions.stream().filter(function -> !function.common().signalFrame()).findFirst()
                .ifPresent(any -> entries.add(new NewEntry(any, 0, start.value(), size, new ByteBuilder())));
    }

    private @Nullable FunctionEntry find(LinkAddress code) {
        return functions.stream().filter(function -> function.start() <= code.value() && code.value() < function.end())
                .findFirst().orElse(null);
    }

    private static byte[] instructions(FunctionEntry function) {
        return bytes(function, function.instructionsPosition(), function.instructionsLength());
    }

    private static byte[] bytes(FunctionEntry function, long position, long length) {
        return cursor(function).position(position).bytes(length).toArray(ValueLayout.JAVA_BYTE);
    }

    private static ByteCursor cursor(FunctionEntry function) {
        return function.section().until(function.section().bytes().limit());
    }

    /** The instructions that hold at an address, without the advances between them. */
    private static byte[] until(FunctionEntry function, long address) {
        ByteCursor cursor = ByteCursor.of(
                java.lang.foreign.MemorySegment.ofArray(instructions(function)), "call frame instructions", 0);
        ByteBuilder kept = new ByteBuilder();
        byte[] all = instructions(function);
        long location = function.start();
        while (cursor.hasRemaining()) {
            int from = (int) cursor.position();
            int code = cursor.u8();
            long advance = advance(cursor, code) * function.common().codeAlignment();
            if (advance >= 0 && isAdvance(code)) {
                location += advance;
                if (location > address) {
                    break;
                }
            } else {
                skipOperands(cursor, code);
                kept.bytes(java.util.Arrays.copyOfRange(all, from, (int) cursor.position()));
            }
        }
        return kept.toByteArray();
    }

    private static boolean isAdvance(int code) {
        return (code & 0xc0) == ADVANCE || code >= 0x02 && code <= 0x04;
    }

    private static long advance(ByteCursor cursor, int code) {
        if ((code & 0xc0) == ADVANCE) {
            return code & 0x3f;
        }
        return switch (code) {
            case 0x02 -> cursor.u8();
            case 0x03 -> cursor.u16();
            case 0x04 -> cursor.u32();
            default -> 0;
        };
    }

    /** DWARF 5, table 7.29, and GNU's {@code args_size}. */
    private static void skipOperands(ByteCursor cursor, int code) {
        if ((code & 0xc0) == 0x80) {
            cursor.uleb128();
        } else if ((code & 0xc0) == 0) {
            switch (code) {
                case 0x00, 0x0a, 0x0b -> {
                }
                case 0x06, 0x07, 0x08, 0x0d, 0x0e, 0x13, 0x2e -> cursor.uleb128();
                case 0x05, 0x09, 0x0c, 0x11, 0x12, 0x14, 0x15 -> {
                    cursor.uleb128();
                    cursor.uleb128();
                }
                case 0x0f -> cursor.skip(cursor.uleb128());
                case 0x10, 0x16 -> {
                    cursor.uleb128();
                    cursor.skip(cursor.uleb128());
                }
                default -> throw cursor.malformed("a call frame instruction", "0x" + Integer.toHexString(code));
            }
        }
    }

    /**
     * The pointers of an entry and of its CIE.
     *
     * @param letters     of the augmentation
     * @param personality the decoded pointer; it may lead to a slot that holds the address
     * @param handlers    link address; 0 for none
     */
    private record Augmented(String letters, int personalityEncoding, long personality, int handlersEncoding,
            long handlers) {
        static Augmented of(FunctionEntry function) {
            CommonEntry common = function.common();
            long section = function.section().address().value();
            ByteCursor cursor = cursor(function).position(common.offset());
            cursor.skip(cursor.u32() == 0xffff_ffffL ? 8 : 0).skip(4).skip(1);
            String letters = cursor.string();
            if (!letters.startsWith("z")) {
                return new Augmented(letters, PointerEncoding.OMITTED, 0, PointerEncoding.OMITTED, 0);
            }
            cursor.uleb128();
            cursor.sleb128();
            cursor.uleb128();
            cursor.uleb128();
            int personalityEncoding = PointerEncoding.OMITTED;
            int handlersEncoding = PointerEncoding.OMITTED;
            long personality = 0;
            for (char letter : letters.substring(1).toCharArray()) {
                if (letter == 'P') {
                    personalityEncoding = cursor.u8();
                    personality = PointerEncoding.read(cursor, personalityEncoding & 0x7f, section);
                } else if (letter == 'L') {
                    handlersEncoding = cursor.u8();
                } else if (letter == 'R') {
                    cursor.u8();
                }
            }
            return new Augmented(letters, personalityEncoding, personality, handlersEncoding,
                    handlers(function, handlersEncoding, section));
        }

        private static long handlers(FunctionEntry function, int encoding, long section) {
            if (encoding == PointerEncoding.OMITTED) {
                return 0;
            }
            ByteCursor cursor = cursor(function).position(function.offset());
            cursor.skip(cursor.u32() == 0xffff_ffffL ? 8 : 0).skip(4);
            PointerEncoding.read(cursor, function.common().pointerEncoding(), section);
            PointerEncoding.readValue(cursor, function.common().pointerEncoding());
            if (cursor.uleb128() == 0) {
                return 0;
            }
            long field = section + cursor.position();
            long value = PointerEncoding.readValue(cursor, encoding);
            // Null stays null in any encoding.
            return value == 0 ? 0 : (encoding & 0x70) == 0x10 ? value + field : value;
        }
    }

    /**
     * Writes the section.
     *
     * @param address where it will be
     * @param starts  gets the link addresses of the entries, by those of their code
     */
    private byte[] section(long address, SortedMap<Long, Long> starts) {
        ByteBuilder out = new ByteBuilder();
        Map<Common, Integer> common = new HashMap<>();
        for (NewEntry entry : entries) {
            Augmented parts = Augmented.of(entry.of);
            // Code that replaces an instruction cannot throw, and has no handlers.
            int cie = common.computeIfAbsent(new Common(entry.shift, entry.of.common().offset()),
                    added -> common(out, address - entry.shift, entry.of, parts));
            int at = out.size();
            out.u32(0).u32(out.size() - cie);
            out.u32(entry.start - (address + out.size())).u32(entry.size);
            if (parts.letters.startsWith("z")) {
                boolean handled = parts.handlersEncoding != PointerEncoding.OMITTED;
                out.uleb128(handled ? 4 : 0);
                if (handled) {
                    boolean own = entry.start == entry.of.start() + entry.shift && parts.handlers != 0;
                    out.u32(own ? parts.handlers + entry.shift - (address + out.size()) : 0);
                }
            }
            out.bytes(entry.instructions.toByteArray());
            starts.put(entry.start, address + at);
            close(out, at);
        }
        return out.u32(0).toByteArray();
    }

    private static void close(ByteBuilder out, int at) {
        out.align(8, 0);
        out.set(at, out.size() - at - 4, 4);
    }

    private static int common(ByteBuilder out, long address, FunctionEntry function, Augmented parts) {
        CommonEntry common = function.common();
        int at = out.size();
        String letters = parts.letters.startsWith("z") ? parts.letters : "zR";
        out.u32(0).u32(0).u8(1).string(letters).uleb128(common.codeAlignment()).sleb128(common.dataAlignment())
                .u8(common.returnAddress());
        ByteBuilder data = new ByteBuilder();
        int dataAt = out.size() + 1;
        for (char letter : letters.substring(1).toCharArray()) {
            if (letter == 'P') {
                data.u8(parts.personalityEncoding & 0x80 | PC_RELATIVE_32);
                data.u32(parts.personality - (address + dataAt + data.size()));
            } else if (letter == 'L' || letter == 'R') {
                data.u8(PC_RELATIVE_32);
            }
        }
        out.uleb128(data.size()).bytes(data.toByteArray());
        out.bytes(bytes(function, common.instructionsPosition(), common.instructionsLength()));
        close(out, at);
        return at;
    }

    /**
     * Both sections.
     *
     * @param header  the bytes of {@code .eh_frame_hdr}
     * @param entries the bytes of {@code .eh_frame}, which must follow immediately
     */
    public record Written(ByteBuilder header, ByteBuilder entries) {
        /** The size of both, in bytes. */
        public int size() {
            return header.size() + entries.size();
        }
    }

    /** Writes all entries for an address, which is a multiple of eight. */
    public Written write(LinkAddress address) {
        int header = 12 + 8 * entries.size() + 7 & -8;
        TreeMap<Long, Long> starts = new TreeMap<>(Long::compareUnsigned);
        byte[] section = section(address.value() + header, starts);
        ByteBuilder out = new ByteBuilder();
        // Pointer: relative to itself; count: plain; table: relative to the header, each of four bytes.
        out.u8(1).u8(0x1b).u8(0x03).u8(0x3b).u32(header - 4).u32(starts.size());
        starts.forEach((code, entry) -> out.u32(code - address.value()).u32(entry - address.value()));
        return new Written(out.align(8, 0).bytes(new byte[header - out.size()]), new ByteBuilder().bytes(section));
    }
}
