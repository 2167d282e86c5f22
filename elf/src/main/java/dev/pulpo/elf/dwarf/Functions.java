package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads functions whose entries the index knows. */
final class Functions {
    private final World world;
    private final Index index;
    private final RangeIndex code;
    private final Types types;
    private final Work work;

    /**
     * @param code which function an address belongs to
     * @param work what the question may cost that they are read for
     */
    Functions(World world, Index index, RangeIndex code, Work work) {
        this.code = code;
        this.world = world;
        this.index = index;
        this.types = new Types(world, work);
        this.work = work;
    }

    /**
     * All that there is about a function.
     *
     * @param root what its copies have in common, see {@link Names#root}
     */
    FunctionInfo read(long root) {
        Names names = Names.of(world.entry(root, work));
        List<FunctionInfo.Body> bodies = new ArrayList<>();
        for (long reference : index.bodies.get(root)) {
            List<AddressRange> ranges = Ranges.of(world.entry(reference, work));
            // The first range is the one with the entry; GCC and clang write it so.
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

    /** The function that an entry is in, by the order of the file: of code that the linker threw away. */
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

    /** The name of a function of which {@code tailCallsFrom} and its likes have noted the entry. */
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
            // A function of another unit is only declared in the unit that calls it.
            boolean here = Names.root(called) == root;
            boolean elsewhere = names.external() && called.flag(Dw.DECLARATION) && Names.withoutPlace(called).has(name);
            if (here || elsewhere) {
                callers.add(new FunctionInfo.TailCaller(
                        nameOf(index.tailCallsFrom.get(reference)).orElse(""), next(site)));
            }
        }
        return callers;
    }

    /** The address behind a call. */
    private static Optional<LinkAddress> next(EntryReader site) {
        OptionalLong next = site.address(site.has(Dw.CALL_RETURN_PC) ? Dw.CALL_RETURN_PC : Dw.LOW_PC);
        return next.isPresent() ? Optional.of(new LinkAddress(next.getAsLong())) : Optional.empty();
    }

    /** The entry of the function that a call site calls; empty where it is only known when the program runs. */
    static OptionalLong called(EntryReader site) {
        return site.has(Dw.CALL_ORIGIN)
                ? site.reference(Dw.CALL_ORIGIN)
                : site.reference(Dw.ABSTRACT_ORIGIN);
    }
}
