package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.Needed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SymbolType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compiles programs in every version and form of DWARF, and asks the GNU and LLVM tools the same questions. */
@Tag("slow")
class ToolComparisonTest {
    private static final Pattern ORIGIN = Pattern.compile(" +DW_AT_abstract_origin\t\\(0x[0-9a-f]+ \"(.*)\"\\)");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"-gdwarf-2 -gstrict-dwarf -O2", "-gdwarf-3 -O2", "-gdwarf-4 -O2", "-gdwarf-5 -O2",
            "-gdwarf-5 -O0", "-gdwarf-4 -gdwarf64 -O2", "-gdwarf-5 -gdwarf64 -O2", "-gdwarf-5 -O2 -no-pie",
            "-gdwarf-4 -O2 -fdebug-types-section", "-gdwarf-5 -O2 -fdebug-types-section",
            "-gdwarf-5 -O2 -Wl,--compress-debug-sections=zlib", "-gdwarf-5 -O2 -ffunction-sections -Wl,--gc-sections",
            "-gdwarf-5 -O2 -gsplit-dwarf", "-gdwarf-4 -O2 -gsplit-dwarf"})
    void answersAreThoseOfTheTools(String options) throws IOException {
        Needed.commands("gdb", "llvm-dwarfdump", "llvm-symbolizer", "llvm-dwp", "dwp");
        for (String source : List.of("debug.c", "debug.cc")) {
            Path program = Compiled.compile(directory, source, "program", List.of(options.split(" ", -1)));
            try (ElfFile file = ElfFile.open(program);
                    DebugInfo info = DebugInfo.open(file, program.toString(), DebugFiles.ofThisProcess())) {
                assertThat(info.missing()).isEmpty();
                compareLines(program, options, file, info);
                compareFunctions(file, info);
                compareVariables(file, info);
                if (!options.contains("split")) {
                    compareInlinedCopies(program, options, info);
                }
                // Of classes in namespaces, strict DWARF 2 has only declarations.
                if (source.endsWith(".c")) {
                    compareLayouts(program, info, List.of("struct point", "mixed", "union either", "struct packed"));
                } else if (!options.contains("strict")) {
                    compareLayouts(program, info,
                            List.of("space::base", "space::inner::derived<long int>", "std::string"));
                }
            }
        }
    }

    private static List<ElfSymbol> functions(ElfFile file, DebugInfo info) {
        return file.symbols().stream().filter(symbol -> symbol.type().equals(SymbolType.FUNC)
                && symbol.isDefined() && symbol.size() > 0
                && info.functionAt(new LinkAddress(symbol.value())).isPresent()).toList();
    }

    private void compareLines(Path program, String options, ElfFile file, DebugInfo info) throws IOException {
        // The addr2line of binutils 2.40 misreads the 64-bit format, and takes the wrong file of DWARF 5 tables.
        boolean gnu = !options.contains("gdwarf64") && !options.contains("gdwarf-5");
        List<String> command = new ArrayList<>(gnu
                ? List.of("addr2line", "-e", program.toString())
                : List.of("llvm-symbolizer", "--functions=none", "--no-inlines", "--obj=" + program));
        List<LinkAddress> places = new ArrayList<>();
        for (ElfSymbol symbol : functions(file, info)) {
            for (long i = 0; i < symbol.size(); i++) {
                places.add(new LinkAddress(symbol.value() + i));
            }
        }
        places.forEach(place -> command.add(place.toString()));
        List<String> theirs = new ArrayList<>(Compiled.run(directory, command));
        theirs.removeIf(String::isEmpty);
        assertThat(theirs).hasSameSizeAs(places);
        int known = 0;
        for (int i = 0; i < theirs.size(); i++) {
            String line = gnu
                    ? theirs.get(i).replaceFirst(" \\(discriminator.*", "").replaceFirst(":\\?$", ":0")
                    : theirs.get(i).replaceFirst(":[0-9]+$", "");
            SourceLine ours = info.line(places.get(i)).orElse(new SourceLine("??", 0));
            assertThat(Path.of(ours.toString()).getFileName()).as("line of " + places.get(i))
                    .isEqualTo(Path.of(line).getFileName());
            known += ours.line() > 0 ? 1 : 0;
        }
        assertThat(known).isGreaterThan(100);
    }

    /** Every function that the linker knows must have the name and the code that the symbols say. */
    private static void compareFunctions(ElfFile file, DebugInfo info) {
        int compared = 0;
        for (ElfSymbol symbol : functions(file, info)) {
            String name = symbol.name().replaceFirst("\\.(cold|part|constprop|isra).*", "");
            LinkAddress start = new LinkAddress(symbol.value());
            FunctionInfo function = info.functionAt(start).orElseThrow();
            boolean named = function.name().equals(name) || function.linkageName().equals(name)
            // DWARF 2 cannot say that code is in two places, so GCC makes two functions of it.
                    || function.name().equals("__second_sect_of_" + name)
                    // Constructors and destructors come in several versions, of which DWARF names the common part.
                    || name.matches("_ZN.*[CD][0-9].*")
                    // What no other unit can see has no linkage name in DWARF.
                    || name.contains("L" + function.name().length() + function.name());
            assertThat(named).as(symbol.name() + " is " + function).isTrue();
            assertThat(function.bodies()).as(symbol.name()).anySatisfy(body -> assertThat(body.ranges())
                    .contains(new AddressRange(start, start.plus(symbol.size()))));
            if (!function.linkageName().isEmpty()) {
                assertThat(info.functions(function.linkageName())).contains(function);
            }
            assertThat(info.functions(function.name())).as(symbol.name()).contains(function);
            assertThat(function.declaration()).as(symbol.name()).isPresent();
            compared++;
        }
        assertThat(compared).isGreaterThanOrEqualTo(3);
    }

    private static void compareVariables(ElfFile file, DebugInfo info) {
        Map<String, String> expected = new TreeMap<>();
        Map<String, String> found = new TreeMap<>();
        for (ElfSymbol symbol : file.symbols().stream().filter(ElfSymbol::isDefined).toList()) {
            String name = symbol.name().replaceFirst("\\.\\d+$", "");
            boolean perThread = symbol.type().equals(SymbolType.TLS);
            boolean ours = symbol.type().equals(SymbolType.OBJECT) || perThread;
            List<VariableInfo> variables = ours ? info.variables(name) : List.of();
            if (!variables.isEmpty()) {
                expected.put(symbol.name(), (perThread ? "thread " : "") + symbol.value());
                variables.stream().map(VariableInfo::location).map(location -> switch (location) {
                    case VariableLocation.Static place -> Long.toString(place.address().value());
                    case VariableLocation.PerThread place -> "thread " + place.offset();
                }).filter(expected.get(symbol.name())::equals).forEach(place -> found.put(symbol.name(), place));
            }
        }
        assertThat(found).isEqualTo(expected);
        assertThat(found).hasSizeGreaterThanOrEqualTo(3);
        if (!info.variables("per_thread").isEmpty()) {
            assertThat(found).containsKeys("global_number", "hidden_number", "per_thread", "hidden_per_thread");
            assertThat(info.variables("calls")).extracting(variable -> variable.function().orElse(""))
                    .containsExactlyInAnyOrder("helper", "with_cold_part");
            assertThat(info.variables("hidden_per_thread").getFirst().type()).isEqualTo("long int[3]");
            assertThat(info.variables("any").getFirst().type()).isEqualTo("union either");
        }
    }

    private void compareInlinedCopies(Path program, String options, DebugInfo info) throws IOException {
        Map<String, Integer> expected = new TreeMap<>();
        boolean inlined = false;
        String name = "";
        String low = "none";
        for (String line : Compiled.run(directory, List.of("llvm-dwarfdump", "--debug-info", program.toString()))) {
            Matcher origin = ORIGIN.matcher(line);
            if (line.contains("DW_TAG_")) {
                inlined = line.contains("DW_TAG_inlined_subroutine");
                name = "";
                low = "none";
            } else if (inlined && origin.matches()) {
                name = origin.group(1);
            } else if (inlined && line.contains("DW_AT_low_pc")) {
                low = line.substring(line.indexOf('('));
            } else if (inlined && !name.isEmpty() && line.matches(" +DW_AT_(high_pc|ranges)\t.*")) {
                // What was optimised away, or thrown away by the linker, has an address but no code.
                expected.merge(name, line.endsWith(low) || low.matches("\\(0x0*\\)") ? 0 : 1, Integer::sum);
                name = "";
            }
        }
        expected.forEach((function, copies) -> {
            List<FunctionInfo> found = info.functions(function);
            assertThat(found.stream().mapToInt(each -> each.inlinedCopies().size()).sum()).as(function)
                    .isEqualTo(copies);
            found.forEach(each -> each.inlinedCopies().forEach(copy -> {
                assertThat(copy.into()).isNotEmpty();
                // DWARF 2 has no attribute for it.
                assertThat(copy.callSite().isPresent()).isEqualTo(!options.contains("strict"));
            }));
        });
    }

    private void compareLayouts(Path program, DebugInfo info, List<String> types) throws IOException {
        String names = "python NAMES = " + types.stream().map(type -> "'" + type + "'").toList();
        List<String> theirs = new ArrayList<>(Compiled.run(directory,
                List.of("gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", names, "-x",
                        Compiled.resource(directory, "layouts.py").toString(), program.toString())));
        theirs.removeIf(line -> !line.startsWith("type ") && !line.startsWith("member "));
        List<String> ours = new ArrayList<>();
        for (String type : types) {
            StructLayout layout = info.layout(type).orElseThrow(() -> new AssertionError("no " + type));
            ours.add("type " + layout.size() + " " + type);
            for (StructLayout.Member member : layout.members()) {
                ours.add("member " + member.bitOffset() + " " + member.bitSize() + " " + (member.bitField() ? 1 : 0)
                        + " " + (member.name().isEmpty() ? "-" : member.name()));
            }
        }
        assertThat(ours).isEqualTo(theirs);
        assertThat(ours).hasSizeGreaterThan(8);
    }
}
