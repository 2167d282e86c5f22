package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.expression.Evaluator;
import dev.pulpo.elf.expression.Expression;
import dev.pulpo.elf.expression.Location;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The arguments of calls, as far as the callers' debug information has them (DWARF 5, 3.4). It describes calls, not
 * jumps. A function that may have been reached by a jump has unknown arguments.
 */
final class CallSites {
    /** Limits how many callers pass on an argument. */
    private static final int DEEPEST = 16;
    private static final int MOST_ASKED = 256;
    /** Limits the functions that a function may reach by jumps. */
    private static final int MOST_FUNCTIONS = 256;

    private final Locals locals;
    private final Chain chain;

    /**
     * The state of a query that asks caller after caller.
     *
     * @param depth how many callers are between the query and this one
     * @param asked how many have been asked in total: an argument may depend on several others
     */
    record Chain(int depth, AtomicInteger asked) {
        static Chain start() {
            return new Chain(0, new AtomicInteger());
        }

        boolean ends() {
            return depth == DEEPEST || asked.incrementAndGet() > MOST_ASKED;
        }

        Chain next() {
            return new Chain(depth + 1, asked);
        }
    }

    CallSites(Locals locals, Chain chain) {
        this.locals = locals;
        this.chain = chain;
    }

    /** The content of a location when the function of a frame was entered. */
    Location entryValue(MachineFrame frame, Expression what) {
        Optional<MachineFrame> caller = frame.caller();
        Optional<DebugInfo> info = caller.flatMap(MachineFrame::info);
        if (caller.isEmpty() || info.isEmpty() || chain.ends()) {
            return unknown("its caller is not known, or has no debug information");
        }
        Locals outside = info.get().locals();
        OptionalLong function = outside.functionAt(caller.get().place());
        OptionalLong callee = locals.functionAt(frame.place());
        if (function.isEmpty() || callee.isEmpty()) {
            return unknown("its caller has no debug information");
        }
        Optional<EntryReader> site = site(outside.entry(function.getAsLong()), caller.get().next());
        if (site.isEmpty()) {
            return unknown("its caller does not say so");
        }
        FrameContext context = outside.context(caller.get(), function.getAsLong(), chain.next());
        if (!calls(site.get(), callee.getAsLong(), outside, context, frame.loadBias())) {
            return unknown("its caller calls another function, which may have jumped here");
        }
        if (mayJumpToItself(callee.getAsLong())) {
            return unknown("its function may have jumped to itself");
        }
        Optional<Expression> argument = argument(site.get(), what);
        return argument.isPresent()
                ? Evaluator.compute(argument.get(), context)
                : unknown("its caller does not say so");
    }

    private static Location unknown(String why) {
        return new Location.Unknown("what it was when the function was called cannot be known: " + why);
    }

    /** The call in a function that returns to an address. */
    private static Optional<EntryReader> site(EntryReader function, LinkAddress next) {
        while (function.hasNextBelow()) {
            if ((function.tag() == Dw.TAG_CALL_SITE || function.tag() == Dw.TAG_GNU_CALL_SITE) && !isJump(function)) {
                OptionalLong place = function.address(
                        function.has(Dw.CALL_RETURN_PC) ? Dw.CALL_RETURN_PC : Dw.LOW_PC);
                if (place.isPresent() && place.getAsLong() == next.value()) {
                    return Optional.of(function.other(function.reference()));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isJump(EntryReader site) {
        return site.flag(Dw.CALL_TAIL_CALL) || site.flag(Dw.GNU_TAIL_CALL);
    }

    /** Whether a call site certainly calls a function. */
    private boolean calls(EntryReader site, long callee, Locals outside, FrameContext context, long calleeBias) {
        OptionalLong called = Functions.called(site);
        if (called.isPresent()) {
            EntryReader entry = outside.entry(called.getAsLong());
            boolean same = outside.isOfSameObject(locals) && Names.root(entry) == Names.root(locals.entry(callee));
            return same || entry.flag(Dw.DECLARATION) && isNamed(entry, locals.entry(callee));
        }
        Optional<Expression> target = expression(site, Dw.CALL_TARGET, Dw.GNU_CALL_SITE_TARGET);
        List<AddressRange> code = Ranges.of(locals.entry(callee));
        return target.isPresent() && !code.isEmpty()
                && Evaluator.compute(target.get(), context) instanceof Location.Value address
                && address.number() == code.getFirst().start().value() + calleeBias;
    }

    /** Whether a declaration declares a function that other units can see. */
    private static boolean isNamed(EntryReader declaration, EntryReader function) {
        Names declared = Names.withoutPlace(declaration);
        Names defined = Names.withoutPlace(function);
        return defined.external() && linked(declared).equals(linked(defined));
    }

    private static String linked(Names names) {
        return names.linkageName().isEmpty() ? names.name() : names.linkageName();
    }

    /**
     * Whether a function may jump to its own beginning, maybe through others: then its arguments differ from those of the
     * call. A jump to an unknown place may do so.
     */
    private boolean mayJumpToItself(long callee) {
        long wanted = Names.root(locals.entry(callee));
        Set<Long> seen = new HashSet<>();
        Deque<Long> open = new ArrayDeque<>(List.of(callee));
        while (!open.isEmpty()) {
            for (Optional<List<Long>> targets : jumps(locals.entry(open.removeFirst()))) {
                if (targets.isEmpty()) {
                    return true;
                }
                for (long body : targets.get()) {
                    if (Names.root(locals.entry(body)) == wanted || seen.size() == MOST_FUNCTIONS) {
                        return true;
                    }
                    if (seen.add(body)) {
                        open.add(body);
                    }
                }
            }
        }
        return false;
    }

    /** The tail calls of a function; for each, the functions that it may reach, empty if unknown. */
    private List<Optional<List<Long>>> jumps(EntryReader function) {
        List<Optional<List<Long>>> all = new ArrayList<>();
        while (function.hasNextBelow()) {
            if ((function.tag() == Dw.TAG_CALL_SITE || function.tag() == Dw.TAG_GNU_CALL_SITE) && isJump(function)) {
                OptionalLong called = Functions.called(function);
                List<Long> bodies = called.isPresent() ? locals.bodies(called.getAsLong()) : List.of();
                all.add(bodies.isEmpty() ? Optional.empty() : Optional.of(bodies));
            }
        }
        return all;
    }

    /** The argument that a call passes in a location. */
    private static Optional<Expression> argument(EntryReader site, Expression what) {
        while (site.hasNextBelow()) {
            boolean isArgument = site.tag() == Dw.TAG_CALL_SITE_PARAMETER
                    || site.tag() == Dw.TAG_GNU_CALL_SITE_PARAMETER;
            if (isArgument
                    && expression(site, Dw.LOCATION, Dw.LOCATION).filter(place -> isSame(place, what)).isPresent()) {
                return expression(site, Dw.CALL_VALUE, Dw.GNU_CALL_SITE_VALUE);
            }
        }
        return Optional.empty();
    }

    /** Whether two expressions name the same register, as a location or as a value, or are the same. */
    private static boolean isSame(Expression place, Expression what) {
        boolean registers = place.operations().size() == 1 && what.operations().size() == 1;
        long register = registers ? place.operations().getFirst().register() : -1;
        return register >= 0 ? what.operations().getFirst().register() == register : place.equals(what);
    }

    private static Optional<Expression> expression(EntryReader entry, int attribute, int before) {
        return entry.block(entry.has(attribute) ? attribute : before)
                .map(bytes -> Expression.read(bytes, entry.unit().expressions()));
    }
}
