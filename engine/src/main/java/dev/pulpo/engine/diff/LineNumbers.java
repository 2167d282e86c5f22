package dev.pulpo.engine.diff;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.x86.Decoder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Numbers of source lines in code, as {@code assert} passes them on. They change when something is inserted above them. With
 * a line table such a number is the line of the instruction itself; without one it goes to a function that does not return
 * and gets many of them.
 */
final class LineNumbers {
    /** How many instructions a call may be behind its argument. */
    private static final int NEAR = 8;
    private static final int MANY = 2;

    private final CodeNames old;
    private final CodeNames replacement;
    private final Map<String, Set<Integer>> endings;

    LineNumbers(CodeNames old, CodeNames replacement) {
        this.old = old;
        this.replacement = replacement;
        endings = new HashMap<>();
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

    private boolean isLine(FunctionShape was, FunctionShape is, int instruction) {
        OptionalInt before = constant(old, was, instruction);
        OptionalInt after = constant(replacement, is, instruction);
        if (before.isEmpty() || after.isEmpty() || !sameButForConstant(was, is, instruction)) {
            return false;
        }
        Optional<SourceLine> oldLine = old.code().info().line(new LinkAddress(was.address(instruction)));
        Optional<SourceLine> line = replacement.code().info().line(new LinkAddress(is.address(instruction)));
        if (oldLine.isPresent() && line.isPresent()) {
            return oldLine.get().line() == before.getAsInt() && line.get().line() == after.getAsInt();
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
        return shape.references().stream()
                .filter(reference -> reference.kind() == FunctionShape.Kind.CALL
                        && reference.instruction() > instruction && reference.instruction() <= instruction + NEAR)
                .findFirst().filter(call -> endings(names).getOrDefault(callee(names, call), Set.of()).size() >= MANY)
                .isPresent();
    }

    private static String callee(CodeNames names, FunctionShape.Reference call) {
        return names.pltSlot(call.target()).flatMap(names::relocation).flatMap(names::symbol)
                .map(symbol -> symbol.name()).orElseGet(() -> Long.toHexString(call.target()));
    }

    /** The calls of functions behind which nothing follows, whoever calls them. */
    private Map<String, Set<Integer>> endings(CodeNames names) {
        if (names == old && !endings.isEmpty()) {
            return endings;
        }
        Map<String, Set<Integer>> found = new HashMap<>();
        Set<String> returning = new HashSet<>();
        names.shapes().values().forEach(shape -> shape.references().stream()
                .filter(reference -> reference.kind() == FunctionShape.Kind.CALL).forEach(call -> {
                    int next = call.instruction() + 1;
                    boolean ends = next >= shape.count()
                            || Arrays.stream(shape.inner()).anyMatch(target -> target == next);
                    if (ends) {
                        found.computeIfAbsent(callee(names, call), added -> new HashSet<>())
                                .add((int) shape.address(call.instruction()));
                    } else {
                        returning.add(callee(names, call));
                    }
                }));
        found.keySet().removeAll(returning);
        if (names == old) {
            endings.putAll(found);
        }
        return found;
    }
}
