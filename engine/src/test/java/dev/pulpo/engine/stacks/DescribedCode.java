package dev.pulpo.engine.stacks;

import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether call frame information describes an address, as {@code readelf} says: who says that there is none is to be believed
 * only if it says so, too. Reads each file once. Not thread-safe.
 */
final class DescribedCode {
    private static final Pattern DESCRIPTION = Pattern.compile(" FDE .* pc=([0-9a-f]+)\\.\\.([0-9a-f]+)$");

    private final Path directory;
    private final Map<String, NavigableMap<Long, Long>> files = new HashMap<>();

    /** @param directory takes the vDSO, which is no file */
    DescribedCode(Path directory) {
        this.directory = directory;
    }

    /** Whether an object contains the address, and its call frame information describes it. */
    boolean describes(List<LoadedObject> objects, TraceeMemory memory, long address) throws IOException {
        Optional<LoadedObject> object = objects.stream()
                .filter(each -> each.contains(new RemoteAddress(address))).findFirst();
        if (object.isEmpty()) {
            return false;
        }
        NavigableMap<Long, Long> known = files.get(object.get().path());
        if (known == null) {
            known = read(file(object.get(), memory));
            files.put(object.get().path(), known);
        }
        long link = object.get().toLink(new RemoteAddress(address)).value();
        Map.Entry<Long, Long> range = known.floorEntry(link);
        return range != null && link < range.getValue();
    }

    private Path file(LoadedObject object, TraceeMemory memory) throws IOException {
        if (object.path().startsWith("/")) {
            return Path.of(object.path());
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(object.end().value() - object.start().value());
            memory.read(object.start(), bytes);
            return Files.write(directory.resolve("vdso.so"), bytes.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private static NavigableMap<Long, Long> read(Path file) throws IOException {
        NavigableMap<Long, Long> ranges = new TreeMap<>();
        Process readelf = new ProcessBuilder("readelf", "--wide", "--debug-dump=frames", file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader lines = readelf.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher found = DESCRIPTION.matcher(line);
                if (found.find()) {
                    ranges.put(Long.parseUnsignedLong(found.group(1), 16), Long.parseUnsignedLong(found.group(2), 16));
                }
            }
        }
        return ranges;
    }
}
