package dev.pulpo.engine.container;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.InputFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.target.ObjectFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a description needs to know of an object: its name, its build and its symbols. It comes from the object itself, or
 * from JSON that was made of it elsewhere, where its debug information was at hand.
 *
 * @param name    file name of the object
 * @param buildId of the object
 * @param symbols in the order of the file, dynamic ones first; each once
 */
public record ObjectSymbols(String name, BuildId buildId, List<ObjectSymbol> symbols) {
    /** Half a million symbols, more than any shared object has. */
    private static final int LONGEST_JSON = 96 << 20;

    public ObjectSymbols {
        symbols = List.copyOf(symbols);
    }

    /**
     * Reads an ELF file, or JSON that {@link #toJson} or libpulp has written.
     *
     * @throws IOException           where it cannot be read
     * @throws MalformedElfException where it is neither, or has no build-id
     */
    public static ObjectSymbols open(Path file) throws IOException {
        byte[] start = new byte[4];
        try (var in = Channels.newInputStream(InputFile.open(file, Long.MAX_VALUE))) {
            if (in.readNBytes(start, 0, 4) < 4 || start[0] != 0x7f || start[1] != 'E') {
                return SymbolsJson.read(StandardCharsets.UTF_8.newDecoder()
                        .decode(ByteBuffer.wrap(InputFile.read(file, LONGEST_JSON))).toString(), RawText.of(file));
            }
        } catch (java.nio.charset.CharacterCodingException e) {
            MalformedElfException malformed = new MalformedElfException(RawText.of(file), 0,
                    "an ELF file, or JSON in UTF-8",
                    "other bytes");
            malformed.initCause(e);
            throw malformed;
        }
        return of(ObjectFiles.open(file, RawText.of(file)), RawText.of(file.getFileName()));
    }

    /** @throws MalformedElfException where the file has no build-id */
    public static ObjectSymbols of(ElfFile elf, String name) {
        BuildId build = elf.buildId().orElseThrow(() -> new MalformedElfException(elf.name(), 0,
                "a build-id (link with -Wl,--build-id)", "none"));
        Set<ObjectSymbol> symbols = new LinkedHashSet<>();
        Stream.concat(elf.dynamicSymbols().stream(), elf.symbols().stream())
                .filter(symbol -> !symbol.name().isEmpty())
                .forEach(symbol -> symbols.add(of(symbol)));
        return new ObjectSymbols(name, build, List.copyOf(symbols));
    }

    private static ObjectSymbol of(ElfSymbol symbol) {
        // The rest of st_other is for other machines.
        return new ObjectSymbol(symbol.name(), symbol.isDefined() ? symbol.value() : 0,
                symbol.isDefined() ? symbol.size() : 0, symbol.info(), switch (symbol.visibility()) {
                    case DEFAULT -> 0;
                    case INTERNAL -> 1;
                    case HIDDEN -> 2;
                    case PROTECTED -> 3;
                });
    }

    /**
     * The same object with the symbols of its debug file.
     *
     * @throws MalformedElfException where that belongs to another build
     */
    public ObjectSymbols with(ObjectSymbols debug, String debugName) {
        if (!debug.buildId.equals(buildId)) {
            throw new MalformedElfException(debugName, 0, "build-id " + buildId + ", that of " + name,
                    debug.buildId.toString());
        }
        Set<ObjectSymbol> all = new LinkedHashSet<>(symbols);
        all.addAll(debug.symbols);
        return new ObjectSymbols(name, buildId, List.copyOf(all));
    }

    /** The object as JSON, in libpulp's form. */
    public String toJson() {
        return SymbolsJson.write(this);
    }

    /** Symbols of this name and kind at different places; exported ones take precedence over others. */
    List<ObjectSymbol> find(String wanted, ObjectSymbol.Kind kind) {
        Map<Long, ObjectSymbol> exported = new TreeMap<>();
        Map<Long, ObjectSymbol> local = new TreeMap<>();
        for (ObjectSymbol symbol : symbols) {
            if (symbol.name().equals(wanted) && symbol.isDefined() && symbol.is(kind)) {
                (symbol.isLocal() ? local : exported).putIfAbsent(symbol.offset(), symbol);
            }
        }
        return List.copyOf((exported.isEmpty() ? local : exported).values());
    }

    /** The names of all symbols of a kind, for suggestions. */
    Stream<String> names(ObjectSymbol.Kind kind) {
        return symbols.stream().filter(symbol -> symbol.isDefined() && symbol.is(kind)).map(ObjectSymbol::name);
    }
}
