package dev.pulpo.elf.expression;

import java.util.Optional;

/** For expressions outside of a unit. Reading refuses operations that refer to a unit, so these methods are not called. */
enum NoUnit implements UnitValues {
    FRAMES;

    /** Expressions of call frame information for x86-64 have no offsets. */
    private static final Encoding ENCODING = new Encoding(5, 8, 4);

    @Override
    public Encoding encoding() {
        return ENCODING;
    }

    @Override
    public long indexed(long number) {
        throw new IllegalStateException("an address by its number outside of a unit");
    }

    @Override
    public Optional<BaseType> baseType(long offset) {
        return Optional.empty();
    }

    @Override
    public Optional<Expression> called(Operation call) {
        return Optional.empty();
    }

    @Override
    public long entry(Operation pointer) {
        throw new IllegalStateException("an entry outside of a unit");
    }
}
