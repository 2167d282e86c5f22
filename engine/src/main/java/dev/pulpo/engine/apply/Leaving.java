package dev.pulpo.engine.apply;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Patches that go out of force in one stop, alone or while another comes into force.
 *
 * <p>Their records become REVERTING within the stop, before any code changes, and REVERTED after it; before it each is told
 * with which others it goes. So the next tool can take all back, or none, where one has died.
 */
final class Leaving {
    private final Session session;
    private final Registry registry;
    private final List<Registry.Entry> entries;

    /** @param entries active ones, oldest first */
    Leaving(Session session, Registry registry, List<Registry.Entry> entries) {
        this.session = session;
        this.registry = registry;
        this.entries = List.copyOf(entries);
    }

    /** Their ids, newest first. */
    List<PatchId> ids() {
        return entries.reversed().stream().map(entry -> entry.patch().id()).toList();
    }

    /**
     * Notes that they go together, before the stop in which they do: were a tool killed between two marks, the next one
     * otherwise could not tell that all were meant.
     *
     * @param transaction of the patches that come instead; 0 where there are none
     */
    void tie(long transaction) {
        long number = transaction != 0 || entries.size() < 2 ? transaction : PatchSet.newTransaction();
        for (Registry.Entry entry : entries) {
            if (entry.patch().ties().leaving() != number) {
                Registry.setLeaving(session.memory(), entry, number);
            }
        }
    }

    /**
     * Has them go out of force, in one stop.
     *
     * @param transaction see {@link #tie}
     * @param behind      what is written in the same stop, behind everything else
     */
    Stops.Done go(long transaction, List<Change> behind, Consistency consistency, long deadline) {
        tie(transaction);
        List<Change> changes = new ArrayList<>(marks());
        changes.addAll(changes(Set.of()));
        changes.addAll(behind);
        CodeRanges forbidden = CodeRanges.of(consistency.level() == Consistency.Level.NONE ? List.of() : forbidden());
        return new Stops(session, changes, functions(), forbidden, consistency).untilDone(deadline);
    }

    /** Whether the records still say that they are in force; false, too, where that cannot be told. */
    boolean isInForce() {
        try {
            return entries.isEmpty() || session.readRegistry().active().stream().map(Registry.Entry::address)
                    .collect(Collectors.toSet()).containsAll(entries.stream().map(Registry.Entry::address).toList());
        } catch (SystemCallException | TargetUnreadableException unreadable) {
            return false;
        }
    }

    /** What makes them REVERTING; before all other changes. */
    List<Change> marks() {
        return entries.stream()
                .map(entry -> Changes.ofState(entry, PatchRecord.State.ACTIVE, PatchRecord.State.REVERTING)).toList();
    }

    /**
     * What gives each function back to the newest patch that stays, or to nobody.
     *
     * @param taken entries of functions that somebody else changes in the same stop
     */
    List<Change> changes(Set<RemoteAddress> taken) {
        Map<RemoteAddress, FunctionRecord> inForce = registry.functionsInForce();
        List<Change> changes = new ArrayList<>();
        for (FunctionRecord function : functions()) {
            if (!taken.contains(function.entry())
                    && Optional.ofNullable(inForce.get(function.entry())).filter(function::equals).isPresent()
                    && stands(session, function)) {
                changes.add(Change.ofCode(function.name(), function.site(), function.detour(),
                        registry.bytesWithout(entries, function)));
            }
        }
        return changes;
    }

    /** All their functions. */
    List<FunctionRecord> functions() {
        return entries.stream().flatMap(entry -> entry.patch().functions().stream()).toList();
    }

    /** Where no thread may be: in the patches, nor between the entry of a function and its patch. */
    List<CodeRanges.Range> forbidden() {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        for (Registry.Entry entry : entries) {
            PatchRecord patch = entry.patch();
            ranges.addAll(Trampolines.rangesOf(patch, session.image()));
            for (FunctionRecord function : patch.functions()) {
                ranges.add(new CodeRanges.Range(function.site(), function.entry(), function.name()));
            }
        }
        return ranges;
    }

    /** Whether the detour stands; it does not in a library that was closed, or closed and opened again. */
    static boolean stands(Session session, FunctionRecord function) {
        try {
            return session.isCode(function)
                    && Arrays.equals(Bytes.read(session.memory(), function.site(), function.detour().length),
                            function.detour());
        } catch (SystemCallException unmapped) {
            return false;
        }
    }

    /**
     * Records that they are out of force, and gives their memory back where no thread can be in it.
     *
     * @param quiescent whether none was in it when they went
     * @return whether all memory was given back
     */
    boolean finish(boolean quiescent, long deadline) {
        entries.forEach(entry -> Registry.setState(session.memory(), entry, PatchRecord.State.REVERTED));
        boolean unloaded = quiescent && unload(deadline);
        for (Registry.Entry entry : entries) {
            session.message("reverted " + entry.patch().id().shortForm()
                    + (unloaded ? ", unloaded " : ", still loaded: ") + entry.patch().file());
        }
        return unloaded;
    }

    private boolean unload(long deadline) {
        try {
            return session.borrowing(session.readRegistry(), deadline, calls -> {
                boolean all = true;
                for (Registry.Entry entry : entries) {
                    all &= Trampolines.unload(session, calls, entry).isEmpty();
                }
                return all;
            });
        } catch (BlockedException | BorrowedCallException stillLoaded) {
            // They are out of force, which was asked for; that their memory stays is part of the outcome.
            session.message("not unloaded: " + stillLoaded.getMessage());
            return false;
        }
    }
}
