package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.x86.Decoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The instructions of a function as texts that do not depend on where things are: padding is left out, branches lead to
 * the n-th instruction, addresses have names. What cannot be decoded stays as it is, so that it counts as different
 * rather than as the same.
 */
final class NormalForm {
    private static final int LARGEST_TABLE = 4096;

    private final CodeNames names;
    private final long start;
    private final byte[] bytes;
    private final Decoder decoder = new Decoder();
    /** For each byte the number of the first instruction there or behind that is no padding. */
    private final int[] numbers;

    private NormalForm(CodeNames names, ElfSymbol function) {
        this.names = names;
        start = function.value();
        bytes = names.bytes(start, (int) Math.min(function.size(), Integer.MAX_VALUE));
        numbers = new int[bytes.length + 1];
    }

    static List<String> of(CodeNames names, ElfSymbol function) {
        return new NormalForm(names, function).run();
    }

    private List<String> run() {
        List<Integer> starts = new ArrayList<>();
        int previous = 0;
        for (int at = 0; at < bytes.length;) {
            int length = Math.max(1, decoder.decode(bytes, at, bytes.length));
            for (int i = previous; i <= at; i++) {
                numbers[i] = starts.size();
            }
            previous = at + 1;
            if (decoder.length() == 0 || !decoder.isNop()) {
                starts.add(at);
            }
            at += length;
        }
        for (int i = previous; i <= bytes.length; i++) {
            numbers[i] = starts.size();
        }
        return starts.stream().map(this::text).toList();
    }

    private String text(int at) {
        int length = decoder.decode(bytes, at, bytes.length);
        if (length == 0) {
            return "byte " + HexFormat.of().toHexDigits(bytes[at]);
        }
        long end = start + at + length;
        if (decoder.flow().isDirect()) {
            return decoder.flow() + " " + decoder.condition() + " " + place(end + decoder.branchDisplacement());
        }
        byte[] shown = java.util.Arrays.copyOfRange(bytes, at, at + length);
        String operand = "";
        if (decoder.isRipRelative()) {
            blank(shown, decoder.displacementOffset(), decoder.displacementSize());
            operand = " " + operand(end + decoder.displacement());
        } else if (decoder.displacementSize() == Integer.BYTES && names.isAbsolute(decoder.displacement())) {
            blank(shown, decoder.displacementOffset(), decoder.displacementSize());
            operand = " " + operand(decoder.displacement());
        }
        if (decoder.immediateSize() == Integer.BYTES) {
            long value = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
                    .getInt(at + decoder.immediateOffset()) & 0xffff_ffffL;
            if (names.isAbsolute(value)) {
                blank(shown, decoder.immediateOffset(), decoder.immediateSize());
                operand += " $" + address(value);
            }
        }
        return HexFormat.of().formatHex(shown) + operand;
    }

    private static void blank(byte[] shown, int from, int size) {
        java.util.Arrays.fill(shown, from, from + size, (byte) 0);
    }

    private String place(long target) {
        return isInside(target) ? "#" + numbers[(int) (target - start)] : names.branchTarget(target);
    }

    private boolean isInside(long address) {
        return address >= start && address < start + bytes.length;
    }

    private String operand(long address) {
        return decoder.isLea() ? address(address) : names.memory(address, decoder.readSize());
    }

    private String address(long address) {
        return isInside(address) ? "#" + numbers[(int) (address - start)] : jumpTable(address);
    }

    /** A table of distances from its own beginning to instructions of the function, as compilers make of {@code switch}. */
    private String jumpTable(long address) {
        String name = names.operand(address);
        if (!name.startsWith("constant ") && !name.startsWith("\"")) {
            return name;
        }
        byte[] table = names.bytes(address, LARGEST_TABLE);
        ByteBuffer entries = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
        StringBuilder text = new StringBuilder();
        int known = 0;
        while (entries.remaining() >= Integer.BYTES) {
            long target = address + entries.getInt();
            if (!isInside(target)) {
                break;
            }
            text.append(" #").append(numbers[(int) (target - start)]);
            known++;
        }
        return known < 2 ? name : "table" + text;
    }
}
