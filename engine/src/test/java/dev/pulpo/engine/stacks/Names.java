package dev.pulpo.engine.stacks;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.engine.inspect.FrameProbe;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import java.util.List;
import java.util.Optional;

/** Whether two names mean the same function: many functions have several. */
final class Names {
    private Names() {}

    /** Whether both know the function of a frame, and mean different ones. */
    static boolean differ(List<LoadedObject> objects, FrameProbe.Frame ours, Gdb.Frame theirs) {
        String known = plain(ours.function());
        String name = plain(theirs.function());
        // The source's name of a C++ function is a part of its symbol's.
        return !ours.signal() && !known.isEmpty() && !name.isEmpty()
                && !(name.startsWith("_Z") ? name.contains(known) : name.equals(known))
                && objects.stream().filter(object -> object.contains(new RemoteAddress(ours.code())))
                        .noneMatch(object -> isAlias(object, known, name));
    }

    /** Functions of glibc have another name for calls from inside of it. */
    private static String plain(String name) {
        return name.replaceFirst("^(__GI_|__vdso_)", "");
    }

    private static boolean isAlias(LoadedObject object, String first, String second) {
        Optional<ElfSymbol> one = symbol(object, first);
        return one.isPresent() && one.map(ElfSymbol::value).equals(symbol(object, second).map(ElfSymbol::value));
    }

    private static Optional<ElfSymbol> symbol(LoadedObject object, String name) {
        return object.elf().symbols().find(name).or(() -> object.elf().dynamicSymbols().find(name));
    }
}
