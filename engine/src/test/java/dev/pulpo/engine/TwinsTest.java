package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions of the same code, of which nothing but the data that they lead to says which is which. */
class TwinsTest {
    @TempDir
    private Path directory;

    private Path built(String compiler, String name, String... options) throws Exception {
        Path file = Files.createDirectories(directory.resolve(name)).resolve("libtwins.so");
        List<String> command = new ArrayList<>(List.of(compiler.split(" ", -1)));
        command.addAll(List.of("-shared", "-fPIC", "-Wl,--build-id=sha1", "-Wl,-soname,libtwins.so", "-o",
                file.toString(), new Victims(directory).resource("twins.c").toString()));
        command.addAll(Arrays.asList(options));
        Tools.run(command.toArray(String[]::new));
        return file;
    }

    /** The names that stripped code has of functions that have others in the same build with symbols. */
    private static List<String> unnamed(Path named, String... names) throws Exception {
        try (ElfFile elf = ElfFile.open(named)) {
            return elf.symbols().stream().filter(symbol -> Arrays.asList(names).contains(symbol.name()))
                    .map(ElfSymbol::value).map(value -> "0x" + Long.toHexString(value)).collect(Collectors.toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcc -O2", "clang -O2", "gcc -Os"})
    void theTablesSayWhichFunctionIsWhich(String compiler) throws Exception {
        Path named = built(compiler, "named");
        Path old = built(compiler, "old", "-s");
        Path fixed = built(compiler, "new", "-s", "-DFIXED");
        Path container = directory.resolve("fix.so");
        PackReport report = BuildDiff.pack(old, fixed, container, Set.of());
        assertThat(report.findings()).as(report.toString()).isEmpty();
        List<String> replaced = report.functions().stream().map(PackReport.Function::name).toList();
        List<String> same = unnamed(named, "one", "two", "three", "five", "six", "seven", "eight");
        assertThat(same).hasSize(7).doesNotContainAnyElementsOf(replaced);
        // What root gives for the first one has changed, and the compiler may have put that into its caller.
        assertThat(replaced).containsAll(unnamed(named, "four")).hasSizeLessThanOrEqualTo(3);
        Path program = new Victims(directory).compiled("program", "stripped_main.c", "-L" + old.getParent(), "-ltwins",
                "-Wl,-rpath," + old.getParent());
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("4")).isEqualTo("97004 four");
            assertThat(server.ask("0")).isEqualTo("-1 none");
            LivePatch patch = LivePatch.open(container);
            process.apply(patch);
            assertThat(server.ask("4")).isEqualTo("65004 four");
            assertThat(server.ask("0")).isEqualTo("97000 zero");
            assertThat(server.ask("8")).isEqualTo("97008 eight");
            process.revert(patch.id());
            assertThat(server.ask("0")).isEqualTo("-1 none");
        }
    }
}
