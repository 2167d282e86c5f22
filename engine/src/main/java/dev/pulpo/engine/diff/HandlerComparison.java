package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.cfi.ExceptionTable;
import dev.pulpo.elf.cfi.FunctionRanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether functions handle exceptions as they did: their tables name the same calls, lead to the same places, and compare with
 * the same types. A type of {@code catch} is in no instruction.
 */
final class HandlerComparison {
    private final CodeNames old;
    private final CodeNames replacement;
    private final Sameness sameness;
    private final FunctionRanges oldRanges;
    private final FunctionRanges ranges;
    private final List<String> unreadable = new ArrayList<>();

    HandlerComparison(CodeNames old, CodeNames replacement, Sameness sameness) {
        this.old = old;
        this.replacement = replacement;
        this.sameness = sameness;
        oldRanges = FunctionRanges.of(old.code().elf());
        ranges = FunctionRanges.of(replacement.code().elf());
    }

    /** Where a table is of no known form, this is false, and its place is among those that cannot be read. */
    boolean areSame(FunctionShape was, FunctionShape is) {
        Optional<LinkAddress> before = oldRanges.handlersOf(was.function().address());
        Optional<LinkAddress> after = ranges.handlersOf(is.function().address());
        if (before.isEmpty() || after.isEmpty()) {
            return before.isEmpty() && after.isEmpty();
        }
        Optional<List<ExceptionTable.Site>> oldSites = sites("the old", old, was, before.get());
        Optional<List<ExceptionTable.Site>> sites = sites("the new", replacement, is, after.get());
        return oldSites.isPresent() && sites.isPresent() && areSame(was, oldSites.get(), is, sites.get());
    }

    private Optional<List<ExceptionTable.Site>> sites(String build, CodeNames names, FunctionShape shape,
            LinkAddress table) {
        ElfFile elf = names.code().elf();
        try {
            return Optional.of(ExceptionTable.sites(elf, table, shape.function().address()));
        } catch (MalformedElfException other) {
            unreadable.add(String.format(Locale.ROOT, "the table of exception handlers of %s, at %s of %s build: %s",
                    shape.function().name(), table, build, other.getMessage()));
            return Optional.empty();
        }
    }

    private boolean areSame(FunctionShape was, List<ExceptionTable.Site> before, FunctionShape is,
            List<ExceptionTable.Site> after) {
        if (before.size() != after.size()) {
            return false;
        }
        for (int i = 0; i < before.size(); i++) {
            ExceptionTable.Site one = before.get(i);
            ExceptionTable.Site other = after.get(i);
            if (was.numberAt(one.start()) != is.numberAt(other.start())
                    || was.numberAt(one.end()) != is.numberAt(other.end())
                    || !pads(was, one.pad(), is, other.pad()) || !clauses(one.clauses(), other.clauses())) {
                return false;
            }
        }
        return true;
    }

    private boolean pads(FunctionShape was, long before, FunctionShape is, long after) {
        if (before == 0 || after == 0) {
            return before == after;
        }
        return was.contains(before) && is.contains(after)
                ? was.numberAt(before) == is.numberAt(after)
                : sameness.code(before, after);
    }

    private boolean clauses(List<ExceptionTable.Clause> before, List<ExceptionTable.Clause> after) {
        boolean same = before.size() == after.size();
        for (int i = 0; same && i < before.size(); i++) {
            List<ExceptionTable.Type> one = before.get(i).types();
            List<ExceptionTable.Type> other = after.get(i).types();
            same = before.get(i).filter() == after.get(i).filter() && one.size() == other.size();
            for (int k = 0; same && k < one.size(); k++) {
                same = types(one.get(k), other.get(k));
            }
        }
        return same;
    }

    private boolean types(ExceptionTable.Type was, ExceptionTable.Type is) {
        if (was.address() == 0 || is.address() == 0 || was.word() != is.word()) {
            return was.equals(is);
        }
        return is.word()
                ? sameness.slots(was.address(), is.address())
                : sameness.pointers(was.address(), is.address());
    }

    /** Tables that could not be read, with their places. */
    List<String> unreadable() {
        return unreadable;
    }
}
