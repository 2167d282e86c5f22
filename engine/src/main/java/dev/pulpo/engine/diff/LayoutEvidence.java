package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the code of two builds says of layouts where no debug information does: a field that lies elsewhere shows as another
 * distance from the same pointer, and a type that grows as another size where memory is asked for.
 */
final class LayoutEvidence {
    private static final int STACK_POINTER = 4;
    private static final int FRAME_POINTER = 5;
    /** How many instructions a call may be behind its argument. */
    private static final int NEAR = 8;
    /** How often the same shift must be seen where other things have changed as well. */
    private static final int OFTEN = 3;
    /** How many instructions on either side of one have to be those that were there. */
    private static final int AROUND = 2;
    private static final int SHOWN = 4;
    /** Functions of the C and C++ libraries that take the size of an object. */
    private static final Set<String> ALLOCATORS = Set.of("malloc", "calloc", "realloc", "reallocarray", "aligned_alloc",
            "posix_memalign", "memalign", "memset", "__memset_chk", "_Znwm", "_Znam", "_ZnwmRKSt9nothrow_t",
            "_ZnwmSt11align_val_t", "alloca");

    private final CodeNames old;
    private final CodeNames replacement;
    private final List<String> witnesses = new ArrayList<>();

    /**
     * What counts of an instruction.
     *
     * @param base     the register that holds the address of an object; -1 where none does
     * @param distance how far from the object's beginning it reads or writes
     */
    record Instruction(long form, int base, long distance, long constant, boolean move) {}

    private LayoutEvidence(Comparison comparison) {
        old = comparison.old();
        replacement = comparison.replacement();
        comparison.changed().forEach((start, was) -> compare(was, replacement.shape(start)));
    }

    /** A finding that names the functions which say that a layout has changed. */
    static Optional<Finding> of(Comparison comparison) {
        List<String> witnesses = new LayoutEvidence(comparison).witnesses;
        if (witnesses.isEmpty()) {
            return Optional.empty();
        }
        String more = witnesses.size() > SHOWN ? ", and " + (witnesses.size() - SHOWN) + " more functions" : "";
        return Optional.of(new Finding(Check.LAYOUT, "objects seem to have another layout in the new build, and without"
                + " debug information it is not known which: "
                + witnesses.stream().limit(SHOWN).collect(Collectors.joining("; ")) + more, List.of()));
    }

    private void compare(FunctionShape was, FunctionShape is) {
        List<Instruction> before = read(old, was);
        List<Instruction> after = read(replacement, is);
        long[] oldForms = before.stream().mapToLong(Instruction::form).toArray();
        long[] forms = after.stream().mapToLong(Instruction::form).toArray();
        int[] pairs = Alignment.of(forms, oldForms);
        boolean alike = Arrays.equals(forms, oldForms);
        Map<Long, Integer> shifts = new HashMap<>();
        String example = "";
        for (int i = 0; i < pairs.length; i++) {
            if (pairs[i] < 0) {
                continue;
            }
            Instruction one = before.get(pairs[i]);
            Instruction other = after.get(i);
            if (other.base >= 0 && one.base == other.base && one.distance != other.distance
                    && (alike || isAmongItsOwn(pairs, i))) {
                shifts.merge(other.distance - one.distance, 1, Integer::sum);
                example = String.format(Locale.ROOT,
                        "%s uses the byte %d of something at 0x%x, and %d in the old build",
                        was.function().name(), other.distance, is.address(i), one.distance);
            }
            if (other.move && one.move && one.constant != other.constant) {
                Optional<String> size = allocation(was, pairs[i], is, i);
                if (size.isPresent()) {
                    witnesses.add(String.format(Locale.ROOT, "%s asks %s for %d bytes instead of %d",
                            was.function().name(), size.get(), other.constant, one.constant));
                    return;
                }
            }
        }
        if (!shifts.isEmpty() && (alike || shifts.values().stream().anyMatch(count -> count >= OFTEN))) {
            witnesses.add(example);
        }
    }

    /** Whether the instructions around one were around it in the old build: in code that is arranged anew, chance aligns some. */
    private static boolean isAmongItsOwn(int[] pairs, int instruction) {
        for (int i = -AROUND; i <= AROUND; i++) {
            int at = instruction + i;
            if (at < 0 || at >= pairs.length || pairs[at] != pairs[instruction] + i) {
                return false;
            }
        }
        return true;
    }

    /** The function that the constant of two instructions is passed to, where that is a size. */
    private Optional<String> allocation(FunctionShape was, int before, FunctionShape is, int after) {
        return callee(replacement, is, after).filter(ALLOCATORS::contains)
                .filter(name -> callee(old, was, before).filter(name::equals).isPresent());
    }

    private static Optional<String> callee(CodeNames names, FunctionShape shape, int from) {
        return shape.references().stream()
                .filter(reference -> reference.instruction() > from && reference.instruction() <= from + NEAR
                        && (reference.kind() == FunctionShape.Kind.CALL || reference.kind() == FunctionShape.Kind.JUMP
                                || names.isLinkerTable(reference.target())))
                .findFirst()
                .flatMap(call -> names.pltSlot(call.target()).or(() -> Optional.of(call.target())))
                .flatMap(names::relocation).flatMap(names::symbol).map(ElfSymbol::name);
    }

    /** The instructions of a function. */
    static List<Instruction> read(CodeNames names, FunctionShape shape) {
        byte[] bytes = names.bytes(shape.start(), shape.function().size());
        Decoder decoder = new Decoder();
        List<Instruction> read = new ArrayList<>();
        boolean frame = false;
        for (int i = 0; i < shape.count(); i++) {
            int at = (int) (shape.address(i) - shape.start());
            int length = decoder.decode(bytes, at, bytes.length);
            if (length == 0) {
                read.add(new Instruction(bytes[at], -1, 0, 0, false));
                continue;
            }
            // mov %rsp,%rbp
            frame |= length == 3 && (bytes[at] & 0xff) == 0x48 && (bytes[at + 1] & 0xff) == 0x89
                    && (bytes[at + 2] & 0xff) == 0xe5;
            int base = decoder.flow() == Flow.SEQUENTIAL || decoder.flow() == Flow.INDIRECT_CALL
                    ? decoder.baseRegister()
                    : -1;
            boolean stack = base == STACK_POINTER || frame && base == FRAME_POINTER || decoder.hasSegmentBase();
            read.add(new Instruction(decoder.form(), stack || decoder.isLea() && base < 0 ? -1 : base,
                    decoder.displacement(), decoder.isMoveOfConstant() ? decoder.immediate() : 0,
                    decoder.isMoveOfConstant()));
        }
        return read;
    }
}
