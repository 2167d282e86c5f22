package dev.pulpo.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is done to calls of a function, without a compiler. Immutable.
 *
 * <pre>{@code
 * try (LiveProbe probe = process.probe(Probe.counting("malloc"))) { … probe.counts() … }
 * process.probe(Probe.failing("open", 13).everyNth(10));
 * process.probe(Probe.delaying("fsync", Duration.ofMillis(5)).in("libc.so.6"));
 * }</pre>
 *
 * <p>Functions are named as in {@link LivePatch#replace(String, String)}: {@code name}, {@code name@file.c},
 * {@code name@VERSION}, or {@code 0x1234}, the link address.
 *
 * @param function    the function
 * @param object      path, file name or SONAME of the object that has it; {@code exe} is the program. Without it, the object
 *                    whose definition callers get, or the only one that has a function of that name; for an address, the
 *                    program.
 * @param action      what is done
 * @param threads     ids of the only threads to which it is done; empty for all
 * @param every       it is done to each n-th call; 1 for all calls
 * @param probability that it is done; 1 for always
 * @param allowed     checks whose findings are no reason to refuse
 */
public record Probe(String function, Optional<String> object, Action action, List<Integer> threads, long every,
        double probability, List<Check> allowed) {
    private static final Duration LONGEST = Duration.ofHours(1);
    private static final int MOST_ON_STACK = 512;

    /** What is done to a call. */
    public sealed interface Action {
        /** It is counted, and goes on to the function. */
        record Count() implements Action {}

        /** It returns a number at once. */
        record Return(long value) implements Action {}

        /**
         * It sets {@code errno} and returns a number at once.
         *
         * @param errno a number of errno.h
         */
        record Fail(int errno, long value) implements Action {}

        /** It returns at once, and no register changes: for functions without a result. */
        record Nop() implements Action {}

        /**
         * Another function of the process gets it.
         *
         * @param to its name or link address, in the same object; or a name that another object exports
         */
        record Redirect(String to) implements Action {}

        /** It sleeps first, and then goes on to the function. */
        record Delay(Duration time) implements Action {}

        /**
         * The function is called, and how long it takes is measured.
         *
         * @param stack how many bytes calls pass on the stack; empty where Pulpo is to find that out
         */
        record Time(OptionalInt stack) implements Action {}

        /**
         * Arguments and result are recorded.
         *
         * @param arguments what the first arguments are; empty where debug information is to tell
         * @param result    what the result is; empty where debug information is to tell
         * @param returns   whether a call is recorded when it returns, not when it begins
         * @param stack     how many bytes calls pass on the stack; empty where Pulpo is to find that out
         */
        record Trace(Optional<List<ValueKind>> arguments, Optional<ValueKind> result, boolean returns,
                OptionalInt stack) implements Action {
            /** So many arguments are recorded. */
            public static final int MOST_ARGUMENTS = 16;
            /** Of so many arguments that are strings, the text is recorded. */
            public static final int MOST_STRINGS = 4;

            public Trace {
                arguments = arguments.map(List::copyOf);
            }
        }

        /** Whether calls are counted by thread. */
        default boolean isCounted() {
            return this instanceof Count || this instanceof Time || this instanceof Trace;
        }

        /** How many bytes calls pass on the stack, where the user says so. */
        default OptionalInt stated() {
            return switch (this) {
                case Time time -> time.stack;
                case Trace trace -> trace.stack;
                case Count count -> OptionalInt.empty();
                case Return answer -> OptionalInt.empty();
                case Fail failure -> OptionalInt.empty();
                case Nop nop -> OptionalInt.empty();
                case Redirect other -> OptionalInt.empty();
                case Delay delay -> OptionalInt.empty();
            };
        }
    }

    /** @throws IllegalArgumentException where a number makes no sense */
    public Probe {
        threads = List.copyOf(threads);
        allowed = List.copyOf(allowed);
        require(every >= 1, "each call in " + every + " makes no sense");
        require(probability >= 0 && probability <= 1, probability + " is no probability: it is 0 to 1");
        if (action instanceof Action.Delay delay) {
            require(delay.time.compareTo(Duration.ZERO) > 0 && delay.time.compareTo(LONGEST) <= 0,
                    "a delay of " + delay.time + " is not between 1 ns and " + LONGEST);
        }
        int stack = action.stated().orElse(0);
        require(stack >= 0 && stack <= MOST_ON_STACK && stack % Long.BYTES == 0,
                stack + " bytes on the stack are not a multiple of 8 up to " + MOST_ON_STACK);
        if (action instanceof Action.Trace trace) {
            List<ValueKind> kinds = trace.arguments.orElse(List.of());
            require(kinds.size() <= Action.Trace.MOST_ARGUMENTS,
                    "more than " + Action.Trace.MOST_ARGUMENTS + " arguments are not recorded");
            require(kinds.stream().filter(ValueKind.STRING::equals).count() <= Action.Trace.MOST_STRINGS,
                    "more than " + Action.Trace.MOST_STRINGS + " strings are not recorded");
            require(!kinds.contains(ValueKind.VOID), "no argument is void");
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** This action for all calls of the function. */
    public static Probe of(String function, Action action) {
        return new Probe(function, Optional.empty(), action, List.of(), 1, 1, List.of());
    }

    /** The same for a function of another name. */
    public Probe named(String name) {
        return new Probe(name, object, action, threads, every, probability, allowed);
    }

    /** Counts calls, by thread. */
    public static Probe counting(String function) {
        return of(function, new Action.Count());
    }

    /** Calls return this number, and do nothing else. */
    public static Probe returning(String function, long value) {
        return of(function, new Action.Return(value));
    }

    /** Calls return -1 with this {@code errno}, and do nothing else. */
    public static Probe failing(String function, int errno) {
        return failing(function, errno, -1);
    }

    /** Calls return this number with this {@code errno}, and do nothing else: 0 for a function that returns a pointer. */
    public static Probe failing(String function, int errno, long value) {
        return of(function, new Action.Fail(errno, value));
    }

    /** Calls do nothing. */
    public static Probe nop(String function) {
        return of(function, new Action.Nop());
    }

    /** Calls go to another function of the process, which takes and returns the same. */
    public static Probe redirect(String function, String to) {
        return of(function, new Action.Redirect(to));
    }

    /** Calls sleep before the function begins. */
    public static Probe delaying(String function, Duration time) {
        return of(function, new Action.Delay(time));
    }

    /** Measures how long calls take; {@link LiveProbe#times} tells. */
    public static Probe timing(String function) {
        return of(function, new Action.Time(OptionalInt.empty()));
    }

    /** Records arguments and results, typed by debug information; {@link LiveProbe#calls} reads them. */
    public static Probe tracing(String function) {
        return of(function, new Action.Trace(Optional.empty(), Optional.empty(), true, OptionalInt.empty()));
    }

    /** Records these first arguments, and results. */
    public static Probe tracing(String function, ValueKind first, ValueKind... further) {
        List<ValueKind> kinds = new ArrayList<>(List.of(first));
        kinds.addAll(List.of(further));
        return of(function, new Action.Trace(Optional.of(kinds), Optional.empty(), true, OptionalInt.empty()));
    }

    /** The same tracing, of results of this kind. */
    public Probe withResult(ValueKind kind) {
        Action.Trace trace = trace();
        return with(new Action.Trace(trace.arguments, Optional.of(kind), trace.returns, trace.stack));
    }

    /** The same tracing, of calls when they begin: for functions that cannot be seen to return. */
    public Probe atEntry() {
        Action.Trace trace = trace();
        return with(new Action.Trace(trace.arguments, trace.result, false, trace.stack));
    }

    private Action.Trace trace() {
        if (action instanceof Action.Trace trace) {
            return trace;
        }
        throw new IllegalArgumentException("only tracing records results");
    }

    /**
     * The same timing or tracing of a function whose calls pass so many bytes on the stack, at most. Where fewer are said than
     * calls pass, the function gets wrong arguments.
     */
    public Probe withStack(int bytes) {
        return with(switch (action) {
            case Action.Time time -> new Action.Time(OptionalInt.of(bytes));
            case Action.Trace trace ->
                new Action.Trace(trace.arguments, trace.result, trace.returns, OptionalInt.of(bytes));
            case Action.Count count -> throw noStack();
            case Action.Return answer -> throw noStack();
            case Action.Fail failure -> throw noStack();
            case Action.Nop nop -> throw noStack();
            case Action.Redirect other -> throw noStack();
            case Action.Delay delay -> throw noStack();
        });
    }

    private static IllegalArgumentException noStack() {
        return new IllegalArgumentException("only timing and tracing copy what is on the stack");
    }

    private Probe with(Action other) {
        return new Probe(function, object, other, threads, every, probability, allowed);
    }

    /** The same for a function of this object. */
    public Probe in(String path) {
        return new Probe(function, Optional.of(path), action, threads, every, probability, allowed);
    }

    /** The same for one more thread, by its id, instead of all threads. */
    public Probe onThread(int tid) {
        List<Integer> more = new ArrayList<>(threads);
        more.add(tid);
        return new Probe(function, object, action, more, every, probability, allowed);
    }

    /** The same for each n-th call only; the calls of all threads together are counted. */
    public Probe everyNth(long n) {
        return new Probe(function, object, action, threads, n, probability, allowed);
    }

    /** The same with this probability for each call. */
    public Probe withProbability(double chance) {
        return new Probe(function, object, action, threads, every, chance, allowed);
    }

    /** The same, with a check's findings allowed, such as {@link Check#INLINED}. */
    public Probe allow(Check check) {
        List<Check> more = new ArrayList<>(allowed);
        more.add(check);
        return new Probe(function, object, action, threads, every, probability, more);
    }

    /** What it does, in words: the comment of its patch. */
    @Override
    public String toString() {
        return "probe: " + switch (action) {
            case Action.Count count -> "count " + function;
            case Action.Return answer -> function + " returns " + answer.value;
            case Action.Fail failure -> function + " fails with errno " + failure.errno + " and returns "
                    + failure.value;
            case Action.Nop nop -> function + " does nothing";
            case Action.Redirect other -> function + " leads to " + other.to;
            case Action.Delay delay -> function + " waits " + delay.time.toNanos() / 1000 + " µs";
            case Action.Time time -> "time " + function;
            case Action.Trace trace -> "trace " + function + (trace.returns ? "" : " at its entry");
        } + (threads.isEmpty() ? "" : ", threads " + threads) + (every == 1 ? "" : ", each call in " + every)
                + (probability == 1 ? "" : ", with probability " + probability);
    }
}
