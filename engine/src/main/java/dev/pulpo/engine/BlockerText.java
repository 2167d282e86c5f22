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
    private record Alike(String reason, String systemCall, int looks, List<String> stack, List<Remedy> remedies) {
        static Alike of(Blocker blocker) {
            return new Alike(blocker.reason(), blocker.thread().systemCall().orElse(""),
                    blocker.thread().looks(), blocker.thread().stackLines(), blocker.remedies());
        }
    }

    static String of(List<? extends Blocker> blockers, Remedy.Wording words) {
        Map<Alike, List<Blocker>> groups = new LinkedHashMap<>();
        blockers.forEach(blocker -> groups.computeIfAbsent(Alike.of(blocker), key -> new ArrayList<>()).add(blocker));
        return groups.values().stream()
                .map(alike -> facts(alike) + help(alike.getFirst().remedies(), words))
                .collect(Collectors.joining("\n"));
    }

    /** What is known of threads that have all in common, without what helps. */
    static String facts(List<Blocker> alike) {
        Blocker first = alike.getFirst();
        List<String> lines = new ArrayList<>();
        lines.add(names(alike) + " " + first.reason());
        String activity = first.thread().activity();
        if (!activity.isEmpty()) {
            lines.add("  " + activity);
        }
        first.thread().stackLines().forEach(line -> lines.add("  " + line));
        return String.join("\n", lines);
    }

    /** Remedies on a line of their own; empty where there are none. */
    static String help(List<Remedy> remedies, Remedy.Wording words) {
        return remedies.isEmpty() ? "" : "\n  what helps: " + words.say(remedies);
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
