package dev.pulpo.elf;

import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.Map;

/**
 * The table of section names while sections are added. It only grows at its end: it may be the string table of the
 * symbols as well (LLVM makes it so in objects), and then everybody else's offsets have to stay true.
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
            // Somebody may use the last name although nothing ends it; what is appended must not become part of it.
            bytes.write(0);
        }
    }

    /** Where a name is in the table; it is added where it is not. */
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
