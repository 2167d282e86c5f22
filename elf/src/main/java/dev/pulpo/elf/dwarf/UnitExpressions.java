package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.expression.BaseType;
import dev.pulpo.elf.expression.Encoding;
import dev.pulpo.elf.expression.Expression;
import dev.pulpo.elf.expression.Opcode;
import dev.pulpo.elf.expression.Operation;
import dev.pulpo.elf.expression.UnitValues;
import java.util.Optional;

/** The values of a unit that its expressions refer to. */
final class UnitExpressions implements UnitValues {
    private final Unit unit;

    UnitExpressions(Unit unit) {
        this.unit = unit;
    }

    @Override
    public Encoding encoding() {
        UnitHeader header = unit.header();
        return new Encoding(header.version(), header.addressSize(), header.offsetSize());
    }

    @Override
    public long indexed(long number) {
        return unit.indexedAddress(number);
    }

    @Override
    public Optional<BaseType> baseType(long offset) {
        EntryReader entry = entry(offset);
        return entry.tag() == Dw.TAG_BASE
                ? Optional.of(new BaseType((int) entry.constant(Dw.ENCODING, 0), entry.constant(Dw.BYTE_SIZE, 0)))
                : Optional.empty();
    }

    /** The entry at an offset in the unit. */
    EntryReader entry(long offset) {
        UnitHeader header = unit.header();
        if (offset < header.firstEntry() - header.offset() || offset >= header.end() - header.offset()) {
            throw new MalformedElfException(unit.sections().name(), header.offset(), "an entry within the unit",
                    "0x" + Long.toHexString(offset));
        }
        return unit.entries().at(header.offset() + offset);
    }

    @Override
    public Optional<Expression> called(Operation call) {
        EntryReader entry = call.opcode() == Opcode.CALL_REF
                ? unit.space().world().entry(unit.space().checkedReference(call.first()))
                : entry(call.first());
        return entry.block(Dw.LOCATION).map(bytes -> Expression.read(bytes, entry.unit().expressions()));
    }

    @Override
    public long entry(Operation pointer) {
        return unit.space().checkedReference(pointer.first());
    }
}
