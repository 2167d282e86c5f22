package dev.pulpo.elf.mangled;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CxxNamesTest {
    private static final Path LIBRARY = Path.of("/usr/lib/x86_64-linux-gnu/libstdc++.so.6");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            _Z3foov | foo()
            _ZN2ns3fooEiPKc | ns::foo(int, char const*)
            _ZN1AC2ERKS_ | A::A(A const&)
            _ZN1AD1Ev | A::~A()
            _ZNKSt6vectorIiSaIiEE4sizeEv | std::vector<int, std::allocator<int> >::size() const
            _Z3maxIiET_S0_S0_ | int max<int>(int, int)
            _Z1fPFivE | f(int (*)())
            _Z1fRA3_Kc | f(char const (&) [3])
            _Z1fM1AKFvvE | f(void (A::*)() const)
            _ZN12_GLOBAL__N_14helpEv | (anonymous namespace)::help()
            _Z3addIJidEEvDpOT_ | void add<int, double>(int&&, double&&)
            _ZZ4mainENKUlvE_clEv | main::{lambda()#1}::operator()() const
            _ZTV1A | vtable for A
            _ZThn16_N1A1fEv | non-virtual thunk to A::f()
            _ZGVZ1fvE1x | guard variable for f()::x
            _Z4readPi.part.0.cold | read(int*) [clone .part.0] [clone .cold]
            _ZlsRSoRK1A | operator<<(std::basic_ostream<char, std::char_traits<char> >&, A const&)
            _Z1fILb1ELj3EEvv | void f<true, 3u>()
            """)
    void namesAreAsPeopleKnowThem(String symbol, String name) {
        assertThat(CxxNames.of(symbol)).contains(name);
    }

    @Test
    void whatIsNotUnderstoodStaysAsItIs() {
        for (String symbol : List.of("main", "_Z", "_Zfoo", "_Z3fo", "_ZN1AE1", "_Z1fS9_", "_Z1fT_T0_E",
                "_Z1f\u0661v")) {
            assertThat(CxxNames.of(symbol)).as(symbol).isEmpty();
            assertThat(CxxNames.in(symbol)).isEqualTo(symbol);
        }
    }

    @Test
    void namesInTextAreReplacedAndPathsAreNot() {
        assertThat(CxxNames.in("changed _Z3foov (/tmp/_Z3foov/a.c:1), <_ZN1A1fEv+0x8> _Z3barv@plt"))
                .isEqualTo("changed foo() (/tmp/_Z3foov/a.c:1), <A::f()+0x8> bar()@plt");
    }

    @Test
    void peopleMayLeaveTheParametersOut() {
        assertThat(CxxNames.isCalled("_ZN2ns3fooEi", "ns::foo(int)")).isTrue();
        assertThat(CxxNames.isCalled("_ZN2ns3fooEi", "ns::foo")).isTrue();
        assertThat(CxxNames.isCalled("_ZN2ns3fooEi", "_ZN2ns3fooEi")).isTrue();
        assertThat(CxxNames.isCalled("_ZN2ns3fooEi", "foo")).isFalse();
        assertThat(CxxNames.isCalled("_ZThn16_N1A1fEv", "A::f")).isFalse();
        assertThat(CxxNames.isCalled("_Z4readPi.part.0", "read")).isFalse();
        assertThat(CxxNames.isCalled("_Z3maxIiET_S0_S0_", "max<int>")).isTrue();
        assertThat(CxxNames.isCalled("_ZN12_GLOBAL__N_14helpEv", "(anonymous namespace)::help")).isTrue();
    }

    /** What the standard library has for others, in c++filt's words. */
    @Test
    void theNamesOfTheStandardLibraryAreThoseOfCxxfilt() throws Exception {
        List<String> symbols;
        try (ElfFile elf = ElfFile.open(LIBRARY)) {
            symbols = elf.dynamicSymbols().stream().map(ElfSymbol::name).filter(name -> name.startsWith("_Z"))
                    .distinct()
                    .toList();
        }
        assertThat(symbols).hasSizeGreaterThan(4000);
        List<String> expected = filtered(symbols);
        List<String> others = new ArrayList<>();
        for (int i = 0; i < symbols.size(); i++) {
            String name = CxxNames.of(symbols.get(i)).orElse(symbols.get(i));
            if (!name.equals(expected.get(i))) {
                others.add(symbols.get(i) + ": " + name + " instead of " + expected.get(i));
            }
        }
        assertThat(others).isEmpty();
    }

    private List<String> filtered(List<String> symbols) throws Exception {
        Path file = Files.write(directory.resolve("names"), symbols);
        Process process = new ProcessBuilder("c++filt").redirectInput(file.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        List<String> names = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines()
                .toList();
        assertThat(process.waitFor()).isZero();
        assertThat(names).hasSameSizeAs(symbols);
        return names;
    }

    /** Names that somebody has made to do harm: each is answered, and no answer is long. */
    @Test
    void hostileNamesAreBounded() {
        List<String> names = new ArrayList<>(List.of("_Z1f" + "P".repeat(4000) + "i", "_Z" + "N".repeat(4000),
                "_Z" + "Z".repeat(4000), "_Z1f" + "I".repeat(4000), "_Z1f" + "F".repeat(4000),
                "_Z1fX" + "ad".repeat(2000)));
        StringBuilder doubling = new StringBuilder("_Z1fI1aE");
        for (int i = 0; i < 60; i++) {
            doubling.append("1bIS").append(i == 0 ? "" : Integer.toString(i - 1, 36).toUpperCase(Locale.ROOT))
                    .append("_S_S_E");
        }
        names.add(doubling.toString());
        names.add("_Z1f" + "3std".repeat(1000));
        Random random = new Random(7);
        String letters = "0123456789_ZNISTEPRKFAMXLDJCvicbjOtsdauxlr";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder made = new StringBuilder("_Z");
            int length = random.nextInt(40);
            for (int k = 0; k < length; k++) {
                made.append(letters.charAt(random.nextInt(letters.length())));
            }
            names.add(made.toString());
        }
        for (String name : names) {
            assertThat(CxxNames.of(name).orElse("").length()).as(name).isLessThanOrEqualTo(1 << 15);
        }
    }

    /** Names of the standard library in which letters have changed: what is read, is read as c++filt does. */
    @Test
    void changedNamesAreReadAsCxxfiltReadsThemOrNotAtAll() throws Exception {
        List<String> symbols;
        try (ElfFile elf = ElfFile.open(LIBRARY)) {
            symbols = elf.dynamicSymbols().stream().map(ElfSymbol::name).filter(name -> name.startsWith("_Z"))
                    .distinct()
                    .toList();
        }
        Random random = new Random(11);
        String letters = "0123456789_ISTEPRKvicbjstdaxl";
        List<String> changed = new ArrayList<>();
        for (String symbol : symbols) {
            StringBuilder name = new StringBuilder(symbol);
            name.setCharAt(2 + random.nextInt(name.length() - 2), letters.charAt(random.nextInt(letters.length())));
            changed.add(name.toString());
        }
        List<String> expected = filtered(changed);
        int same = 0;
        int read = 0;
        for (int i = 0; i < changed.size(); i++) {
            boolean understood = CxxNames.of(changed.get(i)).isPresent();
            read += understood ? 1 : 0;
            same += understood && CxxNames.of(changed.get(i)).orElseThrow().equals(expected.get(i)) ? 1 : 0;
        }
        assertThat(read).isGreaterThan(changed.size() / 4);
        // What no compiler makes may be read in more than one way.
        assertThat(same).isGreaterThan(read * 95 / 100);
    }
}
