package dev.pulpo.engine.data;

import dev.pulpo.elf.dwarf.DataObject;
import dev.pulpo.elf.dwarf.NoDataException;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.Remedy;
import dev.pulpo.engine.inspect.KnownCode;
import dev.pulpo.engine.inspect.StackOperation;
import dev.pulpo.engine.inspect.ThreadLocals;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A look at the data of one process. Stops nothing, but for a thread whose thread-local variables are asked for. */
public final class DataSession {
    private final ProcessImage image;
    private final TraceeMemory memory;
    private final KnownCode code;
    private final OptionalInt thread;
    private @Nullable ThreadLocals threadLocals;

    /** @param thread the one whose thread-local variables are meant */
    public DataSession(ProcessImage image, TraceeMemory memory, KnownCode code, OptionalInt thread) {
        this.image = image;
        this.memory = memory;
        this.code = code;
        this.thread = thread;
    }

    /**
     * The object that a name or a path means.
     *
     * @throws NoDataException where it means none
     */
    public DataObject find(String path) {
        return new DataPath(path, new VariableFinder(image, code, this::memoryOf)::find).evaluate();
    }

    private ObjectMemory memoryOf(LoadedObject object) {
        return new ObjectMemory(memory, object, offset -> threadLocals(object).address(object, offset));
    }

    private ThreadLocals threadLocals(LoadedObject object) {
        ThreadLocals known = threadLocals;
        if (known == null) {
            int tid = thread.orElseGet(() -> onlyThread(object));
            known = new ThreadLocals(image, memory, tid,
                    new StackOperation(image, memory, code).threadPointer(tid));
            threadLocals = known;
        }
        return known;
    }

    private int onlyThread(LoadedObject object) {
        List<Integer> threads = ProcFs.liveThreads(image.pid());
        if (threads.size() != 1) {
            throw new RefusedException(image.pid(), new Refusal.NoData(object.fileName(),
                    "the variable is thread-local, and the process has the threads "
                            + String.join(", ", threads.stream().limit(20).map(String::valueOf).toList())
                            + (threads.size() > 20 ? ", …" : ""),
                    List.of(Remedy.Action.CHOOSE_THREAD)));
        }
        return threads.getFirst();
    }

    /** Values as text for people, with the names of functions that pointers lead to. */
    public ValueText text() {
        return new ValueText(this::functionAt);
    }

    private Optional<String> functionAt(long address) {
        RemoteAddress place = new RemoteAddress(address);
        return image.containing(place).flatMap(object -> object.elf().symbolContaining(object.toLink(place))
                .or(() -> code.info(image, object).flatMap(info -> info.symbolContaining(object.toLink(place))))
                .map(symbol -> {
                    long distance = object.toLink(place).value() - symbol.value();
                    return symbol.name() + (distance == 0 ? "" : "+" + distance);
                }));
    }

    /** Writing of values. */
    public DataStore store() {
        return new DataStore(image, memory);
    }
}
