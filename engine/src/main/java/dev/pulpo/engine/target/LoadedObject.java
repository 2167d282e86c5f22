package dev.pulpo.engine.target;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.ffm.RemoteAddress;
import java.util.List;
import java.util.Optional;

/**
 * An executable or shared object in a process.
 *
 * @param path      as the process has mapped it
 * @param mappings  of its loadable segments, ascending; of its file, or anonymous where its code has been moved to other
 *                  memory
 * @param bias      from link addresses to remote ones, in bytes
 * @param elf       the content of the file
 * @param listing   in the loader's list; empty where the loader does not know the object
 */
public record LoadedObject(String path, List<Mapping> mappings, long bias, ElfFile elf, Optional<Listing> listing) {
    /**
     * Where the loader lists an object.
     *
     * @param namespace 0 is the program's, others are made by dlmopen(3)
     * @param position  in the namespace; 0 is the program. Objects are added at the end, so those of the program's start
     *                  come first, in the order in which symbols are looked up in them.
     */
    public record Listing(int namespace, int position) {}

    /** Between a name and the address of one of several loadings. */
    private static final String AT = "@";

    /** Whether the loader has loaded it, and the program has not just mapped its file. */
    public boolean isListed() {
        return listing.isPresent();
    }

    /** The first mapping of its file. */
    Mapping file() {
        return mappings.stream().filter(Mapping::hasFile).findFirst().orElseThrow();
    }

    public String fileName() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Whether the object has this name: its path, its file name or its SONAME; also followed by its {@link #place}. */
    public boolean isNamed(String name) {
        String suffix = AT + start();
        String own = name.endsWith(suffix) ? name.substring(0, name.length() - suffix.length()) : name;
        return path.equals(own) || fileName().equals(own) || elf.dynamic().soname().filter(own::equals).isPresent();
    }

    /** The path and the address, which together tell it from other loadings of its file. */
    public String place() {
        return path + AT + start();
    }

    public RemoteAddress toRemote(LinkAddress address) {
        return new RemoteAddress(address.value() + bias);
    }

    public LinkAddress toLink(RemoteAddress address) {
        return new LinkAddress(address.value() - bias);
    }

    /** First remote address of the object. */
    public RemoteAddress start() {
        return mappings.getFirst().start();
    }

    /** First remote address after the mappings of its file. */
    public RemoteAddress end() {
        return mappings.getLast().end();
    }

    public boolean contains(RemoteAddress address) {
        return start().compareTo(address) <= 0 && address.compareTo(end()) < 0;
    }

    /** The remote address of a dynamic symbol that the object itself defines. */
    public Optional<RemoteAddress> exported(String name) {
        return elf.dynamicSymbols().find(name).filter(ElfSymbol::isDefined).map(ElfSymbol::address).map(this::toRemote);
    }

    /**
     * Whether its file has exactly this content. The loader identifies files by name, so another file may have been loaded.
     */
    public boolean holds(ByteSource content) {
        return elf.source().hasBytesOf(content);
    }

    @Override
    public String toString() {
        return path + " at " + start();
    }
}
