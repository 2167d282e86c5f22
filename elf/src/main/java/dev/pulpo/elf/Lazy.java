package dev.pulpo.elf;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A value that is computed once, by the thread that first asks for it. A failed computation is repeated on the next
 * request, so that it fails again in the same way.
 */
final class Lazy<T> {
    private @Nullable Supplier<T> supplier;
    private volatile @Nullable T value;

    Lazy(Supplier<T> supplier) {
        this.supplier = supplier;
    }

    T get() {
        T present = value;
        return present != null ? present : compute();
    }

    private synchronized T compute() {
        T present = value;
        if (present != null) {
            return present;
        }
        if (supplier == null) {
            throw new IllegalStateException("neither a value nor a way to it");
        }
        T computed = supplier.get();
        value = computed;
        supplier = null;
        return computed;
    }
}
