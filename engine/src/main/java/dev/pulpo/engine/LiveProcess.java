package dev.pulpo.engine;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.dwarf.NoDataException;
import dev.pulpo.engine.commit.Warmup;
import dev.pulpo.engine.container.PreparedFile;
import dev.pulpo.engine.data.DataSession;
import dev.pulpo.engine.flight.Flight;
import dev.pulpo.engine.flight.OutcomeEvent;
import dev.pulpo.engine.flight.PlanEvent;
import dev.pulpo.engine.inspect.CallerReader;
import dev.pulpo.engine.inspect.FunctionReader;
import dev.pulpo.engine.inspect.KnownCode;
import dev.pulpo.engine.inspect.StackOperation;
import dev.pulpo.engine.inspect.StackSampling;
import dev.pulpo.engine.operation.ApplyOperation;
import dev.pulpo.engine.operation.InjectOperation;
import dev.pulpo.engine.operation.JointOperation;
import dev.pulpo.engine.operation.NoteOperation;
import dev.pulpo.engine.operation.RevertOperation;
import dev.pulpo.engine.operation.SwitchOperation;
import dev.pulpo.engine.operation.TransitionOperation;
import dev.pulpo.engine.plan.OtherPatches;
import dev.pulpo.engine.plan.Planner;
import dev.pulpo.engine.probe.CallRing;
import dev.pulpo.engine.probe.Histograms;
import dev.pulpo.engine.probe.ProbeSite;
import dev.pulpo.engine.probe.ProbeTable;
import dev.pulpo.engine.reach.LeftoverLook;
import dev.pulpo.engine.recovery.RecoveryRules;
import dev.pulpo.engine.recovery.TransactionPeers;
import dev.pulpo.engine.registry.Inspection;
import dev.pulpo.engine.registry.MessageRing;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.ShadowCounts;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.target.Interruption;
import dev.pulpo.engine.target.LockWait;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.PtraceAccess;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.engine.target.TargetFault;
import dev.pulpo.engine.target.TargetGuard;
import dev.pulpo.engine.target.Tracee;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A running process to inspect and patch.
 *
 * <pre>{@code
 * try (LiveProcess process = LiveProcess.attach(pid)) {
 *     LivePatch patch = LivePatch.of(Path.of("fix.so")).target("libserver.so").replace("handle", "handle_fixed");
 *     System.out.println(process.apply(patch));
 *     process.patches().forEach(System.out::println);
 *     process.revert(patch.id());
 * }
 * }</pre>
 *
 * <p>Attaching stops nothing and traces nothing: between operations the process runs freely, and debuggers may trace it.
 * Thread-safe. Operations on one process come one after the other: one that begins while another thread or another tool is
 * at work waits for it, up to its own timeout ({@link #awaitOthers}). What is so already is done at once, and the
 * {@link Outcome} says so.
 *
 * <p>Interrupting the thread that calls an operation ends it between two stops, with everything undone:
 * {@link OperationInterruptedException}.
 *
 * <p>All methods throw {@link TargetGoneException} where the process has ended or has executed another program, {@link
 * AccessRefusedException} where this process may not trace it, and {@link TargetUnreadableException} where its memory or
 * files are malformed, or too large to be read.
 */
public final class LiveProcess implements AutoCloseable {
    /** How often other tools may come between a look at the records and one at the code. */
    private static final int MOST_OTHERS = 20;

    private static final Duration FORCE_TIMEOUT = Duration.ofSeconds(5);

    private final int pid;
    private final long startTime;
    private final TraceeMemory memory;
    private volatile Tracee tracee;
    /** Operations read-lock it; closing waits for them. */
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
    private boolean closed;
    private final KnownCode code = new KnownCode();
    /** The last image: what has not changed since is not read again. */
    private volatile Optional<ProcessImage> seen = Optional.empty();

    private LiveProcess(int pid, long startTime, TraceeMemory memory) {
        this.pid = pid;
        this.startTime = startTime;
        this.memory = memory;
        this.tracee = new Tracee(pid, startTime, memory, LockWait.AS_LONG_AS_THE_OPERATION, OperationListener.NONE);
    }

    /**
     * Starts to prepare this JVM's first stop, in the background. {@link #apply} and {@link #revert} do that later by
     * themselves. For programs that apply a single patch, before they parse their arguments. Needs no process, stops none,
     * and has no effect a second time.
     */
    public static void prepare() {
        Warmup.begin();
    }

    /**
     * Sets how operations wait while another thread or tool is at work on the process.
     *
     * @param longest how long; without this call, as long as the operation's own timeout
     * @param told    gets a line for people when a wait lasts, on the thread of the operation
     */
    public void awaitOthers(Duration longest, Consumer<String> told) {
        tracee = new Tracee(pid, startTime, memory, new LockWait(Optional.of(longest), told), tracee.listener());
    }

    /**
     * As {@link #awaitOthers(Duration, Consumer)}, each operation as long as its own timeout.
     *
     * @param told gets a line for people when a wait lasts, on the thread of the operation
     */
    public void awaitOthers(Consumer<String> told) {
        tracee = new Tracee(pid, startTime, memory, new LockWait(Optional.empty(), told), tracee.listener());
    }

    /**
     * Sets who is told how operations on this process go on, those that begin from now on.
     *
     * @param listener {@link OperationListener#NONE} for nobody
     */
    public void listen(OperationListener listener) {
        tracee = new Tracee(pid, startTime, memory, tracee.waits(), listener);
    }

    /** Attaches to a process. Stops no thread. */
    public static LiveProcess attach(int pid) {
        return TargetFault.explained(pid, file -> false, () -> {
            long startTime = ProcFs.startTime(pid);
            if (ProcFs.isKernelThread(pid)) {
                throw new RefusedException(pid, new Refusal.KernelThread(pid));
            }
            Optional<AccessRefusedException> untraceable = PtraceAccess.untraceableFromHere(pid);
            if (untraceable.isPresent()) {
                throw untraceable.get();
            }
            return new LiveProcess(pid, startTime, PtraceAccess.openMemory(pid));
        });
    }

    /**
     * Starts a program with the stub preloaded, as a child that this JVM may trace. Children of {@code ProcessBuilder} it
     * may not trace. The runtime of a sanitizer that the program is linked with stays the first library.
     *
     * @param command the program, searched for on the PATH, and its arguments
     */
    public static Launcher launcher(List<String> command) {
        Launcher launcher = Launcher.ofBytes(command.stream().map(RawText::encode).toList())
                .preload(SanitizerRuntime::isOne, RawText.encode(RawText.of(StubFile.path())));
        SanitizerRuntime.of(command.getFirst()).ifPresent(runtime -> launcher.preload(RawText.encode(runtime)));
        return launcher;
    }

    /** Starts a program as {@link #launcher} does, with its streams connected to this process by pipes. */
    public static LaunchedProcess launch(String... command) {
        return launcher(List.of(command)).start();
    }

    public int pid() {
        return pid;
    }

    /** The process's name in the kernel (proc_pid_comm(5)). */
    public String name() {
        return ProcFs.name(pid);
    }

    /** Path of its program; {@link RawText#of} gives the bytes of the path. */
    public Path executable() {
        return RawText.path(explained(() -> image().executable()));
    }

    private ProcessImage image() {
        ProcessImage image = seen.filter(known -> memory.hasMap()).map(known -> known.again(memory))
                .orElseGet(() -> ProcessImage.read(pid, memory));
        if (image.startTime() != startTime) {
            throw new TargetGoneException(pid, "its id has been given to another process");
        }
        seen = Optional.of(image);
        return image;
    }

    /** The program and its shared objects, by address. */
    public List<Library> libraries() {
        return explained(() -> image().objects().stream()
                .map(object -> new Library(object.path(), object.elf().buildId(),
                        PreparedFile.isPrepared(object.elf())))
                .toList());
    }

    /** Whether the process has the stub. */
    public boolean hasStub() {
        return explained(() -> image().stub().isPresent());
    }

    /**
     * Loads the stub into the process, unless it is there. {@link #apply} does that by itself.
     *
     * @return whether it was missing
     */
    public boolean inject() {
        return operation(() -> InjectOperation.run(tracee));
    }

    /**
     * Plans to apply a patch. Changes nothing and stops nothing.
     *
     * @throws IOException           where the patch file cannot be read
     * @throws MalformedElfException where it is no shared object
     */
    public PatchPlan plan(LivePatch patch) throws IOException {
        return plan(List.of(patch), Optional.empty()).getFirst();
    }

    /**
     * Plans to apply patches in one stop. Each plan assumes that the patches before it are in force: it may depend on them,
     * and replace the same functions. Changes nothing and stops nothing.
     *
     * @return one for each patch, in the same order
     * @throws IOException           where a patch file cannot be read
     * @throws MalformedElfException where one is no shared object
     */
    public List<PatchPlan> plan(List<LivePatch> patches) throws IOException {
        return plan(patches, Optional.empty());
    }

    /**
     * Plans to apply a patch, and to revert all patches of a library in the same stop: at no instant neither is in force,
     * and at none are both. Changes nothing and stops nothing.
     *
     * @param library path, file name or SONAME; {@code target} is the library that the patch is for
     * @throws IOException           where the patch file cannot be read
     * @throws MalformedElfException where it is no shared object
     */
    public PatchPlan planInstead(LivePatch patch, String library) throws IOException {
        return planInstead(List.of(patch), library).getFirst();
    }

    /**
     * As {@link #planInstead(LivePatch, String)}, for patches that come into force in one stop.
     *
     * @param library path, file name or SONAME; {@code target} is, for each patch, the library that it is for
     * @return one for each patch, in the same order
     * @throws IOException           where a patch file cannot be read
     * @throws MalformedElfException where one is no shared object
     */
    public List<PatchPlan> planInstead(List<LivePatch> patches, String library) throws IOException {
        return plan(patches, Optional.of(library));
    }

    @SuppressWarnings("try") // the phase is there to be closed
    private List<PatchPlan> plan(List<LivePatch> patches, Optional<String> instead) throws IOException {
        Set<String> files = patches.stream().map(patch -> RawText.of(patch.file())).collect(Collectors.toSet());
        // A fault of a patch file is not a fault of the process.
        Tracee told = tracee;
        PlanEvent event = Flight.isOn() ? new PlanEvent() : null;
        List<PatchPlan> plans;
        try (Tracee.Span planning = told.phase(Phase.PLAN)) {
            plans = using(() -> TargetFault.explained(pid,
                    source -> files.stream().anyMatch(source::startsWith),
                    () -> TargetGuard.unless(pid, memory, () -> uninterrupted(() -> settled(LiveProcess::areUnexpected,
                            (image, registry) -> planned(patches, instead, image, registry))))));
        }
        if (event != null) {
            event.ended(pid, plans);
        }
        told.tell(listener -> listener.planned(plans));
        return plans;
    }

    private interface Reading<T> {
        T run() throws IOException;
    }

    /** Work on a thread that nobody interrupts: an interrupt would close files while they are read. It ends the work after it. */
    private <T> T uninterrupted(Reading<T> work) throws IOException {
        try {
            return Interruption.run(() -> {
                try {
                    T result = work.run();
                    Interruption.current().check(pid);
                    return result;
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private interface Look<T, X extends Exception> {
        T at(ProcessImage image, Optional<Registry> registry) throws X;
    }

    /** Looks again at what is surprising, if another tool has written between a look at the records and one at the code. */
    private <T, X extends Exception> T settled(Predicate<T> isSurprising, Look<T, X> look) throws X {
        for (int others = 0;; others++) {
            ProcessImage image = image();
            Optional<Registry> registry = registry(image);
            T seen = look.at(image, registry);
            if (!isSurprising.test(seen) || others == MOST_OTHERS
                    || states(registry).equals(states(registry(image())))) {
                return seen;
            }
        }
    }

    private static List<PatchRecord> states(Optional<Registry> registry) {
        return registry.map(known -> known.records().stream().map(Registry.StoredRecord::patch).toList())
                .orElse(List.of());
    }

    private static boolean areUnexpected(List<PatchPlan> plans) {
        return plans.stream().flatMap(plan -> plan.refusals().stream()).anyMatch(
                refusal -> refusal instanceof Refusal.UnexpectedBytes || refusal instanceof Refusal.OtherDetour);
    }

    private static boolean areLost(List<AppliedPatch> patches) {
        return patches.stream().anyMatch(patch -> patch.status() == AppliedPatch.Status.NOT_IN_FORCE);
    }

    private List<PatchPlan> planned(List<LivePatch> patches, Optional<String> instead, ProcessImage image,
            Optional<Registry> registry) throws IOException {
        Predicate<TransactionLink> peers = TransactionPeers.asSeenFrom(pid, startTime);
        // Recovery comes before an apply, so the plan assumes its result.
        Optional<RecoveryRules.Remedy> remedy = registry.map(known -> RecoveryRules.of(known, memory, peers))
                .filter(RecoveryRules.Remedy::isNeeded);
        TargetMemory recovered = remedy.map(left -> left.memoryAfterwards(memory)).orElse(memory);
        Optional<Registry> records = remedy.map(RecoveryRules.Remedy::afterwards).or(() -> registry);
        List<PatchPlan> plans = new ArrayList<>();
        List<PatchId> ids = new ArrayList<>();
        for (LivePatch patch : patches) {
            ids.add(patch.id());
        }
        for (int i = 0; i < patches.size(); i++) {
            plans.add(new Planner(image, recovered, records).after(plans).below(ids.subList(i + 1, ids.size()))
                    .plan(patches.get(i), instead));
        }
        if (!plans.stream().allMatch(PatchPlan::isApplicable) && TargetGuard.isGone(pid, memory)) {
            throw TargetGoneException.endedOrReplaced(pid);
        }
        List<PatchPlan> checked = new ArrayList<>();
        for (PatchPlan plan : plans) {
            checked.add(code.checked(image, plan));
        }
        return List.copyOf(checked);
    }

    /**
     * What the functions of a plan change, and what they miss: copies of old code that stay.
     *
     * @return one for each function of the plan
     */
    public List<Coverage> coverage(PatchPlan plan) {
        return explained(() -> code.checks(image(), plan).map(checks -> checks.coverage(plan)).orElse(List.of()));
    }

    /**
     * Applies a plan. If the patch is in force already there is nothing to do, and the outcome says so.
     *
     * @throws RefusedException      where the plan has refusals, or new ones arise
     * @throws BlockedException      where threads blocked the change until the timeout; nothing is changed
     * @throws InTransitionException with {@link Consistency#perThread}, where some threads had not changed by the timeout
     */
    public Outcome apply(PatchPlan plan, Consistency consistency) {
        return apply(plan, consistency, false);
    }

    /**
     * Applies a plan to a process whose seccomp filters would kill a borrowed thread: they are suspended while it is
     * borrowed. If this process ends meanwhile, the filters act again, and the target dies.
     *
     * @throws RefusedException       where the plan has refusals, or new ones arise
     * @throws AccessRefusedException without CAP_SYS_ADMIN, or where this process has a filter itself
     * @throws BlockedException       where threads blocked the change until the timeout; nothing is changed
     */
    public Outcome applySuspendingSeccomp(PatchPlan plan, Consistency consistency) {
        return apply(plan, consistency, true);
    }

    /**
     * Applies plans in one stop, all or none. If several replace a function, the last one wins.
     *
     * @param plans made together by {@link #plan(List)} or {@link #planInstead(List, String)}; at least one
     * @return one for each plan; stop and times are those of all together
     * @throws RefusedException where one has refusals; with {@link Consistency#perThread}, for more than one plan
     * @throws BlockedException where threads blocked the change until the timeout; nothing is changed
     */
    public List<Outcome> apply(List<PatchPlan> plans, Consistency consistency) {
        return apply(plans, consistency, false);
    }

    private Outcome apply(PatchPlan plan, Consistency consistency, boolean suspendSeccomp) {
        return apply(List.of(plan), consistency, suspendSeccomp).getFirst();
    }

    private List<Outcome> apply(List<PatchPlan> plans, Consistency consistency, boolean suspendSeccomp) {
        try {
            checkApplicable(plans);
        } catch (RefusedException refused) {
            if (refused.refusals().stream().anyMatch(LiveProcess::isUndefined)) {
                operation(() -> NoteOperation.run(tracee, "Unable to load shared object "
                        + RawText.of(plans.getFirst().patch().file()) + ": "
                        + refused.refusals().stream().filter(LiveProcess::isUndefined)
                                .map(refusal -> ((Refusal.Unsafe) refusal).finding().message()).findFirst()
                                .orElseThrow()));
            }
            throw refused;
        }
        return recorded(
                () -> ApplyOperation.run(tracee, plans, consistency, code::checked, seen, suspendSeccomp));
    }

    private static boolean isUndefined(Refusal refusal) {
        return refusal instanceof Refusal.Unsafe unsafe && unsafe.finding().check() == Check.UNDEFINED;
    }

    /** Its part in a transaction of several processes. */
    JointOperation.Part part(List<PatchPlan> plans) {
        checkApplicable(plans);
        return part(new JointOperation.Applying(List.copyOf(plans), code::checked));
    }

    /** Its part in a transaction that reverts patches. */
    JointOperation.Part partOfReverting(List<PatchId> ids, Retention retention) {
        checkAny(ids);
        return part(new JointOperation.Reverting(List.copyOf(ids), retention));
    }

    private JointOperation.Part part(JointOperation.Work work) {
        return new JointOperation.Part(tracee, work,
                failure -> TargetFault.explanation(pid, memory, failure));
    }

    /** @throws RefusedException where they are for another process, or one has refusals */
    private void checkApplicable(List<PatchPlan> plans) {
        if (plans.isEmpty()) {
            throw new IllegalArgumentException("there is no plan to apply to process " + pid);
        }
        if (plans.stream().anyMatch(plan -> plan.pid() != pid || plan.startTime() != startTime)) {
            throw new RefusedException(pid, new Refusal.PlanOutdated("it was made for another process"));
        }
        List<Refusal> refusals = plans.stream().filter(plan -> !plan.isInForce())
                .flatMap(plan -> plan.refusals().stream()).distinct().toList();
        if (!refusals.isEmpty()) {
            throw new RefusedException(pid, refusals);
        }
    }

    /** Plans and applies a patch, with {@link Consistency#DEFAULT}. */
    public Outcome apply(LivePatch patch) throws IOException {
        return apply(patch, Consistency.DEFAULT);
    }

    /**
     * Plans and applies a patch. The first time in a JVM this is faster than two calls: the stop is prepared while the plan
     * is made.
     *
     * @throws IOException           where the patch file cannot be read
     * @throws MalformedElfException where it is no shared object
     * @throws RefusedException      where the plan has refusals
     * @throws BlockedException      where threads blocked the change until the timeout; nothing is changed
     * @throws InTransitionException with {@link Consistency#perThread}, where some threads had not changed by the timeout
     */
    public Outcome apply(LivePatch patch, Consistency consistency) throws IOException {
        Warmup.begin();
        return apply(plan(patch), consistency);
    }

    /**
     * Reverts a patch. If it is not in force there is nothing to do, and the outcome says so.
     *
     * @throws RefusedException      where another patch depends on it
     * @throws BlockedException      where threads blocked the change until the timeout; the patch is still in force
     * @throws InTransitionException with {@link Consistency#perThread}, where some threads had not changed by the timeout
     */
    public Outcome revert(PatchId id, Consistency consistency) {
        return revert(List.of(id), consistency);
    }

    /**
     * Reverts patches in one stop, all or none. Those that are not in force have nothing to do.
     *
     * @param ids at least one
     * @return of all together; {@link Outcome#reverted} lists those that went out of force
     * @throws RefusedException where others depend on one; with {@link Consistency#perThread}, for more than one patch
     * @throws BlockedException where threads blocked the change until the timeout; all are still in force
     */
    public Outcome revert(List<PatchId> ids, Consistency consistency) {
        return revert(ids, consistency, Retention.WHILE_REACHABLE);
    }

    /**
     * As {@link #revert(List, Consistency)}.
     *
     * @param retention how long the patches stay loaded afterwards; {@link #leftovers} lists those that do
     */
    public Outcome revert(List<PatchId> ids, Consistency consistency, Retention retention) {
        checkAny(ids);
        return recorded(() -> List.of(RevertOperation.run(tracee, ids, consistency, retention))).getFirst();
    }

    private void checkAny(List<PatchId> ids) {
        if (ids.isEmpty()) {
            throw new IllegalArgumentException("there is no patch to take back from process " + pid);
        }
    }

    /**
     * Reverts all patches of a library, in one stop.
     *
     * @param library path, file name or SONAME; {@code exe} is the program. It may have been unloaded.
     * @throws RefusedException where it has none, or others depend on them
     * @throws BlockedException where threads blocked the change until the timeout; all are still in force
     */
    public Outcome revertAll(String library, Consistency consistency) {
        return revertAll(library, consistency, Retention.WHILE_REACHABLE);
    }

    /**
     * As {@link #revertAll(String, Consistency)}.
     *
     * @param retention how long the patches stay loaded afterwards
     */
    public Outcome revertAll(String library, Consistency consistency, Retention retention) {
        return recorded(() -> List.of(RevertOperation.runAll(tracee, library, consistency, retention))).getFirst();
    }

    /**
     * Applies a probe. Calls in progress are not waited for: from now on, new calls meet the probe.
     *
     * @throws IOException      where its file cannot be written
     * @throws RefusedException where the process has no such function, it cannot be replaced, or checks object
     * @throws BlockedException where a thread would return into bytes that change; nothing is changed
     */
    public LiveProbe probe(Probe probe) throws IOException {
        Warmup.begin();
        ProbeSite site = explained(() -> new ProbeSite(image(), memory, probe, code));
        LivePatch bare = site.patch(StubFile.directory("probes"));
        try {
            PatchPlan plan = plan(bare);
            checkApplicable(List.of(explained(() -> site.checked(plan, code))));
            List<PatchId> below = explained(() -> below(plan));
            Outcome outcome = apply(below.isEmpty() ? plan : plan(ProbeSite.onTopOf(bare, below)), Consistency.none());
            return new LiveProbe(this, probe, outcome, bare.file(), site.calls().map(CallRing::new));
        } catch (IOException | RuntimeException | Error failed) {
            Files.deleteIfExists(bare.file());
            throw failed;
        }
    }

    /** The patches in force whose functions a plan replaces. */
    private List<PatchId> below(PatchPlan plan) {
        return image().stub().map(stub -> Registry.read(pid, memory, stub)).stream()
                .flatMap(registry -> plan.functions().stream()
                        .flatMap(function -> registry.patchInForce(function.entry()).stream()))
                .map(PatchRecord::id).distinct().toList();
    }

    /** What a probe has counted. */
    ProbeCounts counts(PatchId id, boolean byThread) {
        return operation(() -> ProbeTable.read(registryOfProbes(), memory, id, byThread));
    }

    /** How long calls took. */
    ProbeTimes times(PatchId id) {
        return operation(() -> Histograms.read(registryOfProbes(), memory, id));
    }

    /** What a probe has recorded. */
    TracedCalls calls(PatchId id, CallRing ring) {
        return operation(() -> ring.read(registryOfProbes(), memory, id));
    }

    private Registry registryOfProbes() {
        return Registry.read(pid, memory,
                image().stub().orElseThrow(() -> new RefusedException(pid, new Refusal.NoStub(pid))));
    }

    /** Whether patching is switched on; true without a stub. */
    public boolean isPatchable() {
        return explained(
                () -> image().stub().map(stub -> !StubState.read(pid, memory, stub).isDisabled()).orElse(true));
    }

    /**
     * Switches patching of the process on or off. Applied patches stay in force.
     *
     * @return whether that was a change
     * @throws RefusedException where the process has no stub
     */
    public boolean setPatchable(boolean patchable) {
        return operation(() -> SwitchOperation.run(tracee, patchable));
    }

    /**
     * The transition of the process, if there is one, with the threads that have not changed yet. Each thread is stopped
     * alone, for as long as a look at its stack takes.
     *
     * @throws RefusedException where another tool works on the process
     */
    public Optional<Transition> transition() {
        return operation(() -> TransitionOperation.status(tracee));
    }

    /**
     * Continues a transition until the last thread has changed.
     *
     * @throws RefusedException      where there is none
     * @throws InTransitionException where threads had not changed by the timeout; the transition continues
     */
    public Outcome awaitTransition(Duration timeout) {
        return transition(TransitionOperation.Action.AWAIT, timeout);
    }

    /**
     * Ends a transition at once. Threads that have not changed get the other version with their next call, although they may
     * still be inside the version that they had.
     *
     * @throws RefusedException where there is none
     */
    public Outcome forceTransition() {
        return transition(TransitionOperation.Action.FORCE, FORCE_TIMEOUT);
    }

    /**
     * Reverses a transition: changed threads change back, one by one, and the others stay. The reversed transition can be
     * forced or reversed, too.
     *
     * @throws RefusedException      where there is none
     * @throws BlockedException      where threads blocked the reversal; the transition continues as before
     * @throws InTransitionException where threads had not changed back by the timeout; the transition continues
     */
    public Outcome reverseTransition(Duration timeout) {
        return transition(TransitionOperation.Action.REVERSE, timeout);
    }

    private Outcome transition(TransitionOperation.Action action, Duration timeout) {
        return recorded(() -> List.of(TransitionOperation.run(tracee, action, timeout))).getFirst();
    }

    /**
     * Reverts a patch, whatever threads do: those that are inside of it after a second, as in a delay, end their calls in its
     * code, which stays loaded.
     *
     * @throws RefusedException where another patch depends on it
     * @throws BlockedException where a thread would return into bytes that change; the patch is still in force
     */
    public Outcome takeBack(PatchId id) {
        try {
            return revert(id, Consistency.functionQuiescent(Duration.ofSeconds(1)));
        } catch (BlockedException inside) {
            return revert(id, Consistency.none());
        }
    }

    /** Reverts a patch, with {@link Consistency#DEFAULT}. */
    public Outcome revert(PatchId id) {
        return revert(id, Consistency.DEFAULT);
    }

    /** The patches that were applied and not reverted, oldest first, with their status. */
    public List<AppliedPatch> patches() {
        return explained(() -> settled(LiveProcess::areLost, (image, registry) -> patches(registry)));
    }

    private List<AppliedPatch> patches(Optional<Registry> registry) {
        return registry.map(known -> Inspection.patches(known, memory)).orElse(List.of());
    }

    private Optional<Registry> registry(ProcessImage image) {
        return image.stub().map(stub -> Registry.read(pid, memory, stub));
    }

    /**
     * The ids of all patches that the records in the process tell of, reverted ones as well. Records of reverted patches go
     * when the records need their room.
     */
    public Set<PatchId> recorded() {
        return explained(() -> registry(image()).map(registry -> registry.records().stream()
                .map(Registry.StoredRecord::patch).filter(patch -> !patch.standsForRemoval()).map(PatchRecord::id)
                .collect(Collectors.toUnmodifiableSet())).orElse(Set.of()));
    }

    /**
     * The patches that were reverted and are still loaded, oldest first, with what may lead into them. Reads the memory of the
     * process if there are some, for ten seconds at most. Stops nothing.
     */
    public List<LeftoverPatch> leftovers() {
        return explained(() -> {
            ProcessImage image = image();
            return leftovers(image, registry(image));
        });
    }

    private List<LeftoverPatch> leftovers(ProcessImage image, Optional<Registry> registry) {
        return registry.map(known -> LeftoverLook.of(image, memory, known)).orElse(List.of());
    }

    /** The shadow variables that patches have made in the process, counted by id. Stops nothing. */
    public List<ShadowVariables> shadows() {
        return explained(() -> shadows(image()));
    }

    private List<ShadowVariables> shadows(ProcessImage image) {
        return image.stub().map(stub -> ShadowCounts.read(pid, memory, StubState.read(pid, memory, stub)))
                .orElse(List.of());
    }

    /** What another live patcher, such as libpulp with its own library, has put into the process. Stops nothing. */
    public Optional<OtherPatcher> otherPatcher() {
        return explained(() -> otherPatcher(image()));
    }

    private Optional<OtherPatcher> otherPatcher(ProcessImage image) {
        return OtherPatches.of(image, memory, () -> registry(image));
    }

    /** {@link #patches}, {@link #leftovers}, {@link #shadows} and {@link #otherPatcher} as of one reading of the process. */
    public PatchListing listing() {
        record Seen(ProcessImage image, Optional<Registry> registry, List<AppliedPatch> patches) {}
        return explained(() -> {
            // What is left over may take a while to be looked at, so that is not done again.
            Seen seen = settled(look -> areLost(look.patches()),
                    (image, registry) -> new Seen(image, registry, patches(registry)));
            return new PatchListing(seen.patches(), leftovers(seen.image(), seen.registry()), shadows(seen.image()),
                    otherPatcher(seen.image()));
        });
    }

    /** The message log in the process, oldest line first. */
    public List<String> messages() {
        return explained(() -> image().stub()
                .map(stub -> MessageRing.read(pid, memory, StubState.read(pid, memory, stub)))
                .orElse(List.of()));
    }

    /**
     * The stacks of all threads, with names, lines and inlined functions from debug information. Each thread is stopped
     * alone, for as long as unwinding takes.
     */
    public List<ThreadStack> stacks() {
        return explained(() -> new StackOperation(image(), memory, code).run());
    }

    /**
     * As {@link #stacks}, with the values of parameters and variables, for functions with debug information. All values of a
     * thread are of one instant. For values behind pointers, and static ones, a thread may be stopped up to four times. An
     * unknown value says why.
     */
    public List<ThreadStack> stacksWithLocals() {
        return explained(() -> new StackOperation(image(), memory, code).runWithLocals());
    }

    /**
     * Stacks of all threads at many instants, counted. Each thread is stopped alone, for as long as unwinding takes; {@link
     * StackProfile#cost} tells how long. Other operations on the process may come between two samples. If the process ends, or
     * the calling thread is interrupted, after the first sample, what has been sampled is returned.
     *
     * @param samples  how many; at least one
     * @param every    from one sample to the next
     * @param maxPause the longest stop of one thread: a stack that is not unwound by then is incomplete; empty for no limit
     */
    public StackProfile profile(int samples, Duration every, Optional<Duration> maxPause) {
        if (samples < 1 || every.isNegative()) {
            throw new IllegalArgumentException(samples + " samples, every " + every);
        }
        return operation(() -> new StackSampling(image(), memory, code, maxPause).run(samples, every));
    }

    /** Describes an address of the process. Stops nothing. */
    public CodePlace where(RemoteAddress address) {
        return explained(() -> code.where(image(), memory, address));
    }

    /** An operation whose outcomes JDK Flight Recorder gets. */
    private List<Outcome> recorded(Supplier<List<Outcome>> work) {
        try {
            List<Outcome> outcomes = operation(work);
            if (Flight.isOn()) {
                outcomes.forEach(outcome -> new OutcomeEvent().succeeded(outcome));
            }
            return outcomes;
        } catch (RuntimeException failed) {
            if (Flight.isOn()) {
                new OutcomeEvent().failed(pid, failed);
            }
            throw failed;
        }
    }

    /**
     * A global, static or thread-local variable, by debug information. Stops nothing, but for the thread of a thread-local
     * variable, as long as it takes to read its registers.
     *
     * @param name such as {@code listeners} or {@code net::listeners}; before it, with a colon, may stand the source file,
     *             the object or the function that the variable is in: {@code net.c:listeners}. The program's variables hide
     *             those of libraries.
     * @throws RefusedException where there is no such variable, or several, or no debug information; or where it is
     *                          thread-local and the process has several threads
     */
    public LiveValue variable(String name) {
        return value(name, OptionalInt.empty());
    }

    /**
     * As {@link #variable(String)}, of one thread if it is thread-local. A block of thread-local memory that the thread has
     * not used yet does not exist.
     *
     * @param tid of a live thread
     */
    public LiveValue variable(String name, int tid) {
        return value(name, OptionalInt.of(tid));
    }

    /**
     * What an expression means: a path from a variable, as in C, such as {@code server.clients[0]->name}, {@code *head} or
     * {@code (*table)[3]}.
     *
     * @param tid the thread whose thread-local variables are meant
     * @throws RefusedException where a part of it does not exist or cannot be read
     */
    public LiveValue value(String expression, OptionalInt tid) {
        return operation(() -> found(expression, () -> {
            DataSession session = new DataSession(image(), memory, code, tid);
            return new LiveValue(this, session, session.find(expression), expression.strip());
        }));
    }

    /** Work on data, whose failures are refusals. */
    <T> T data(String expression, Supplier<T> work) {
        return explained(() -> found(expression, work));
    }

    private <T> T found(String expression, Supplier<T> work) {
        try {
            return work.get();
        } catch (NoDataException missing) {
            throw new RefusedException(pid,
                    new Refusal.NoData(RawText.asData(expression), RawText.asData(missing.reason()), List.of()));
        }
    }

    /**
     * The instructions of a function as they stand in the process, with names and lines; where a patch has replaced it, also
     * as they stood before. Stops nothing.
     *
     * @param function its name, or in hexadecimal an address inside of it: {@code 0x7f12a0}
     * @throws RefusedException where the process has no such function, or several and nothing tells which one is meant
     */
    public FunctionCode disassemble(String function) {
        return explained(() -> new FunctionReader(image(), memory, code).read(function));
    }

    /**
     * The instructions that call a function or jump to it: directly, through a procedure linkage table, or through a slot of
     * the loader's. Calls through other pointers are not known, nor is code without frame descriptions looked through. Stops
     * nothing.
     *
     * @param function as {@link #disassemble} takes it
     * @throws RefusedException where the process has no such function, or several and nothing tells which one is meant
     */
    public List<CodePlace> callers(String function) {
        return explained(() -> new CallerReader(image(), memory, code).read(function));
    }

    private <T> T operation(Supplier<T> work) {
        return explained(() -> Interruption.run(work));
    }

    private <T> T explained(Supplier<T> work) {
        return using(() -> TargetFault.explained(pid, memory, work::get));
    }

    /** Work for which the process must stay attached. */
    private <T, X extends Exception> T using(TargetGuard.Work<T, X> work) throws X {
        use.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("this LiveProcess of process " + pid + " is closed");
            }
            return work.run();
        } finally {
            use.readLock().unlock();
        }
    }

    /** Work on several processes, all of which must stay attached. */
    static <T> T usingAll(Collection<LiveProcess> processes, Supplier<T> work) {
        Supplier<T> all = work;
        for (LiveProcess process : processes) {
            Supplier<T> inner = all;
            all = () -> process.<T, RuntimeException>using(inner::get);
        }
        return all.get();
    }

    /**
     * Releases what is held of the process; the process runs on. Waits until running operations have ended: to end them
     * early, interrupt the threads that called them. Operations that begin later throw {@link IllegalStateException}.
     * Closing again has no effect.
     */
    @Override
    public void close() {
        use.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                code.close();
                memory.close();
            }
        } finally {
            use.writeLock().unlock();
        }
    }

    @Override
    public String toString() {
        return "process " + pid + " (" + name() + ")";
    }
}
