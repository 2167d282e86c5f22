package dev.pulpo.engine.reach;

import dev.pulpo.engine.HeldWord;
import dev.pulpo.engine.LeftoverPatch;
import dev.pulpo.engine.Retention;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.MemorySharers;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Lists patches that are out of force and still loaded, with what could lead into them. Stops nothing, changes nothing. */
public final class LeftoverLook {
    private static final Duration LONGEST_READ = Duration.ofSeconds(10);

    private LeftoverLook() {}

    /** The patches, oldest first. Memory is read only if there are some. */
    public static List<LeftoverPatch> of(ProcessImage image, TraceeMemory memory, Registry registry) {
        List<Registry.StoredRecord> records = registry.in(PatchRecord.State.REVERTED);
        List<Registry.StoredRecord> tried = triedAgain(records);
        List<HeldWord> held = tried.isEmpty() ? List.of() : look(image, memory, registry, tried);
        return records.stream().map(Registry.StoredRecord::patch)
                .map(patch -> new LeftoverPatch(patch.id(), patch.file(), patch.target(), patch.appliedAt(),
                        patch.retention(),
                        held.stream().filter(word -> word.patch().equals(patch.id())).toList()))
                .toList();
    }

    /** Those that operations try to unload. */
    public static List<Registry.StoredRecord> triedAgain(List<Registry.StoredRecord> records) {
        return records.stream().filter(record -> record.patch().retention() == Retention.WHILE_REACHABLE).toList();
    }

    private static List<HeldWord> look(ProcessImage image, TraceeMemory memory, Registry registry,
            List<Registry.StoredRecord> records) {
        Holders holders = new Holders(records, image, memory);
        PauseBudget budget = PauseBudget.of(Optional.of(LONGEST_READ), 1);
        budget.begin();
        try (Arena arena = Arena.ofConfined();
                MemoryScan scan = new MemoryScan(image.pid(), image.tid(), memory, arena);
                MemorySharers sharers = new MemorySharers(image.pid(), arena)) {
            MappingTable map = new MappingTable(image.pid(), image.tid(), memory, arena);
            map.read();
            scan.look(map, holders.skipped(image, registry));
            PointerSearch search = new PointerSearch(holders.ranges());
            scan.search(search, budget);
            FreedChunks freed = new FreedChunks(memory, arena);
            freed.findAll(search, holders, map);
            freed.confirm();
            MemoryMap names = MemoryMap.read(image.pid(), image.tid(), memory);
            for (int i = 0; i < search.count(); i++) {
                if (!freed.holds(search.address(i))) {
                    holders.add(names, search.address(i), search.value(i));
                }
            }
            ProcFs.timerValues(image.pid()).stream().filter(value -> value != 0)
                    .forEach(value -> holders.add("what a timer passes to its handler", 0, value));
            int sharer = sharers.find();
            if (sharer != 0) {
                holders.add("process " + sharer + ", which shares the memory", 0, 0);
            }
            if (scan.unreadable() != 0) {
                holders.add("memory that cannot be read", scan.unreadable(), 0);
            }
        }
        if (budget.isSpent()) {
            holders.add("memory that took too long to read", 0, 0);
        }
        return holders.found();
    }
}
