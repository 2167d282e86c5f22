package dev.pulpo.engine;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.apply.ApplyOperation;
import dev.pulpo.engine.apply.InjectOperation;
import dev.pulpo.engine.apply.JointOperation;
import dev.pulpo.engine.apply.RevertOperation;
import dev.pulpo.engine.apply.Siblings;
import dev.pulpo.engine.apply.SwitchOperation;
import dev.pulpo.engine.apply.TransitionOperation;
import dev.pulpo.engine.apply.Warmup;
import dev.pulpo.engine.container.PreparedFile;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.inspect.KnownCode;
import dev.pulpo.engine.inspect.StackOperation;
import dev.pulpo.engine.plan.Planner;
import dev.pulpo.engine.registry.MessageRing;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.engine.trace.Access;
import dev.pulpo.engine.trace.StubState;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A running process that can be looked at and patched.
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
 * <p>Attaching stops nothing and traces nothing: between operations the process is on its own, and debuggers may trace it.
 * Thread-safe; operations on one process exclude each other, also between tools.
 *
 * <p>All methods throw {@link TargetGoneException} where the process has ended or has executed another program,
 * {@link AccessRefusedException} where this process may not trace it, and {@link TargetUnreadableException} where its memory
 * or its files are malformed, or too large to be read.
 */
public final class LiveProcess implements AutoCloseable {
    private static final Duration FORCING = Duration.ofSeconds(5);

    private final int pid;
    private final long startTime;
    private final TraceeMemory memory;
    private final KnownCode code = new KnownCode();
    /** What it was made of when a plan was made last. */
    private volatile Optional<ProcessImage> planned = Optional.empty();

    private LiveProcess(int pid, long startTime, TraceeMemory memory) {
        this.pid = pid;
        this.startTime = startTime;
        this.memory = memory;
    }

    /**
     * Begins to make ready, in the background, what the first stop of this JVM needs: what {@link #apply} and {@link #revert}
     * do by themselves, somewhat later. For programs that are started for a single patch, before they look at their arguments.
     * Needs no process, stops none, and does nothing the second time.
     */
    public static void prepare() {
        Warmup.begin();
    }

    /** Attaches to a process. No thread is stopped by this. */
    public static LiveProcess attach(int pid) {
        return TargetFault.explained(pid, file -> false, () -> {
            long startTime = ProcFs.startTime(pid);
            Optional<AccessRefusedException> untraceable = Access.untraceableFromHere(pid);
            if (untraceable.isPresent()) {
                throw untraceable.get();
            }
            return new LiveProcess(pid, startTime, Access.openMemory(pid));
        });
    }

    /**
     * Starts a program with the stub preloaded, such that this JVM may trace it; {@code ProcessBuilder}'s children it may
     * not.
     *
     * @param command the program, which is looked for on the PATH, and its arguments
     */
    public static Launcher launcher(List<String> command) {
        return Launcher.ofBytes(command.stream().map(RawText::encode).toList())
                .preload(RawText.encode(RawText.of(StubFile.path())));
    }

    /** Starts a program as {@link #launcher} does, with its streams connected to this process by pipes. */
    public static LaunchedProcess launch(String... command) {
        return launcher(List.of(command)).start();
    }

    public int pid() {
        return pid;
    }

    /** The process's name, as the kernel has it. */
    public String name() {
        return ProcFs.name(pid);
    }

    /** Path of the program that it runs; {@link RawText#of} says what bytes it is made of. */
    public Path executable() {
        return RawText.path(explained(() -> image().executable()));
    }

    private ProcessImage image() {
        ProcessImage image = ProcessImage.read(pid, memory);
        if (image.startTime() != startTime) {
            throw new TargetGoneException(pid, "its id has been given to another process");
        }
        return image;
    }

    /** The program and the shared objects that it has loaded, in the order of their addresses. */
    public List<Library> libraries() {
        return explained(() -> image().objects().stream()
                .map(object -> new Library(object.path(), object.elf().buildId(),
                        PreparedFile.isPrepared(object.elf())))
                .toList());
    }

    /** Whether the process carries the stub. */
    public boolean hasStub() {
        return explained(() -> image().stub().isPresent());
    }

    /**
     * Brings the stub into the process, unless it is there. {@link #apply} does so by itself.
     *
     * @return whether it had to be brought in
     */
    public boolean inject() {
        return explained(() -> InjectOperation.run(pid, startTime, memory));
    }

    /**
     * Finds out what applying a patch would do. Nothing is changed and nothing is stopped.
     *
     * @throws IOException           where the patch file cannot be read
     * @throws MalformedElfException where it is no shared object
     */
    public PatchPlan plan(LivePatch patch) throws IOException {
        return plan(List.of(patch), Optional.empty()).getFirst();
    }

    /**
     * Finds out what applying patches in one stop would do, each as if those before it came into force: it may depend on
     * them, and has the functions that they replace as well. Nothing is changed and nothing is stopped.
     *
     * @return one for each, in the same order
     * @throws IOException           where a patch file cannot be read
     * @throws MalformedElfException where one is no shared object
     */
    public List<PatchPlan> plan(List<LivePatch> patches) throws IOException {
        return plan(patches, Optional.empty());
    }

    /**
     * Finds out what applying a patch would do, if all patches of a library went in the same stop: there is no instant at
     * which neither holds, nor one at which both do. Nothing is changed and nothing is stopped.
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
     * @param library path, file name or SONAME; {@code target} is, for each of them, the library that it is for
     * @return one for each, in the same order
     * @throws IOException           where a patch file cannot be read
     * @throws MalformedElfException where one is no shared object
     */
    public List<PatchPlan> planInstead(List<LivePatch> patches, String library) throws IOException {
        return plan(patches, Optional.of(library));
    }

    private List<PatchPlan> plan(List<LivePatch> patches, Optional<String> instead) throws IOException {
        Set<String> files = patches.stream().map(patch -> RawText.of(patch.file())).collect(Collectors.toSet());
        // What is wrong with a patch file is the same for all processes.
        return TargetFault.explained(pid, source -> files.stream().anyMatch(source::startsWith),
                () -> Gone.unless(pid, memory, () -> planned(patches, instead)));
    }

    private List<PatchPlan> planned(List<LivePatch> patches, Optional<String> instead) throws IOException {
        ProcessImage image = image();
        planned = Optional.of(image);
        Optional<Registry> registry = image.stub().map(stub -> Registry.read(pid, memory, stub));
        Predicate<Ties> siblings = Siblings.asSeenFrom(pid, startTime);
        List<PatchPlan> plans = new ArrayList<>();
        for (LivePatch patch : patches) {
            plans.add(new Planner(image, memory, registry, siblings).behind(plans).plan(patch, instead));
        }
        if (!plans.stream().allMatch(PatchPlan::isApplicable) && Gone.isGone(pid, memory)) {
            throw TargetGoneException.endedOrReplaced(pid);
        }
        List<PatchPlan> checked = new ArrayList<>();
        for (PatchPlan plan : plans) {
            checked.add(code.checked(image, plan));
        }
        return List.copyOf(checked);
    }

    /**
     * What the functions of a plan change, and what they miss: copies of the old code that go on to run.
     *
     * @return one for each function of the plan
     */
    public List<Coverage> coverage(PatchPlan plan) {
        return explained(() -> code.checks(image(), plan).map(checks -> checks.coverage(plan)).orElse(List.of()));
    }

    /**
     * Applies a plan.
     *
     * @throws RefusedException      where there are reasons against it, the plan's or new ones
     * @throws BlockedException      where threads stood in the way until the time was over; nothing is changed then
     * @throws InTransitionException with {@link Consistency#perThread}, where some threads had not changed until then
     */
    public Outcome apply(PatchPlan plan, Consistency consistency) {
        return apply(plan, consistency, false);
    }

    /**
     * Applies a plan to a process whose seccomp filters would kill it for that: while a thread is borrowed, its filters do
     * nothing. They do again as soon as this process ends, so if it ends just then, the target dies.
     *
     * @throws RefusedException       where there are reasons against it, the plan's or new ones
     * @throws AccessRefusedException without CAP_SYS_ADMIN, or where this process has a filter itself
     * @throws BlockedException       where threads stood in the way until the time was over; nothing is changed then
     */
    public Outcome applySuspendingSeccomp(PatchPlan plan, Consistency consistency) {
        return apply(plan, consistency, true);
    }

    /**
     * Applies plans in one stop: all of them are in force afterwards, or none. Where several replace a function, the last of
     * them has it.
     *
     * @param plans made together by {@link #plan(List)} or {@link #planInstead(List, String)}; at least one
     * @return one for each; stop and times are those of all of them
     * @throws RefusedException where there are reasons against one of them; with {@link Consistency#perThread}, against more
     *                          than one
     * @throws BlockedException where threads stood in the way until the time was over; nothing is changed then
     */
    public List<Outcome> apply(List<PatchPlan> plans, Consistency consistency) {
        return apply(plans, consistency, false);
    }

    private Outcome apply(PatchPlan plan, Consistency consistency, boolean suspendSeccomp) {
        return apply(List.of(plan), consistency, suspendSeccomp).getFirst();
    }

    private List<Outcome> apply(List<PatchPlan> plans, Consistency consistency, boolean suspendSeccomp) {
        checkApplicable(plans);
        return explained(() -> ApplyOperation.run(plans, consistency, code::checked, memory, planned, suspendSeccomp));
    }

    /** Its part in a transaction of several processes. */
    JointOperation.Part part(List<PatchPlan> plans) {
        checkApplicable(plans);
        return part(new JointOperation.Applying(List.copyOf(plans), code::checked));
    }

    /** Its part in a transaction of several processes that takes patches back. */
    JointOperation.Part partOfReverting(List<PatchId> ids) {
        checkAny(ids);
        return part(new JointOperation.Reverting(List.copyOf(ids)));
    }

    private JointOperation.Part part(JointOperation.Work work) {
        return new JointOperation.Part(pid, startTime, memory, work,
                failure -> TargetFault.explanation(pid, memory, failure));
    }

    /** @throws RefusedException where they are not for this process, or there are reasons against one of them */
    private void checkApplicable(List<PatchPlan> plans) {
        if (plans.isEmpty()) {
            throw new IllegalArgumentException("there is no plan to apply to process " + pid);
        }
        if (plans.stream().anyMatch(plan -> plan.pid() != pid || plan.startTime() != startTime)) {
            throw new RefusedException(pid, new Refusal.PlanOutdated("it was made for another process"));
        }
        List<Refusal> refusals = plans.stream().flatMap(plan -> plan.refusals().stream()).distinct().toList();
        if (!refusals.isEmpty()) {
            throw new RefusedException(pid, refusals);
        }
    }

    /** Plans a patch and applies it, with {@link Consistency#DEFAULT}. */
    public Outcome apply(LivePatch patch) throws IOException {
        return apply(patch, Consistency.DEFAULT);
    }

    /**
     * Plans a patch and applies it. In a JVM that has applied none yet this takes less time than one after the other: what
     * the stop needs is made ready while the plan is made.
     *
     * @throws IOException           where the patch file cannot be read
     * @throws MalformedElfException where it is no shared object
     * @throws RefusedException      where there are reasons against it
     * @throws BlockedException      where threads stood in the way until the time was over; nothing is changed then
     * @throws InTransitionException with {@link Consistency#perThread}, where some threads had not changed until then
     */
    public Outcome apply(LivePatch patch, Consistency consistency) throws IOException {
        Warmup.begin();
        return apply(plan(patch), consistency);
    }

    /**
     * Takes a patch back.
     *
     * @throws RefusedException      where it is not applied
     * @throws BlockedException      where threads stood in the way until the time was over; it is still in force then
     * @throws InTransitionException with {@link Consistency#perThread}, where some threads had not changed until then
     */
    public Outcome revert(PatchId id, Consistency consistency) {
        return explained(() -> RevertOperation.run(pid, startTime, id, consistency, memory));
    }

    /**
     * Takes patches back in one stop: none of them is in force afterwards, or all.
     *
     * @param ids at least one
     * @return of all of them; {@link Outcome#reverted} says which
     * @throws RefusedException where one is not applied, or others depend on one; with {@link Consistency#perThread}, against
     *                          more than one
     * @throws BlockedException where threads stood in the way until the time was over; all are still in force then
     */
    public Outcome revert(List<PatchId> ids, Consistency consistency) {
        checkAny(ids);
        return explained(() -> RevertOperation.run(pid, startTime, ids, consistency, memory));
    }

    private void checkAny(List<PatchId> ids) {
        if (ids.isEmpty()) {
            throw new IllegalArgumentException("there is no patch to take back from process " + pid);
        }
    }

    /**
     * Takes all patches of a library back, in one stop.
     *
     * @param library path, file name or SONAME; {@code exe} is the program. It need not be loaded any more.
     * @throws RefusedException where it has none, or others depend on them
     * @throws BlockedException where threads stood in the way until the time was over; all are still in force then
     */
    public Outcome revertAll(String library, Consistency consistency) {
        return explained(() -> RevertOperation.runAll(pid, startTime, library, consistency, memory));
    }

    /** Whether its owner lets it be patched; so where it has no stub. */
    public boolean isPatchable() {
        return explained(
                () -> image().stub().map(stub -> !StubState.read(pid, memory, stub).isDisabled()).orElse(true));
    }

    /**
     * Switches patching of the process on or off. What has been applied stays in force.
     *
     * @return whether that was a change
     * @throws RefusedException where it has no stub to keep that
     */
    public boolean setPatchable(boolean patchable) {
        return explained(() -> SwitchOperation.run(pid, startTime, patchable, memory));
    }

    /**
     * The patch to which, or from which, threads change one after the other, and who has not changed yet. Each thread is
     * stopped by itself, for as long as it takes to look at its stack. Empty where nothing is in transition.
     *
     * @throws RefusedException where another tool is at work on the process
     */
    public Optional<Transition> transition() {
        return explained(() -> TransitionOperation.status(pid, startTime, memory));
    }

    /**
     * Goes on with a transition until the last thread has changed.
     *
     * @throws RefusedException      where there is none
     * @throws InTransitionException where threads had not changed when the time was over; it goes on
     */
    public Outcome awaitTransition(Duration timeout) {
        return transition(TransitionOperation.Wish.AWAIT, timeout);
    }

    /**
     * Ends a transition at once. Threads that have not changed get the other version with their next call, though they may
     * still be inside the one that they had.
     *
     * @throws RefusedException where there is none
     */
    public Outcome forceTransition() {
        return transition(TransitionOperation.Wish.FORCE, FORCING);
    }

    /**
     * Turns a transition back: threads that have changed change back, one after the other, and those that have not need not
     * any more. Until the last thread has changed back it is a transition itself, and can be forced or turned as well.
     *
     * @throws RefusedException      where there is none
     * @throws BlockedException      where threads stood in the way of turning; it goes on as before then
     * @throws InTransitionException where threads had not changed back when the time was over; it goes on
     */
    public Outcome reverseTransition(Duration timeout) {
        return transition(TransitionOperation.Wish.REVERSE, timeout);
    }

    private Outcome transition(TransitionOperation.Wish wish, Duration timeout) {
        return explained(() -> TransitionOperation.run(pid, startTime, wish, timeout, memory));
    }

    /** Takes a patch back, with {@link Consistency#DEFAULT}. */
    public Outcome revert(PatchId id) {
        return revert(id, Consistency.DEFAULT);
    }

    /** The patches that have been applied and not been reverted, oldest first, with what the bytes say of them. */
    public List<AppliedPatch> patches() {
        return explained(() -> image().stub()
                .map(stub -> Inspection.patches(Registry.read(pid, memory, stub), memory))
                .orElse(List.of()));
    }

    /** The log that tools have left in the process, oldest first. */
    public List<String> messages() {
        return explained(() -> image().stub()
                .map(stub -> MessageRing.read(pid, memory, StubState.read(pid, memory, stub)))
                .orElse(List.of()));
    }

    /**
     * The stacks of all threads, with the names, lines and inlined functions that debug information knows. Each thread is
     * stopped by itself, for as long as it takes to unwind its stack.
     */
    public List<ThreadStack> stacks() {
        return explained(() -> new StackOperation(image(), memory, code).run());
    }

    /**
     * As {@link #stacks}, with the parameters and variables of every function that has debug information, and what they
     * held. All values of a thread are of one instant; for those that are reached through pointers, or are static, a thread
     * may be stopped up to four times. A value that cannot be known says why.
     */
    public List<ThreadStack> stacksWithLocals() {
        return explained(() -> new StackOperation(image(), memory, code).runWithLocals());
    }

    /** What an address of the process is. Nothing is stopped. */
    public CodePlace where(RemoteAddress address) {
        return explained(() -> code.where(image(), memory, address));
    }

    private <T> T explained(Supplier<T> work) {
        return TargetFault.explained(pid, memory, work::get);
    }

    /** Lets go of what is held of the process; the process itself goes on as it is. */
    @Override
    public void close() {
        code.close();
        memory.close();
    }

    @Override
    public String toString() {
        return "process " + pid + " (" + name() + ")";
    }
}
