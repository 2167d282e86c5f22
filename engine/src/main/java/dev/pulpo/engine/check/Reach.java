package dev.pulpo.engine.check;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.x86.Decoder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What code of a patch may come to, from one function on. Used once. */
final class Reach {
    /** Of a function whose end nothing tells, so much is read at most. */
    private static final long UNKNOWN_LENGTH = 4096;

    private final PatchCode code;
    private final List<ConstructorCheck.Place> places;
    private final Decoder decoder = new Decoder();
    private final Deque<Long> functions = new ArrayDeque<>();
    private final Set<Long> known = new HashSet<>();
    private Optional<String> found = Optional.empty();
    private String current = "";

    Reach(PatchCode code, List<ConstructorCheck.Place> places) {
        this.code = code;
        this.places = places;
    }

    /** What it does that it must not, in words; empty where it does nothing of the kind. */
    Optional<String> from(long entry) {
        follow(entry);
        while (found.isEmpty() && !functions.isEmpty()) {
            long function = functions.remove();
            current = function == entry ? "" : " in " + code.name(function);
            read(function);
        }
        return found;
    }

    private void follow(long address) {
        if (code.isCode(address) && known.add(code.function(address).map(AddressRange::start).map(LinkAddress::value)
                .orElse(address))) {
            functions.add(address);
        }
    }

    private void read(long address) {
        Optional<AddressRange> range = code.function(address);
        long start = range.map(AddressRange::start).map(LinkAddress::value).orElse(address);
        byte[] bytes = code.bytes(start,
                range.map(AddressRange::size).orElse(UNKNOWN_LENGTH));
        List<Long> branches = new ArrayList<>();
        List<Runnable> operands = new ArrayList<>();
        int furthest = 0;
        for (int at = 0; at < bytes.length;) {
            int length = decoder.decode(bytes, at, bytes.length);
            if (length == 0) {
                found = Optional.of("its code" + current + " cannot be read at " + new LinkAddress(start + at)
                        + ", so it may use any reference");
                return;
            }
            at += length;
            if (decoder.flow().isDirect()) {
                long target = at + decoder.branchDisplacement();
                furthest = (int) Math.max(furthest, Math.min(target, bytes.length));
                if (target < 0 || target >= bytes.length) {
                    branches.add(start + target);
                }
            } else if (decoder.isRipRelative()) {
                long operand = start + at + decoder.displacement();
                if (code.isStartUp(operand)) {
                    return;
                }
                boolean taken = decoder.isLea();
                operands.add(() -> operand(operand, taken));
            }
            if (range.isEmpty() && !decoder.flow().fallsThrough() && at > furthest) {
                break;
            }
        }
        branches.forEach(this::follow);
        operands.forEach(Runnable::run);
    }

    private void operand(long address, boolean taken) {
        if (!code.isCode(address)) {
            variable(address);
        } else if (taken) {
            follow(address);
        }
    }

    private void variable(long address) {
        Deque<Long> variables = new ArrayDeque<>(List.of(address));
        while (!variables.isEmpty() && found.isEmpty()) {
            AddressRange range = code.variable(variables.remove());
            if (known.add(range.start().value())) {
                found = places.stream().filter(place -> overlap(range, place)).findFirst()
                        .map(place -> "may use the reference to " + place.name() + current);
                for (long pointer : code.pointers(range)) {
                    if (code.isCode(pointer)) {
                        follow(pointer);
                    } else {
                        variables.add(pointer);
                    }
                }
            }
        }
    }

    private static boolean overlap(AddressRange range, ConstructorCheck.Place place) {
        long start = place.address().value();
        return start < range.end().value() && range.start().value() < start + place.size();
    }
}
