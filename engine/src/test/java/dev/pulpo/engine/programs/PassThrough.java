package dev.pulpo.engine.programs;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Replacement;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Patches that replace functions by jumps to their originals, whatever their signatures are. A program that runs with one
 * does what it did before, only that each call goes through a detour, and each function's first instructions run where
 * they have been moved to.
 */
final class PassThrough {
    private final Path directory;
    private int number;

    PassThrough(Path directory) {
        this.directory = directory;
    }

    /** The exported functions of a file, one name for each address. */
    static List<String> exported(Path file) {
        try (ElfFile elf = ElfFile.open(file)) {
            Set<Long> seen = new HashSet<>();
            return elf.dynamicSymbols().stream()
                    .filter(symbol -> symbol.isDefined() && symbol.type() == SymbolType.FUNC)
                    .filter(symbol -> seen.add(symbol.value()))
                    .map(symbol -> symbol.name()).distinct().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A patch for those of the functions that can be replaced so. */
    LivePatch patch(LiveProcess process, String target, List<String> functions) {
        try {
            PatchPlan plan = process.plan(make(target, functions));
            Set<String> good = new HashSet<>(plan.functions().stream().map(PlannedFunction::function).toList());
            return make(target, functions.stream().filter(good::contains).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private LivePatch make(String target, List<String> functions) {
        StringBuilder text = new StringBuilder();
        List<Replacement> replacements = new ArrayList<>();
        for (int i = 0; i < functions.size(); i++) {
            String name = functions.get(i);
            replacements.add(new Replacement(name, "pass_" + i));
            text.append(".section pulpo_originals, \"aw\"\n.balign 128\nslot_").append(i).append(": .quad 0\n.asciz \"")
                    .append(name).append("\"\n.balign 128\n.text\n.globl pass_").append(i).append("\n.type pass_")
                    .append(i).append(", @function\npass_").append(i).append(": endbr64\n  jmp *slot_").append(i)
                    .append("(%rip)\n.size pass_").append(i).append(", .-pass_").append(i).append('\n');
        }
        text.append(".section .note.GNU-stack, \"\", @progbits\n");
        String name = "pass" + number++;
        Path file = directory.resolve(name + ".so");
        try {
            Path source = directory.resolve(name + ".S");
            Files.writeString(source, text);
            Process gcc = new ProcessBuilder("gcc", "-shared", "-Wl,--build-id=sha1", "-o", file.toString(),
                    source.toString()).redirectErrorStream(true).start();
            String log = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (gcc.waitFor() != 0) {
                throw new IllegalStateException("gcc: " + log);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return LivePatch.of(file).target(target).replace(replacements).comment("pass through").allow(Check.OPTIONS)
                // What jumps to the original leaves alone what the original does.
                .allow(Check.CONVENTION)
                // Of a program with an allocator of its own, libc's is not called.
                .allow(Check.INTERPOSED);
    }
}
