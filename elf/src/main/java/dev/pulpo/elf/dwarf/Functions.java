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
    private final Types types;

    Functions(World world, Index index, Types types) {
        this.world = world;
        this.index = index;
        this.types = types;
    }

    /**
     * All that there is about a function.
     *
     * @param root what its copies have in common, see {@link Names#root}
     */
    FunctionInfo read(long root) {
        Names names = Names.of(world.entry(root));
        List<FunctionInfo.Body> bodies = new ArrayList<>();
        for (long reference : index.bodies.get(root)) {
            List<AddressRange> ranges = Ranges.of(world.entry(reference));
            // The first range is the one with the entry; GCC and clang write it so.
            bodies.add(new FunctionInfo.Body(ranges.getFirst().start(), ranges));
        }
        List<FunctionInfo.InlinedCopy> copies = new ArrayList<>();
        for (long reference : index.inlined.get(root)) {
            EntryReader entry = world.entry(reference);
            List<AddressRange> ranges = Ranges.of(entry);
            if (!ranges.isEmpty()) {
                copies.add(new FunctionInfo.InlinedCopy(nameOf(index.inlinedInto.get(reference)).orElse(""), ranges,
                        Names.place(entry, Dw.CALL_FILE, Dw.CALL_LINE)));
            }
        }
        return new FunctionInfo(names.name(), names.linkageName(), names.declaration(), names.external(), bodies,
                copies, tailCallers(root, names), types.signature(root));
    }

    /** The name of a function of which {@code inlinedInto} and its likes have noted the entry. */
    Optional<String> nameOf(long[] function) {
        return function.length == 0 || function[0] < 0
                ? Optional.empty()
                : Optional.of(Names.of(world.entry(function[0])).name());
    }

    private List<FunctionInfo.TailCaller> tailCallers(long root, Names names) {
        String name = names.linkageName().isEmpty() ? names.name() : names.linkageName();
        List<FunctionInfo.TailCaller> callers = new ArrayList<>();
        for (long reference : index.tailCalls.get(Index.key(name))) {
            EntryReader site = world.entry(reference);
            EntryReader called = world.entry(called(site).orElseThrow());
            // A function of another unit is only declared in the unit that calls it.
            boolean here = Names.root(called) == root;
            boolean elsewhere = names.external() && called.flag(Dw.DECLARATION) && Names.of(called).has(name);
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
