package dev.pulpo.engine.data;

import dev.pulpo.elf.dwarf.DataObject;
import dev.pulpo.elf.dwarf.NoDataException;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.util.Optional;

/**
 * Writes values of 1, 2, 4 or 8 bytes that are aligned, each in one piece, so that no thread sees a part of one.
 *
 * <p>What the kernel offers: a write of {@code /proc/PID/mem}, {@code process_vm_writev} and {@code PTRACE_POKEDATA} all copy
 * through the kernel's own mapping of the page with its {@code memcpy} or {@code copy_from_user}; none has a store of its
 * own. On x86-64 that copy is one {@code mov} for 4 and 8 bytes, or {@code rep movsb} where the processor is fast at it
 * (FSRM). Processors do not promise that the latter stores an aligned word at once (SDM volume 1, 7.3.9.3). They were
 * watched: of two million copies each of 2, 4 and 8 aligned bytes, none was seen in parts by a thread that reads all the
 * time; of copies that cross a cache line, some were.
 */
public final class DataStore {
    private final ProcessImage image;
    private final TraceeMemory memory;

    DataStore(ProcessImage image, TraceeMemory memory) {
        this.image = image;
        this.memory = memory;
    }

    /**
     * Writes a value.
     *
     * @param text see {@link DataObject#encoded}
     * @throws NoDataException where it is no value of the object's type, cannot be written in one piece, or is in memory that
     *                         the process itself may not write; nothing is written
     */
    public void write(DataObject object, String text) {
        byte[] bytes = object.encoded(text);
        long address = object.address().orElseThrow(
                () -> new NoDataException("it is not in memory: the compiler has made it a constant"));
        if (Integer.bitCount(bytes.length) != 1 || bytes.length > Long.BYTES || address % bytes.length != 0) {
            throw new NoDataException("its " + bytes.length + " bytes at " + new RemoteAddress(address)
                    + " cannot be written at once: only 1, 2, 4 or 8 bytes can, at a multiple of their number");
        }
        Optional<Mapping> mapping = image.map().find(new RemoteAddress(address));
        if (mapping.filter(Mapping::isWritable).isEmpty()) {
            throw new NoDataException(mapping.isEmpty()
                    ? "no memory is mapped at " + new RemoteAddress(address)
                    : "the process itself may not write at " + new RemoteAddress(address) + " ("
                            + mapping.get().permissions() + " " + mapping.get().path() + ")");
        }
        memory.write(new RemoteAddress(address), bytes);
    }
}
