package dev.pulpo.examples.shell;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.TypeLayout;
import dev.pulpo.engine.CodePlace;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.ThreadStack;
import dev.pulpo.engine.Wildcard;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.RemoteAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Helpers for jshell. */
public final class Shell {
    private static final Applied APPLIED = new Applied();

    private static final String WELCOME = """
            Pulpo: live patching of running processes. Try

                processes()                               what carries the stub
                var server = demo()                       a server to play with
                var process = attach(server.pid())        any process of yours will do
                process.probe(counting("greeting"))       counts calls
                undoAll()                                 takes everything back; so does the end of this shell

            help() lists more.
            """;

    private static final String HELP = """
            What                                          Type
            libraries that can be patched                 process.libraries()
            functions of a library                        symbols("libc.so.6", "mall*")
            stacks of all threads                         stacks(pid)
            the same with variables                       locals(pid)
            what an address is                            where(pid, 0x7f12a0)
            the instructions of a function                process.disassemble("greeting")
            who calls it                                  process.callers("greeting")
            how a struct lies in memory                   layout("libfoo.so", "struct foo")
            a variable                                    process.variable("server")
              what a path leads to                        process.variable("server").field("head").deref().field("fd")
              set it                                      process.variable("log_level").write("DEBUG")
            count calls                                   var probe = process.probe(counting("malloc"))
              how many so far                             probe.counts()
            time calls                                    process.probe(timing("SSL_read")).times()
            trace calls                                   process.probe(tracing("open", STRING, INT)).calls()
            let calls return a number                     process.probe(returning("getpid", 42))
            let every third call fail                     process.probe(failing("open", Errno.EACCES).everyNth(3))
            delay calls                                   process.probe(delaying("fsync", Duration.ofMillis(5)))
            call another function                         process.probe(redirect("f", "g"))
            apply a patch                                 process.apply(LivePatch.of(Path.of("fix.so")))
            see what is in force                          process.patches()
            take one back                                 process.revert(patch.id())
            take all back                                 undoAll()
            """;

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(APPLIED::undo, "pulpo-undo"));
    }

    private Shell() {}

    /** Says how to begin. */
    public static void welcome() {
        System.out.print(WELCOME);
    }

    /** Lists what can be typed. */
    public static void help() {
        System.out.print(HELP);
    }

    /**
     * Takes back all patches and probes that were applied to processes of {@link #attach} and are in force, newest first. The end
     * of the JVM does it, too.
     *
     * @return what was done, and what could not be done
     */
    public static List<String> undoAll() {
        return APPLIED.undo();
    }

    /**
     * A process that carries the stub.
     *
     * @param pid        its id
     * @param name       its name
     * @param executable path of the program that it runs
     */
    public record Candidate(int pid, String name, Path executable) {}

    /** The readable processes that carry the stub. */
    public static List<Candidate> processes() {
        return processes("*");
    }

    /** Those of them whose name, or whose program's file name, matches a wildcard such as {@code nginx*}. */
    public static List<Candidate> processes(String wildcard) {
        return new ProcessFilter(Optional.of(wildcard), Optional.empty()).find().stream().map(Shell::candidate)
                .flatMap(Optional::stream).toList();
    }

    private static Optional<Candidate> candidate(int pid) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            return Optional.of(new Candidate(pid, process.name(), process.executable()));
        } catch (PulpoException notToBeRead) {
            return Optional.empty();
        }
    }

    /** A process to work on; close it when done. */
    public static LiveProcess attach(int pid) {
        LiveProcess process = LiveProcess.attach(pid);
        process.listen(APPLIED);
        return process;
    }

    /** Starts the demo server of the examples, with the stub; close it when done. */
    public static LaunchedProcess demo() {
        return LiveProcess.launcher(List.of(demo("server").toString(), "4", "stdin")).start();
    }

    /** A file of the demo: {@code server}, {@code libgreeting.so} or {@code fix.so}. */
    public static Path demo(String file) {
        return Path.of(System.getProperty("pulpo.demo", "examples/target/demo")).resolve(file).toAbsolutePath();
    }

    /** The names of a library's functions that match a wildcard such as {@code mall*}. */
    public static List<String> symbols(String library, String wildcard) {
        Wildcard names = new Wildcard(wildcard);
        try (ElfFile elf = ElfFile.open(find(library))) {
            return Stream.of(elf.dynamicSymbols(), elf.symbols())
                    .flatMap(SymbolTable::stream)
                    .filter(symbol -> symbol.type().isFunction() && symbol.isDefined())
                    .map(ElfSymbol::name).filter(name -> !name.isEmpty() && names.matches(name))
                    .distinct().sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The stacks of the threads of a process. */
    public static List<ThreadStack> stacks(int pid) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            return process.stacks();
        }
    }

    /** As {@link #stacks}, with the values of parameters and variables. */
    public static List<ThreadStack> locals(int pid) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            return process.stacksWithLocals();
        }
    }

    /** What is at an address of a process. */
    public static CodePlace where(int pid, long address) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            return process.where(new RemoteAddress(address));
        }
    }

    /** The memory layout of a type such as {@code struct foo}, from the debug information of a library. */
    public static List<TypeLayout> layout(String library, String type) {
        try {
            Path file = find(library);
            try (ElfFile elf = ElfFile.open(file);
                    DebugInfo info = DebugInfo.open(elf, file.toAbsolutePath().toString(),
                            DebugFiles.ofThisProcess())) {
                return info.types(type);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Finds a library by its path or its name: first among those that this JVM has loaded, then in the usual directories. */
    private static Path find(String library) throws IOException {
        if (library.contains("/")) {
            return RawText.path(library);
        }
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            Stream<Path> loaded = maps.filter(line -> line.endsWith("/" + library))
                    .map(line -> Path.of(line.substring(line.indexOf('/'))));
            Stream<Path> usual = Stream.of("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64",
                    "/usr/lib").map(directory -> RawText.path(directory + "/" + library)).filter(Files::exists);
            return Stream.concat(loaded, usual).findFirst()
                    .orElseThrow(() -> new IOException("no library " + library + " was found; give its path"));
        }
    }
}
