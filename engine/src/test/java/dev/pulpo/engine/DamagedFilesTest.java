package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.dwarf.DebugInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A damaged file is refused with a place in it, or what can be read of it is used; no other exception comes of it. Bytes are
 * overwritten at random in every section, and files are cut. The property {@code pulpo.damaged} multiplies the rounds.
 */
class DamagedFilesTest {
    private static final int ROUNDS = Integer.getInteger("pulpo.damaged", 1);
    private static final int CUTS = 4;

    @TempDir
    static Path directory;

    @BeforeAll
    static void sources() throws IOException {
        Files.writeString(directory.resolve("lib.c"), """
                struct deep { struct { int a, b; } in; char name[12]; unsigned flags:3, rest:5; };
                struct deep state = {{1, 2}, "state", 1, 2};
                static int hidden = 40;
                static __thread int mine = 3;
                __attribute__((noinline)) int helper(struct deep *d, int k) { return d->in.b * k + hidden + mine; }
                int answer(int x) {
                    volatile int y = x;
                    hidden += y;
                    int r = helper(&state, y) + state.flags;
                    switch (y) { case 1: r += 3; break; case 2: r *= 5; break; case 3: r -= hidden; break;
                                 case 4: r ^= 9; break; case 5: r <<= 2; break; }
                    hidden -= y;
                    return r - STEP;
                }
                """);
        Files.writeString(directory.resolve("fix.c"), """
                struct deep { struct { int a, b; } in; char name[12]; unsigned flags:3, rest:5; };
                extern struct deep state;
                extern int hidden;
                int answer(int x) { return -(state.in.b * 100 + hidden + (int) state.flags); }
                """);
    }

    private static Path compiled(String compiler, String name, String source, String... options) throws Exception {
        Path output = directory.resolve(compiler + name);
        List<String> command = new ArrayList<>(List.of(compiler, "-O2", "-g", "-shared", "-fPIC",
                "-Wl,--build-id=sha1", "-o", output.toString(), directory.resolve(source).toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(log).isZero();
        return output;
    }

    private interface Use {
        void of(Path damaged) throws Exception;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcc", "clang"})
    void buildsAreCompared(String compiler) throws Exception {
        Needed.commands(compiler);
        Path old = compiled(compiler, "old.so", "lib.c", "-DSTEP=1");
        Path good = compiled(compiler, "new.so", "lib.c", "-DSTEP=2");
        damaged(old, damaged -> {
            BuildDiff.between(damaged, good);
            BuildDiff.between(good, damaged);
            BuildDiff.pack(damaged, good, directory.resolve("made.so"), java.util.Set.of());
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcc", "clang"})
    void patchesAreMade(String compiler) throws Exception {
        Needed.commands(compiler);
        Path library = compiled(compiler, "target.so", "lib.c", "-DSTEP=1");
        Path fix = compiled(compiler, "fix.so", "fix.c");
        damaged(library, damaged -> PlainPatch.of(damaged, fix).analyse());
        damaged(fix, damaged -> PlainPatch.of(library, damaged).pack(directory.resolve("made.so")));
        damaged(library, damaged -> {
            try (ElfFile elf = ElfFile.open(damaged);
                    DebugInfo info = DebugInfo.open(elf, damaged.toString(), DebugFiles.ofThisProcess())) {
                info.types("struct deep");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcc", "clang"})
    void patchesArePlanned(String compiler) throws Exception {
        Needed.commands(compiler);
        Victims victims = new Victims(Files.createDirectories(directory.resolve(compiler)));
        Path fix = compiled(compiler, "planned.so", "fix.c");
        Path container = victims.fix(7);
        try (RunningServer server = RunningServer.plain(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            damaged(fix, damaged -> assertThat(process
                    .plan(LivePatch.of(damaged).target("libanswer.so").replace("answer", "answer"))).isNotNull());
            damaged(container, damaged -> assertThat(process
                    .plan(LivePatch.of(damaged).target("libanswer.so").replace("answer", "fixed_answer"))).isNotNull());
        }
    }

    /** Uses a file that is damaged in all ways. */
    private static void damaged(Path file, Use use) throws Exception {
        byte[] sound = Files.readAllBytes(file);
        Random random = new Random(7);
        List<String> failures = new ArrayList<>();
        for (Section section : sections(file)) {
            for (int round = 0; round < ROUNDS; round++) {
                byte[] bytes = sound.clone();
                for (int i = 0; i <= round % 4; i++) {
                    bytes[(int) section.offset().value() + random.nextInt((int) section.size())] = (byte) random
                            .nextInt(256);
                }
                use(bytes, use, section.name() + " round " + round, failures);
            }
        }
        for (int cut = 1; cut < CUTS; cut++) {
            use(Arrays.copyOf(sound, sound.length * cut / CUTS), use, "cut " + cut, failures);
        }
        assertThat(failures).isEmpty();
    }

    private static List<Section> sections(Path file) throws IOException {
        try (ElfFile elf = ElfFile.open(file)) {
            return elf.sections().stream().filter(section -> section.size() > 0 && section.offset().value() > 0
                    && section.offset().value() + section.size() <= elf.source().size()).toList();
        }
    }

    private static void use(byte[] bytes, Use use, String what, List<String> failures) throws IOException {
        // A new file each time: a file that is mapped must not change.
        Path damaged = Files.createTempFile(directory, "damaged", ".so");
        Files.write(damaged, bytes);
        try {
            use.of(damaged);
        } catch (IOException | MalformedElfException | PulpoException refused) {
            assertThat(refused.getMessage()).isNotBlank();
        } catch (Exception | StackOverflowError | OutOfMemoryError other) {
            failures.add(what + ": " + other + " at " + Arrays.stream(other.getStackTrace()).limit(6).toList());
        } finally {
            Files.delete(damaged);
        }
    }
}
