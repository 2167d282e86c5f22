package dev.pulpo.engine;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MappedFile;
import dev.pulpo.elf.RawText;
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
 * A patch in plain C or C++: a shared object whose functions have the names of those that they replace. It refers to the
 * target's private variables, functions and thread-locals by {@code extern}. Packing makes a container for exactly one build
 * of the target. Immutable.
 *
 * <pre>{@code
 * PackReport report = PlainPatch.of(Path.of("libserver.so"), Path.of("fix.so")).pack(Path.of("fix-packed.so"));
 * System.out.println(report);
 * }</pre>
 *
 * @param target  file of the object to patch
 * @param patch   the shared object
 * @param choices source files, by name, for names that the target has several times
 * @param allowed checks whose findings are no reason to refuse
 * @param name    what messages call the patch
 */
public record PlainPatch(Path target, Path patch, Map<String, String> choices, Set<Check> allowed, String name) {
    public PlainPatch {
        choices = Map.copyOf(choices);
        allowed = Set.copyOf(allowed);
    }

    /** A patch for a target, with nothing allowed. */
    public static PlainPatch of(Path target, Path patch) {
        return new PlainPatch(target, patch, Map.of(), Set.of(), RawText.of(patch));
    }

    /** The same, with the symbol of this name from this source file. */
    public PlainPatch choose(String name, String file) {
        Map<String, String> more = new HashMap<>(choices);
        more.put(name, file);
        return new PlainPatch(target, patch, more, allowed, name);
    }

    /** The same, by another name in messages: that of the container, where the shared object is a temporary file. */
    public PlainPatch named(Path file) {
        return new PlainPatch(target, patch, choices, allowed, RawText.of(file));
    }

    /** The same, with this check's findings allowed. */
    public PlainPatch allow(Check check) {
        if (!check.isOverridable()) {
            throw new IllegalArgumentException(check.word() + " cannot be allowed");
        }
        Set<Check> more = EnumSet.of(check);
        more.addAll(allowed);
        return new PlainPatch(target, patch, choices, more, name);
    }

    /**
     * Analyses the patch.
     *
     * @throws IOException                         where a file cannot be read
     * @throws dev.pulpo.elf.MalformedElfException where one is no ELF file, or damaged
     */
    public PackReport analyse() throws IOException {
        return run(analysis -> {});
    }

    /**
     * Makes the container, unless there are objections; the report says so.
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
                MappedFile bytes = ByteSource.map(patch);
                ElfFile patchElf = ElfFile.of(bytes, name);
                DebugInfo patchInfo = DebugInfo.open(patchElf, patch.toAbsolutePath().toString(), files)) {
            Analysis analysis = Analysis.of(this, new CodeFacts(old, oldInfo), new CodeFacts(patchElf, patchInfo));
            if (analysis.report().isPackable()) {
                whenPackable.accept(analysis);
            }
            return analysis.report();
        }
    }

    /**
     * Compiles a source into a shared object that can be packed: position-independent, with debug information, and with
     * undefined references to the target. It finds {@code pulpo.h}.
     *
     * @param source  C or C++, by its suffix
     * @param options further compiler options, such as {@code -I} and {@code -D}
     * @throws IOException where the compiler fails; with its output
     */
    public static void compile(Path source, Path output, List<String> options) throws IOException {
        Compiler.run(source, output, List.of(), options);
    }

    /**
     * As {@link #compile(Path, Path, List)}, for a target. If the target is a library and the source uses its exported
     * symbols, the shared object is linked with it. So it finds them even if the program has opened the library with {@code
     * RTLD_LOCAL}.
     */
    public static void compile(Path source, Path target, Path output, List<String> options) throws IOException {
        Compiler.run(source, output, Compiler.libraries(target), options);
    }
}
