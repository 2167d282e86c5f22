package dev.pulpo.elf.dwarf;

import java.util.List;
import java.util.stream.LongStream;

/**
 * Finds the definition of a type that a unit only declares: C hides the members of a type in one unit, and clang leaves the
 * definition of a class to the unit that has its constructor.
 */
final class Definitions {
    private final World world;
    private final Index index;
    private final Work work;

    Definitions(World world, Index index, Work work) {
        this.world = world;
        this.index = index;
        this.work = work;
    }

    /** The definition of a declared type; the declaration itself if there is none, or if there are different ones. */
    long of(long declaration) {
        EntryReader declared = world.entry(declaration, work);
        String name = declared.string(Dw.NAME).orElse("");
        String qualified = QualifiedNames.of(declared);
        List<Long> found = LongStream.of(index.types.get(Index.key(qualified))).boxed()
                .filter(candidate -> isOne(world.entry(candidate, work), name, declared.tag())).toList();
        if (sizes(found) > 1) {
            // Classes inside of others have their plain names as keys, too.
            found = found.stream()
                    .filter(candidate -> QualifiedNames.of(world.entry(candidate, work)).equals(qualified))
                    .toList();
        }
        return sizes(found) == 1 ? found.getFirst() : declaration;
    }

    private long sizes(List<Long> types) {
        return types.stream().map(type -> world.entry(type, work).constant(Dw.BYTE_SIZE, 0)).distinct().count();
    }

    private static boolean isOne(EntryReader type, String name, int tag) {
        return type.string(Dw.NAME).orElse("").equals(name)
                && (type.tag() == tag || isClass(type.tag()) && isClass(tag));
    }

    /** A class may be declared as a structure. */
    private static boolean isClass(int tag) {
        return tag == Dw.TAG_STRUCTURE || tag == Dw.TAG_CLASS;
    }
}
