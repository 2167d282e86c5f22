package dev.pulpo.engine.probe;

import dev.pulpo.elf.ByteBuilder;
import dev.pulpo.elf.GnuProperties;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.elf.SharedObjectWriter.Access;
import dev.pulpo.elf.SharedObjectWriter;
import dev.pulpo.elf.cfi.FrameExcerpt;
import dev.pulpo.elf.cfi.NewFrames;
import dev.pulpo.engine.Probe;
import dev.pulpo.engine.container.DataReference;
import dev.pulpo.engine.plan.Originals;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.ProbeCode;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The shared object of a probe:
 *
 * <pre>
 *   0x1000   pulpo_previous: the slot of the function's version before the probe
 *   0x1080   slots: a function that the code uses; the address of the table
 *   0x1100   counters, a cache line each: how often it acted, calls, state of random numbers, calls of the rest,
 *            tickets of the ring
 *   0x2000   the table of counters by thread, if it counts, measures or traces: see ProbeCode.countThread
 *  0x43000   histograms, if it measures times; the ring, if it traces
 *   behind   the code; its frames, and that it works with CET
 * </pre>
 */
final class ProbeObject {
    /** The name of the code. */
    static final String NAME = "pulpo_probe";
    /** The number of entries of the table, without those that it has beyond. */
    static final int TABLE_SIZE = 4096;
    static final int TABLE_ENTRIES = TABLE_SIZE + ProbeCode.FURTHER;
    static final LinkAddress ACTED = new LinkAddress(0x1100);
    static final LinkAddress REST = new LinkAddress(0x11c0);
    /** The tickets of the ring. */
    static final LinkAddress HEAD = new LinkAddress(0x1200);
    static final LinkAddress TABLE = new LinkAddress(0x2000);
    /** The histograms, or the ring: on the page after the table. */
    static final LinkAddress SEEN = new LinkAddress(0x43000);
    /** Over how many histograms threads are spread. */
    static final int SHARDS = 16;
    /** How many records the ring holds. */
    static final int SLOTS = 4096;

    private static final LinkAddress PREVIOUS = new LinkAddress(0x1000);
    private static final LinkAddress SLOT = new LinkAddress(0x1080);
    private static final LinkAddress TABLE_SLOT = new LinkAddress(0x1088);
    private static final LinkAddress CALLS = new LinkAddress(0x1140);
    private static final LinkAddress RANDOM = new LinkAddress(0x1180);
    private static final int DATA_SIZE = 0x1240 - 0x1080;
    /** The first entry of the table belongs to no thread: ids are positive. */
    private static final int NOBODY = -1;
    private static final String ERRNO = "__errno_location";
    private static final double CHANCES = 1L << 32;

    private static final SecureRandom SEEDS = new SecureRandom();

    private final Probe probe;
    private final ProbeSite site;
    private final SharedObjectWriter writer = new SharedObjectWriter();
    private final List<DataReference> references = new ArrayList<>();

    ProbeObject(Probe probe, ProbeSite site) {
        this.probe = probe;
        this.site = site;
    }

    /** The places that receive addresses of the target; known when the bytes are. */
    List<DataReference> references() {
        return List.copyOf(references);
    }

    byte[] toBytes() {
        writer.part(Originals.PREVIOUS, PREVIOUS, Originals.entry(probe.function()), Access.WRITE);
        ByteBuilder data = new ByteBuilder().bytes(new byte[DATA_SIZE]);
        // The seed also makes each probe a file of its own.
        data.set((int) (RANDOM.value() - SLOT.value()), SEEDS.nextLong(), Long.BYTES);
        writer.part(".data", SLOT, data.toByteArray(), Access.WRITE);
        if (probe.action().isCounted()) {
            byte[] table = new byte[TABLE_ENTRIES * ProbeCode.COUNTER];
            writer.part(".data.table", TABLE,
                    new ByteBuilder().bytes(table).set(0, NOBODY, Integer.BYTES).toByteArray(),
                    Access.WRITE);
            writer.relocation(TABLE_SLOT, RelocationType.RELATIVE, 0, TABLE.value());
        }
        if (probe.action() instanceof Probe.Action.Time) {
            writer.part(".data.times", SEEN, new byte[SHARDS * ProbeCode.HISTOGRAM], Access.WRITE);
        }
        site.calls().ifPresent(calls -> writer.part(".data.ring", SEEN, new byte[SLOTS * calls.calls().size()],
                Access.WRITE));
        LinkAddress start = writer.end();
        ProbeCode code = new ProbeCode(at(start));
        conditions(code);
        act(code);
        CodeBytes bytes = code.encode(at(PREVIOUS));
        writer.part(".text", start, bytes.toByteArray(), Access.EXECUTE);
        writer.export(NAME, start, bytes.length());
        describe(start, bytes.length(), code);
        return writer.toBytes();
    }

    private void conditions(ProbeCode code) {
        if (!probe.threads().isEmpty()) {
            code.onlyThreads(site.threadId(), probe.threads());
        }
        if (probe.every() > 1) {
            code.everyNth(at(CALLS), probe.every());
        }
        if (probe.probability() < 1) {
            code.withProbability(at(RANDOM), (long) (probe.probability() * CHANCES));
        }
    }

    private void act(ProbeCode code) {
        switch (probe.action()) {
            case Probe.Action.Count count ->
                counted(code).jumpTo(at(PREVIOUS));
            case Probe.Action.Return answer -> code.increment(at(ACTED)).leave(answer.value());
            case Probe.Action.Nop nop -> code.increment(at(ACTED)).leave();
            case Probe.Action.Fail failure -> {
                fill(ERRNO);
                code.increment(at(ACTED)).fail(at(SLOT), failure.errno(), failure.value());
            }
            case Probe.Action.Redirect other -> {
                fill(other.to());
                code.increment(at(ACTED)).jumpTo(at(SLOT));
            }
            case Probe.Action.Delay delay -> {
                Duration time = delay.time();
                code.increment(at(ACTED)).sleep(SystemCalls.NANOSLEEP, Errno.EINTR, (int) time.toSeconds(),
                        time.toNanosPart()).jumpTo(at(PREVIOUS));
            }
            case Probe.Action.Time time ->
                counted(code).time(site.words(), site.threadId(), at(SEEN), SHARDS, at(PREVIOUS));
            case Probe.Action.Trace trace ->
                counted(code).trace(site.calls().orElseThrow().calls(), site.words(), site.threadId(), at(HEAD),
                        at(SEEN), SLOTS, SystemCalls.PROCESS_VM_READV, at(PREVIOUS));
        }
    }

    private ProbeCode counted(ProbeCode code) {
        return code.countThread(site.threadId(), at(TABLE_SLOT), TABLE_SIZE, at(REST));
    }

    /** Lets the slot lead to a function. */
    private void fill(String name) {
        switch (site.goal(name)) {
            case ProbeSite.Goal.Own own -> references.add(ProbeSite.reference(own, SLOT));
            case ProbeSite.Goal.Import other ->
                writer.relocation(SLOT, RelocationType.GLOB_DAT, writer.undefined(other.symbol()), 0);
        }
    }

    private void describe(LinkAddress start, int size, ProbeCode code) {
        LinkAddress frames = writer.end();
        FrameExcerpt.Written written = NewFrames.of(frames, start, size,
                code.frames().stream().map(frame -> new NewFrames.Row(frame.at(), frame.offset())).toList());
        LinkAddress entries = frames.plus(written.header().size());
        writer.part(".eh_frame_hdr", frames, written.header().toByteArray(), Access.READ);
        writer.part(".eh_frame", entries, written.entries().toByteArray(), Access.READ);
        writer.segment(SegmentType.GNU_EH_FRAME, frames, written.header().size());
        LinkAddress note = new LinkAddress(entries.value() + written.entries().size() + 7 & -8);
        byte[] properties = GnuProperties.protectedCode();
        writer.part(".note.gnu.property", note, properties, Access.READ);
        writer.segment(SegmentType.NOTE, note, properties.length);
        writer.segment(SegmentType.GNU_PROPERTY, note, properties.length);
    }

    private static CodeAddress at(LinkAddress address) {
        return new CodeAddress(address.value());
    }
}
