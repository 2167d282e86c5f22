package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.RawText;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.expression.BaseType;
import dev.pulpo.elf.expression.Content;
import dev.pulpo.elf.expression.Evaluator;
import dev.pulpo.elf.expression.Location;
import dev.pulpo.elf.expression.Opcode;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Finds the variables in scope at a place in the code, and their values in a frame. */
final class Locals {
    private final World world;
    private final Types types;
    private final Index index;
    private final RangeIndex code;
    private final Work work;

    /** @param work the budget of the query */
    Locals(World world, Index index, RangeIndex code, Work work) {
        this.world = world;
        this.work = work;
        this.types = new Types(world, work);
        this.index = index;
        this.code = code;
    }

    /** Whether both belong to the same object. */
    boolean isOfSameObject(Locals other) {
        return world == other.world;
    }

    EntryReader entry(long reference) {
        return world.entry(reference, work);
    }

    /** The function whose code is at an address. */
    OptionalLong functionAt(LinkAddress place) {
        return code.find(place.value());
    }

    /** The bodies of a function, given any of its entries; in other units it is found by its name. */
    List<Long> bodies(long function) {
        EntryReader entry = world.entry(function, work);
        List<Long> bodies = new ArrayList<>();
        for (long body : index.bodies.get(Names.root(entry))) {
            bodies.add(body);
        }
        Names names = Names.withoutPlace(entry);
        if (bodies.isEmpty() && entry.flag(Dw.DECLARATION)) {
            String name = names.linkageName().isEmpty() ? names.name() : names.linkageName();
            for (long other : index.functions.get(Index.key(name))) {
                Names found = Names.withoutPlace(world.entry(other, work));
                if (found.external() && found.has(name) && !Ranges.of(world.entry(other, work)).isEmpty()) {
                    bodies.add(other);
                }
            }
        }
        return bodies;
    }

    /** The functions around an address, with their variables. */
    List<SourceScope> scopes(LinkAddress place, List<SourceFrame> frames) {
        OptionalLong function = functionAt(place);
        if (function.isEmpty()) {
            return List.of();
        }
        List<List<LocalVariable>> variables = Scopes.around(types, world.entry(function.getAsLong(), work), place);
        List<SourceScope> scopes = new ArrayList<>();
        for (int i = 0; i < Math.min(frames.size(), variables.size()); i++) {
            scopes.add(new SourceScope(frames.get(i), variables.get(i)));
        }
        return scopes;
    }

    FrameContext context(MachineFrame frame, long function, CallSites.Chain callers) {
        return new FrameContext(frame, world, world.entry(function, work), new CallSites(this, callers));
    }

    /** Where a variable is in a frame. */
    Location locate(LocalVariable variable, MachineFrame frame) {
        OptionalLong function = functionAt(frame.place());
        return function.isEmpty()
                ? new Location.Unknown("nothing is known of the code")
                : locate(variable.entry(), context(frame, function.getAsLong(), CallSites.Chain.start()),
                        frame.place());
    }

    private Location locate(long variable, FrameContext context, LinkAddress place) {
        EntryReader entry = described(world.entry(variable, work));
        if (entry.has(Dw.LOCATION)) {
            Optional<LocationEntry> found = Locations.at(Locations.of(entry, Dw.LOCATION), place);
            if (found.filter(Locals::isAlwaysInFrame).isPresent() && isInPrologue(place)) {
                return new Location.Unknown("the function has only begun, and may not have stored it yet");
            }
            return found.map(holds -> Evaluator.locate(holds.expression(), context))
                    .orElseGet(Location.OptimisedOut::new);
        }
        return entry.has(Dw.CONST_VALUE) ? constant(entry) : new Location.OptimisedOut();
    }

    /** Whether a variable has one place in the frame from the first instruction on, as in unoptimised code. */
    private static boolean isAlwaysInFrame(LocationEntry entry) {
        return entry.range().isEmpty() && !entry.expression().isEmpty()
                && entry.expression().operations().getFirst().opcode() == Opcode.FBREG;
    }

    /** Whether a place belongs to the prologue of its function: the code of its first line, up to the next row of lines. */
    private boolean isInPrologue(LinkAddress place) {
        OptionalLong function = functionAt(place);
        if (function.isEmpty()) {
            return false;
        }
        EntryReader entry = world.entry(function.getAsLong(), work);
        List<AddressRange> ranges = Ranges.of(entry);
        long start = ranges.isEmpty() ? place.value() : ranges.getFirst().start().value();
        return place.value() - start >= 0 && place.value() < entry.unit().lines().endOfRow(start);
    }

    /** The entry that has the location or the value of a variable: its own, or the one that it is a copy of. */
    static EntryReader described(EntryReader variable) {
        EntryReader entry = variable;
        for (int i = 0; i < TypeNames.DEEPEST; i++) {
            OptionalLong origin = entry.reference(Dw.ABSTRACT_ORIGIN);
            if (entry.has(Dw.LOCATION) || entry.has(Dw.CONST_VALUE) || origin.isEmpty()) {
                break;
            }
            entry = entry.other(origin.getAsLong());
        }
        return entry;
    }

    /** The value of a variable that has one and no place. */
    static Location constant(EntryReader entry) {
        Optional<byte[]> block = entry.block(Dw.CONST_VALUE)
                .map(bytes -> bytes.bytes(bytes.limit()).toArray(ValueLayout.JAVA_BYTE))
                .or(() -> entry.string(Dw.CONST_VALUE).map(text -> RawText.encode(text + "\0")));
        return block.<Location>map(bytes -> new Location.Value(ByteBuffer.wrap(bytes)))
                .orElseGet(() -> Location.Value.of(entry.constant(Dw.CONST_VALUE, 0), BaseType.GENERIC));
    }

    /** The value of a variable in a frame. */
    Value value(LocalVariable variable, MachineFrame frame) {
        OptionalLong function = functionAt(frame.place());
        if (function.isEmpty()) {
            return new Value.Unknown("nothing is known of the code");
        }
        FrameContext context = context(frame, function.getAsLong(), CallSites.Chain.start());
        Location location = locate(variable.entry(), context, frame.place());
        return new ValueReader(world, types, work, context,
                bound -> locate(bound, context, frame.place()), ValueLimits.DEFAULT)
                .read(TypeNames.typeOf(world, variable.entry(), work), new Content(location, frame));
    }
}
