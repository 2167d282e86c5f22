package dev.pulpo.elf.cfi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Needed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where exceptions land is asked of the compiler: its labels are kept as symbols. */
class LandingPadsTest {
    /** The third of the four numbers of a call site: a label, counted from where the function or its cold part begins. */
    private static final Pattern PAD = Pattern.compile("\\.uleb128 (L_\\d+)-L_(?:FB|FSB|COLDB|FUNC)\\w*");
    private static final String SOURCE = """
            #include <cstdio>
            #include <stdexcept>
            #include <string>
            #include <vector>
            struct guard { ~guard(); int x; };
            void may_throw(int);
            long one(int n) { guard a; may_throw(n); guard b; may_throw(n + 1); return a.x + b.x; }
            long two(int n) {
                try { may_throw(n); } catch (const std::runtime_error &e) { return e.what()[0]; } catch (int i) { return i; }
                return 0;
            }
            std::string three(const std::vector<std::string> &all) {
                std::string sum;
                for (auto &s : all) { try { sum += s; may_throw(sum.size()); } catch (...) { std::puts("no"); throw; } }
                return sum;
            }
            long plain(long x) { return x + 1; }
            """;

    @TempDir
    private Path directory;

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"-O0", "-O2", "-Os"})
    void padsAreThoseOfTheCompiler(String level) throws Exception {
        Needed.commands("g++");
        Files.writeString(directory.resolve("pads.cc"), SOURCE);
        run("g++", level, "-fPIC", "-S", "-o", "pads.s", "pads.cc");
        String labelled = Files.readString(directory.resolve("pads.s")).replaceAll("\\.L(\\w+)", "L_$1");
        Files.writeString(directory.resolve("pads.s"), labelled);
        run("g++", "-shared", "-fPIC", "-Wl,--unresolved-symbols=ignore-all", "-o", "pads.so", "pads.s");
        Set<String> labels = new TreeSet<>();
        Matcher matcher = PAD.matcher(labelled);
        while (matcher.find()) {
            labels.add(matcher.group(1));
        }
        try (ElfFile file = ElfFile.open(directory.resolve("pads.so"))) {
            LandingPads pads = LandingPads.of(file, FunctionRanges.of(file));
            List<Long> wanted = file.symbols().stream().filter(symbol -> labels.contains(symbol.name()))
                    .map(symbol -> symbol.value()).sorted().distinct().toList();
            assertThat(wanted).hasSizeGreaterThan(4);
            assertThat(pads.isComplete()).isTrue();
            assertThat(pads.addresses().boxed().toList()).isEqualTo(wanted);
            long first = wanted.getFirst();
            assertThat(pads.within(new LinkAddress(first - 3), new LinkAddress(first + 1))).hasValue(first);
            assertThat(pads.within(new LinkAddress(first - 3), new LinkAddress(first))).isEmpty();
        }
    }

    /** Every landing pad of the machine's C++ libraries lies in a function. */
    @Test
    void landingPadsOfInstalledLibrariesAreCode() throws IOException {
        int count = 0;
        for (Path library : List.of(Path.of("/usr/lib/x86_64-linux-gnu/libstdc++.so.6"),
                Path.of("/usr/lib/x86_64-linux-gnu/libc.so.6"))) {
            if (Files.exists(library)) {
                try (ElfFile file = ElfFile.open(library)) {
                    FunctionRanges functions = FunctionRanges.of(file);
                    LandingPads pads = LandingPads.of(file, functions);
                    assertThat(pads.isComplete()).isTrue();
                    assertThat(pads.addresses().filter(pad -> functions.containing(new LinkAddress(pad)).isEmpty()))
                            .isEmpty();
                    count += pads.count();
                }
            }
        }
        assertThat(count).isPositive();
    }

    private void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
    }
}
