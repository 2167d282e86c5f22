package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions that were not built to be replaced are, in a process; and those that cannot be are refused with the reason. */
class EntryDetourTest {
    private static final int KILLS = 12;

    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        victims.entriesMain();
    }

    private static LivePatch inLibrary(int value, String function) {
        return LivePatch.of(victims.entriesFix(value)).target("libentries.so").replace(function, "fixed");
    }

    private static LivePatch inProgram(int value, String function) {
        return LivePatch.of(victims.entriesFix(value)).target("exe").replace(function, "fixed");
    }

    private static String trampolines(RunningServer server) {
        return String.join(" ", MemoryMap.read(server.pid(), ProcFs.anyLiveThread(server.pid())).mappings().stream()
                .filter(mapping -> mapping.isExecutable() && !mapping.hasFile() && mapping.path().isEmpty())
                .map(mapping -> mapping.start() + "-" + mapping.end()).toList());
    }

    /** The bytes at the entry of the one function that is patched. */
    private static byte[] detour(RunningServer server) {
        try (TraceeMemory memory = TraceeMemory.open(server.pid(), server.pid());
                Arena arena = Arena.ofConfined()) {
            FunctionRecord function = Registry.read(server.pid(), memory,
                    ProcessImage.read(server.pid(), memory).stub().orElseThrow())
                    .active().getLast().patch().functions().getFirst();
            MemorySegment bytes = arena.allocate(function.detour().length);
            memory.read(function.site(), bytes);
            return bytes.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static int mappings(RunningServer server) {
        return MemoryMap.read(server.pid(), ProcFs.anyLiveThread(server.pid())).mappings().size();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void functionsOfLibraryAreReplacedAndComeBack(boolean preloaded) throws Exception {
        try (RunningServer server = preloaded
                ? RunningServer.preloaded(victims.entriesMain())
                : RunningServer.plain(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = inLibrary(500, "plain").replace("tiny", "fixed").replace("tabled", "fixed");
            for (int i = 0; i < 20; i++) {
                Outcome applied = process.apply(patch);
                assertThat(applied.functions()).containsExactly("plain", "tiny", "tabled");
                assertThat(server.ask("plain 7")).isEqualTo("507");
                assertThat(server.ask("tabled 3")).isEqualTo("503");
                assertThat(process.patches()).singleElement()
                        .satisfies(one -> assertThat(one.status()).isEqualTo(AppliedPatch.Status.IN_FORCE));
                assertThat(process.revert(patch.id()).unloaded()).isTrue();
                assertThat(server.ask("plain 7")).isEqualTo("22");
                assertThat(server.ask("tiny")).isEqualTo("0");
                assertThat(server.ask("tabled 3")).isEqualTo("15");
            }
            assertThat(process.patches()).isEmpty();
        }
    }

    /** The program lies far from its libraries, and so from the patch. */
    @Test
    void staticFunctionsOfTheProgramAreReplacedByWayOfTrampolines() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(inProgram(1, "only_here"));
            process.revert(inProgram(1, "only_here").id());
            int mappings = mappings(server);
            LivePatch patch = inProgram(300, "only_here").replace("local@entries_other.c", "fixed");
            for (int i = 0; i < 20; i++) {
                process.apply(patch);
                assertThat(trampolines(server)).as("one block").isNotEmpty().doesNotContain(" ");
                assertThat(server.ask("only_here 4")).isEqualTo("304");
                assertThat(server.ask("other 1")).isEqualTo("301");
                assertThat(server.ask("local 1")).isEqualTo("11");
                process.revert(patch.id());
                assertThat(server.ask("only_here 4")).isEqualTo("81");
                assertThat(server.ask("other 1")).isEqualTo("21");
                assertThat(trampolines(server)).isEmpty();
            }
            assertThat(mappings(server)).isEqualTo(mappings);
        }
    }

    @Tag("slow")
    @Test
    void anotherToolRevertsAndGivesTheTrampolinesBack() throws Exception {
        try (RunningServer server = RunningServer.plain(victims.entriesMain())) {
            PatchId id = inProgram(7, "only_here").id();
            Process tool = new ProcessBuilder(System.getProperty("java.home") + "/bin/java",
                    "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                    ApplyOnce.class.getName(), Integer.toString(server.pid()), victims.entriesFix(7).toString(),
                    "exe", "only_here", "fixed").redirectErrorStream(true).start();
            String said = new String(tool.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(tool.waitFor()).as(said).isZero();
            assertThat(server.ask("only_here 4")).isEqualTo("11");
            assertThat(trampolines(server)).isNotEmpty();
            try (LiveProcess process = LiveProcess.attach(server.pid())) {
                process.revert(id);
            }
            assertThat(server.ask("only_here 4")).isEqualTo("81");
            assertThat(trampolines(server)).isEmpty();
        }
    }

    @Test
    void whatRevertsThatDoNotWaitHaveLeftLoadedIsGivenBackLater() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(process.plan(inProgram(1, "only_here")), Consistency.none());
            assertThat(process.revert(inProgram(1, "only_here").id(), Consistency.none()).unloaded()).isFalse();
            assertThat(server.ask("only_here 4")).isEqualTo("81");
            assertThat(trampolines(server)).isNotEmpty();
            process.apply(inLibrary(2, "plain"));
            process.revert(inLibrary(2, "plain").id());
            assertThat(trampolines(server)).isEmpty();
            String maps = Files.readString(Path.of("/proc/" + server.pid() + "/maps"));
            assertThat(maps).contains("libentries.so").doesNotContain("entries_fix");
        }
    }

    @Tag("slow")
    @Test
    void toolKilledAtRandomMomentsLeavesTheTargetAlive() throws Exception {
        Random random = new Random(20261123);
        try (RunningServer server = RunningServer.plain(victims.entriesMain())) {
            for (int i = 0; i < KILLS; i++) {
                Process tool = new ProcessBuilder(System.getProperty("java.home") + "/bin/java",
                        "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                        System.getProperty("java.class.path"), ApplyForever.class.getName(),
                        Integer.toString(server.pid()), victims.entriesFix(90).toString(), "exe", "only_here", "fixed")
                        .redirectErrorStream(true).start();
                try {
                    assertThat(tool.getInputStream().read()).as("the tool's sign that it begins").isEqualTo('b');
                    long end = System.nanoTime() + random.nextInt(150_000_000);
                    while (System.nanoTime() < end) {
                        assertThat(server.ask("only_here 4")).isIn("81", "94");
                    }
                } finally {
                    tool.destroyForcibly().waitFor();
                }
                assertThat(server.ask("only_here 4")).as("kill %d", i).isIn("81", "94");
                try (LiveProcess process = LiveProcess.attach(server.pid())) {
                    for (AppliedPatch left : process.patches()) {
                        if (left.status() == AppliedPatch.Status.IN_FORCE) {
                            assertThat(server.ask("only_here 4")).isEqualTo("94");
                            process.revert(left.id());
                        }
                    }
                    process.apply(inProgram(1, "only_here"));
                    assertThat(server.ask("only_here 4")).isEqualTo("5");
                    process.revert(inProgram(1, "only_here").id());
                    assertThat(server.ask("only_here 4")).isEqualTo("81");
                    assertThat(process.patches()).isEmpty();
                }
            }
        }
    }

    /** As if a tool had been killed while it wrote: some bytes of the entry are new, some old. */
    @ParameterizedTest
    @EnumSource(value = PatchRecord.State.class, names = {"PREPARED", "REVERTING"})
    void halfWrittenEntriesAreTakenBack(PatchRecord.State state) throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid());
                TraceeMemory memory = TraceeMemory.open(server.pid(), server.pid());
                Arena arena = Arena.ofConfined()) {
            process.apply(inProgram(1, "only_here"));
            Registry registry = Registry.read(server.pid(), memory,
                    ProcessImage.read(server.pid(), memory).stub().orElseThrow());
            FunctionRecord function = registry.active().getFirst().patch().functions().getFirst();
            memory.write(function.site(), arena.allocateFrom(ValueLayout.JAVA_BYTE,
                    java.util.Arrays.copyOf(function.original(), 3)));
            Registry.setState(memory, registry.active().getFirst(), state);
            assertThat(process.patches()).singleElement()
                    .satisfies(one -> assertThat(one.status()).isEqualTo(AppliedPatch.Status.HALF_DONE));
            process.apply(inLibrary(2, "plain"));
            assertThat(server.ask("only_here 4")).isEqualTo("81");
            process.revert(inLibrary(2, "plain").id());
            assertThat(process.patches()).isEmpty();
            assertThat(trampolines(server)).isEmpty();
        }
    }

    @Test
    void patchesOfOneFunctionStackAndAreRevertedInAnyOrder() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int value : new int[]{10, 20, 30}) {
                process.apply(inProgram(value, "only_here"));
                assertThat(server.ask("only_here 1")).isEqualTo(Integer.toString(1 + value));
            }
            process.revert(inProgram(20, "only_here").id());
            assertThat(server.ask("only_here 1")).isEqualTo("31");
            process.revert(inProgram(30, "only_here").id());
            assertThat(server.ask("only_here 1")).isEqualTo("11");
            process.revert(inProgram(10, "only_here").id());
            assertThat(server.ask("only_here 1")).isEqualTo("84");
            assertThat(trampolines(server)).isEmpty();
        }
    }

    @Test
    void originalsCanBeCalledAlsoFromStackedPatches() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < 5; i++) {
                LivePatch library = wrapping(1000);
                LivePatch second = wrapping(5000);
                process.apply(library);
                assertThat(server.ask("plain 7")).isEqualTo("1022");
                assertThat(server.ask("tabled 3")).isEqualTo("2015");
                process.apply(second);
                assertThat(server.ask("plain 7")).isEqualTo("5022");
                process.revert(library.id());
                assertThat(server.ask("plain 7")).isEqualTo("5022");
                process.revert(second.id());
                assertThat(server.ask("plain 7")).isEqualTo("22");
                assertThat(trampolines(server)).isEmpty();
            }
        }
    }

    private static LivePatch wrapping(int value) {
        return LivePatch.of(victims.wrapper(value, "plain tabled")).target("libentries.so")
                .replace("plain", "wrapped_plain").replace("tabled", "wrapped_tabled");
    }

    @Test
    void aWrapperInjectsFaultsAndChecksArguments() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = LivePatch.of(victims.wrapper(1, "plain")).target("libentries.so").replace("plain",
                    "faulty_plain");
            process.apply(patch);
            for (int round = 0; round < 3; round++) {
                assertThat(server.ask("plain 7")).isEqualTo("22");
                assertThat(server.ask("plain 8")).isEqualTo("25");
                assertThat(server.ask("plain 9")).isEqualTo("-5");
                assertThat(server.ask("plain -1")).isEqualTo("-22");
            }
            process.revert(patch.id());
            assertThat(server.ask("plain 9")).isEqualTo("28");
            assertThat(server.ask("plain -1")).isEqualTo("-2");
        }
    }

    @Test
    void aFunctionIsReplacedUnderAnyOfItsNamesButOnlyOnce() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(inLibrary(700, "plain_alias"));
            assertThat(server.ask("plain 7")).isEqualTo("707");
            process.revert(inLibrary(700, "plain_alias").id());
            assertThat(server.ask("plain 7")).isEqualTo("22");
            assertThat(process.plan(inLibrary(700, "plain").replace("plain_alias", "fixed")).refusals())
                    .singleElement().isInstanceOf(Refusal.ReplacedTwice.class);
        }
    }

    @Test
    void originalsOfStaticFunctionsFarAwayCanBeCalled() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = LivePatch.of(victims.wrapper(70, "local")).target("exe")
                    .replace("local@entries_main.c", "wrapped_local");
            process.apply(patch);
            assertThat(server.ask("local 5")).isEqualTo("85");
            process.revert(patch.id());
            assertThat(server.ask("local 5")).isEqualTo("15");
            // Where another patch has not asked for the original, the same bytes are overwritten nevertheless.
            LivePatch below = inProgram(300, "local@entries_main.c");
            process.apply(below);
            assertThat(detour(server)).startsWith(0xff, 0x25);
            process.apply(patch);
            assertThat(server.ask("local 5")).isEqualTo("85");
            process.revert(below.id());
            assertThat(server.ask("local 5")).isEqualTo("85");
            process.revert(patch.id());
            assertThat(server.ask("local 5")).isEqualTo("15");
            assertThat(process.plan(LivePatch.of(victims.wrapper(70, "local")).target("exe")
                    .replace("only_here", "wrapped_local")).refusals()).singleElement()
                    .isInstanceOf(Refusal.UnknownOriginal.class);
        }
    }

    @Test
    void theFunctionThatAnIndirectOneHasChosenIsReplaced() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("chosen 5")).isEqualTo("1005");
            process.apply(inLibrary(3, "chosen"));
            assertThat(server.ask("chosen 5")).isEqualTo("8");
            process.revert(inLibrary(3, "chosen").id());
            assertThat(server.ask("chosen 5")).isEqualTo("1005");
        }
    }

    @ParameterizedTest
    @CsvSource({"looping, leads to", "shared_tail, enters_shared_tail", "two_names, inner_name begins within",
            "table_to_entry, jump table", "cramped, no padding follows"})
    void whateverLeadsIntoTheFirstBytesIsARefusal(String function, String reason) throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.plan(inLibrary(1, function)).refusals()).singleElement()
                    .isInstanceOfSatisfying(Refusal.NotPatchable.class,
                            refusal -> assertThat(refusal.reason()).contains(reason));
            assertThat(server.ask("tail 3")).isEqualTo("23");
        }
    }

    @Test
    void ambiguousNamesAreRefusedWithTheCandidatesAndPicked() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            List<Refusal> refusals = process.plan(inProgram(1, "local")).refusals();
            assertThat(refusals).singleElement().isInstanceOfSatisfying(Refusal.AmbiguousFunction.class,
                    ambiguous -> assertThat(ambiguous.addresses()).hasSize(2)
                            .anySatisfy(one -> assertThat(one).startsWith("local@entries_main.c"))
                            .anySatisfy(one -> assertThat(one).startsWith("local@entries_other.c")));
            String candidate = ((Refusal.AmbiguousFunction) refusals.getFirst()).addresses().stream()
                    .filter(one -> one.contains("entries_main.c")).findFirst().orElseThrow();
            String address = candidate.substring(candidate.indexOf('(') + 1, candidate.indexOf(')'));
            process.apply(inProgram(400, address));
            assertThat(server.ask("local 1")).isEqualTo("401");
            assertThat(server.ask("other 1")).isEqualTo("21");
            process.revert(inProgram(400, address).id());
            assertThat(process.plan(inProgram(1, "0x12")).refusals()).singleElement()
                    .isInstanceOf(Refusal.NotPatchable.class);
        }
    }

    /** A thread that would return among the overwritten bytes is in the way, even where nobody asked for quiescence. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threadThatReturnsAmongTheFirstBytesBlocks(boolean quiescent) throws Exception {
        Duration wait = Duration.ofMillis(100);
        Consistency consistency = quiescent
                ? Consistency.functionQuiescent(wait)
                : new Consistency(Consistency.Level.NONE, wait);
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("linger")).isEqualTo("0");
            PatchPlan plan = process.plan(inLibrary(1, "calls_first"));
            assertThatThrownBy(() -> process.apply(plan, consistency)).isInstanceOfSatisfying(BlockedException.class,
                    e -> assertThat(e.blockers()).isNotEmpty());
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask("leave")).isEqualTo("0");
            process.apply(process.plan(inLibrary(1, "calls_first")), Consistency.DEFAULT);
            assertThat(process.patches()).hasSize(1);
        }
    }

    /** Of a stripped library nothing but a jump tells that the unlikely part belongs to the function. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threadInThePartThatWasMovedAwayBlocks(boolean stripped) throws Exception {
        Path program = victims.entriesMain();
        if (stripped) {
            Path copies = Files.createDirectory(directory.resolve("cold"));
            Tools.run("strip", "-o", copies.resolve("libentries.so").toString(), victims.entries().toString());
            program = Path.of("/usr/bin/env");
        }
        String[] arguments = stripped
                ? new String[]{"LD_LIBRARY_PATH=" + directory.resolve("cold"), victims.entriesMain().toString()}
                : new String[0];
        try (RunningServer server = RunningServer.preloaded(program, arguments);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            if (stripped) {
                assertThat(Files.readString(Path.of("/proc/" + server.pid() + "/maps")))
                        .contains("/cold/libentries.so");
            }
            assertThat(server.ask("linger 1")).isEqualTo("0");
            assertThatThrownBy(() -> process.apply(process.plan(inLibrary(1, "half_cold")),
                    Consistency.functionQuiescent(Duration.ofMillis(100))))
                    .isInstanceOfSatisfying(BlockedException.class, e -> assertThat(e.blockers()).singleElement()
                            .isInstanceOfSatisfying(Blocker.InsideFunction.class,
                                    inside -> assertThat(inside.function()).isEqualTo("half_cold")));
            process.apply(inLibrary(1, "plain"));
            assertThat(server.ask("leave")).isEqualTo("0");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threadWhoseSignalHandlerReturnsAmongTheFirstBytesBlocks(boolean quiescent) throws Exception {
        Duration wait = Duration.ofMillis(100);
        Consistency consistency = quiescent
                ? Consistency.functionQuiescent(wait)
                : new Consistency(Consistency.Level.NONE, wait);
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("fault")).isEqualTo("0");
            PatchPlan plan = process.plan(inLibrary(1, "faults_first"));
            assertThatThrownBy(() -> process.apply(plan, consistency)).isInstanceOfSatisfying(BlockedException.class,
                    e -> assertThat(e.blockers()).isNotEmpty());
            assertThat(server.ask("leave")).isEqualTo("0");
            assertThat(server.ask("faulted")).isEqualTo("1");
            process.apply(process.plan(inLibrary(1, "faults_first")), Consistency.DEFAULT);
            assertThat(process.patches()).hasSize(1);
        }
    }

    @Test
    void strippedFilesAreReadWithTheirDebugFiles() throws Exception {
        Path stripped = Files.createDirectory(directory.resolve("stripped"));
        Path program = stripped.resolve("entries_main");
        Tools.run("objcopy", "--only-keep-debug", victims.entriesMain().toString(),
                stripped.resolve("entries_main.debug").toString());
        Tools.run("objcopy", "--strip-all", "--add-gnu-debuglink=" + stripped.resolve("entries_main.debug"),
                victims.entriesMain().toString(), program.toString());
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(inProgram(600, "only_here"));
            assertThat(server.ask("only_here 1")).isEqualTo("601");
            process.revert(inProgram(600, "only_here").id());
            assertThat(server.ask("only_here 1")).isEqualTo("84");
            Files.delete(stripped.resolve("entries_main.debug"));
            assertThat(process.plan(inProgram(600, "only_here")).refusals()).singleElement()
                    .isInstanceOf(Refusal.UnknownFunction.class);
        }
    }
}
