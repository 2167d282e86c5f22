package dev.pulpo.elf.cfi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SymbolType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the call frame information of the C library says of its functions is what its symbols say of them. */
class FunctionRangesTest {
    @Test
    void rangesAgreeWithSymbols() throws Exception {
        Path libc = List.of("/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6").stream()
                .map(Path::of).filter(Files::exists).findFirst().orElseThrow();
        try (ElfFile file = ElfFile.open(libc)) {
            FunctionRanges ranges = FunctionRanges.of(file);
            List<ElfSymbol> functions = file.dynamicSymbols().stream()
                    .filter(symbol -> symbol.isDefined() && symbol.type() == SymbolType.FUNC && symbol.size() > 0)
                    .toList();
            long agreeing = functions.stream().filter(symbol -> ranges.startingAt(symbol.address())
                    .filter(range -> range.size() == symbol.size()).isPresent()).count();
            assertThat(functions).hasSizeGreaterThan(1000);
            // A few are parts of others: hand-written entries that share their bodies.
            assertThat(agreeing).isGreaterThan(functions.size() * 95L / 100);
            assertThat(ranges.count()).isGreaterThan(functions.size() / 2);
            assertThat(ranges.containing(new LinkAddress(0))).isEmpty();
            long[] starts = ranges.starts();
            assertThat(ranges.below(new LinkAddress(starts[0] - 1))).isEmpty();
            assertThat(ranges.below(new LinkAddress(starts[7])).orElseThrow().start().value()).isEqualTo(starts[7]);
        }
    }
}
