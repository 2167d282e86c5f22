package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.cfi.Step;
import dev.pulpo.elf.cfi.Unwinder;
import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.engine.code.StackTables;
import dev.pulpo.engine.stack.StackWindow;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A thread is stepped through functions that have a frame pointer and no call frame information. At every instruction the
 * callers are those that were seen to call.
 */
class FrameSteppingTest {
    @TempDir
    static Path directory;

    /** A call that was seen: what the callee found when it began. */
    private record Call(long returnAddress, long stackPointer, long framePointer) {}

    /** A function of the victim, where the process has it. */
    private record Place(long start, long end) {
        static Place of(LoadedObject object, String name) {
            return object.elf().symbols().find(name).map(symbol -> {
                long start = object.toRemote(symbol.address()).value();
                return new Place(start, start + symbol.size());
            }).orElseThrow();
        }

        boolean contains(long address) {
            return address >= start && address < end;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-pie", "-no-pie"})
    @Timeout(120)
    void callersAreKnownAtEveryInstruction(String how) throws Exception {
        Path program = new Victims(directory).compiled("awkward", "awkward.c", "-pthread",
                "-fpatchable-function-entry=16,14", how, how.equals("-pie") ? "-fPIE" : "-fno-pie");
        try (RunningServer server = RunningServer.plain(program, "small", "out");
                TraceeMemory memory = TraceeMemory.open(server.pid(), server.pid());
                TracerThread tracer = new TracerThread(server.pid())) {
            ProcessImage image = ProcessImage.read(server.pid(), memory);
            Set<Long> seen = tracer.call(tools -> step(tools, server, image, memory));
            // All instructions of both functions, the loop's counted once.
            assertThat(seen).hasSize(22);
            assertThat(server.line()).isEqualTo("stepped");
        }
    }

    private static Set<Long> step(TracerThread.Tools tools, RunningServer server, ProcessImage image,
            TraceeMemory memory) {
        int tid = server.pid();
        Ptrace ptrace = tools.ptrace();
        assertThat(ptrace.seize(server.pid(), tid, 0)).isZero();
        assertThat(ptrace.interrupt(tid)).isZero();
        ptrace.awaitWord(tid);
        server.say("step");
        LoadedObject object = image.named("awkward").getFirst();
        Place stepped = Place.of(object, "stepped");
        Place leaf = Place.of(object, "stepped_leaf");
        Set<Long> seen = new HashSet<>();
        Registers registers = tools.saved();
        try (Arena arena = Arena.ofConfined()) {
            StackTables tables = new StackTables(memory);
            StackWindow window = new StackWindow(memory, arena);
            CfiMap map = tables.of(image);
            Deque<Call> calls = new ArrayDeque<>();
            int returns = 0;
            while (returns < 2) {
                assertThat(ptrace.step(tid, 0)).isZero();
                ptrace.awaitWord(tid);
                assertThat(ptrace.readRegisters(tid, registers)).isZero();
                long pc = registers.rip();
                if (pc == stepped.start() || pc == leaf.start()) {
                    calls.push(new Call(word(window, registers.rsp()), registers.rsp(), registers.rbp()));
                } else if (!calls.isEmpty() && pc == calls.peek().returnAddress()
                        && registers.rsp() == calls.peek().stackPointer() + 8) {
                    calls.pop();
                    returns += calls.isEmpty() ? 1 : 0;
                }
                if (stepped.contains(pc) || leaf.contains(pc)) {
                    seen.add(pc);
                    if (!agrees(map, window, registers, calls)) {
                        // The first time that there is such code it is not known yet.
                        assertThat(tables.learn(image)).as("pc 0x%x", pc).isTrue();
                        map = tables.of(image);
                        assertThat(agrees(map, window, registers, calls)).as("pc 0x%x", pc).isTrue();
                    }
                }
            }
        }
        assertThat(ptrace.detach(tid, 0)).isZero();
        return seen;
    }

    private static long word(StackWindow window, long address) {
        long[] word = new long[1];
        window.forget();
        assertThat(window.read(address, 8, word, 0)).isTrue();
        return word[0];
    }

    /** Whether all calls were found, as they were seen; false where code is met that nothing is known of. */
    private static boolean agrees(CfiMap map, StackWindow window, Registers thread, Deque<Call> calls) {
        long[] registers = new long[DwarfRegisters.COUNT];
        thread.copyTo(registers);
        window.forget();
        Unwinder unwinder = new Unwinder(map, window);
        unwinder.start(registers);
        for (Call call : calls) {
            Step step = unwinder.step();
            if (step == Step.NO_CFI) {
                return false;
            }
            assertThat(step).isEqualTo(Step.CALLER);
            assertThat(unwinder.pc()).as("the return address at 0x%x", thread.rip()).isEqualTo(call.returnAddress());
            assertThat(unwinder.stackPointer()).isEqualTo(call.stackPointer() + 8);
            assertThat(unwinder.isKnown(DwarfRegisters.RBP)).isTrue();
            assertThat(unwinder.register(DwarfRegisters.RBP)).isEqualTo(call.framePointer());
        }
        return true;
    }
}
