package dev.pulpo.engine;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.engine.check.CodeFacts;
import dev.pulpo.engine.pack.Analysis;
import dev.pulpo.engine.pack.Compiler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A patch in plain C or C++: a shared object whose functions have the names of those that they replace, and that refers to
 * the target's private variables, functions and thread-locals by {@code extern}. Packing makes a container of it, which
 * applies to the one build of the target that it was packed for. Immutable.
 *
 * <pre>{@code
 * PackReport report = PlainPatch.of(Path.of("libserver.so"), Path.of("fix.so")).pack(Path.of("fix-packed.so"));
 * System.out.println(report);
 * }</pre>
 *
 * @param target  the object that is patched, as a file
 * @param patch   the shared object
 * @param choices the source file that is meant, for names that the target has several times
 * @param allowed findings that are no reason to refuse
 */
public record PlainPatch(Path target, Path patch, Map<String, String> choices, Set<Check> allowed) {
    public PlainPatch {
        choices = Map.copyOf(choices);
        allowed = Set.copyOf(allowed);
    }

    /** A patch for a target, with nothing allowed. */
    public static PlainPatch of(Path target, Path patch) {
        return new PlainPatch(target, patch, Map.of(), Set.of());
    }

    /** The same, with the symbol of this name that a source file defines. */
    public PlainPatch choose(String name, String file) {
        Map<String, String> more = new HashMap<>(choices);
        more.put(name, file);
        return new PlainPatch(target, patch, more, allowed);
    }

    /** The same, although this check finds something. */
    public PlainPatch allow(Check check) {
        if (!check.isOverridable()) {
            throw new IllegalArgumentException(check.word() + " cannot be allowed");
        }
        Set<Check> more = EnumSet.of(check);
        more.addAll(allowed);
        return new PlainPatch(target, patch, choices, more);
    }

    /**
     * Finds out what it does.
     *
     * @throws IOException where a file cannot be read
     * @throws dev.pulpo.elf.MalformedElfException where one is no ELF file, or damaged
     */
    public PackReport analyse() throws IOException {
        return run(analysis -> {});
    }

    /**
     * Makes the container, unless something stands against it; the report says so.
     *
     * @param output may be the patch itself
     * @throws IOException where a file cannot be read or written
     */
    public PackReport pack(Path output) throws IOException {
        return run(analysis -> analysis.write(output));
    }

    private interface Use {
        void accept(Analysis analysis) throws IOException;
    }

    private PackReport run(Use whenPackable) throws IOException {
        DebugFiles files = DebugFiles.ofThisProcess();
        try (ElfFile old = ElfFile.open(target);
                DebugInfo oldInfo = DebugInfo.open(old, target.toAbsolutePath().toString(), files);
                ElfFile young = ElfFile.open(patch);
                DebugInfo youngInfo = DebugInfo.open(young, patch.toAbsolutePath().toString(), files)) {
            Analysis analysis = Analysis.of(this, new CodeFacts(old, oldInfo), new CodeFacts(young, youngInfo));
            if (analysis.report().isPackable()) {
                whenPackable.accept(analysis);
            }
            return analysis.report();
        }
    }

    /**
     * Compiles a source into a shared object that can be packed: position-independent, with debug information, references
     * to the target left open.
     *
     * @param source  C or C++, by its suffix
     * @param options more of them for the compiler, such as {@code -I} and {@code -D}
     * @throws IOException where the compiler does not succeed; with what it printed
     */
    public static void compile(Path source, Path output, List<String> options) throws IOException {
        Compiler.run(source, output, List.of(), options);
    }

    /**
     * As {@link #compile(Path, Path, List)}, for a target: where that is a library and the source uses what it exports, the
     * shared object is linked with it, so that it finds it where the program has opened the library for itself alone
     * ({@code RTLD_LOCAL}).
     */
    public static void compile(Path source, Path target, Path output, List<String> options) throws IOException {
        List<Path> libraries;
        try (ElfFile elf = ElfFile.open(target)) {
            // Without a name of its own it would be asked for by this path, which is not the path that a process has.
            boolean linkable = elf.header().type().equals(ObjectType.DYNAMIC) && elf.dynamic().soname().isPresent();
            libraries = linkable ? List.of(target.toAbsolutePath()) : List.of();
        }
        Compiler.run(source, output, libraries, options);
    }
}
