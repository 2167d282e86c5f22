package dev.pulpo.engine.diff;

import dev.pulpo.elf.ByteBuilder;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.elf.SharedObjectWriter.Access;
import dev.pulpo.elf.SharedObjectWriter;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.elf.cfi.FrameExcerpt;
import dev.pulpo.engine.container.DataReference;
import dev.pulpo.engine.pack.Graft;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.NearBranch;
import dev.pulpo.x86.Nops;
import dev.pulpo.x86.SlotOperand;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The shared object that holds what was carved out of a new build. All of that lies where the new build has it, so that
 * distances stay what they are; behind it:
 *
 * <pre>
 *   source   the shared object that was made of added sources
 *   code     what stands in for instructions that use the old build
 *   frames   .eh_frame_hdr, .eh_frame: of the functions and of that code
 *   slots    eight bytes each: receive the addresses of the old build's functions and variables
 * </pre>
 */
final class PatchObjectBuilder {
    private static final int PAGE = 4096;

    private final ElfFile elf;
    private final CodeNames replacement;
    private final ExtractionPlan carving;
    private final SharedObjectWriter writer = new SharedObjectWriter();
    private final FrameExcerpt frames;
    private final TreeMap<Long, byte[]> texts = new TreeMap<>();
    private final Map<ExtractionPlan.Goal, Long> slots = new LinkedHashMap<>();
    private final Map<ExtractionPlan.Goal, Integer> bridges = new LinkedHashMap<>();
    private final ByteBuilder code = new ByteBuilder();
    private final List<Field> fields = new ArrayList<>();
    private final List<DataReference> references = new ArrayList<>();
    private final long codeStart;
    private final Optional<Graft> graft;
    private final Comparison comparison;

    /** Four bytes in the new code that hold the distance from behind them to a slot. */
    private record Field(int at, ExtractionPlan.Goal slot) {}

    PatchObjectBuilder(Comparison comparison, ExtractionPlan carving, Optional<Graft> graft) {
        this.comparison = comparison;
        this.replacement = comparison.replacement();
        this.elf = replacement.code().elf();
        this.carving = carving;
        this.graft = graft;
        frames = carving.frames();
        codeStart = graftedAt(elf) + graft.map(Graft::room).orElse(0L);
        build();
    }

    /** Where the object of added sources begins: behind all that the new build has. */
    static long graftedAt(ElfFile elf) {
        return Graft.end(elf);
    }

    private void build() {
        graft.ifPresent(added -> {
            frames.copy(added.object(), graftedAt(elf));
            references.addAll(added.write(writer, graftedAt(elf),
                    name -> comparison.added(name).orElseThrow().value()));
        });
        carving.carried().forEach((start, function) -> {
            texts.put(start, replacement.bytes(start, function.size()));
            frames.copy(function.address(), function.size());
        });
        for (ExtractionPlan.Edit edit : carving.edits()) {
            edit.operand().ifPresentOrElse(operand -> operand(edit, operand), () -> branch(edit));
        }
        int frameRoom = code.size() + PAGE - 1 & -PAGE;
        LinkAddress framesAt = new LinkAddress(codeStart + frameRoom);
        FrameExcerpt.Written written = frames.write(framesAt);
        long slotsAt = framesAt.value() + written.size() + PAGE - 1 & -PAGE;
        slots.replaceAll((goal, index) -> slotsAt + index * Long.BYTES);
        fields.forEach(field -> code.set(field.at, slot(field.slot) - (codeStart + field.at + 4), 4));
        inPlace();
        parts(framesAt, written, slotsAt);
        words();
        symbols();
    }

    private long slot(ExtractionPlan.Goal goal) {
        return goal instanceof ExtractionPlan.Goal.ThroughOwn own
                ? own.place()
                : java.util.Objects.requireNonNull(slots.get(goal));
    }

    /** A slot holds an address, whether that is used itself or what it points to. */
    private ExtractionPlan.Goal claimed(ExtractionPlan.Goal goal) {
        ExtractionPlan.Goal key = goal instanceof ExtractionPlan.Goal.ThroughOld through
                ? new ExtractionPlan.Goal.Old(through.address(), through.name())
                : goal;
        if (!(key instanceof ExtractionPlan.Goal.ThroughOwn)) {
            slots.putIfAbsent(key, (long) slots.size());
        }
        return key;
    }

    private byte[] text(long at) {
        return texts.floorEntry(at).getValue();
    }

    private int offset(long at) {
        return (int) (at - texts.floorKey(at));
    }

    private void operand(ExtractionPlan.Edit edit, SlotOperand operand) {
        ExtractionPlan.Goal slot = claimed(edit.goal());
        if (operand.inPlace()) {
            System.arraycopy(operand.code(), 0, text(edit.at()), offset(edit.at()), edit.length());
            return;
        }
        int at = append(operand, slot);
        if (operand.backField() >= 0) {
            long end = codeStart + at + operand.backField() + 4;
            code.set(at + operand.backField(), edit.at() + edit.length() - end, 4);
        }
        frames.standIn(new LinkAddress(edit.at()), new LinkAddress(codeStart + at), code.size() - at,
                operand.pushes().stream().map(push -> new FrameExcerpt.Push(push.at(), push.bytes())).toList());
        // A call returns to where the instruction ended.
        lead(edit.at(), edit.length(), operand.called() ? NearBranch.CALL : NearBranch.JUMP, codeStart + at);
    }

    private int append(SlotOperand operand, ExtractionPlan.Goal slot) {
        code.align(8, Nops.ONE);
        int at = code.size();
        code.bytes(operand.code());
        fields.add(new Field(at + operand.slotField(), slot));
        return at;
    }

    /** Puts a branch to the new code in the place of an instruction. */
    private void lead(long at, int length, NearBranch branch, long to) {
        byte[] bytes = branch.encode(new CodeAddress(at), length, new CodeAddress(to)).toByteArray();
        System.arraycopy(bytes, 0, text(at), offset(at), length);
    }

    private static void put(byte[] text, int at, long distance) {
        if (distance != (int) distance) {
            throw new IllegalStateException("a distance of " + distance);
        }
        for (int i = 0; i < 4; i++) {
            text[at + i] = (byte) (distance >> 8 * i);
        }
    }

    private void branch(ExtractionPlan.Edit edit) {
        long to = codeStart + bridge(edit.goal());
        if (edit.field() >= 0) {
            byte[] text = text(edit.at());
            put(text, offset(edit.at()) + edit.field(), to - (edit.at() + edit.length()));
        } else {
            // A branch of two bytes does not reach: where it leads in the new build is room for one that does.
            texts.putIfAbsent(edit.target(), NearBranch.JUMP.encode(new CodeAddress(edit.target()), NearBranch.LENGTH,
                    new CodeAddress(to)).toByteArray());
        }
    }

    /** Code that leads on to the old build: through a slot, or through the word that a slot points to. */
    private int bridge(ExtractionPlan.Goal goal) {
        return bridges.computeIfAbsent(goal, added -> {
            ExtractionPlan.Goal slot = claimed(goal);
            // A function that nobody calls through a pointer has no landing pad.
            int at = append(goal instanceof ExtractionPlan.Goal.ThroughOld
                    ? SlotOperand.jumpThroughSlot()
                    : SlotOperand.jumpToSlot(), slot);
            frames.leaf(new LinkAddress(codeStart + at), code.size() - at);
            return at;
        });
    }

    private void inPlace() {
        for (ExtractionPlan.Edit edit : carving.edits()) {
            edit.operand().filter(SlotOperand::inPlace).ifPresent(operand -> put(text(edit.at()),
                    offset(edit.at()) + operand.slotField(),
                    slot(claimed(edit.goal())) - (edit.at() + operand.slotField() + 4)));
        }
    }

    private void parts(LinkAddress framesAt, FrameExcerpt.Written written, long slotsAt) {
        texts.forEach((start, bytes) -> writer.part(".text", new LinkAddress(start), bytes, Access.EXECUTE));
        for (Section section : elf.sections()) {
            boolean taken = section.isAllocated() && section.hasBytes()
                    && (isTaken(section) || section.name().equals(".note.gnu.property") && declares());
            if (taken) {
                byte[] bytes = elf.rawData(section).bytes(section.size())
                        .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
                writer.part(section.name(), section.address(), bytes, Access.READ);
                if (section.name().equals(".note.gnu.property")) {
                    writer.segment(SegmentType.NOTE, section.address(), bytes.length);
                    writer.segment(SegmentType.GNU_PROPERTY, section.address(), bytes.length);
                }
            }
        }
        carving.words().kept().forEach((start, variable) -> {
            byte[] held = replacement.bytes(start, variable.size());
            writer.part(".data", variable.address(), java.util.Arrays.copyOf(held, (int) variable.size()),
                    Access.WRITE);
        });
        if (code.size() > 0) {
            writer.part(".text.pulpo", new LinkAddress(codeStart), code.toByteArray(), Access.EXECUTE);
        }
        writer.part(".eh_frame_hdr", framesAt, written.header().toByteArray(), Access.READ);
        writer.part(".eh_frame", framesAt.plus(written.header().size()), written.entries().toByteArray(), Access.READ);
        writer.segment(SegmentType.GNU_EH_FRAME, framesAt, written.header().size());
        if (!slots.isEmpty()) {
            writer.part(".data.pulpo", new LinkAddress(slotsAt), new byte[slots.size() * Long.BYTES], Access.WRITE);
        }
        slots.forEach((goal, place) -> {
            if (goal instanceof ExtractionPlan.Goal.Old there) {
                refer(there.name(), there.address(), place);
            }
        });
    }

    /** Whether what the new build declares about its code holds for added code as well. */
    private boolean declares() {
        return graft.map(added -> added.object().properties())
                .map(own -> (own.indirectBranchTracking() || !elf.properties().indirectBranchTracking())
                        && (own.shadowStack() || !elf.properties().shadowStack()))
                .orElse(true);
    }

    /** Constants may lead to each other by their distances, from section to section. */
    private boolean isTaken(Section section) {
        boolean plain = section.name().contains("rodata") && !section.isWritable() && !section.isExecutable();
        return carving.constants().contains(section.name())
                || plain && carving.constants().stream().anyMatch(name -> name.contains("rodata"));
    }

    private void refer(String name, long address, long place) {
        references.add(new DataReference(name, ".slot", address, place, false));
    }

    private void words() {
        Map<ElfSymbol, Integer> imports = new LinkedHashMap<>();
        carving.words().fills().forEach((place, fill) -> {
            LinkAddress at = new LinkAddress(place);
            if (!carving.words().isKept(place)) {
                writer.part(".got", at, new byte[fill.size()], Access.WRITE);
            }
            switch (fill) {
                case DataFixups.Fill.Old there -> refer(there.name(), there.address(), place);
                case DataFixups.Fill.Own own -> writer.relocation(at, RelocationType.RELATIVE, 0, own.address());
                case DataFixups.Fill.PerThread local -> references
                        .add(new DataReference(local.name(), ".slot", local.offset(), place, true));
                case DataFixups.Fill.Import wanted -> {
                    int symbol = imports.computeIfAbsent(wanted.symbol(), writer::undefined);
                    boolean jump = wanted.type().equals(RelocationType.JUMP_SLOT);
                    writer.relocation(at, jump ? RelocationType.GLOB_DAT : wanted.type(), symbol,
                            wanted.pair() ? 0 : wanted.addend());
                    if (wanted.pair()) {
                        writer.relocation(at.plus(Long.BYTES), RelocationType.DTPOFF64, symbol, wanted.addend());
                    }
                }
            }
        });
        if (!imports.isEmpty()) {
            elf.dynamic().needed().forEach(writer::needed);
        }
    }

    private void symbols() {
        Map<ElfSymbol, String> names = names();
        carving.carried().values().forEach(function -> {
            if (names.containsKey(function)) {
                writer.export(names.get(function), function.address(), function.size());
            } else {
                writer.symbol(function.name(), function.address(), function.size(), SymbolType.FUNC);
            }
        });
        carving.words().kept().values().forEach(variable -> writer.symbol(variable.name(), variable.address(),
                variable.size(), SymbolType.OBJECT));
    }

    /** The names of the replacements: those of the functions, where that says which one is meant. */
    Map<ElfSymbol, String> names() {
        Map<ElfSymbol, String> names = new LinkedHashMap<>();
        Set<String> taken = graft.map(Graft::exports).orElse(Set.of());
        carving.replaced().keySet().stream().sorted(Comparator.comparingLong(ElfSymbol::value)).forEach(function -> {
            String plain = replacement.isUnnamed(function)
                    ? "code_" + Long.toHexString(function.value())
                    : function.name();
            String name = plain;
            for (int i = 2; names.containsValue(name) || taken.contains(name); i++) {
                name = plain + "." + i;
            }
            names.put(function, name);
        });
        return names;
    }

    /** The places in it that receive addresses of the old build. */
    List<DataReference> references() {
        return references;
    }

    byte[] toBytes() {
        return writer.toBytes();
    }
}
