package dev.pulpo.engine.recovery;

import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.borrow.StubCalls;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.registry.Callback;
import dev.pulpo.engine.registry.Callbacks;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.session.TrampolineMemory;
import dev.pulpo.ffm.RemoteAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Calls the callbacks of patches, each on a borrowed thread. {@link Callbacks} tells which are due.
 *
 * <pre>
 *   apply                                       revert
 *   ------------------------------------------  ------------------------------------------
 *   before_apply of each patch, in their order  before_revert of each, the newest first
 *   the commit                                  the commit
 *   {@link #settle}                             {@link #settle}
 * </pre>
 *
 * If the change does not come about, {@link #settle} calls the counterparts of those that were called. Recovery does so for
 * a tool that was killed.
 */
public final class CallbackCalls {
    private static final long LEAST_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Records may be forged, and each of their callbacks may take its whole time. */
    private static final long LONGEST_SETTLING_NANOS = TimeUnit.SECONDS.toNanos(10);

    private CallbackCalls() {}

    /**
     * Calls what is to be called before patches come into force, in the order in which they stack.
     *
     * @param records PREPARED ones
     * @throws RefusedException where one refuses; those after it are not called
     */
    public static void beforeApply(Session session, List<Registry.StoredRecord> records) {
        for (Registry.StoredRecord record : records) {
            if (callbacks(record).exist()) {
                session.checkInterrupted();
                call(session, record, Callback.BEFORE_APPLY, session.deadline(), patch -> true);
            }
        }
    }

    /**
     * Calls what is to be called before patches go out of force, the newest patch first.
     *
     * @param records active ones
     */
    public static void beforeRevert(Session session, List<Registry.StoredRecord> records) {
        records.stream().sorted(Comparator.comparingLong(Registry.StoredRecord::number).reversed())
                .filter(record -> callbacks(record).functions().containsKey(Callback.BEFORE_REVERT))
                .forEach(record -> {
                    session.checkInterrupted();
                    call(session, record, Callback.BEFORE_REVERT, session.deadline(), patch -> true);
                });
    }

    /**
     * Calls what is due: for patches that are out of force, the newest first; then for those in force, the oldest first. After
     * a failure the others are called nevertheless.
     *
     * @throws PulpoException the first failure
     */
    public static void settle(Session session) {
        long end = System.nanoTime() + LONGEST_SETTLING_NANOS;
        List<PulpoException> failures = new ArrayList<>();
        for (Registry.StoredRecord record : due(session.ledger().now())) {
            Callback callback = record.patch().due().orElseThrow();
            try {
                if (System.nanoTime() - end < 0) {
                    call(session, record, callback, Math.max(session.deadline(), System.nanoTime() + LEAST_NANOS),
                            patch -> patch.due().filter(callback::equals).isPresent());
                }
            } catch (TargetGoneException gone) {
                throw gone;
            } catch (PulpoException failed) {
                failures.add(failed);
            }
        }
        if (!failures.isEmpty()) {
            PulpoException first = failures.removeFirst();
            failures.forEach(first::addSuppressed);
            throw first;
        }
    }

    /** As {@link #settle}, where the change that was asked for has been made. A failure says so. */
    public static void settleAfterTheChange(Session session) {
        try {
            settle(session);
        } catch (TargetGoneException gone) {
            throw gone;
        } catch (PulpoException failed) {
            throw CommitLoop.afterTheChange(session.pid(), failed);
        }
    }

    /** As {@link #settle}, where something else is to be done, or to be told: the message log alone has the failure. */
    public static void settleIfPossible(Session session) {
        try {
            settle(session);
        } catch (TargetGoneException gone) {
            throw gone;
        } catch (PulpoException failed) {
            session.message("not all callbacks that are due were called: " + failed.getMessage());
        }
    }

    private static List<Registry.StoredRecord> due(Registry registry) {
        Comparator<Registry.StoredRecord> order = Comparator.comparingLong(Registry.StoredRecord::number);
        List<Registry.StoredRecord> due = new ArrayList<>(registry.records().stream()
                .filter(record -> record.patch().due().filter(Callback.AFTER_REVERT::equals).isPresent())
                .sorted(order.reversed()).toList());
        registry.records().stream()
                .filter(record -> record.patch().due().filter(Callback.AFTER_APPLY::equals).isPresent())
                .sorted(order).forEach(due::add);
        return due;
    }

    private static Callbacks callbacks(Registry.StoredRecord record) {
        return record.patch().declared().callbacks();
    }

    /** @param still asked of the record once a thread is borrowed: until then an earlier call may have run */
    private static void call(Session session, Registry.StoredRecord record, Callback callback, long until,
            Predicate<PatchRecord> still) {
        String what = callback.symbol() + " of patch " + record.patch().id().shortForm();
        StubCalls.Answer answer;
        try {
            answer = session.borrowing(until, calls -> session.ledger().read().numbered(record.number())
                    .filter(now -> still.test(now.patch()))
                    .map(now -> call(session, calls, now, callback)).orElse(new StubCalls.Answer(0, "")));
        } catch (BorrowedCallException failed) {
            session.message(what + ": " + failed.getMessage());
            throw failed.during(what);
        } finally {
            session.ledger().changed();
        }
        if (answer.result() != 0) {
            session.message(what + " refuses: " + answer.message());
            throw new RefusedException(session.pid(),
                    new Refusal.CallbackRefused(record.patch().id(), answer.result(), answer.message()));
        }
    }

    private static StubCalls.Answer call(Session session, StubCalls calls, Registry.StoredRecord record,
            Callback callback) {
        Callbacks callbacks = callbacks(record);
        Optional<RemoteAddress> function = Optional.ofNullable(callbacks.functions().get(callback));
        if (function.isEmpty()) {
            session.ledger().setProgress(record, callbacks.past(callback));
            return new StubCalls.Answer(0, "");
        }
        String objection = objection(session, record.patch(), function.get());
        if (!objection.isEmpty()) {
            session.message(callback.symbol() + " of patch " + record.patch().id().shortForm() + " is not called: "
                    + objection);
            return new StubCalls.Answer(0, "");
        }
        if (callbacks.before(callback) != callbacks.progress()) {
            session.ledger().setProgress(record, callbacks.before(callback));
        }
        return calls.callback(function.get(), Registry.progressField(record), callback.shift(), callback.mayRefuse());
    }

    /** Why a record cannot be true: the process may have forged it. */
    private static String objection(Session session, PatchRecord patch, RemoteAddress function) {
        boolean isOwn = patch.start().compareTo(function) <= 0 && function.compareTo(patch.end()) < 0
                && session.mapNow().find(function).filter(mapping -> mapping.isExecutable()).isPresent();
        return isOwn ? TrampolineMemory.objection(session, patch) : "the patch has no code at " + function;
    }
}
