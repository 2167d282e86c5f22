package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import java.util.List;
import java.util.Optional;

/**
 * A function of the source and everything the compiler made of it.
 *
 * @param name          as in the source, unqualified
 * @param linkageName   as in the symbol table, if that differs (C++); else empty
 * @param declaration   where it is declared
 * @param external      whether other units can see it
 * @param bodies        its code: none if it was inlined everywhere, several if the compiler made clones
 * @param inlinedCopies the places it was inlined into
 * @param tailCallers   the functions that end with a jump to it, so that they are not on the stack while it runs; known
 *                      only with DWARF 5 or its GNU extensions
 * @param signature     what it takes and returns, as {@code int (char*, ...)}; empty where the debug information does not
 *                      describe it, as that of assembler functions and of gcc -g1
 */
public record FunctionInfo(String name, String linkageName, Optional<SourceLine> declaration, boolean external,
        List<Body> bodies, List<InlinedCopy> inlinedCopies, List<TailCaller> tailCallers, String signature) {
    /**
     * One piece of machine code for the whole function.
     *
     * @param entry  where calls go to
     * @param ranges all of its code, including parts that were moved away ({@code .cold}); in the order of the file
     */
    public record Body(LinkAddress entry, List<AddressRange> ranges) {
        public Body {
            ranges = List.copyOf(ranges);
        }
    }

    /**
     * A copy within another function.
     *
     * @param into     the name of the function around it
     * @param ranges   its code
     * @param callSite where the source calls it
     */
    public record InlinedCopy(String into, List<AddressRange> ranges, Optional<SourceLine> callSite) {
        public InlinedCopy {
            ranges = List.copyOf(ranges);
        }
    }

    /**
     * A jump from the end of another function.
     *
     * @param from the name of that function
     * @param next the address after the jump; empty if the compiler does not say
     */
    public record TailCaller(String from, Optional<LinkAddress> next) {}

    public FunctionInfo {
        tailCallers = List.copyOf(tailCallers);
        bodies = List.copyOf(bodies);
        inlinedCopies = List.copyOf(inlinedCopies);
    }
}
