package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.x86.text.Syntax;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions of a process as instructions, before, with and after a patch. */
class FunctionCodeTest {
    @TempDir
    private Path directory = Path.of("");

    /** Entries that the compiler has prepared change before the function, others at it. */
    @ParameterizedTest
    @ValueSource(strings = {"-fpatchable-function-entry=16,14", "-fpatchable-function-entry=0"})
    void aPatchIsShownNextToWhatItReplaces(String entry) throws Exception {
        Victims victims = new Victims(directory);
        victims.resource("plain.h");
        Path library = victims.compiled("libplain.so", "plain.c", "-g", "-shared", "-fPIC", entry,
                "-Wl,-soname,libplain.so");
        Path program = victims.compiled("plain_main", "plain_main.c", "-L" + directory, "-lplain",
                "-Wl,-rpath," + directory);
        Path container = directory.resolve("packed.so");
        PlainPatch.of(library, victims.compiled("fix.so", "plain_fix.c", "-g", "-shared", "-fPIC")).pack(container);
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            FunctionCode untouched = process.disassemble("answer");
            assertThat(untouched.change()).isEmpty();
            assertThat(untouched.before()).isEmpty();
            assertThat(hex(untouched.lines())).isEqualTo(bytesInFile(library, "answer"));
            assertThat(untouched.lines()).anySatisfy(line -> assertThat(line.place()).isPresent()
                    .get().asString().contains("plain.c"));

            LivePatch patch = LivePatch.open(container);
            process.apply(patch);
            FunctionCode patched = process.disassemble("answer");
            assertThat(patched.entry()).isEqualTo(untouched.entry());
            assertThat(patched.change()).get().satisfies(change -> {
                assertThat(change.patch()).isEqualTo(patch.id());
                assertThat(change.file()).endsWith("packed.so");
                assertThat(change.replacement()).isEqualTo("answer");
            });
            assertThat(hex(patched.before())).endsWith(bytesInFile(library, "answer"));
            assertThat(hex(patched.lines())).hasSameSizeAs(hex(patched.before())).isNotEqualTo(hex(patched.before()));
            assertThat(patched.lines()).anySatisfy(
                    line -> assertThat(line.text(Syntax.INTEL)).startsWith("jmp"));
            assertThat(patched.text(Syntax.ATT, true)).contains("replaced by ", "packed.so", " | ");
            // The replacement itself, by its address.
            assertThat(process.disassemble(patched.change().get().entry().toString()).object()).endsWith("packed.so");

            process.revert(patch.id());
            assertThat(process.disassemble("answer")).isEqualTo(untouched);
        }
    }

    @Test
    void namesAreThoseOfWhatItLeadsTo() throws Exception {
        Victims victims = new Victims(directory);
        Path program = victims.compiled("plain_main", "plain_main.c", "-g", "-O1", "-L"
                + libraryOf(victims), "-lplain", "-Wl,-rpath," + directory);
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            FunctionCode main = process.disassemble("main");
            assertThat(main.toString()).contains("<answer@plt>");
            CodeLine inside = main.lines().get(main.lines().size() / 2);
            assertThat(process.disassemble(inside.instruction().address().toString())).isEqualTo(main);
            // Each branch inside of the function leads to a line that says so.
            assertThat(main.lines()).filteredOn(line -> line.instruction().target()
                    .filter(to -> main.lines().stream().anyMatch(each -> each.instruction().address().equals(to)))
                    .isPresent()).isNotEmpty()
                    .allSatisfy(branch -> assertThat(main.lines()).filteredOn(CodeLine::branchedTo)
                            .extracting(each -> each.instruction().address())
                            .contains(branch.instruction().target().orElseThrow()));
        }
    }

    /** Through the table of the linker, directly from its slot, and within one object. */
    @ParameterizedTest
    @ValueSource(strings = {"-fplt -Wl,-z,lazy", "-fplt -Wl,-z,now", "-fno-plt -Wl,-z,now"})
    void callersAreFound(String linkage) throws Exception {
        Victims victims = new Victims(directory);
        List<String> options = new ArrayList<>(List.of("-O1", "-L" + libraryOf(victims), "-lplain",
                "-Wl,-rpath," + directory));
        options.addAll(List.of(linkage.split(" ", -1)));
        Path program = victims.compiled("plain_main", "plain_main.c", options.toArray(String[]::new));
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            List<CodePlace> callers = process.callers("answer");
            assertThat(callers).isNotEmpty().extracting(CodePlace::symbol).containsOnly("main");
            // The instruction there is the one that says so.
            FunctionCode main = process.disassemble("main");
            assertThat(callers).allSatisfy(caller -> assertThat(main.lines())
                    .filteredOn(line -> line.instruction().address().value() == caller.address().value())
                    .singleElement().asString().contains("call", "answer@"));
            assertThat(process.callers("main")).isEmpty();
            assertThat(process.callers("hidden")).extracting(CodePlace::symbol).containsExactly("answer");
        }
    }

    /** Where a library exports a function under a name that one of the program has, or had before the compiler renamed it. */
    @Test
    void namesakeInALibraryIsNotTakenForAFunctionOfTheProgram() throws Exception {
        Path program = new Victims(directory).compiled("namesake", "namesake.c", "-O2");
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (String name : List.of("step", "advance")) {
                for (ThrowingCallable question : List.<ThrowingCallable>of(() -> process.disassemble(name),
                        () -> process.callers(name))) {
                    assertThatThrownBy(question).hasMessageContaining("several functions " + name)
                            .hasMessageContaining(" in " + program).hasMessageContaining("libc.so.6");
                }
            }
            assertThatThrownBy(() -> process.disassemble("stride")).isInstanceOf(RefusedException.class)
                    .satisfies(refused -> assertThat(((RefusedException) refused).refusals()).containsExactly(
                            new Refusal.RenamedFunction("the process", "stride", List.of("stride.constprop.0"))));
            for (String name : List.of("advance.constprop.0", "stride.constprop.0")) {
                FunctionCode found = process.disassemble(name);
                assertThat(found.object()).isEqualTo(program.toString());
                assertThat(process.disassemble(found.entry().toString())).isEqualTo(found);
                assertThat(process.callers(name)).extracting(CodePlace::symbol).containsExactly("main");
            }
            // One that a library alone has.
            assertThat(process.disassemble("strtol").object()).contains("libc.so.6");
        }
    }

    private Path libraryOf(Victims victims) throws Exception {
        victims.resource("plain.h");
        victims.compiled("libplain.so", "plain.c", "-shared", "-fPIC", "-Wl,-soname,libplain.so");
        return directory;
    }

    @Test
    void whatIsNoFunctionIsRefused() {
        try (LaunchedProcess launched = LiveProcess.launch("sleep", "60");
                LiveProcess process = LiveProcess.attach(launched.pid())) {
            assertThatThrownBy(() -> process.disassemble("no_such_function")).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("no_such_function");
            assertThatThrownBy(() -> process.disassemble("0x10")).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("no object");
            assertThatThrownBy(() -> process.disassemble("0xzz")).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("hexadecimal");
        }
    }

    private static String hex(List<CodeLine> lines) {
        return lines.stream().map(line -> line.instruction().hex().replace(" ", "")).collect(Collectors.joining());
    }

    private static String bytesInFile(Path library, String name) throws Exception {
        try (ElfFile elf = ElfFile.open(library)) {
            ElfSymbol symbol = elf.dynamicSymbols().findAll(name).getFirst();
            return HexFormat.of().formatHex(elf.at(symbol.address(), symbol.size()).bytes(symbol.size())
                    .toArray(ValueLayout.JAVA_BYTE));
        }
    }
}
