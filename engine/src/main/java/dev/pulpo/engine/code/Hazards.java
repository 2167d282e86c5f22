package dev.pulpo.engine.code;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Code in which a thread must not be borrowed to load something: the dynamic loader, the allocator, functions of libc that
 * hold a lock that these need, and the stub. The thread might hold that lock, and would wait for itself.
 */
public final class Hazards {
    private Hazards() {}

    private record LinkZone(long start, long end, String what) {}

    /** The allocator's functions lie together, with its local helpers between and around them. */
    private static final Set<String> ALLOCATOR = Set.of("malloc", "free", "calloc", "realloc", "memalign",
            "aligned_alloc", "posix_memalign", "valloc", "pvalloc", "cfree", "reallocarray", "malloc_trim",
            "malloc_usable_size", "malloc_stats", "malloc_info", "mallinfo", "mallinfo2", "mallopt", "__libc_malloc",
            "__libc_free", "__libc_calloc", "__libc_realloc", "__libc_memalign", "__libc_valloc", "__libc_pvalloc");

    /** These hold locks of the loader, of stacks or of exit handlers; they call their local helpers. */
    private static final Set<String> LOCKING = Set.of("dlopen", "dlsym", "dlvsym", "dlclose", "dlmopen", "dladdr",
            "dladdr1", "dlinfo", "dlerror", "dl_iterate_phdr", "__libc_dlopen_mode", "fork", "_Fork", "__fork", "vfork",
            "__libc_fork", "pthread_create", "pthread_getattr_np", "pthread_join", "exit", "quick_exit", "__cxa_atexit",
            "__cxa_finalize", "__cxa_at_quick_exit", "__cxa_thread_atexit_impl", "system", "popen", "posix_spawn",
            "setlocale", "__libc_freeres", "gettext", "dgettext", "dcgettext", "ngettext", "dngettext", "dcngettext",
            "__dcgettext", "textdomain", "bindtextdomain", "bind_textdomain_codeset");

    private static final Map<ElfFile, SoftReference<List<LinkZone>>> KNOWN = new WeakHashMap<>();

    public static CodeRanges of(ProcessImage image) {
        List<CodeRanges.Range> zones = new ArrayList<>();
        // It holds a lock of its own while shadow variables change, and callbacks may change some.
        image.stub().flatMap(image::containing)
                .ifPresent(stub -> zones.add(whole(stub, "a shadow variable of a patch")));
        image.loader().ifPresent(loader -> zones.add(whole(loader, "the dynamic loader")));
        for (LoadedObject object : image.objects()) {
            boolean libc = object.exported("__libc_start_main").isPresent() || object.exported("dlopen").isPresent();
            boolean allocates = object.exported("malloc").isPresent()
                    && image.loader().filter(object::equals).isEmpty();
            boolean program = image.program().filter(object::equals).isPresent();
            if (libc || allocates && program) {
                for (LinkZone zone : zones(object.elf(), libc)) {
                    zones.add(new CodeRanges.Range(object.toRemote(new LinkAddress(zone.start)),
                            object.toRemote(new LinkAddress(zone.end)),
                            libc ? zone.what : zone.what + " of " + object.fileName()));
                }
            } else if (allocates) {
                // A library that exports malloc is an allocator and not much more.
                zones.add(whole(object, "the allocator " + object.fileName()));
            }
        }
        return CodeRanges.of(zones);
    }

    private static CodeRanges.Range whole(LoadedObject object, String what) {
        return new CodeRanges.Range(object.start(), object.end(), what);
    }

    private static List<LinkZone> zones(ElfFile elf, boolean libc) {
        synchronized (KNOWN) {
            SoftReference<List<LinkZone>> known = KNOWN.get(elf);
            List<LinkZone> zones = known == null ? null : known.get();
            if (zones == null) {
                zones = libc ? libcZones(elf) : allocatorZones(elf);
                KNOWN.put(elf, new SoftReference<>(zones));
            }
            return zones;
        }
    }

    /** Of a program that brings its own. */
    private static List<LinkZone> allocatorZones(ElfFile elf) {
        return AllocatorCode.of(elf).stream()
                .map(range -> new LinkZone(range.start().value(), range.end().value(), "the allocator")).toList();
    }

    private static List<LinkZone> libcZones(ElfFile libc) {
        List<ElfSymbol> functions = libc.dynamicSymbols().stream()
                .filter(symbol -> symbol.isDefined() && symbol.type().isFunction())
                .sorted(Comparator.comparing(ElfSymbol::address))
                .toList();
        List<LinkZone> zones = new ArrayList<>();
        for (int i = 0; i < functions.size(); i++) {
            ElfSymbol function = functions.get(i);
            long end = function.value() + function.size();
            if (ALLOCATOR.contains(function.name())) {
                zones.add(new LinkZone(endBefore(functions, i), startAfter(functions, i), "the allocator"));
            } else if (LOCKING.contains(function.name())) {
                zones.add(new LinkZone(function.value(), end, function.name()));
            }
        }
        return List.copyOf(zones);
    }

    /** The end of the exported function before this one; the code up to there is assumed to belong to this one. */
    private static long endBefore(List<ElfSymbol> functions, int index) {
        long start = functions.get(index).value();
        for (int i = index - 1; i >= 0; i--) {
            long end = functions.get(i).value() + functions.get(i).size();
            if (end <= start && functions.get(i).value() < start) {
                return end;
            }
        }
        return start;
    }

    private static long startAfter(List<ElfSymbol> functions, int index) {
        long end = functions.get(index).value() + functions.get(index).size();
        for (int i = index + 1; i < functions.size(); i++) {
            if (functions.get(i).value() >= end) {
                return functions.get(i).value();
            }
        }
        return end;
    }
}
