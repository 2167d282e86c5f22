package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The names of the system calls of x86-64, from the constants of {@code <asm/unistd_64.h>} in the bindings. For reports:
 * the first query reads the bindings and takes milliseconds, so do not use it in a stop. Thread-safe.
 */
public final class SystemCallNames {
    private static final String PREFIX = "SYS_";

    private SystemCallNames() {}

    private static final class Table {
        static final Map<Long, String> NAMES = read();

        private static Map<Long, String> read() {
            Map<Long, String> names = new HashMap<>();
            for (Method method : Linux.class.getDeclaredMethods()) {
                if (method.getName().startsWith(PREFIX) && method.getParameterCount() == 0) {
                    names.put(number(method), method.getName().substring(PREFIX.length()));
                }
            }
            return Map.copyOf(names);
        }

        private static Long number(Method constant) {
            try {
                return ((Number) constant.invoke(null)).longValue();
            } catch (ReflectiveOperationException impossible) {
                throw new LinkageError("a constant of the bindings cannot be read", impossible);
            }
        }
    }

    /** The name of a system call, such as {@code poll}; empty for a number that the bindings' kernel headers do not have. */
    public static Optional<String> of(long number) {
        return Optional.ofNullable(Table.NAMES.get(number));
    }

    /** How many names are known. */
    public static int count() {
        return Table.NAMES.size();
    }
}
