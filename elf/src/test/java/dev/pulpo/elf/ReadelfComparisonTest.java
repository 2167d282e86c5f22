package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Asks {@code readelf} and us the same questions about every shared library of the machine. */
@Tag("slow")
class ReadelfComparisonTest {
    /** So that a slow machine compares less instead of failing; on two cores of 2024 everything takes half of it. */
    private static final Duration ENOUGH = Duration.ofSeconds(60);

    private final Map<String, Long> compared = new TreeMap<>();

    @Test
    void everyLibraryOfTheMachineReadsAsReadelfReadsIt() throws IOException {
        long end = System.nanoTime() + ENOUGH.toNanos();
        List<String> differences = new ArrayList<>();
        List<Path> libraries = MachineLibraries.all();
        for (Path library : libraries) {
            if (System.nanoTime() > end || differences.size() > 50) {
                break;
            }
            try (ElfFile file = ElfFile.open(library)) {
                compare(file, Readelf.of(library), differences);
                count("files", 1);
            } catch (MalformedElfException malformed) {
                differences.add(malformed.toString());
            }
        }
        System.out.println("readelf comparison: of " + libraries.size() + " libraries " + compared);
        assertThat(differences).isEmpty();
        assertThat(compared).containsKeys("files", "sections", "segments", "dynamic", "symbols .dynsym",
                "relocations", "notes", "build-ids", "versions", "lookups",
                "symbols counted without sections");
        assertThat(compared.get("files")).isGreaterThan(20);
        assertThat(compared.get("symbols .dynsym")).isGreaterThan(10_000);
    }

    private void compare(ElfFile file, Readelf readelf, List<String> differences) {
        Description ours = new Description(file);
        ours.header().forEach((key, value) -> {
            String theirs = readelf.header.getOrDefault(key, "").split(" ", 2)[0];
            compare(file, "header " + key, Stream.of(theirs), Stream.of(value), differences);
        });
        compare(file, "sections", readelf.sections.stream(), ours.sections().stream(), differences);
        compare(file, "segments", readelf.segments.stream(), ours.segments().stream(), differences);
        compare(file, "dynamic", readelf.dynamic.stream(), ours.dynamic(readelf.dynamic.stream()).stream(),
                differences);
        compare(file, "symbols .dynsym", readelf.symbols.getOrDefault(".dynsym", List.of()).stream(),
                ours.symbols(file.dynamicSymbols()), differences);
        compare(file, "symbols .symtab", readelf.symbols.getOrDefault(".symtab", List.of()).stream(),
                ours.symbols(file.symbols()), differences);
        compare(file, "notes", readelf.notes.stream(), ours.notes().stream(), differences);
        compare(file, "build-ids", readelf.buildIds.stream().limit(1), file.buildId().map(BuildId::hex).stream(),
                differences);
        boolean ibt = readelf.features.stream().anyMatch(feature -> feature.contains("IBT"));
        compare(file, "IBT", Stream.of(ibt), Stream.of(file.properties().indirectBranchTracking()), differences);
        compare(file, "versions", readelf.versions.stream(),
                readelf.versions.isEmpty()
                        ? Stream.of()
                        : file.dynamicSymbols().stream()
                                .map(symbol -> symbol.version().map(SymbolVersion::name).orElse("")),
                differences);
        readelf.relocations.forEach((name, lines) -> compare(file, "relocations", lines.stream(),
                relocations(ours, file, file.section(name).orElseThrow()), differences));
        lookUp(file, differences);
        compare(file, "symbols counted without sections", IntStream.range(0, file.dynamicSymbols().size()).boxed(),
                IntStream.range(0, ElfFile.of(new Sectionless(file.source()), "bare").dynamicSymbols().size()).boxed(),
                differences);
    }

    /** A file as if its section headers had been cut off: then only the hash tables tell how many symbols there are. */
    private record Sectionless(ByteSource file) implements ByteSource {
        @Override
        public long size() {
            return file.size();
        }

        @Override
        public MemorySegment slice(long offset, long length) {
            if (offset != 0 || length < 64) {
                return file.slice(offset, length);
            }
            byte[] copy = file.slice(offset, length).toArray(ValueLayout.JAVA_BYTE);
            Arrays.fill(copy, 40, 48, (byte) 0);
            Arrays.fill(copy, 60, 64, (byte) 0);
            return MemorySegment.ofArray(copy);
        }
    }

    private static Stream<String> relocations(Description ours, ElfFile file, Section section) {
        if (section.type().equals(SectionType.RELR)) {
            return file.relativeRelocations().places().map(place -> Long.toHexString(place.value()));
        }
        // Through the dynamic table where it has them, as the engine does.
        Optional<LinkAddress> address = Optional.of(section.address());
        if (file.dynamic().address(DynamicTag.RELA).equals(address)) {
            return ours.relocations(file.dynamicRelocations());
        }
        return ours.relocations(file.dynamic().address(DynamicTag.JMPREL).equals(address)
                ? file.pltRelocations()
                : file.relocations(section));
    }

    /** Every exported symbol must be found through the hash table, and none that is not there. */
    private void lookUp(ElfFile file, List<String> differences) {
        SymbolTable table = file.dynamicSymbols();
        int step = Math.max(1, table.size() / 500);
        for (int i = 0; i < table.size(); i += step) {
            ElfSymbol symbol = table.get(i);
            if (symbol.isDefined() && symbol.binding() != SymbolBinding.LOCAL) {
                Optional<ElfSymbol> found = symbol.version().isPresent()
                        ? table.find(symbol.name(), symbol.version().get().name())
                        : table.find(symbol.name());
                compare(file, "lookups", Stream.of(symbol), found.stream(), differences);
                compare(file, "misses", Stream.empty(), table.find(symbol.name() + "~").stream(), differences);
            }
        }
    }

    private <T> void compare(ElfFile file, String what, Stream<T> theirs, Stream<T> ours, List<String> differences) {
        Iterator<T> expected = theirs.iterator();
        Iterator<T> actual = ours.iterator();
        int index = 0;
        while (expected.hasNext() && actual.hasNext()) {
            T wanted = expected.next();
            T found = actual.next();
            if (!wanted.equals(found)) {
                differences.add(
                        file.name() + " " + what + " " + index + ":\n  readelf: " + wanted + "\n  ours:    " + found);
                return;
            }
            index++;
        }
        if (expected.hasNext() || actual.hasNext()) {
            differences.add(file.name() + " " + what + ": after " + index + " only "
                    + (expected.hasNext() ? "readelf has " + expected.next() : "we have " + actual.next()));
        }
        count(what, index);
    }

    private void count(String what, long number) {
        if (number != 0) {
            compared.merge(what, number, Long::sum);
        }
    }
}
