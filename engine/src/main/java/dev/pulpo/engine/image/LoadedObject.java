package dev.pulpo.engine.image;

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
 * @param path     as the process has mapped it
 * @param mappings of its file, in ascending order
 * @param bias     what was added to its link addresses, in bytes
 * @param elf      the file's content
 */
public record LoadedObject(String path, List<Mapping> mappings, long bias, ElfFile elf) {
    /** The last part of the path. */
    public String fileName() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Whether the user can mean this object by that name: its path, its file name or its SONAME. */
    public boolean isNamed(String name) {
        return path.equals(name) || fileName().equals(name) || elf.dynamic().soname().filter(name::equals).isPresent();
    }

    public RemoteAddress toRemote(LinkAddress address) {
        return new RemoteAddress(address.value() + bias);
    }

    public LinkAddress toLink(RemoteAddress address) {
        return new LinkAddress(address.value() - bias);
    }

    /** First address of the object. */
    public RemoteAddress start() {
        return mappings.getFirst().start();
    }

    /** First address behind the mappings of its file. */
    public RemoteAddress end() {
        return mappings.getLast().end();
    }

    public boolean contains(RemoteAddress address) {
        return start().compareTo(address) <= 0 && address.compareTo(end()) < 0;
    }

    /** The address of a dynamic symbol that the object itself defines. */
    public Optional<RemoteAddress> exported(String name) {
        return elf.dynamicSymbols().find(name).filter(ElfSymbol::isDefined).map(ElfSymbol::address).map(this::toRemote);
    }

    /** Whether its file has this very content. What was loaded need not be what was asked for: loaders know files by name. */
    public boolean holds(ByteSource content) {
        ByteSource own = elf.source();
        return own.size() == content.size()
                && own.slice(0, own.size()).mismatch(content.slice(0, content.size())) == -1;
    }

    @Override
    public String toString() {
        return path + " at " + start();
    }
}
