package dev.pulpo.engine;

import java.nio.file.Path;
import java.util.Set;

/** A tool that changes a store until it is killed, and says so after each round; run by tests in a JVM of its own. Arguments: store, patch, other patch. */
final class StoreForever {
    private StoreForever() {}

    public static void main(String[] arguments) throws Exception {
        PatchStore store = PatchStore.at(Path.of(arguments[0]));
        while (true) {
            StoredPatch patch = store.accept(Path.of(arguments[1]), Set.of(Check.DATA));
            store.holdBack(patch, 1, "one");
            StoredPatch other = store.accept(Path.of(arguments[2]), Set.of());
            store.withdraw(other, "two");
            store.forget(patch);
            System.out.print("b");
            System.out.flush();
        }
    }
}
