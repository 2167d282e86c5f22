package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Builds of one source, with and without changes that are known. */
class BuildDiffTest {
    @TempDir
    private Path directory;

    private Path build(String name, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("-g"));
        all.addAll(List.of(options));
        return new Victims(directory).compiled(name, "builds.c", all.toArray(String[]::new));
    }

    private static List<String> names(List<BuildDiff.Difference> differences) {
        return differences.stream().map(each -> each.kind() + " " + each.name()).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-O2", "-O3 -fPIC -shared", "-O1 -no-pie", "-Os -fcf-protection", "-O2 -fno-plt"})
    void whatOnlyMovedIsTheSame(String options) throws Exception {
        String[] plain = options.split(" ", -1);
        String[] moved = (options + " -DSHIFTED").split(" ", -1);
        BuildDiff diff = BuildDiff.between(build("old", plain), build("new", moved));
        assertThat(diff.compared()).isGreaterThan(5);
        assertThat(names(diff.functions())).containsExactly("ADDED inserted");
        assertThat(names(diff.variables())).contains("ADDED inserted_variable")
                .allMatch(name -> name.startsWith("ADDED"));
    }

    @ParameterizedTest
    @CsvSource({"src/lib.rs, true", "src/lib.bin, false"})
    void placesInSourcesAreLineNumbers(String file, boolean source) throws Exception {
        String place = "-DPLACES=\"" + file + '"';
        BuildDiff diff = BuildDiff.between(build("old", "-O2", "-fPIC", "-shared", place, "-DLINE=7"),
                build("new", "-O2", "-fPIC", "-shared", place, "-DLINE=9", "-DSHIFTED"));
        assertThat(names(diff.functions()).contains("CHANGED placed")).isNotEqualTo(source);
        assertThat(names(diff.lines()).contains("CHANGED placed")).isEqualTo(source);
        assertThat(names(diff.variables()).contains("CHANGED here")).isNotEqualTo(source);
    }

    @Test
    void changesAreFoundWithTheirPlaces() throws Exception {
        Path old = build("old", "-O2");
        assertThat(names(BuildDiff.between(old, build("new", "-O2", "-DSHIFTED", "-DCONSTANT")).functions()))
                .containsExactly("ADDED inserted", "CHANGED scaled");
        assertThat(names(BuildDiff.between(old, build("new", "-O2", "-DTEXT")).functions()))
                .containsExactly("CHANGED says");
        BuildDiff other = BuildDiff.between(old, build("new", "-O2", "-DOTHER"));
        assertThat(names(other.functions())).containsExactly("CHANGED calls_other");
        assertThat(other.functions().getFirst().declaration()).get().asString().matches(".*builds\\.c:\\d+");
        assertThat(other.toString()).contains("1 of ");
    }
}
