package dev.pulpo.engine.diff;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.x86.Decoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Numbers of source lines in code, as {@code assert} passes them on, and in constants, as Rust code hands them to what panics.
 * They change when something is inserted above them. With
 * a line table such a number moves with the line of the instruction itself; without one it goes to a function that gets many
 * of them: with the name of a source file, or without ever returning.
 */
final class LineNumbers {
    /** How many instructions a call may be behind its argument. */
    private static final int NEAR = 8;
    private static final int MANY = 2;
    private static final int LONGEST_NAME = 256;
    /** How far the line of a call that has several may be from that of the number. */
    private static final int LONGEST_CALL = 20;
    private static final Pattern SOURCE_FILE = Pattern
            .compile(".*[.](c|cc|cpp|cxx|C|h|hh|hpp|hxx|m|mm|inc|inl|y|l|rs|go|S|s)");

    /** The fields of a place, after the address of the name. */
    private static final int LENGTH = 8;
    private static final int LINE = 16;
    private static final int COLUMN = 20;
    private static final int PLACE_BYTES = 24;

    private final CodeNames old;
    private final CodeNames replacement;
    private final Map<CodeNames, Set<String>> receivers = new HashMap<>();

    LineNumbers(CodeNames old, CodeNames replacement) {
        this.old = old;
        this.replacement = replacement;
    }

    /** Whether two functions differ by nothing else; what they refer to was compared. */
    boolean explain(FunctionShape was, FunctionShape is) {
        if (was.count() != is.count() || !Arrays.equals(was.inner(), is.inner())
                || was.references().size() != is.references().size()) {
            return false;
        }
        for (int i = 0; i < is.count(); i++) {
            if (was.words()[i] != is.words()[i] && !isLine(was, is, i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether two constants are places in the sources: a {@code core::panic::Location} of Rust, which is the address and the
     * length of the name of a source file, a line and a column.
     */
    boolean arePlaces(long was, long is) {
        return isPlace(old, was) && isPlace(replacement, is);
    }

    private static boolean isPlace(CodeNames names, long address) {
        byte[] bytes = names.isConstant(address) ? names.bytes(address, PLACE_BYTES) : new byte[0];
        if (bytes.length < PLACE_BYTES || names.relocated(address, address + PLACE_BYTES).size() != 1) {
            return false;
        }
        ByteBuffer place = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long length = place.getLong(LENGTH);
        return length > 2 && length < LONGEST_NAME && place.getInt(LINE) > 0 && place.getInt(COLUMN) > 0
                && names.relocation(address).flatMap(names::pointer)
                        .map(name -> names.isConstant(name) ? names.bytes(name, length) : new byte[0])
                        .filter(name -> SOURCE_FILE.matcher(RawText.decode(name)).matches()).isPresent();
    }

    private boolean isLine(FunctionShape was, FunctionShape is, int instruction) {
        OptionalInt before = constant(old, was, instruction);
        OptionalInt after = constant(replacement, is, instruction);
        if (before.isEmpty() || after.isEmpty() || !sameButForConstant(was, is, instruction)) {
            return false;
        }
        Optional<SourceLine> oldLine = old.code().info().line(new LinkAddress(was.address(instruction)));
        Optional<SourceLine> line = replacement.code().info().line(new LinkAddress(is.address(instruction)));
        if (oldLine.isPresent() && line.isPresent()) {
            int apart = before.getAsInt() - oldLine.get().line();
            return Math.abs(apart) <= LONGEST_CALL && apart == after.getAsInt() - line.get().line();
        }
        return before.getAsInt() > 0 && after.getAsInt() > 0 && isPassedOn(old, was, instruction)
                && isPassedOn(replacement, is, instruction);
    }

    /** The number that an instruction puts into a register or a word; empty for other instructions. */
    private static OptionalInt constant(CodeNames names, FunctionShape shape, int instruction) {
        byte[] bytes = names.bytes(shape.address(instruction), Decoder.MAX_LENGTH);
        Decoder decoder = new Decoder();
        int length = decoder.decode(bytes, 0, bytes.length);
        if (length == 0 || !decoder.isMoveOfConstant() || decoder.immediateSize() != Integer.BYTES) {
            return OptionalInt.empty();
        }
        int at = decoder.immediateOffset();
        return OptionalInt.of(bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16
                | bytes[at + 3] << 24);
    }

    private boolean sameButForConstant(FunctionShape was, FunctionShape is, int instruction) {
        byte[] before = old.bytes(was.address(instruction), Decoder.MAX_LENGTH);
        byte[] after = replacement.bytes(is.address(instruction), Decoder.MAX_LENGTH);
        Decoder decoder = new Decoder();
        int length = decoder.decode(after, 0, after.length);
        int oldLength = new Decoder().decode(before, 0, before.length);
        int at = decoder.immediateOffset();
        return length == oldLength && Arrays.equals(before, 0, at, after, 0, at);
    }

    private boolean isPassedOn(CodeNames names, FunctionShape shape, int instruction) {
        Optional<FunctionShape.Reference> call = shape.references().stream()
                .filter(reference -> isCall(names, reference) && reference.instruction() > instruction
                        && reference.instruction() <= instruction + NEAR)
                .findFirst();
        return call.filter(found -> receivers(names).contains(callee(names, found))).isPresent();
    }

    private static boolean isCall(CodeNames names, FunctionShape.Reference reference) {
        return reference.kind() == FunctionShape.Kind.CALL || reference.kind() == FunctionShape.Kind.JUMP
                || reference.kind() == FunctionShape.Kind.MEMORY && names.isLinkerTable(reference.target());
    }

    private static String callee(CodeNames names, FunctionShape.Reference call) {
        Optional<Long> slot = names.isLinkerTable(call.target())
                ? Optional.of(call.target())
                : names.pltSlot(call.target());
        return slot.flatMap(names::relocation).flatMap(names::symbol).map(symbol -> symbol.name())
                .orElseGet(() -> Long.toHexString(call.target()));
    }

    /** The functions that get many such numbers: with the name of a source file, or without ever returning. */
    private Set<String> receivers(CodeNames names) {
        return receivers.computeIfAbsent(names, LineNumbers::findReceivers);
    }

    private static Set<String> findReceivers(CodeNames names) {
        Map<String, Integer> withFile = new HashMap<>();
        Map<String, Integer> ends = new HashMap<>();
        Set<String> returning = new HashSet<>();
        names.shapes().values().forEach(shape -> {
            int file = -NEAR - 1;
            for (FunctionShape.Reference reference : shape.references()) {
                if (reference.kind() == FunctionShape.Kind.ADDRESS && isSourceFile(names, reference.target())) {
                    file = reference.instruction();
                } else if (isCall(names, reference)) {
                    String callee = callee(names, reference);
                    if (reference.instruction() - file <= NEAR) {
                        withFile.merge(callee, 1, Integer::sum);
                    }
                    int next = reference.instruction() + 1;
                    boolean last = reference.kind() == FunctionShape.Kind.CALL && (next >= shape.count()
                            || Arrays.stream(shape.inner()).anyMatch(target -> target == next));
                    if (last) {
                        ends.merge(callee, 1, Integer::sum);
                    } else {
                        returning.add(callee);
                    }
                }
            }
        });
        ends.keySet().removeAll(returning);
        Set<String> receivers = new HashSet<>();
        withFile.forEach((callee, count) -> {
            if (count >= MANY) {
                receivers.add(callee);
            }
        });
        ends.forEach((callee, count) -> {
            if (count >= MANY) {
                receivers.add(callee);
            }
        });
        return receivers;
    }

    private static boolean isSourceFile(CodeNames names, long address) {
        boolean constant = names.section(address)
                .filter(section -> !section.isWritable() && !section.isExecutable()).isPresent();
        if (!constant) {
            return false;
        }
        byte[] bytes = names.bytes(address, LONGEST_NAME);
        int length = 0;
        while (length < bytes.length && bytes[length] > ' ') {
            length++;
        }
        return length > 2 && length < bytes.length && bytes[length] == 0
                && SOURCE_FILE.matcher(RawText.decode(bytes, 0, length)).matches();
    }
}
