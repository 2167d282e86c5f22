package dev.pulpo.examples.picture;

import dev.pulpo.engine.StackProfile;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Stacks as lines: the thread and its functions, the outermost first, with semicolons between, then a blank and how often. Other
 * programs draw pictures of such lines. An inlined copy ends in {@code _[i]}.
 */
public final class FoldedStacks {
    private FoldedStacks() {}

    /** One line for each stack, whatever state its thread is in, in the order of the alphabet. */
    public static List<String> of(StackProfile profile) {
        Map<String, Long> lines = new TreeMap<>();
        profile.stacks().forEach(stack -> lines.merge(line(stack), stack.count(), Long::sum));
        return lines.entrySet().stream().map(line -> line.getKey() + " " + line.getValue()).toList();
    }

    private static String line(StackProfile.Stack stack) {
        return Stream.concat(Stream.of(word(stack.thread())),
                stack.frames().stream().map(frame -> word(frame.words()) + (frame.inlined() ? "_[i]" : "")))
                .collect(Collectors.joining(";"));
    }

    /** A semicolon in a name would begin a frame that is not there. */
    private static String word(String name) {
        return Markup.shown(name).replace(';', ':');
    }
}
