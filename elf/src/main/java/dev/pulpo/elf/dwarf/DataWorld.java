package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.expression.Location;
import java.util.OptionalLong;

/** The debug information and the memory that objects of the program are read by. Each question has a budget of its own. */
record DataWorld(World world, Index index, DataMemory memory) {
    private Types types(Work work) {
        return new Types(world, work, new Definitions(world, index, work)::of);
    }

    DataType type(OptionalLong reference) {
        return types(world.question()).data(reference);
    }

    DataContext context() {
        return new DataContext(memory, world);
    }

    ValueReader reader(DataContext context, ValueLimits limits) {
        Work work = world.question();
        return new ValueReader(world, types(work), work, context,
                length -> new Location.Unknown("the length of an array is a variable"), limits);
    }

    OptionalLong virtualBase(DataType.Member base, long object) {
        return types(world.question()).virtualBase(base, object, context());
    }
}
