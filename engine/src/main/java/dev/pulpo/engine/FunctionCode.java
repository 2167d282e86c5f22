package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.text.Syntax;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The instructions of a function as they stand in a process, and as they stood before a patch.
 *
 * @param name   of its symbol; its address where it has none
 * @param object path of the object that it belongs to
 * @param entry  its address in the process
 * @param lines  what stands there now, including bytes before the entry that a patch has changed
 * @param before what stood there before all patches; empty unless it is patched
 * @param change the patch that is in force
 */
public record FunctionCode(String name, String object, RemoteAddress entry, List<CodeLine> lines,
        List<CodeLine> before, Optional<Change> change) {
    private static final int WIDEST = 56;

    /**
     * The patch that has changed a function.
     *
     * @param patch       the patch
     * @param file        the path that it was loaded from
     * @param replacement the symbol that calls reach; empty where no symbol tells
     * @param entry       its address in the process
     */
    public record Change(PatchId patch, String file, String replacement, RemoteAddress entry) {}

    public FunctionCode {
        lines = List.copyOf(lines);
        before = List.copyOf(before);
    }

    /**
     * The text for people: where a patch has changed something, what stood there on the left and what stands there now on
     * the right.
     *
     * @param bytes whether to show the bytes of the instructions
     */
    public String text(Syntax syntax, boolean bytes) {
        StringBuilder text = new StringBuilder(name).append(" in ").append(object).append(" at ").append(entry);
        change.ifPresent(by -> text.append(System.lineSeparator()).append("replaced by ").append(by.file)
                .append(" (patch ").append(by.patch.hex(), 0, 8).append("): calls reach ")
                .append(by.replacement.isEmpty() ? "" : by.replacement + " at ").append(by.entry));
        Map<Long, CodeLine> old = byAddress(before);
        Map<Long, CodeLine> now = byAddress(lines);
        SortedMap<Long, CodeLine> all = new TreeMap<>(Long::compareUnsigned);
        all.putAll(old);
        all.putAll(now);
        Optional<SourceLine> place = Optional.empty();
        for (Map.Entry<Long, CodeLine> each : all.entrySet()) {
            CodeLine line = each.getValue();
            if (line.place().isPresent() && !line.place().equals(place)) {
                place = line.place();
                text.append(System.lineSeparator()).append(place.get()).append(':');
            }
            text.append(System.lineSeparator()).append("  ").append(Long.toHexString(each.getKey()))
                    .append(line.branchedTo() ? " > " : "   ")
                    .append(columns(old.get(each.getKey()), now.get(each.getKey()), syntax, bytes));
        }
        return text.toString();
    }

    private String columns(@Nullable CodeLine old,
            @Nullable CodeLine now, Syntax syntax, boolean bytes) {
        String present = now == null ? "" : text(now, syntax, bytes);
        boolean same = old != null && now != null
                && old.instruction().bytes().equals(now.instruction().bytes());
        if (before.isEmpty() || same) {
            return present;
        }
        String former = old == null ? "" : text(old, syntax, bytes);
        return ("%-" + WIDEST + "s | %s").formatted(former, present).stripTrailing();
    }

    private static String text(CodeLine line, Syntax syntax, boolean bytes) {
        String words = line.text(syntax);
        return bytes ? "%-30s %s".formatted(line.instruction().hex(), words) : words;
    }

    private static Map<Long, CodeLine> byAddress(List<CodeLine> lines) {
        Map<Long, CodeLine> found = new HashMap<>();
        lines.forEach(line -> found.put(line.instruction().address().value(), line));
        return found;
    }

    /** In Intel's syntax, without bytes. */
    @Override
    public String toString() {
        return text(Syntax.INTEL, false);
    }
}
