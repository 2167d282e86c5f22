package dev.pulpo.x86;

import java.util.HashMap;
import java.util.Map;

/**
 * For each general register, and each place in the frame, the set of registers whose content at the function's entry its
 * content may come from: a bit for each.
 */
final class Origins {
    private static final int REGISTERS = 16;

    private final int[] registers;
    private final Map<Integer, Integer> places;

    private Origins(int[] registers, Map<Integer, Integer> places) {
        this.registers = registers;
        this.places = places;
    }

    /** When the function begins each register has its own content. */
    static Origins ofEntry() {
        Origins origins = new Origins(new int[REGISTERS], new HashMap<>());
        for (int register = 0; register < REGISTERS; register++) {
            origins.registers[register] = 1 << register;
        }
        return origins;
    }

    Origins copy() {
        return new Origins(registers.clone(), new HashMap<>(places));
    }

    /** Of the content of registers. */
    int of(RegisterSet some) {
        int all = 0;
        for (int register = 0; register < REGISTERS; register++) {
            all |= some.partsOf(register) == 0 ? 0 : registers[register];
        }
        return all;
    }

    /** Of the content of a place in the frame, by its depth. */
    int at(int depth) {
        return places.getOrDefault(depth, 0);
    }

    void set(int register, int from) {
        registers[register] = from;
    }

    /** @param whole whether all of the place is written */
    void store(int depth, int from, boolean whole) {
        places.put(depth, whole ? from : from | at(depth));
    }

    /** Adds what another path brings; tells whether that changes anything. */
    boolean join(Origins other) {
        boolean changed = false;
        for (int register = 0; register < REGISTERS; register++) {
            int both = registers[register] | other.registers[register];
            changed |= both != registers[register];
            registers[register] = both;
        }
        for (Map.Entry<Integer, Integer> place : other.places.entrySet()) {
            int both = at(place.getKey()) | place.getValue();
            changed |= both != at(place.getKey());
            places.put(place.getKey(), both);
        }
        return changed;
    }
}
