package dev.pulpo.examples.cli;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.EnumLayout;
import dev.pulpo.elf.dwarf.StructLayout;
import dev.pulpo.elf.dwarf.TypeLayout;
import dev.pulpo.elf.dwarf.TypedefLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code pulpo layout}. */
@CommandLine.Command(name = "layout", description = "Shows the memory layout of a type, from the debug information of a file.")
final class Layout extends Command {
    @CommandLine.Parameters(index = "0", paramLabel = "LIB", description = "path of a program or library")
    private Path file = Path.of("");

    @CommandLine.Parameters(index = "1..*", arity = "1..*", paramLabel = "TYPE", description = "such as 'struct foo', 'enum bar' or the name of a typedef")
    private List<String> type = List.of();

    @Override
    public Integer call() throws IOException {
        String name = String.join(" ", type);
        try (ElfFile elf = ElfFile.open(file);
                DebugInfo info = DebugInfo.open(elf, file.toAbsolutePath().toString(), DebugFiles.ofThisProcess())) {
            List<TypeLayout> found = info.types(name);
            if (found.isEmpty()) {
                throw new IOException(info.units().isEmpty()
                        ? RawText.of(file)
                                + " has no debug information, and none was found in /usr/lib/debug: compile with -g"
                        : "the debug information of " + RawText.of(file) + " defines no type " + name);
            }
            print(found.stream().map(Layout::text).collect(Collectors.joining(System.lineSeparator())),
                    Json.object("file", RawText.of(file), "types", found.stream().map(Json::of).toList()));
            return 0;
        }
    }

    private static String text(TypeLayout layout) {
        String head = layout.name() + ": " + layout.size() + " bytes"
                + layout.declaration().map(place -> ", " + place).orElse("");
        return head + switch (layout) {
            case StructLayout struct -> lines(struct.members().stream().map(Layout::text).toList());
            case EnumLayout values -> lines(
                    values.values().stream().map(value -> value.name() + " = " + value.number()).toList());
            case TypedefLayout alias -> ", is " + alias.type();
        };
    }

    private static String lines(List<String> lines) {
        return lines.stream().map(line -> System.lineSeparator() + "  " + line).collect(Collectors.joining());
    }

    private static String text(StructLayout.Member member) {
        String place = member.bitField()
                ? String.format("%6d:%d %5d bits", member.offset(), member.bitOffset() % Byte.SIZE, member.bitSize())
                : String.format("%6d   %5d     ", member.offset(), member.bitSize() / Byte.SIZE);
        return (place + "  " + member.type() + " " + member.name()).stripTrailing();
    }
}
