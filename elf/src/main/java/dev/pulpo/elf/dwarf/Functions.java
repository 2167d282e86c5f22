package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads functions from the entries that the index found. */
final class Functions {
    private final World world;
    private final Index index;
    private final RangeIndex code;
    private final Types types;
    private final Work work;

    /**
     * @param code the functions by address
     * @param work the budget of the query
     */
    Functions(World world, Index index, RangeIndex code, Work work) {
        this.code = code;
        this.world = world;
        this.index = index;
        this.types = new Types(world, work);
        this.work = work;
    }

    /**
     * Everything about a function.
     *
     * @param root the entry that its copies share, see {@link Names#root}
     */
    FunctionInfo read(long root) {
        Names names = Names.of(world.entry(root, work));
        List<FunctionInfo.Body> bodies = new ArrayList<>();
        for (long reference : index.bodies.get(root)) {
            List<AddressRange> ranges = Ranges.of(world.entry(reference, work));
            // GCC and clang write the range with the entry first.
            bodies.add(new FunctionInfo.Body(ranges.getFirst().start(), ranges));
        }
        List<FunctionInfo.InlinedCopy> copies = new ArrayList<>();
        for (long reference : index.inlined.get(root)) {
            EntryReader entry = world.entry(reference, work);
            List<AddressRange> ranges = Ranges.of(entry);
            if (!ranges.isEmpty()) {
                work.spend(Work.KEPT);
                copies.add(new FunctionInfo.InlinedCopy(nameOfFunctionAround(entry, ranges.getFirst().start()), ranges,
                        Names.place(entry, Dw.CALL_FILE, Dw.CALL_LINE)));
            }
        }
        return new FunctionInfo(names.name(), names.linkageName(), names.declaration(), names.external(), bodies,
                copies, tailCallers(root, names), types.signature(root));
    }

    private String nameOfFunctionAround(EntryReader copy, LinkAddress place) {
        OptionalLong found = code.find(place.value());
        long function = found.isPresent() ? found.getAsLong() : enclosing(copy);
        return function < 0 ? "" : Names.withoutPlace(world.entry(function, work)).name();
    }

    /** The function around an entry, by the order of the file; for code that the linker discarded. */
    private static long enclosing(EntryReader copy) {
        EntryReader entry = copy.unit().entries(copy.work());
        List<Long> functions = new ArrayList<>();
        while (entry.next() && entry.reference() != copy.reference()) {
            int depth = Math.max(entry.depth(), 0);
            while (functions.size() > depth) {
                functions.removeLast();
            }
            while (functions.size() < depth) {
                functions.add(functions.isEmpty() ? -1L : functions.getLast());
            }
            copy.work().spend(1);
            functions.add(entry.tag() == Dw.TAG_SUBPROGRAM
                    ? Long.valueOf(entry.reference())
                    : functions.isEmpty() ? Long.valueOf(-1) : functions.getLast());
        }
        int depth = Math.max(entry.depth(), 0);
        return depth == 0 || depth > functions.size() ? -1 : functions.get(depth - 1);
    }

    /** The name of a function whose entry {@code tailCallsFrom} or a similar map has recorded. */
    Optional<String> nameOf(long[] function) {
        return function.length == 0 || function[0] < 0
                ? Optional.empty()
                : Optional.of(Names.withoutPlace(world.entry(function[0], work)).name());
    }

    private List<FunctionInfo.TailCaller> tailCallers(long root, Names names) {
        String name = names.linkageName().isEmpty() ? names.name() : names.linkageName();
        List<FunctionInfo.TailCaller> callers = new ArrayList<>();
        for (long reference : index.tailCalls.get(Index.key(name))) {
            EntryReader site = world.entry(reference, work);
            EntryReader called = world.entry(called(site).orElseThrow(), work);
            // The calling unit only declares a function of another unit.
            boolean here = Names.root(called) == root;
            boolean elsewhere = names.external() && called.flag(Dw.DECLARATION) && Names.withoutPlace(called).has(name);
            if (here || elsewhere) {
                callers.add(new FunctionInfo.TailCaller(
                        nameOf(index.tailCallsFrom.get(reference)).orElse(""), next(site)));
            }
        }
        return callers;
    }

    /** The address after a call. */
    private static Optional<LinkAddress> next(EntryReader site) {
        OptionalLong next = site.address(site.has(Dw.CALL_RETURN_PC) ? Dw.CALL_RETURN_PC : Dw.LOW_PC);
        return next.isPresent() ? Optional.of(new LinkAddress(next.getAsLong())) : Optional.empty();
    }

    /** The entry of the function that a call site calls; empty if it is known only at run time. */
    static OptionalLong called(EntryReader site) {
        return site.has(Dw.CALL_ORIGIN)
                ? site.reference(Dw.CALL_ORIGIN)
                : site.reference(Dw.ABSTRACT_ORIGIN);
    }
}
