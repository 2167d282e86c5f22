package dev.pulpo.engine.probe;

import dev.pulpo.engine.Probe;
import dev.pulpo.engine.ValueKind;
import dev.pulpo.engine.check.CallShape;
import dev.pulpo.x86.CallRecord;
import dev.pulpo.x86.RegisterSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a probe that traces records, and how that is read.
 *
 * @param kinds  of the arguments
 * @param names  of the parameters; empty texts where they are not known
 * @param result empty for a record of the beginning
 * @param calls  where all of that is
 */
public record CallPlan(List<ValueKind> kinds, List<String> names, Optional<ValueKind> result, CallRecord calls) {
    private static final int VECTORS = 8;

    public CallPlan {
        kinds = List.copyOf(kinds);
        names = List.copyOf(names);
    }

    static CallPlan of(Probe.Action.Trace trace, Optional<CallShape.Declared> declared) {
        List<ValueKind> kinds = trace.arguments().orElseGet(() -> declared.map(CallPlan::kinds).orElse(List.of()));
        List<String> known = declared.map(CallShape.Declared::names).orElse(List.of());
        List<String> names = new ArrayList<>();
        for (int i = 0; i < kinds.size(); i++) {
            names.add(i < known.size() ? known.get(i) : "");
        }
        Optional<ValueKind> result = trace.returns()
                ? Optional.of(trace.result().or(() -> declared.flatMap(each -> kind(each.result())))
                        .orElse(ValueKind.HEX))
                : Optional.empty();
        return new CallPlan(kinds, names, result, new CallRecord(places(kinds), result.map(CallPlan::resultPlace)));
    }

    private static CallRecord.Place resultPlace(ValueKind kind) {
        return kind.isFloating()
                ? new CallRecord.Place.Vector(0)
                : new CallRecord.Place.General(0, kind == ValueKind.STRING);
    }

    /** Integers and floating-point numbers have registers of their own; what finds none is on the stack (psABI 3.2.3). */
    private static List<CallRecord.Place> places(List<ValueKind> kinds) {
        List<CallRecord.Place> places = new ArrayList<>();
        int integers = 0;
        int vectors = 0;
        int stack = 0;
        for (ValueKind kind : kinds) {
            boolean text = kind == ValueKind.STRING;
            if (kind.isFloating() && vectors < VECTORS) {
                places.add(new CallRecord.Place.Vector(vectors++));
            } else if (!kind.isFloating() && integers < RegisterSet.ARGUMENTS.size()) {
                places.add(new CallRecord.Place.General(RegisterSet.ARGUMENTS.get(integers++), text));
            } else {
                places.add(new CallRecord.Place.Stack(stack++, text));
            }
        }
        return places;
    }

    /** The kinds of the parameters, up to one whose place is not known. */
    private static List<ValueKind> kinds(CallShape.Declared declared) {
        List<ValueKind> kinds = new ArrayList<>();
        if (!declared.result().equals("void") && kind(declared.result()).isEmpty()) {
            // The address of a result in memory would be the first argument.
            return kinds;
        }
        int strings = 0;
        for (String type : declared.parameters()) {
            Optional<ValueKind> kind = kind(type);
            if (kind.isEmpty() || kinds.size() == Probe.Action.Trace.MOST_ARGUMENTS) {
                break;
            }
            strings += kind.get() == ValueKind.STRING ? 1 : 0;
            kinds.add(kind.get() == ValueKind.STRING && strings > Probe.Action.Trace.MOST_STRINGS
                    ? ValueKind.POINTER
                    : kind.get());
        }
        return kinds;
    }

    /** The kind of a type; empty for one of several words, or of vectors. */
    static Optional<ValueKind> kind(String type) {
        String plain = type.replaceAll("\\b(volatile|restrict|__restrict) ?", "").strip();
        if (plain.matches("(const char|char const) ?\\*( ?const)?")) {
            return Optional.of(ValueKind.STRING);
        }
        if (plain.contains("*") || plain.contains("&")) {
            return Optional.of(ValueKind.POINTER);
        }
        String bare = plain.replaceAll("\\bconst ?", "").strip();
        boolean unsigned = bare.contains("unsigned");
        if (bare.equals("void")) {
            return Optional.of(ValueKind.VOID);
        }
        if (bare.equals("double")) {
            return Optional.of(ValueKind.DOUBLE);
        }
        if (bare.equals("float")) {
            return Optional.of(ValueKind.FLOAT);
        }
        if (bare.startsWith("enum ") || bare.equals("_Bool") || bare.equals("bool")) {
            return Optional.of(ValueKind.INT);
        }
        if (!bare.matches("((signed|unsigned|short|long|int|char) ?)+")) {
            return Optional.empty();
        }
        return Optional.of(bare.contains("long")
                ? unsigned ? ValueKind.ULONG : ValueKind.LONG
                : unsigned ? ValueKind.UINT : ValueKind.INT);
    }
}
