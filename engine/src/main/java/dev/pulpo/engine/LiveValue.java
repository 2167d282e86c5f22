package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.DataObject;
import dev.pulpo.elf.dwarf.DataType;
import dev.pulpo.elf.dwarf.Value;
import dev.pulpo.elf.dwarf.ValueLimits;
import dev.pulpo.engine.data.DataSession;
import dev.pulpo.engine.data.ValueText;
import dev.pulpo.ffm.RemoteAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * An object in the memory of a process, with its type from debug information. Its place is fixed when it is made; each
 * question reads the memory anew, while the process runs.
 *
 * <pre>{@code
 * long fd = process.variable("listeners").field("head").deref().field("fd").asLong();
 * for (LiveValue client : process.variable("server").field("clients").list("next")) {
 *     System.out.println(client.field("name").asString());
 * }
 * process.variable("log_level").write("DEBUG");
 * }</pre>
 *
 * <p>Values are read while threads may change them. What lies close together is read at once, and is still no snapshot.
 * Methods that ask for something that the object does not have, or that cannot be read, throw {@link RefusedException} with
 * {@link Refusal.NoData}; all throw {@link TargetGoneException} where the process has ended. Usable until its process is
 * closed. As thread-safe as that.
 */
public final class LiveValue {
    private final LiveProcess process;
    private final DataSession session;
    private final DataObject object;
    private final String path;

    LiveValue(LiveProcess process, DataSession session, DataObject object, String path) {
        this.process = process;
        this.session = session;
        this.object = object;
        this.path = path;
    }

    /** The expression that leads to it. */
    public String path() {
        return path;
    }

    /** Its type, without typedefs and qualifiers around it; {@link DataType#name} has them. */
    public DataType type() {
        return object.type();
    }

    /** Where it is; empty for a bit field, and for what the compiler has made a constant. */
    public Optional<RemoteAddress> address() {
        return object.address().isPresent()
                ? Optional.of(new RemoteAddress(object.address().getAsLong()))
                : Optional.empty();
    }

    /** A member of a structure, also one of an anonymous member or of a base class; or the part that is a base class. */
    public LiveValue field(String name) {
        return step(from -> from.field(name), inner() + "." + name);
    }

    /** What a pointer points to. */
    public LiveValue deref() {
        return step(DataObject::deref, "*" + path);
    }

    /** An element of an array, or the object at a distance from where a pointer points. */
    public LiveValue index(long index) {
        return step(from -> from.index(index), inner() + "[" + index + "]");
    }

    /** The elements of an array, at most {@link ValueLimits#MOST_ELEMENTS}. */
    public List<LiveValue> elements() {
        return all(ask(DataObject::elements));
    }

    /**
     * The structures of a linked list, from this one on, or from the one that this pointer points to. The list ends with a
     * null pointer, or where it has come round to its first structure; any other circle is an error, and so are more than
     * {@link DataObject#LONGEST_LIST} structures.
     *
     * @param next the member that points to the next structure
     */
    public List<LiveValue> list(String next) {
        return all(ask(from -> from.list(next)));
    }

    /** Its value, as far as that can be read: parts that cannot say why. Of arrays and texts, the first 200 elements. */
    public Value read() {
        return read(ValueLimits.DEFAULT);
    }

    /** As {@link #read()}, with other limits. */
    public Value read(ValueLimits limits) {
        return ask(from -> from.read(limits));
    }

    /** The value of a number, a character, a Boolean, an enumeration or a pointer; of an unsigned number, its bits. */
    public long asLong() {
        return ask(DataObject::asLong);
    }

    /** The value of a number. */
    public double asDouble() {
        return ask(DataObject::asDouble);
    }

    /** The text of an array of characters, or the one that a pointer points to, up to the NUL. */
    public String asString() {
        return ask(DataObject::asString);
    }

    /**
     * Writes a number, a character, a Boolean, an enumeration or a pointer, in one store. What is wider than 8 bytes or
     * not aligned is refused, and so are bit fields and memory that the process itself may not write.
     *
     * @param text a number in decimal, or in hexadecimal after {@code 0x}; {@code true}; a character between apostrophes;
     *             names of constants of the enumeration, with {@code |} between
     */
    public void write(String text) {
        ask(from -> {
            session.store().write(from, text);
            return from;
        });
    }

    /** As {@link #write(String)}. */
    public void write(long number) {
        write(Long.toString(number));
    }

    /** As {@link #write(String)}. */
    public void write(double number) {
        write(Double.toString(number));
    }

    /** Its value as text for people. */
    public String text() {
        return text(ValueLimits.DEFAULT);
    }

    /** As {@link #text()}, with other limits. */
    public String text(ValueLimits limits) {
        return ask(from -> {
            ValueText text = session.text();
            Value value = from.read(limits);
            return value instanceof Value.Reference reference
                    ? text.of(from.deref().read(limits), path + " = " + reference + ": ")
                    : text.of(value, path + " = " + prefix());
        });
    }

    /** The type of a pointer is not seen from its value. */
    private String prefix() {
        return type() instanceof DataType.Pointer pointer ? "(" + pointer.name() + ") " : "";
    }

    private String inner() {
        return path.startsWith("*") ? "(" + path + ")" : path;
    }

    private List<LiveValue> all(List<DataObject> objects) {
        List<LiveValue> values = new ArrayList<>();
        for (int i = 0; i < objects.size(); i++) {
            values.add(new LiveValue(process, session, objects.get(i), path + "[" + i + "]"));
        }
        return values;
    }

    private LiveValue step(Function<DataObject, DataObject> step, String next) {
        return new LiveValue(process, session, ask(step), next);
    }

    private <T> T ask(Function<DataObject, T> question) {
        return process.data(path, () -> question.apply(object));
    }

    /** The path and the value, or why there is none. */
    @Override
    public String toString() {
        try {
            return text();
        } catch (PulpoException | IllegalStateException failed) {
            return path + ": <" + failed.getMessage() + ">";
        }
    }
}
