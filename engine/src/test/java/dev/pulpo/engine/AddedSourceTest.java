package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources that join what is taken from a new build, in real processes. */
class AddedSourceTest {
    /** What everybody may name: what both builds export, and what only the new one does. */
    private static final String EXPORTED = """
            #include "pulpo.h"
            #include <stdio.h>
            #define ID 77
            extern int limit;
            int rounded(int);
            int answer(int);
            PULPO_ORIGINAL(const char *, label, (int));
            PULPO_SHADOW(ID);
            PULPO_STATE(5, 2);
            static __thread int mine = 7;
            static __thread char text[80];
            static int twice(int x) { return 2 * x; }
            static int (*const operations[])(int) = {twice, rounded};
            const char *label(int x)
            {
                int *seen = pulpo_shadow_get_or_alloc(&limit, ID, sizeof *seen, NULL, NULL);
                snprintf(text, sizeof text, "%s-%d-%d-%d-%d", pulpo_original(label)(x), ++*seen, operations[0](x),
                         operations[1](x), ++mine);
                return text;
            }
            int price(int x)
            {
                return answer(x) * 100;
            }
            void pulpo_after_apply(void)
            {
                limit = 20;
            }
            void pulpo_before_revert(void)
            {
                limit = 50;
            }
            """;

    @TempDir
    private Path directory;

    private Path build(String compiler, String name, String... options) throws Exception {
        Path source = new Victims(directory).resource("joined.c");
        Path file = Files.createDirectories(directory.resolve(name)).resolve("libjoined.so");
        List<String> command = new ArrayList<>(List.of(compiler.split(" ", -1)));
        command.addAll(List.of("-shared", "-fPIC", "-Wl,--build-id=sha1", "-Wl,-soname,libjoined.so", "-o",
                file.toString(), source.toString()));
        command.addAll(List.of(options));
        Tools.run(command.toArray(String[]::new));
        return file;
    }

    private RunningServer server(Path library) throws Exception {
        return RunningServer.preloaded(new Victims(directory).compiled("program", "joined_main.c",
                "-L" + library.getParent(), "-ljoined", "-Wl,-rpath," + library.getParent()));
    }

    private Path source(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private BuildDiff.Packed pack(Path old, Path replacement, BuildDiff.Selection selection, Path... sources)
            throws IOException {
        return BuildDiff.compareAndPack(old, replacement, directory.resolve("fix.so"), Set.of(), selection,
                new BuildDiff.Addition(List.of(sources),
                        List.of("-I" + StubFile.header().getParent()), Map.of()));
    }

    private static List<String> names(List<PackReport.Function> functions) {
        return functions.stream().map(PackReport.Function::name).toList();
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"gcc -O2 -g", "gcc -O2 -s", "gcc -O3 -g -fcf-protection -fno-plt", "clang -O2 -g",
            "clang -O2 -s -fuse-ld=lld", "gcc -O2 -s -fuse-ld=mold"})
    void aSourceReplacesWhatTheNewBuildHasAndWhatHasNotChanged(String compiler) throws Exception {
        Path old = build(compiler, "old");
        Path fixed = build(compiler, "new", "-DFIXED");
        BuildDiff.Packed packed = pack(old, fixed, BuildDiff.Selection.ALL, source("extra.c", EXPORTED));
        assertThat(packed.report().findings()).as(packed.report().toString()).isEmpty();
        assertThat(names(packed.added().functions())).containsExactlyInAnyOrder("label", "price");
        assertThat(packed.added().callbacks()).containsExactly("pulpo_after_apply", "pulpo_before_revert");
        assertThat(names(packed.report().functions())).contains("answer").doesNotContain("label", "price").hasSize(2);
        try (RunningServer server = server(old); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("66")).isEqualTo("66 132 many 207");
            LivePatch patch = LivePatch.open(directory.resolve("fix.so"));
            PatchPlan plan = process.plan(patch);
            assertThat(plan.isApplicable()).as(plan.toString()).isTrue();
            assertThat(process.apply(plan, Consistency.DEFAULT).functions()).hasSize(4);
            // The new build caps and rounds, the callback has lowered the limit, and price() asks the new answer().
            assertThat(server.ask("66")).isEqualTo("21 2100 many-1-132-60-8 409");
            assertThat(server.ask("6")).isEqualTo("1 100 few-2-12-0-9 611");
            assertThat(process.patches().getFirst().functions()).hasSize(4);
            process.revert(patch.id());
            assertThat(server.ask("66")).isEqualTo("66 132 many 813");
            process.apply(patch);
            assertThat(server.ask("66")).startsWith("21 2100 many-");
        }
    }

    private static final String PRIVATE = """
            extern int counter;
            extern __thread int asked;
            int capped(int x)
            {
                counter += 10;
                asked++;
                return x > 4 ? 4 : x;
            }
            """;

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"gcc -O2", "clang -O2"})
    void aSourceReplacesAndUsesWhatIsPrivate(String compiler) throws Exception {
        Path old = build(compiler, "old");
        BuildDiff.Packed packed = pack(old, build(compiler, "new", "-DFIXED"), BuildDiff.Selection.ALL,
                source("extra.c", PRIVATE));
        assertThat(packed.report().findings()).as(packed.report().toString()).isEmpty();
        assertThat(names(packed.added().functions())).containsExactly("capped");
        assertThat(packed.report().references()).extracting(PackReport.Reference::symbol)
                .containsExactlyInAnyOrder("counter", "asked");
        try (RunningServer server = server(old); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("66")).isEqualTo("66 132 many 207");
            LivePatch patch = LivePatch.open(directory.resolve("fix.so"));
            process.apply(patch);
            assertThat(server.ask("66")).isEqualTo("1 12 many 2209");
            process.revert(patch.id());
            assertThat(server.ask("66")).isEqualTo("66 132 many 2411");
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"g++ -O2 -g", "clang++ -O2 -s"})
    void exceptionsGetThroughAddedCode(String compiler) throws Exception {
        Path code = new Victims(directory).resource("joined_throwing.cc");
        Path old = program(compiler, code, "old");
        BuildDiff.Packed packed = pack(old, program(compiler, code, "new", "-DFIXED"), BuildDiff.Selection.ALL,
                source("extra.cc", """
                        #include <stdexcept>
                        #include <string>
                        static std::string text = std::string("a text that needs memory of its ") + "own";
                        static int checked(int x)
                        {
                            if (x == 13)
                                throw std::runtime_error(text);
                            if (x == 14)
                                throw 14;
                            return x;
                        }
                        int halved(int x)
                        {
                            try {
                                return checked(x) / 2;
                            } catch (int caught) {
                                return -caught;
                            }
                        }
                        """), source("unused.c", """
                        static int unused(void) { return 1; }
                        __attribute__((visibility("hidden"))) int hidden(void) { return unused(); }
                        """));
        assertThat(packed.report().findings()).as(packed.report().toString()).isEmpty();
        assertThat(packed.added().functions()).hasSize(1);
        try (RunningServer server = RunningServer.preloaded(old);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("200")).isEqualTo("100");
            assertThat(server.ask("13")).isEqualTo("6");
            LivePatch patch = LivePatch.open(directory.resolve("fix.so"));
            process.apply(patch);
            assertThat(server.ask("200")).isEqualTo("failed: long");
            assertThat(server.ask("13")).isEqualTo("failed: a text that needs memory of its own");
            assertThat(server.ask("14")).isEqualTo("-14");
            assertThat(server.ask("8")).isEqualTo("4");
            process.revert(patch.id());
            assertThat(server.ask("200")).isEqualTo("100");
            assertThat(server.ask("13")).isEqualTo("6");
        }
    }

    private Path program(String compiler, Path source, String name, String... options) throws Exception {
        Path file = Files.createDirectories(directory.resolve(name)).resolve("joined");
        List<String> command = new ArrayList<>(List.of(compiler.split(" ", -1)));
        command.addAll(List.of("-pie", "-fPIE", "-rdynamic", "-Wl,--build-id=sha1", "-o", file.toString(),
                source.toString()));
        command.addAll(List.of(options));
        Tools.run(command.toArray(String[]::new));
        return file;
    }

    /** The new build's functions know objects that are larger than those that there are. */
    @Test
    void aStructThatGrowsIsSupplemented() throws Exception {
        Path code = new Victims(directory).resource("joined_grown.c");
        Path old = program("gcc -O2 -g", code, "old");
        Path fixed = program("gcc -O2 -g", code, "new", "-DFIXED");
        Path more = source("more.c", """
                #include "pulpo.h"
                #include <stdio.h>
                #define SAID 7001
                struct guest { char name[16]; };
                PULPO_SHADOW(SAID);
                PULPO_ORIGINAL(void, guest_free, (struct guest *));
                const char *guest_says(struct guest *guest)
                {
                    static char spoken[40];
                    unsigned *said = pulpo_shadow_get_or_alloc(guest, SAID, sizeof *said, NULL, NULL);
                    snprintf(spoken, sizeof spoken, "%s %u", guest->name, said == NULL ? 0 : ++*said);
                    return spoken;
                }
                void guest_free(struct guest *guest)
                {
                    pulpo_shadow_free(guest, SAID, NULL);
                    pulpo_original(guest_free)(guest);
                }
                """);
        BuildDiff.Selection selection = new BuildDiff.Selection(List.of(), List.of("guest_new"));
        assertThat(pack(old, fixed, selection, more).report().findings()).extracting(Finding::check)
                .containsOnly(Check.LAYOUT);
        BuildDiff.Packed packed = BuildDiff.compareAndPack(old, fixed, directory.resolve("fix.so"),
                Set.of(Check.LAYOUT), selection, new BuildDiff.Addition(List.of(more),
                        List.of("-I" + StubFile.header().getParent()), Map.of()));
        assertThat(packed.report().findings()).as(packed.report().toString()).isEmpty();
        assertThat(names(packed.report().functions())).containsExactly("seat");
        assertThat(names(packed.added().functions())).containsExactlyInAnyOrder("guest_says", "guest_free");
        try (RunningServer server = RunningServer.preloaded(old);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("1ann")).isEqualTo("1 ann");
            LivePatch patch = LivePatch.open(directory.resolve("fix.so"));
            process.apply(patch);
            assertThat(server.ask("1")).isEqualTo("1 ann 1");
            assertThat(server.ask("1")).isEqualTo("1 ann 2");
            assertThat(server.ask("9bob")).isEqualTo("3 bob 1");
            assertThat(server.ask("1-")).isEqualTo("1 nobody");
            process.revert(patch.id());
            assertThat(server.ask("3")).isEqualTo("3 bob");
        }
    }

    /** Equal builds have nothing to take; what the source does is all. Descriptors are another way to thread-locals. */
    @Test
    void aSourceAloneIsAPatch() throws Exception {
        Path old = build("gcc -O2 -g", "old");
        BuildDiff.Packed packed = BuildDiff.compareAndPack(old, build("gcc -O2 -g", "new"),
                directory.resolve("fix.so"), Set.of(), BuildDiff.Selection.ALL,
                new BuildDiff.Addition(List.of(source("extra.c", PRIVATE)), List.of("-mtls-dialect=gnu2"), Map.of()));
        assertThat(packed.report().findings()).as(packed.report().toString()).isEmpty();
        assertThat(packed.report().functions()).isEmpty();
        try (RunningServer server = server(old); LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(LivePatch.open(directory.resolve("fix.so")));
            assertThat(server.ask("66")).isEqualTo("4 8 many 2007");
        }
    }

    private List<String> refusals(BuildDiff.Selection selection, String text) throws Exception {
        Path old = build("gcc -O2 -g", "old");
        BuildDiff.Packed packed = pack(old, build("gcc -O2 -g", "new", "-DFIXED"), selection,
                source("extra.c", text));
        assertThat(directory.resolve("fix.so").toFile().exists()).isEqualTo(packed.report().isPackable());
        return packed.report().findings().stream().map(Finding::toString).toList();
    }

    @Test
    void whatASourceCannotReplaceIsRefused() throws Exception {
        assertThat(refusals(BuildDiff.Selection.ALL, "int prize(int x) { return x; }")).singleElement().asString()
                .startsWith("unknown: prize of ")
                .contains("libjoined.so has no function of that name, did you mean price?")
                .endsWith("make a function that is to replace none static, or hidden").doesNotContain("\n");
        assertThat(refusals(BuildDiff.Selection.ALL, "int rounded(int x) { return x; }")).singleElement().asString()
                .startsWith("unknown: rounded of ").contains("only the new build has");
        assertThat(refusals(BuildDiff.Selection.ALL, "int missing(int); int price(int x) { return missing(x); }"))
                .singleElement().asString().startsWith("undefined: the patch needs missing");
        assertThat(refusals(BuildDiff.Selection.ALL, "long price(long x) { return x; }"))
                .anyMatch(finding -> finding.startsWith("signature: "));
        assertThat(refusals(BuildDiff.Selection.ALL, "int limit = 3; int price(int x) { return x + limit++; }"))
                .anyMatch(finding -> finding.startsWith("duplicated: "));
        assertThat(refusals(BuildDiff.Selection.ALL,
                "int price(int x) { return x; } int (*const same)(int) = price; extern int counter;"
                        + "__attribute__((constructor)) static void early(void) { counter++; }"))
                .anyMatch(finding -> finding.startsWith("constructor: "));
        assertThat(refusals(BuildDiff.Selection.ALL, "extern int rounded; int price(int x) { return x; }")).isEmpty();
    }

    /** Not so that it fails, or means something else, when it is loaded. */
    @ParameterizedTest
    @ValueSource(strings = {"-Wl,-z,execstack", "-Wl,-rpath,/nowhere", "-Wl,-rpath,/nowhere,--disable-new-dtags"})
    void whatAPartOfAnotherObjectCannotHaveIsRefused(String option) throws Exception {
        Path old = build("gcc -O2 -g", "old");
        assertThat(BuildDiff.compareAndPack(old, old, directory.resolve("fix.so"), Set.of(), BuildDiff.Selection.ALL,
                new BuildDiff.Addition(List.of(source("extra.c", PRIVATE)), List.of(option), Map.of())).report()
                .findings()).extracting(Finding::check).containsExactly(Check.REFERENCE);
        assertThat(directory.resolve("fix.so")).doesNotExist();
    }

    @Test
    void aFunctionIsWrittenOrLeftOutOrTaken() throws Exception {
        String price = "int price(int x) { return x; }";
        assertThat(refusals(new BuildDiff.Selection(List.of(), List.of("price")), price)).singleElement().asString()
                .isEqualTo(
                        "unknown: price is to be left out, and an added source replaces it: only one of both can be");
        assertThat(refusals(new BuildDiff.Selection(List.of("price"), List.of()), price)).singleElement().asString()
                .isEqualTo(
                        "unknown: price is to be taken from the new build, and an added source replaces it: only one of"
                                + " both can be");
        assertThat(refusals(new BuildDiff.Selection(List.of("answer"), List.of()), price)).isEmpty();
    }

    @Test
    void whatIsNotCompiledLeavesNothingBehind() throws Exception {
        Path old = build("gcc -O2 -g", "old");
        Path fixed = build("gcc -O2 -g", "new", "-DFIXED");
        Set<Path> before = temporary();
        assertThatThrownBy(() -> pack(old, fixed, BuildDiff.Selection.ALL,
                source("extra.c", "int price(int x) { return y; }"))).isInstanceOf(IOException.class)
                .hasMessageContaining("extra.c:1").hasMessageContaining("\u2018y\u2019 undeclared");
        assertThatThrownBy(() -> pack(old, fixed, BuildDiff.Selection.ALL, source("one.c", PRIVATE),
                source("two.c", "int capped(int x) { return x; }"))).isInstanceOf(IOException.class)
                .hasMessage(directory.resolve("one.c") + " and " + directory.resolve("two.c") + " both define capped");
        assertThat(directory.resolve("fix.so")).doesNotExist();
        assertThat(temporary()).isEqualTo(before);
    }

    private static Set<Path> temporary() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("pulpo-add"))
                    .collect(Collectors.toSet());
        }
    }
}
