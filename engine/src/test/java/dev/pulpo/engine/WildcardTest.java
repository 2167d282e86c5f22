package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.elf.RawText;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WildcardTest {
    @ParameterizedTest
    @CsvSource(delimiter = ' ', value = {"nginx nginx", "nginx* nginx-worker", "n?inx nginx", "[a-n]ginx nginx",
            "[!a-m]ginx nginx", "{redis,nginx} nginx", "a\\* a*", "* a/b", "[]] ]", "[a-] -", ".* .hidden",
            "a.b+(c)|^$ a.b+(c)|^$",
            "} }", "a,b a,b", "[\\]] ]", "[&&a] &", "? é", "? 🐙", "é* évil"})
    void nameIsMeant(String wildcard, String name) {
        assertThat(new Wildcard(wildcard).matches(name)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = ' ', value = {"nginx nginx1", "nginx Nginx", "n?inx nginnx", "[a-m]ginx nginx",
            "[!n]ginx nginx",
            "{redis,nginx} redisnginx", "a\\* ab", "a.c abc", "\\d 1"})
    void nameIsNotMeant(String wildcard, String name) {
        assertThat(new Wildcard(wildcard).matches(name)).isFalse();
    }

    @Test
    void anyByteIsACharacter() {
        String name = RawText.decode(new byte[]{'a', '\n', (byte) 0xe9});
        assertThat(new Wildcard("a??").matches(name)).isTrue();
        assertThat(new Wildcard("*").matches(name)).isTrue();
        assertThat(new Wildcard(name).matches(name)).isTrue();
        assertThat(new Wildcard("a[" + RawText.decode(new byte[]{'\n'}) + "]?").matches(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "[a", "{a", "{a,{b}}", "a\\", "[z-a]", "[!]", "[a\\"})
    void mistakesAreExplained(String wildcard) {
        assertThatThrownBy(() -> new Wildcard(wildcard)).isInstanceOf(PatternSyntaxException.class)
                .hasMessageContaining("a wildcard is not well-formed: expected ");
        assertThatThrownBy(() -> new ProcessFilter(Optional.of(wildcard), Optional.empty()))
                .isInstanceOf(PatternSyntaxException.class);
    }

    /** Names without slashes are what the JDK's wildcards are for, too. */
    @Test
    void sameAsThatOfTheJdk() {
        Random random = new Random(4);
        int same = 0;
        for (int i = 0; i < 20_000; i++) {
            String wildcard = random(random, "ab*?[]{},!-\\.");
            String name = random(random, "ab.-");
            if (wildcard.contains("[") && wildcard.contains("\\") || wildcard.contains("[]") || wildcard.contains("[!]")
                    || wildcard.contains("]-") || wildcard.matches(".*\\[[^\\]]*(-.*-|\\[).*")) {
                // What the JDK does with these is not written down.
                continue;
            }
            boolean expected;
            try {
                expected = FileSystems.getDefault().getPathMatcher("glob:" + wildcard).matches(Path.of(name));
            } catch (PatternSyntaxException malformed) {
                assertThatThrownBy(() -> new Wildcard(wildcard)).as(wildcard)
                        .isInstanceOf(PatternSyntaxException.class);
                continue;
            }
            assertThat(new Wildcard(wildcard).matches(name)).as(wildcard + " " + name).isEqualTo(expected);
            same += expected ? 1 : 0;
        }
        assertThat(same).isGreaterThan(500);
    }

    private static String random(Random random, String alphabet) {
        StringBuilder text = new StringBuilder();
        for (int i = 1 + random.nextInt(5); i > 0; i--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
