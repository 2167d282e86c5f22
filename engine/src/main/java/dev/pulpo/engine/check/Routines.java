package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import dev.pulpo.x86.FrameFlow;
import dev.pulpo.x86.FunctionFlow;
import dev.pulpo.x86.RegisterSet;
import dev.pulpo.x86.StackUse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What the functions of one object do with registers and the stack, found from their machine code when it is asked for.
 * Addresses are link addresses. Not thread-safe.
 */
final class Routines implements FunctionFlow.Callees {
    /** Longer functions are not looked into. */
    private static final long LONGEST = 1 << 18;
    /** How many functions one answer may look at. */
    private static final int MOST = 2000;
    /** How many functions are looked at for the registers that they need. */
    private static final int MOST_NEEDS = 400;
    private static final int ENDBR64_LENGTH = 4;

    /**
     * What a function does together with all that it calls.
     *
     * @param clobbered      which registers it may change
     * @param needsAlignment whether something in it needs the stack that the ABI promises
     */
    record Summary(RegisterSet clobbered, boolean needsAlignment) {
        /** Of code about which nothing is known but that it keeps to the ABI. */
        static final Summary ORDINARY = new Summary(RegisterSet.CALL_CLOBBERED, true);
    }

    private final CodeFacts facts;
    private final CodeIndex index;
    private final Prototypes prototypes;
    private final Decoder decoder = new Decoder();
    private final Map<Long, Optional<FunctionFlow>> flows = new HashMap<>();
    private final Map<Long, FrameFlow> frames = new HashMap<>();
    private final Map<Long, Summary> summaries = new HashMap<>();
    private final Map<Long, RegisterSet> needed = new HashMap<>();
    private final Map<Long, RegisterSet> possiblyNeeded = new HashMap<>();
    private final Map<Long, Optional<FunctionFlow.Uses>> uses = new HashMap<>();

    Routines(CodeFacts facts) {
        this.facts = facts;
        this.index = CodeIndex.of(facts.elf());
        this.prototypes = new Prototypes(facts);
    }

    CodeIndex index() {
        return index;
    }

    Prototypes prototypes() {
        return prototypes;
    }

    /** How a function uses the stack. */
    FrameFlow frame(FunctionFlow flow) {
        return frames.computeIfAbsent(flow.start(), start -> new FrameFlow(flow));
    }

    /** The code around an address; empty where no function is known there, or where it only leads to another object. */
    Optional<FunctionFlow> around(long address) {
        Optional<AddressRange> range = range(address);
        return range.isEmpty() || range.get().size() > LONGEST || range.get().size() <= 0
                ? Optional.empty()
                : flows.computeIfAbsent(range.get().start().value(), start -> Optional
                        .of(new FunctionFlow(start, index.bytes(start, range.get().size()))));
    }

    private Optional<AddressRange> range(long address) {
        LinkAddress place = new LinkAddress(address);
        return index.functions().containing(place)
                .or(() -> facts.info().symbolContaining(place).or(() -> facts.elf().symbolContaining(place))
                        .filter(symbol -> symbol.type().isFunction() && symbol.size() > 0).map(Routines::rangeOf));
    }

    private static AddressRange rangeOf(ElfSymbol symbol) {
        return new AddressRange(symbol.address(), new LinkAddress(symbol.value() + symbol.size()));
    }

    /** The slot through which code at an address jumps to another object. */
    OptionalLong slot(long address) {
        byte[] code = index.bytes(address, ENDBR64_LENGTH + Decoder.MAX_LENGTH);
        int at = 0;
        for (int i = 0; i < 2; i++) {
            int length = decoder.decode(code, at, code.length);
            if (length > 0 && decoder.flow() == Flow.INDIRECT_JUMP && decoder.isRipRelative()) {
                return OptionalLong.of(address + at + length + decoder.displacement());
            }
            if (length != ENDBR64_LENGTH || decoder.flow() != Flow.SEQUENTIAL) {
                break;
            }
            at += length;
        }
        return OptionalLong.empty();
    }

    private boolean isKnown(long address) {
        return slot(address).isEmpty() && around(address).filter(flow -> flow.hasInstruction(address)).isPresent();
    }

    /** What the function at an address does. */
    Summary summary(long entry) {
        Summary known = summaries.get(entry);
        if (known == null) {
            known = summarise(entry);
            summaries.put(entry, known);
        }
        return known;
    }

    private Summary summarise(long entry) {
        RegisterSet clobbered = RegisterSet.NONE;
        boolean needsAlignment = false;
        Set<Long> seen = new HashSet<>(Set.of(entry));
        Deque<Long> open = new ArrayDeque<>(Set.of(entry));
        while (!open.isEmpty()) {
            long address = open.remove();
            if (!isKnown(address) || seen.size() > MOST || !around(address).orElseThrow().isComplete()) {
                return restored(entry, Summary.ORDINARY);
            }
            FunctionFlow flow = around(address).orElseThrow();
            clobbered = clobbered.or(flow.mayWrite());
            needsAlignment |= frame(flow).needsAlignment();
            for (FunctionFlow.Call call : flow.calls()) {
                if (call.target().isEmpty()) {
                    return restored(entry, Summary.ORDINARY);
                }
                if (seen.add(call.target().getAsLong())) {
                    open.add(call.target().getAsLong());
                }
            }
        }
        return restored(entry, new Summary(clobbered.whole().and(RegisterSet.CALL_CLOBBERED), needsAlignment));
    }

    /** Without what the function at the entry itself saves and restores around everything. */
    private Summary restored(long entry, Summary all) {
        Optional<FrameFlow> frame = isKnown(entry)
                ? around(entry).filter(flow -> flow.start() == entry).map(this::frame)
                : Optional.empty();
        return frame.map(known -> new Summary(all.clobbered.minus(known.restored()),
                all.needsAlignment && !known.aligns())).orElse(all);
    }

    @Override
    public RegisterSet clobbered(long address) {
        return summary(address).clobbered();
    }

    @Override
    public RegisterSet needed(long address) {
        return needed(address, needed, false);
    }

    @Override
    public RegisterSet possiblyNeeded(long address) {
        return needed(address, possiblyNeeded, true);
    }

    /** How a function, with what it calls, uses the registers that it begins with; empty where that is not known. */
    Optional<FunctionFlow.Uses> uses(long entry) {
        Optional<FunctionFlow.Uses> known = uses.get(entry);
        if (known != null || uses.size() > MOST_NEEDS) {
            return known == null ? Optional.empty() : known;
        }
        // Of recursion nothing is known.
        uses.put(entry, Optional.empty());
        Optional<FunctionFlow.Uses> found = isKnown(entry)
                ? around(entry).filter(flow -> flow.start() == entry).map(flow -> flow.uses(this::uses))
                : Optional.empty();
        uses.put(entry, found);
        return found;
    }

    /** Whether a function may read arguments on the stack: whether nothing proves that it does not. */
    boolean mayReadStack(long entry) {
        return !(StackUse.of(entry, new CodeOfOneObject()) instanceof StackUse.Result.Proven proven)
                || proven.bytes() > 0;
    }

    /** What others define is not known. */
    private final class CodeOfOneObject implements StackUse.Code {
        @Override
        public Optional<FunctionFlow> around(long address) {
            return Routines.this.around(address);
        }

        @Override
        public OptionalLong slot(long address) {
            return Routines.this.slot(address);
        }

        @Override
        public OptionalLong target(long slot) {
            return OptionalLong.empty();
        }
    }

    private RegisterSet needed(long address, Map<Long, RegisterSet> known, boolean possibly) {
        RegisterSet answer = known.get(address);
        if (answer != null) {
            return answer;
        }
        if (known.size() > MOST_NEEDS) {
            return RegisterSet.NONE;
        }
        // Recursion needs what the rest of it needs.
        known.put(address, RegisterSet.NONE);
        RegisterSet found = isKnown(address)
                ? needed(around(address).orElseThrow(), address, possibly)
                : prototype(address).map(passed -> possibly ? passed.sure().or(passed.possible()) : passed.sure())
                        .orElse(possibly ? RegisterSet.PASSED : RegisterSet.NONE);
        answer = found.and(RegisterSet.PASSED);
        known.put(address, answer);
        return answer;
    }

    private RegisterSet needed(FunctionFlow flow, long address, boolean possibly) {
        return possibly
                ? flow.needs(this, FunctionFlow.How.POSSIBLE).before(address)
                : flow.needs(this, FunctionFlow.How.WITH_RESULT).before(address).minus(RegisterSet.RESULT)
                        .or(flow.needs(this, FunctionFlow.How.SURE).before(address));
    }

    private Optional<Prototypes.Passed> prototype(long address) {
        OptionalLong slot = slot(address);
        return slot.isEmpty() ? Optional.empty() : prototypes.ofSlot(slot.getAsLong());
    }
}
