package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.ffm.RemoteAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stacks of a real process, beside what gdb says of the same threads. */
class StacksTest {
    @TempDir
    private Path directory;

    private Path victim(String... options) {
        List<String> all = new ArrayList<>(List.of("-g", "-pthread"));
        all.addAll(List.of(options));
        return new Victims(directory).program("stacks.c", all.toArray(String[]::new));
    }

    private static List<String> functions(ThreadStack stack) {
        return stack.frames().stream().map(StackFrame::function).toList();
    }

    private Map<Integer, List<String>> gdb(int pid) throws IOException, InterruptedException {
        Path script = directory.resolve("stacks.py");
        try (InputStream in = StacksTest.class.getResourceAsStream("/victims/stacks.py")) {
            Files.write(script, java.util.Objects.requireNonNull(in).readAllBytes());
        }
        Process gdb = new ProcessBuilder("gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex",
                "set backtrace past-main on", "-ex",
                "set backtrace past-entry on", "-p",
                Integer.toString(pid), "-x", script.toString()).redirectErrorStream(true).start();
        String output = new String(gdb.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gdb.waitFor()).as(output).isZero();
        Map<Integer, List<String>> threads = new LinkedHashMap<>();
        List<String> current = new ArrayList<>();
        for (String line : output.lines().toList()) {
            if (line.startsWith("thread ")) {
                current = new ArrayList<>();
                threads.put(Integer.parseInt(line.substring("thread ".length())), current);
            } else if (line.startsWith("frame ")) {
                current.add(line.substring("frame ".length())// What glibc's functions are called inside of it.
                        .replace("__GI_", "").replaceFirst(" (?!stacks[.]c)[^ ]+:[0-9]+$", " -"));
            }
        }
        return threads;
    }

    /**
     * Of the lines only the victim's own are compared: where rows of several inlined functions are at one address, gdb takes
     * one that begins a statement, and addr2line and llvm-symbolizer the last, as Pulpo does.
     */
    private static String asGdb(StackFrame frame) {
        if (frame.function().equals(StackFrame.SIGNAL)) {
            return frame.address() + " signal __restore_rt -";
        }
        return frame.address() + (frame.inlined() ? " inlined " : " normal ") + frame.function() + " "
                + frame.place().map(place -> Path.of(place.file()).getFileName() + ":" + place.line())
                        .filter(place -> place.startsWith("stacks.c")).orElse("-");
    }

    @Tag("slow")
    @Test
    void everyThreadHasTheStackThatGdbSees() throws Exception {
        Needed.commands("gdb");
        try (RunningServer server = RunningServer.plain(victim("-O2"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            List<ThreadStack> stacks = process.stacks();
            Map<Integer, List<String>> theirs = gdb(server.pid());
            assertThat(stacks).extracting(ThreadStack::tid).containsExactlyInAnyOrderElementsOf(theirs.keySet());
            assertThat(stacks).hasSize(6).allSatisfy(stack -> {
                assertThat(stack.incomplete()).isEmpty();
                assertThat(stack.frames().stream().map(StacksTest::asGdb).toList()).as("thread " + stack.tid())
                        .isEqualTo(theirs.get(stack.tid()));
            });
            assertThat(stacks).anySatisfy(stack -> assertThat(stack.frames()).hasSizeGreaterThan(300))
                    .anySatisfy(stack -> assertThat(functions(stack)).contains("compare", "in_callback"))
                    .anySatisfy(
                            stack -> assertThat(functions(stack)).contains("handler", StackFrame.SIGNAL, "in_handler"));
            assertThat(stacks).anySatisfy(stack -> assertThat(stack.frames().stream().filter(StackFrame::inlined)
                    .map(StackFrame::function)).contains("wait_forever", "inlined_middle"));
        }
    }

    @Test
    void lookingLeavesNoTrace() throws Exception {
        try (RunningServer server = RunningServer.plain(victim("-O2"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < 20; i++) {
                assertThat(process.stacks()).hasSize(6);
            }
            assertThat(server.ask("s")).isEqualTo("received 42");
            assertThat(process.stacks()).allSatisfy(stack -> assertThat(functions(stack)).doesNotContain("in_receive"));
        }
    }

    @Test
    void stackThatCannotBeUnwoundSaysWhereItEnds() {
        try (RunningServer server = RunningServer.plain(victim("-O2", "-fno-asynchronous-unwind-tables", "-g0"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.stacks()).allSatisfy(stack -> {
                assertThat(stack.isComplete()).isFalse();
                assertThat(stack.frames()).isNotEmpty();
                assertThat(stack.incomplete()).startsWith("no call frame information describes ").contains("(stacks");
            });
        }
    }

    @Test
    void whatAnAddressIs() {
        try (RunningServer server = RunningServer.plain(victim("-O2"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            StackFrame frame = process.stacks().stream().flatMap(stack -> stack.frames().stream())
                    .filter(each -> each.function().equals("wait_forever")).findFirst().orElseThrow();
            CodePlace place = process.where(frame.address().plus(-1));
            assertThat(place.frames().getFirst().function()).isEqualTo("wait_forever");
            assertThat(place.frames().getFirst().inlined()).isTrue();
            assertThat(place.frames().getFirst().place()).map(SourceLine::file).get().asString().endsWith("stacks.c");
            assertThat(place.mapping()).endsWith("stacks");
            assertThat(place.permissions()).isEqualTo("r-xp");
            assertThat(process.where(new RemoteAddress(16)).toString()).contains("nothing is mapped there");
        }
    }
}
