package dev.pulpo.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Blockers as text. A hundred workers that wait at the same place are told of once, with all their names. */
final class BlockerText {
    private static final int MOST_NAMES = 8;

    private BlockerText() {}

    /** What threads have in common that are told of together. */
    private record Alike(String reason, String systemCall, int looks, List<String> stack, String remedy) {
        static Alike of(Blocker blocker) {
            return new Alike(blocker.reason(), blocker.thread().systemCall().orElse(""),
                    blocker.thread().looks(), blocker.thread().stackLines(), blocker.remedy());
        }
    }

    static String of(List<? extends Blocker> blockers) {
        Map<Alike, List<Blocker>> groups = new LinkedHashMap<>();
        blockers.forEach(blocker -> groups.computeIfAbsent(Alike.of(blocker), key -> new ArrayList<>()).add(blocker));
        return groups.values().stream().map(BlockerText::group).collect(Collectors.joining("\n"));
    }

    private static String group(List<Blocker> alike) {
        Blocker first = alike.getFirst();
        List<String> lines = new ArrayList<>();
        lines.add(names(alike) + " " + first.reason());
        String activity = first.thread().activity();
        if (!activity.isEmpty()) {
            lines.add("  " + activity);
        }
        first.thread().stackLines().forEach(line -> lines.add("  " + line));
        if (!first.remedy().isEmpty()) {
            lines.add("  what helps: " + first.remedy());
        }
        return String.join("\n", lines);
    }

    private static String names(List<Blocker> alike) {
        String names = alike.stream().limit(MOST_NAMES)
                .map(blocker -> "thread " + blocker.tid() + " (" + blocker.thread().name() + ")")
                .collect(Collectors.joining(", "));
        return alike.size() == 1
                ? names
                : names + (alike.size() > MOST_NAMES ? " and " + (alike.size() - MOST_NAMES) + " more" : "") + ": each";
    }
}
