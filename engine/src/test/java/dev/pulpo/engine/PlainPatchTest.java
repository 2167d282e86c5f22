package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.dwarf.SourceLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Patches that are ordinary C: packed, applied to a real process, and refused where they would do harm. */
class PlainPatchTest {
    private static final String[] LIBRARY = {"-g", "-shared", "-fPIC", "-fpatchable-function-entry=16,14",
            "-Wl,-soname,libplain.so"};

    @TempDir
    private Path directory;

    private Victims victims;
    private Path library;

    PlainPatchTest() {
        victims = new Victims(Path.of("."));
        library = Path.of("");
    }

    @BeforeEach
    void build() throws Exception {
        victims = new Victims(directory);
        victims.resource("plain.h");
        library = victims.compiled("libplain.so", "plain.c", LIBRARY);
    }

    private Path fix(String... options) throws Exception {
        return fixOf("plain_fix.c", options);
    }

    private Path fixOf(String source, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("-g", "-shared", "-fPIC"));
        all.addAll(List.of(options));
        return victims.compiled("fix.so", source, all.toArray(String[]::new));
    }

    private PlainPatch edited(String from, String to) throws Exception {
        Path source = victims.resource("plain_fix.c");
        String text = Files.readString(source);
        assertThat(text).contains(from);
        Files.writeString(source, text.replace(from, to));
        return PlainPatch.of(library, fix());
    }

    private static Finding only(PackReport report) {
        assertThat(report.findings()).as(report.toString()).hasSize(1);
        return report.findings().getFirst();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-fno-plt", "-Wl,-z,relro,-z,now", "-O0 -Wl,-z,lazy", "-mtls-dialect=gnu2"})
    void privateDataIsTheTargets(String options) throws Exception {
        Path program = victims.compiled("plain_main", "plain_main.c", "-L" + directory, "-lplain",
                "-Wl,-rpath," + directory);
        Path container = directory.resolve("packed.so");
        PackReport report = PlainPatch.of(library, fix(options.isEmpty() ? new String[0] : options.split(" ", -1)))
                .pack(container);
        assertThat(report.findings()).as(report.toString()).isEmpty();
        assertThat(report.functions()).extracting(PackReport.Function::name).containsExactlyInAnyOrder("answer",
                "thread_value", "name_of");
        assertThat(report.references()).extracting(PackReport.Reference::symbol).contains("counter", "per_thread",
                "names", "hidden");
        assertThat(report.references()).filteredOn(PackReport.Reference::threadLocal)
                .extracting(PackReport.Reference::symbol).containsOnly("per_thread");
        assertThat(report.references()).allSatisfy(reference -> assertThat(reference.declaration())
                .map(SourceLine::file).get().asString().endsWith("plain.c"));
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("?")).isEqualTo("108 41 zero");
            LivePatch patch = LivePatch.open(container);
            assertThat(process.apply(patch).functions()).hasSize(3);
            assertThat(server.ask("?")).isEqualTo("10109 1046 two");
            process.revert(patch.id());
            assertThat(server.ask("?")).isEqualTo("110 1042 zero");
        }
    }

    /** The dynamic loader gives nobody what a library exports that was opened so, but who is linked with it. */
    @Test
    void exportsOfLibrariesThatTheProgramKeepsToItselfAreFoundByWhatIsLinkedWithThem() throws Exception {
        Path late = victims.compiled("liblate.so", "late.c", "-g", "-shared", "-fPIC", "-DLINKAGE=",
                "-Wl,-soname,liblate.so");
        Path source = victims.resource("late_fix.c");
        Path unlinked = directory.resolve("unlinked.so");
        PlainPatch.compile(source, unlinked, List.of());
        Path refused = directory.resolve("refused.so");
        assertThat(PlainPatch.of(late, unlinked).pack(refused).notes()).singleElement().asString()
                .contains("(big, per_thread)", "RTLD_LOCAL", "link the patch with the library");
        Path linked = directory.resolve("linked.so");
        PlainPatch.compile(source, late, linked, List.of());
        Path container = directory.resolve("packed.so");
        assertThat(PlainPatch.of(late, linked).pack(container)).satisfies(report -> {
            assertThat(report.findings()).isEmpty();
            assertThat(report.notes()).isEmpty();
        });
        try (RunningServer server = RunningServer.preloaded(victims.compiled("late_main", "late_main.c", "-pthread"),
                late.toString()); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("?")).isEqualTo("51.375 51.375");
            assertThatThrownBy(() -> process.apply(LivePatch.open(refused))).isInstanceOf(PulpoException.class)
                    .hasMessageContaining("undefined symbol");
            assertThat(server.ask("?")).isEqualTo("52.375 51.375");
            LivePatch patch = LivePatch.open(container);
            process.apply(patch);
            assertThat(server.ask("?")).isEqualTo("160.125 156.125");
            process.revert(patch.id());
            assertThat(server.ask("?")).isEqualTo("153.375 51.375");
        }
    }

    /** Every thread gets its own when it first asks for it, and nobody's vectors change meanwhile. */
    @Test
    void descriptorsFindThreadLocalsOfLibrariesThatWereOpenedLater() throws Exception {
        Path late = victims.compiled("liblate.so", "late.c", "-g", "-shared", "-fPIC", "-Wl,-soname,liblate.so");
        Path container = directory.resolve("packed.so");
        PackReport report = PlainPatch.of(late, victims.compiled("fix.so", "late_fix.c", "-g", "-shared", "-fPIC",
                "-mtls-dialect=gnu2")).pack(container);
        assertThat(report.findings()).as(report.toString()).isEmpty();
        assertThat(report.notes()).anyMatch(note -> note.contains("only Pulpo may apply it"));
        try (RunningServer server = RunningServer.preloaded(victims.compiled("late_main", "late_main.c", "-pthread"),
                late.toString()); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("?")).isEqualTo("51.375 51.375");
            LivePatch patch = LivePatch.open(container);
            assertThat(process.plan(patch).references())
                    .allMatch(PlannedReference.TlsDescriptor.class::isInstance).hasSize(2);
            process.apply(patch);
            assertThat(server.ask("?")).isEqualTo("158.125 156.125");
            process.revert(patch.id());
            assertThat(server.ask("?")).isEqualTo("152.375 51.375");
        }
    }

    @Test
    void privateSymbolsBecomeWeakAndNothingElse() throws Exception {
        Path container = directory.resolve("packed.so");
        PlainPatch.of(library, fix()).pack(container);
        try (ElfFile before = ElfFile.open(directory.resolve("fix.so")); ElfFile after = ElfFile.open(container)) {
            List<String> changed = new ArrayList<>();
            for (int i = 0; i < before.dynamicSymbols().size(); i++) {
                ElfSymbol old = before.dynamicSymbols().get(i);
                ElfSymbol replacement = after.dynamicSymbols().get(i);
                assertThat(replacement.name()).isEqualTo(old.name());
                if (old.binding() != replacement.binding()) {
                    assertThat(replacement.binding()).isEqualTo(SymbolBinding.WEAK);
                    changed.add(replacement.name());
                }
            }
            assertThat(changed).containsExactlyInAnyOrder("counter", "per_thread", "names", "hidden");
        }
    }

    @Test
    void threadLocalsThatCannotBeFilledAreRefusedWithTheRemedy() throws Exception {
        assertThat(only(PlainPatch.of(library, fix("-ftls-model=initial-exec")).analyse())).satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.REFERENCE);
            assertThat(finding.message()).contains("per_thread", "-ftls-model=global-dynamic");
        });
        Path output = directory.resolve("refused.so");
        assertThat(PlainPatch.of(library, fix("-ftls-model=initial-exec")).pack(output).isPackable()).isFalse();
        assertThat(output).doesNotExist();
        assertThatThrownBy(() -> PlainPatch.of(library, output).allow(Check.REFERENCE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ambiguousNamesAreChosenByTheirFile() throws Exception {
        Path other = Files.writeString(directory.resolve("other.c"),
                "static int counter = 1; int bump(void); int bump(void) { return ++counter; }");
        library = victims.compiled("libplain.so", "plain.c", "-g", "-shared", "-fPIC", other.toString());
        PlainPatch patch = PlainPatch.of(library, fix());
        assertThat(only(patch.analyse())).satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.AMBIGUOUS);
            assertThat(finding.message()).contains("plain.c:", "other.c:");
            assertThat(finding.remedies()).containsExactly(new Remedy.ChooseSymbol("counter"));
            assertThat(finding.toString()).contains("; choose one by its file (PlainPatch.choose)");
            assertThat(finding.places()).hasSize(2);
        });
        PackReport first = patch.choose("counter", "plain.c").analyse();
        PackReport second = patch.choose("counter", "other.c").analyse();
        assertThat(first.findings()).isEmpty();
        assertThat(second.findings()).isEmpty();
        assertThat(counter(first)).isNotEqualTo(counter(second));
        assertThat(only(patch.choose("counter", "third.c").analyse()).check()).isEqualTo(Check.UNKNOWN);
    }

    private static long counter(PackReport report) {
        return report.references().stream().filter(reference -> reference.symbol().equals("counter")).findFirst()
                .orElseThrow().value();
    }

    @Test
    void inlinedFunctionsAreRefusedWithThePlaces() throws Exception {
        Path source = Files.writeString(directory.resolve("small_fix.c"), "int small(int a) { return a * 4; }");
        PlainPatch patch = PlainPatch.of(library, fixOf("small_fix.c", "-Wno-missing-prototypes"));
        assertThat(source).exists();
        assertThat(only(patch.analyse())).satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.INLINED);
            assertThat(finding.message()).contains("small is inlined into uses_small");
            assertThat(finding.places()).singleElement().asString().matches(".*plain\\.c:\\d+");
            int line = finding.places().getFirst().line();
            assertThat(lines("plain.c").get(line - 1)).contains("small(a) + pointer(a)");
        });
        PackReport allowed = patch.allow(Check.INLINED).pack(directory.resolve("allowed.so"));
        assertThat(allowed.isPackable()).isTrue();
        assertThat(allowed.allowed()).hasSize(1);
        assertThat(directory.resolve("allowed.so")).exists();
    }

    @Test
    void functionsThatAreNowhereButInlinedAreRefusedWithThoseThatHaveThem() throws Exception {
        Files.writeString(directory.resolve("vanished.c"), """
                static __attribute__((noinline)) int cloned(int a, int unused) { __asm__ volatile(""); return a * 5; }
                static inline __attribute__((always_inline)) int inner(int a) { return a * 7; }
                static inline __attribute__((always_inline)) int outer(int a) { return inner(a) + 1; }
                int uses(int a) { __asm__ volatile(""); return outer(a) + cloned(a, 1) + cloned(a + 1, 2); }
                """);
        library = victims.compiled("libvanished.so", "vanished.c", "-O2", "-g", "-shared", "-fPIC");
        String uses = "int uses(int a) { return a; }\n";
        String outer = "int outer(int a) { return a; }\n";
        assertThat(only(vanishedFix(outer + "int longest(int a) { return a; }", library, Check.UNKNOWN)))
                .satisfies(finding -> {
                    assertThat(finding.check()).isEqualTo(Check.INLINED);
                    assertThat(finding.message()).contains("no code of its own for outer", "inlined into uses,",
                            "make it static");
                    assertThat(finding.places()).singleElement().asString().endsWith("vanished.c:4");
                });
        assertThat(only(vanishedFix("int cloned(int a, int unused) { return a + unused; }", library, Check.UNKNOWN)))
                .satisfies(finding -> {
                    assertThat(finding.check()).isEqualTo(Check.CLONED);
                    assertThat(finding.message()).contains("the target has no cloned but cloned.");
                    assertThat(finding.places()).singleElement().asString().endsWith("vanished.c:1");
                });
        // Where the patch has all that contain it, its function is one of theirs, and other helpers are nobody's.
        assertThat(
                vanishedFix(uses + outer + "int inner(int a) { return a; }\nint helper(int a) { return a; }", library)
                        .findings())
                .isEmpty();
    }

    /** The compiler knows a function by the name that it has in the source, and a patch by any of its symbols. */
    @Test
    void copiesInFunctionsThatAreReplacedByAnotherOfTheirNamesAreNoReason() throws Exception {
        Files.writeString(directory.resolve("alias.c"), """
                static inline __attribute__((always_inline)) int small(int a) { return a * 3; }
                int uses__internal(int a);
                int uses__internal(int a) { int (*volatile pointer)(int) = small; return small(a) + pointer(a); }
                extern int uses(int a) __attribute__((alias("uses__internal")));
                """);
        library = victims.compiled("libalias.so", "alias.c", "-O2", "-g", "-shared", "-fPIC");
        Files.writeString(directory.resolve("alias_fix.c"), "int small(int a) { return a; }");
        assertThat(only(PlainPatch.of(library, fixOf("alias_fix.c", "-Wno-missing-prototypes")).analyse()).message())
                .contains("small is inlined into uses__internal");
        Files.writeString(directory.resolve("alias_fix.c"),
                "int small(int a) { return a; }\nint uses(int a) { return a; }");
        PackReport report = PlainPatch.of(library, fixOf("alias_fix.c", "-Wno-missing-prototypes")).analyse();
        assertThat(report.findings()).as(report.toString()).isEmpty();
        assertThat(report.functions()).hasSize(2);

        // Another function of that name is another one.
        Path other = Files.writeString(directory.resolve("other.c"), """
                static inline __attribute__((always_inline)) int small(int a) { return a * 4; }
                static __attribute__((noinline)) int uses__internal(int a) { __asm__ volatile(""); return small(a); }
                int calls(int a);
                int calls(int a) { int (*volatile pointer)(int) = small; return uses__internal(a) + pointer(a); }
                """);
        library = victims.compiled("libalias.so", "alias.c", "-O2", "-g", "-shared", "-fPIC", other.toString());
        PlainPatch both = PlainPatch.of(library, fixOf("alias_fix.c", "-Wno-missing-prototypes"));
        assertThat(both.choose("small", "alias.c").analyse().findings()).isEmpty();
        assertThat(only(both.choose("small", "other.c").analyse()).places()).singleElement().asString()
                .endsWith("other.c:2");
    }

    /** The report without the findings of a check that is beside the point. */
    private PackReport vanishedFix(String text, Path target, Check... without) throws Exception {
        Files.writeString(directory.resolve("vanished_fix.c"), text);
        PackReport report = PlainPatch.of(target, fixOf("vanished_fix.c", "-O2", "-Wno-missing-prototypes")).analyse();
        return new PackReport(report.patch(), report.target(), report.functions(), report.references(),
                report.findings().stream().filter(finding -> !List.of(without).contains(finding.check())).toList(),
                report.allowed(), report.unchecked(), report.notes());
    }

    private List<String> lines(String file) {
        try {
            return Files.readAllLines(directory.resolve(file));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void otherSignaturesAreRefused() throws Exception {
        PackReport report = edited("const char *name_of(int index)\n{\n    return names[2 - index];",
                "extern const char *named(int) __asm__(\"unused\");\nlong wide(void) __asm__(\"name_of\");\nlong wide(void)\n{\n"
                        + "    return (long)names[0];")
                .analyse();
        assertThat(only(report)).satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.SIGNATURE);
            assertThat(finding.message()).contains("const char* (int)", "long int ()");
            assertThat(finding.places()).hasSize(2);
        });
    }

    @Test
    void otherLayoutsAreRefused() throws Exception {
        Path header = directory.resolve("plain.h");
        Files.writeString(header, Files.readString(header).replace("int step;", "int more;\n    int step;"));
        assertThat(only(PlainPatch.of(library, fix()).analyse())).satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.LAYOUT);
            assertThat(finding.message()).contains("request", "12 bytes instead of 8");
            assertThat(finding.places()).hasSize(2);
        });
        Files.writeString(header, Files.readString(header).replace("int more;\n    int step;", "int step; ")
                .replace("int value;\n    int step; ", "int step;\n    int value;"));
        assertThat(only(PlainPatch.of(library, fix()).analyse()).message())
                .contains("int step at offset 0 instead of int value at offset 0");
    }

    /** Sources name structs that they only hand on; that one side describes them makes no difference. */
    @Test
    void namesOfStructsThatOnlyOneSideDescribesAreNoOtherLayout() throws Exception {
        Files.writeString(directory.resolve("open.c"),
                """
                        typedef struct part part;
                        struct part { long first, second; };
                        struct whole { part *parts; };
                        typedef struct other other;
                        int uses(struct whole *whole, other *next);
                        int uses(struct whole *whole, other *next) { __asm__ volatile(""); return whole->parts->first + (next != 0); }
                        """);
        library = victims.compiled("libopen.so", "open.c", "-g", "-shared", "-fPIC");
        String fix = """
                typedef struct part part;
                struct whole { part *parts; };
                typedef struct other other;
                struct other { int described; };
                int uses(struct whole *whole, other *next);
                int uses(struct whole *whole, other *next) { return whole->parts != 0 && next->described; }
                """;
        Files.writeString(directory.resolve("open_fix.c"), fix);
        assertThat(PlainPatch.of(library, fixOf("open_fix.c")).analyse().findings()).isEmpty();
        Files.writeString(directory.resolve("open_fix.c"), fix.replace("struct part part;", "struct another part;"));
        assertThat(only(PlainPatch.of(library, fixOf("open_fix.c")).analyse())).satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.LAYOUT);
            assertThat(finding.message()).contains("part", "another");
        });
    }

    @Test
    void sourcesFindTheHeaderAndTheirOwnFirst() throws Exception {
        Path source = Files.writeString(directory.resolve("originals.c"), """
                #include "pulpo.h"
                PULPO_ORIGINAL(long, thread_value, (void));
                long thread_value(void) { return pulpo_original(thread_value)() + 1; }
                """);
        Path compiled = directory.resolve("originals.so");
        PlainPatch.compile(source, library, compiled, List.of());
        assertThat(PlainPatch.of(library, compiled).analyse().isPackable()).isTrue();
        Path own = Files.createDirectory(directory.resolve("own"));
        Files.writeString(own.resolve("pulpo.h"), "#error own\n");
        assertThatThrownBy(() -> PlainPatch.compile(source, library, compiled, List.of("-I" + own)))
                .isInstanceOf(IOException.class).hasMessageContaining("#error own");
    }

    @Test
    void secondCopiesOfVariablesAreRefused() throws Exception {
        assertThat(only(edited("extern int counter;", "static int counter;").analyse())).satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.DUPLICATED);
            assertThat(finding.message()).contains("counter");
            assertThat(finding.places()).hasSize(2);
        });
        assertThat(
                only(edited("    per_thread += 1000;", "    static int calls;\n    per_thread += ++calls;").analyse())
                        .message())
                .contains("calls, a static variable of answer");
    }

    @Test
    void constantsWhoseAddressesAreComparedAreRefused() throws Exception {
        PlainPatch patch = edited("return names[2 - index];",
                "static const char nobody[] = \"nobody\";\n    return index > 9 ? nobody : names[2 - index];");
        assertThat(only(patch.analyse())).satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.DUPLICATED);
            assertThat(finding.message()).contains("second copy of nobody", "is_nobody of the target compares");
            assertThat(finding.places()).singleElement().asString().matches(".*plain\\.c:\\d+");
        });
        assertThat(patch.allow(Check.DUPLICATED).analyse().isPackable()).isTrue();
        assertThat(edited("return names[2 - index];",
                "return index > 9 ? \"somebody\" : names[2 - index];").analyse().findings()).isEmpty();
    }

    @Test
    void constructorsThatCouldUseWhatIsNotThereYetAreRefused() throws Exception {
        PlainPatch patch = edited("long thread_value(void)\n{",
                "__attribute__((constructor)) static void early(void)\n{\n    counter = 5;\n}\n\nlong thread_value(void)\n{");
        assertThat(only(patch.analyse())).satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.CONSTRUCTOR);
            assertThat(finding.message()).contains("early");
        });
        assertThat(patch.allow(Check.CONSTRUCTOR).analyse().isPackable()).isTrue();
    }

    @Test
    void otherProtectionIsRefused() throws Exception {
        library = victims.compiled("libplain.so", "plain.c", "-g", "-shared", "-fPIC", "-fcf-protection=none",
                "-fstack-protector-all");
        List<Finding> findings = PlainPatch.of(library, fix("-fcf-protection=none", "-fno-stack-protector")).analyse()
                .findings();
        assertThat(findings).singleElement().satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.OPTIONS);
            assertThat(finding.message()).contains("-fstack-protector");
        });
        assertThat(PlainPatch.of(library, fix("-fcf-protection=none", "-fstack-protector-all")).analyse().findings())
                .isEmpty();
    }

    /** Without the C library's start-up code, which on some distributions has no landing pads itself. */
    @Test
    void missingLandingPadsAndShadowStacksAreRefused() throws Exception {
        library = victims.compiled("libplain.so", "plain.c", "-g", "-shared", "-fPIC", "-fcf-protection=full",
                "-nostartfiles");
        try (ElfFile file = ElfFile.open(library)) {
            assertThat(file.properties().indirectBranchTracking() && file.properties().shadowStack()).isTrue();
        }
        PlainPatch without = PlainPatch.of(library, fix("-fcf-protection=none", "-nostartfiles"));
        assertThat(without.analyse().findings()).hasSize(2)
                .allMatch(finding -> finding.check() == Check.OPTIONS && finding.message().contains("-fcf-protection"))
                .anyMatch(finding -> finding.message().contains("IBT"))
                .anyMatch(finding -> finding.message().contains("SHSTK"));
        assertThat(without.allow(Check.OPTIONS).analyse().allowed()).hasSize(2);
        assertThat(only(PlainPatch.of(library, fix("-fcf-protection=branch", "-nostartfiles")).analyse()).message())
                .contains("SHSTK");
        assertThat(PlainPatch.of(library, fix("-fcf-protection=full", "-nostartfiles")).analyse().findings())
                .isEmpty();
    }

    private Path late(String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("-g", "-shared", "-fPIC", "-Wl,-soname,liblate.so", "-DLINKAGE="));
        all.addAll(List.of(options));
        return victims.compiled("liblate.so", "late.c", all.toArray(String[]::new));
    }

    /** It needs the library by name: the program opens it for itself alone. */
    private Path lateFix(String model) throws Exception {
        return victims.compiled("fix.so", "late_fix.c", "-g", "-shared", "-fPIC", "-ftls-model=" + model,
                "-L" + directory, "-l:liblate.so");
    }

    private RunningServer lateServer(Path late) throws Exception {
        return RunningServer.preloaded(victims.compiled("late_main", "late_main.c", "-pthread"), late.toString());
    }

    @Test
    void fixedDistancesToThreadLocalsThatHaveNoneAreRefused() throws Exception {
        Path late = late();
        PlainPatch patch = PlainPatch.of(late, lateFix("initial-exec"));
        assertThat(only(patch.analyse())).satisfies(finding -> {
            assertThat(finding.check()).isEqualTo(Check.OPTIONS);
            assertThat(finding.message()).contains("big, per_thread", "-ftls-model=global-dynamic");
        });
        // Who allows it gets no more than an error of the loader's, and the process goes on as it was.
        Path container = directory.resolve("packed.so");
        assertThat(patch.allow(Check.OPTIONS).pack(container).isPackable()).isTrue();
        try (RunningServer server = lateServer(late); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("?")).isEqualTo("51.375 51.375");
            assertThatThrownBy(() -> process.apply(LivePatch.open(container))).isInstanceOf(PulpoException.class)
                    .hasMessageContaining("static TLS");
            assertThat(server.ask("?")).isEqualTo("52.375 51.375");
            assertThat(process.patches()).isEmpty();
            // The same with the model that works.
            PackReport report = PlainPatch.of(late, lateFix("global-dynamic")).pack(container);
            assertThat(report.findings()).as(report.toString()).isEmpty();
            process.apply(LivePatch.open(container));
            assertThat(server.ask("?")).isEqualTo("160.125 156.125");
        }
    }

    @Test
    void fixedDistancesAreTakenWhereTheTargetHasThem() throws Exception {
        Path late = late("-ftls-model=initial-exec", "-DROOM=100");
        Path container = directory.resolve("packed.so");
        PackReport report = PlainPatch.of(late, lateFix("initial-exec")).pack(container);
        assertThat(report.findings()).as(report.toString()).isEmpty();
        try (RunningServer server = lateServer(late); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("?")).isEqualTo("51.375 51.375");
            LivePatch patch = LivePatch.open(container);
            process.apply(patch);
            assertThat(server.ask("?")).isEqualTo("158.125 156.125");
            process.revert(patch.id());
            assertThat(server.ask("?")).isEqualTo("152.375 51.375");
        }
    }

    /** So there is nothing to check: no shared object has such accesses. */
    @Test
    void linkersMakeNoPatchWithDistancesOfItsOwn() {
        assertThatThrownBy(() -> fix("-ftls-model=local-exec")).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("R_X86_64_TPOFF32");
    }

    @Test
    void onlyFunctionsThatGuardTheirStacksNeedThat() throws Exception {
        library = victims.compiled("libplain.so", "plain.c", "-g", "-shared", "-fPIC", "-fstack-protector");
        assertThat(PlainPatch.of(library, fix("-fno-stack-protector")).analyse().findings()).isEmpty();
        Files.writeString(directory.resolve("longest_fix.c"),
                "int longest(const char *text);\nint longest(const char *text) { return text[0]; }");
        assertThat(only(PlainPatch.of(library, fixOf("longest_fix.c", "-fno-stack-protector")).analyse()).message())
                .contains("in the target longest guards its stack");
        assertThat(PlainPatch.of(library, fixOf("longest_fix.c", "-fstack-protector")).analyse().findings()).isEmpty();
    }

    @Test
    void withoutDebugInformationTheReportSaysWhatIsUnknown() throws Exception {
        library = victims.compiled("libplain.so", "plain.c", "-shared", "-fPIC", "-g0");
        PackReport report = PlainPatch.of(library, fix()).analyse();
        assertThat(report.isPackable()).as(report.toString()).isTrue();
        assertThat(report.references()).extracting(PackReport.Reference::symbol).contains("counter", "hidden");
        assertThat(report.unchecked()).singleElement().asString().contains("libplain.so has no debug information");
    }

    @Test
    void planOfAnUncheckedPatchIsCheckedAndSaysWhatItMisses() throws Exception {
        Path program = victims.compiled("plain_main", "plain_main.c", "-L" + directory, "-lplain",
                "-Wl,-rpath," + directory);
        Files.writeString(directory.resolve("small_fix.c"), "int small(int a) { return a * 4; }");
        LivePatch patch = LivePatch.of(fixOf("small_fix.c")).target("libplain.so").replace("small", "small");
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan refused = process.plan(patch);
            assertThat(refused.refusals()).singleElement().isInstanceOfSatisfying(Refusal.Unsafe.class, unsafe -> {
                assertThat(unsafe.finding().check()).isEqualTo(Check.INLINED);
                assertThat(unsafe.message()).contains("plain.c:", "to do it nevertheless: allow(Check.INLINED)");
            });
            assertThatThrownBy(() -> process.apply(refused, Consistency.DEFAULT)).isInstanceOf(RefusedException.class);
            PatchPlan allowed = process.plan(patch.allow(Check.INLINED));
            assertThat(allowed.isApplicable()).as(allowed.toString()).isTrue();
            assertThat(process.coverage(allowed)).singleElement().satisfies(coverage -> {
                assertThat(coverage.isWhole()).isFalse();
                assertThat(coverage.entered()).containsExactly("small");
                assertThat(coverage.inlined()).extracting(Coverage.InlinedAt::into).containsExactly("uses_small");
            });
            assertThat(process.apply(allowed, Consistency.DEFAULT).functions()).containsExactly("small");
        }
    }
}
