package dev.pulpo.elf;

import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.Map;

/**
 * The table of section names while sections are added. It grows only at its end, because it may also be the string table
 * of the symbols (in objects of LLVM), whose offsets must remain valid.
 */
final class SectionNames {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Map<String, Integer> offsets = new HashMap<>();

    SectionNames(byte[] old) {
        bytes.writeBytes(old);
        int start = 0;
        for (int i = 0; i < old.length; i++) {
            if (old[i] == 0) {
                offsets.putIfAbsent(RawText.decode(old, start, i - start), start);
                start = i + 1;
            }
        }
        if (start < old.length) {
            // The last name may lack its NUL; appended names must not become part of it.
            bytes.write(0);
        }
    }

    /** The offset of a name, which is added if it is missing. */
    int offset(String name) {
        return offsets.computeIfAbsent(name, added -> {
            int at = bytes.size();
            bytes.writeBytes(RawText.encode(added));
            bytes.write(0);
            return at;
        });
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
