package dev.pulpo.elf.mangled;

import java.util.HashMap;
import java.util.Map;

/** What the letters of mangled names stand for (Itanium C++ ABI, sections 5.1.3 to 5.1.10). */
final class Codes {
    /** Types of one letter. */
    static final Map<String, String> TYPES = table(
            "v void w wchar_t b bool c char a signed_char h unsigned_char s short "
                    + "t unsigned_short i int j unsigned_int l long m unsigned_long x long_long y unsigned_long_long n __int128 "
                    + "o unsigned___int128 f float d double e long_double g __float128 z ... Dn decltype(nullptr) Di char32_t "
                    + "Ds char16_t Du char8_t Da auto Dc decltype(auto) Dd decimal64 De decimal128 Df decimal32 Dh half");

    /** Operators as functions, by their two letters. */
    static final Map<String, String> OPERATORS = table(
            "nw new na new[] dl delete da delete[] aw co_await ps + ng - ad & "
                    + "de * co ~ pl + mi - ml * dv / rm % an & or | eo ^ aS = pL += mI -= mL *= dV /= rM %= aN &= oR |= eO ^= "
                    + "ls << rs >> lS <<= rS >>= eq == ne != lt < gt > le <= ge >= ss <=> nt ! aa && oo || pp ++ mm -- cm , "
                    + "pm ->* pt -> cl () ix [] qu ?");

    /** Those with one operand in front of which they stand. */
    static final String UNARY = " ps ng ad de co nt ";
    /** Those with two. */
    static final String BINARY = " pl mi ml dv rm an or eo aS pL mI mL dV rM aN oR eO ls rs lS rS eq ne lt gt le ge ss aa oo "
            + "cm pm ";

    private Codes() {}

    private static Map<String, String> table(String words) {
        Map<String, String> table = new HashMap<>();
        String[] all = words.split(" ", -1);
        for (int i = 0; i + 1 < all.length; i += 2) {
            table.put(all[i], all[i + 1].equals("unsigned___int128")
                    ? "unsigned __int128"
                    : all[i + 1].startsWith("__") || all[i + 1].contains("_t") || all[i + 1].startsWith("co_")
                            ? all[i + 1]
                            : all[i + 1].replace('_', ' '));
        }
        return Map.copyOf(table);
    }
}
