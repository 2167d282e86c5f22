package dev.pulpo.engine.check;

import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.elf.dwarf.TypedefLayout;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What functions and their replacements take and return. */
public final class SignatureCheck {
    private static final Pattern WORD = Pattern.compile("\\b[A-Za-z_]\\w*\\b");
    private static final int DEEPEST = 16;

    private SignatureCheck() {}

    static List<Finding> run(CodeFacts target, CodeFacts patch, List<ReplacedFunction> functions) {
        List<Finding> findings = new ArrayList<>();
        for (ReplacedFunction each : functions) {
            Optional<FunctionInfo> old = target.functionEnteredAt(each.address());
            Optional<FunctionInfo> replacement = patch.functionEnteredAt(each.replacementAddress());
            boolean described = Stream.of(old, replacement)
                    .allMatch(function -> function.filter(known -> !known.signature().isEmpty()).isPresent());
            if (described && !canonical(target.info(), old.get().signature())
                    .equals(canonical(patch.info(), replacement.get().signature()))) {
                findings.add(new Finding(Check.SIGNATURE, each.function() + " is " + difference(target.info(),
                        old.get().signature(), patch.info(), replacement.get().signature()),
                        Stream.of(old.get(), replacement.get()).flatMap(function -> function.declaration().stream())
                                .toList()));
            }
        }
        return findings;
    }

    /** Where two signatures read the same, it is what a name in them means that differs. */
    private static String difference(DebugInfo old, String was, DebugInfo replacement, String is) {
        if (!was.equals(is)) {
            return was + " in the target, and its replacement is " + is;
        }
        return WORD.matcher(is).results().map(java.util.regex.MatchResult::group).distinct()
                .filter(word -> !canonical(old, word).equals(canonical(replacement, word)))
                .map(word -> is + " in both, but " + word + " is " + canonical(old, word) + " in the target and "
                        + canonical(replacement, word) + " in the replacement")
                .findFirst().orElse(was + " in the target, and its replacement has other types of the same names");
    }

    /** The signature with the types that names of {@code typedef} stand for, and one word for each base type. */
    public static String canonical(DebugInfo info, String signature) {
        return BaseTypes.normal(resolved(info, signature));
    }

    /** The signature with the types that names of {@code typedef} stand for. */
    static String resolved(DebugInfo info, String signature) {
        String text = signature;
        for (int i = 0; i < DEEPEST; i++) {
            String next = WORD.matcher(text).replaceAll(word -> meaning(info, word.group()));
            if (next.equals(text)) {
                break;
            }
            text = next;
        }
        return text;
    }

    private static String meaning(DebugInfo info, String word) {
        return info.types(word).stream().filter(TypedefLayout.class::isInstance).map(TypedefLayout.class::cast)
                .filter(alias -> !alias.type().isEmpty() && !alias.type().endsWith(" " + word)).findFirst()
                .map(alias -> java.util.regex.Matcher.quoteReplacement(alias.type())).orElse(word);
    }
}
