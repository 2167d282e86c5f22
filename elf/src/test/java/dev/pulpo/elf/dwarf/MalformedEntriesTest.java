package dev.pulpo.elf.dwarf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.TooLargeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries that no compiler writes, and that would take forever or all memory where nobody looked out for them. */
class MalformedEntriesTest {
    @TempDir
    private Path directory;

    /** Assembles a unit of DWARF 4; its abbreviations are 1 for the unit, and those given. */
    private ElfFile object(String abbreviations, String entries) throws IOException {
        Path source = Files.writeString(directory.resolve("unit.s"), """
                .section .debug_abbrev,"",@progbits
                .byte 1,0x11,1,0,0
                %s
                .byte 0
                .section .debug_info,"",@progbits
                .long 2f-1f
                1: .short 4
                .long 0
                .byte 8, 1
                %s
                2:
                .text
                .globl shared
                shared: .skip 16, 0x90
                """.formatted(abbreviations, entries));
        Compiled.run(directory, List.of("gcc", "-shared", "-nostdlib", "-o", "unit.so", source.toString()));
        return ElfFile.open(directory.resolve("unit.so"));
    }

    /** Each of two members has the type that they are members of: two names in it, four in those, and so on. */
    @Test
    void structuresWithinThemselvesHaveNamesThatEnd() throws IOException {
        try (ElfFile file = object("""
                .byte 2,0x13,1,0x0b,0x0b,0,0
                .byte 3,0x0d,0,0x49,0x13,0,0
                .byte 4,0x34,0,3,8,0x49,0x13,2,0x18,0,0
                """, """
                .byte 2, 8
                .byte 3
                .long 12
                .byte 3
                .long 12
                .byte 0
                .byte 4
                .asciz "circle"
                .long 12
                .byte 9, 3
                .quad 0x1000
                .byte 0
                """); DebugInfo info = DebugInfo.of(file)) {
            assertThat(info.variables("circle")).singleElement().satisfies(circle -> assertThat(circle.type())
                    .startsWith("struct {struct {").contains("…").hasSizeLessThan(1 << 20));
            assertThat(info.defects()).isEmpty();
        }
    }

    /** The qualified names of two thousand scopes inside of each other would take 40 gigabytes. */
    @Test
    void deepScopesTakeLittleMemory() throws IOException {
        try (ElfFile file = object("""
                .byte 2,0x39,1,3,0x0e,0,0
                .byte 3,0x13,0,3,8,0x0b,0x0b,0,0
                """, """
                .section .debug_str,"MS",@progbits,1
                .fill 20000, 1, 'x'
                .byte 0
                .section .debug_info
                .rept 2000
                .byte 2
                .long 0
                .endr
                .byte 3
                .asciz "inside"
                .byte 8
                .fill 2001, 1, 0
                """); DebugInfo info = DebugInfo.of(file)) {
            assertThat(info.layout("inside")).map(StructLayout::size).contains(8L);
            assertThat(info.defects()).isEmpty();
        }
    }

    /** As a type unit of the 64-bit format may say it. */
    @Test
    void typesOutsideOfTheirUnitsAreDefects() throws IOException {
        try (ElfFile file = object("", """
                .byte 0
                2:
                .section .debug_types,"",@progbits
                .long -1
                .quad 4f-3f
                3: .short 4
                .quad 0
                .byte 8
                .quad 77
                .quad 0x7fffffffffffffff
                .byte 1, 0
                4:
                .section .debug_info
                """.replace("2:\n", "")); DebugInfo info = DebugInfo.of(file)) {
            assertThat(info.defects()).singleElement().satisfies(defect -> assertThat(defect)
                    .hasMessageContaining("a type within the unit"));
        }
    }

    /** Its names are all the end of one long string: reading them would take minutes. */
    @Tag("slow")
    @Test
    void textsThatAreSharedCountForEachThatHasThem() throws IOException {
        try (ElfFile file = object("""
                .byte 2,0x13,0,3,0x0e,0x0b,0x0b,0,0
                """, """
                .section .debug_str,"MS",@progbits,1
                .fill 1000000, 1, 'x'
                .byte 0
                .section .debug_info
                .rept 100000
                .byte 2
                .long 0
                .byte 8
                .endr
                .byte 0
                """); DebugInfo info = DebugInfo.of(limited(file))) {
            assertThatThrownBy(info::types).isInstanceOf(TooLargeException.class)
                    .hasMessageContaining("too large to be read");
            assertThatThrownBy(info::defects).as("and that is not found out again").isInstanceOf(
                    TooLargeException.class);
        }
    }

    private static ElfFile limited(ElfFile file) {
        return ElfFile.of(file.source(), file.name(), ReadLimits.PROCESS);
    }

    /** A function with so many blocks, or inlined calls, within each other. */
    private ElfFile nested(String abbreviation, String entry, int count) throws IOException {
        return object("""
                .byte 2,0x2e,1,3,8,0x11,1,0x12,7,0,0
                .byte 3,%s,0x11,1,0x12,7,0,0
                """.formatted(abbreviation), """
                .byte 2
                .asciz "f"
                .quad shared, 16
                .rept %d
                .byte 3
                %s
                .quad shared, 16
                .endr
                .fill %d, 1, 0
                """.formatted(count, entry, count + 2));
    }

    private static LinkAddress shared(ElfFile file) {
        return file.symbols().find("shared").orElseThrow().address();
    }

    @Test
    void deepNestingEndsWithoutRecursion() throws IOException {
        try (ElfFile file = nested("0x0b,1", "", 200_000); DebugInfo info = DebugInfo.of(limited(file))) {
            assertThat(info.functionAt(shared(file))).isPresent();
            assertThat(info.scopes(shared(file))).hasSize(1);
        }
        try (ElfFile file = nested("0x1d,1,0x31,0x13", ".long 12", 20_000);
                DebugInfo info = DebugInfo.of(limited(file))) {
            assertThatThrownBy(() -> info.frames(shared(file))).hasMessageContaining("inlined into each other");
            assertThatThrownBy(() -> info.scopes(shared(file))).isInstanceOf(MalformedElfException.class);
        }
    }

    /** Each of many units has the same long list of ranges, and the same long table of abbreviations. */
    @Test
    void listsThatAreSharedCountForEachThatHasThem() throws IOException {
        try (ElfFile file = object("""
                .byte 2,0x2e,0,0x55,0x17,0,0
                """, """
                .section .debug_ranges,"",@progbits
                .rept 100000
                .quad 1, 2
                .endr
                .quad 0, 0
                .section .debug_info
                .rept 10000
                .byte 2
                .long 0
                .endr
                .byte 0
                """); DebugInfo info = DebugInfo.of(limited(file))) {
            assertThatThrownBy(info::defects).isInstanceOf(TooLargeException.class);
        }
    }

    @Test
    void zerosAreNotAsManyUnits() throws IOException {
        try (ElfFile file = object("", """
                .byte 0
                2:
                .fill 4000000, 1, 0
                """)) {
            assertThatThrownBy(() -> DebugInfo.of(limited(file))).isInstanceOf(TooLargeException.class);
        }
    }
}
