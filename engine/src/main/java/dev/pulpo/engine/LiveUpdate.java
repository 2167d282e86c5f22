package dev.pulpo.engine;

import dev.pulpo.engine.target.TargetFault;
import dev.pulpo.engine.update.FileChanges;
import dev.pulpo.engine.update.PackageNames;
import dev.pulpo.engine.update.ReplacedFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Brings running processes to the builds that are installed: a security update without a restart.
 *
 * <pre>{@code
 * LiveUpdate update = LiveUpdate.ofThisMachine();
 * for (OutdatedFile file : update.outdated(pid)) {
 *     System.out.println(file + ": " + update.change(file).differences());
 * }
 * try (LiveProcess process = LiveProcess.attach(pid)) {
 *     UpdatePlan plan = update.plan(process, update.outdated(pid));
 *     if (plan.isPossible()) {
 *         update.apply(process, plan, Consistency.DEFAULT);
 *     }
 * }
 * }</pre>
 *
 * <p>The old build is read from the deleted file that the process still maps. All outdated files of a process are updated in
 * one stop, or none is; the patches of an earlier update go out of force in the same stop. What has been compared is kept in
 * the cache directory of the stub. Thread-safe.
 */
public final class LiveUpdate {
    /** By this comment the patches of updates are known in a process. */
    private static final String COMMENT = "live update to ";

    private final ReplacedFiles replaced = new ReplacedFiles();
    private final FileChanges changes;

    private LiveUpdate(FileChanges changes) {
        this.changes = changes;
    }

    /**
     * With the cache directory of the stub.
     *
     * @throws java.io.UncheckedIOException where it cannot be made, or another user could change it
     */
    public static LiveUpdate ofThisMachine() {
        return new LiveUpdate(new FileChanges(StubFile.directory("updates")));
    }

    /**
     * The files of a process that have been replaced, or have gone, since it mapped them, and files that an update has
     * patched and whose old build is installed again. Reads no file whose name still leads to it, and compares nothing.
     *
     * @return by address; empty for a thread of the kernel
     */
    public List<OutdatedFile> outdated(int pid) {
        return TargetFault.explained(pid, file -> false, () -> replaced.of(pid, () -> updated(pid)));
    }

    /** The files that updates have patched. */
    private static Set<String> updated(int pid) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            return process.patches().stream().filter(LiveUpdate::isOurs).map(AppliedPatch::target)
                    .collect(Collectors.toSet());
        }
    }

    private static boolean isOurs(AppliedPatch patch) {
        return patch.comment().startsWith(COMMENT);
    }

    /**
     * What has changed. The first time for two builds this takes as long as comparing them does.
     *
     * @throws TargetGoneException where the process has ended
     */
    public FileChange change(OutdatedFile file) {
        return TargetFault.explained(file.pid(), source -> false, () -> changes.of(file));
    }

    /** The packages of files, by path, where dpkg or rpm know them. Files of containers are not asked for. */
    public static Map<String, InstalledPackage> packages(Collection<OutdatedFile> files) {
        return PackageNames.of(files.stream().filter(OutdatedFile::ownView).map(OutdatedFile::path).toList());
    }

    /**
     * Plans the update of a process. Stops nothing and changes nothing.
     *
     * @param files of {@link #outdated}; all of them, or those to be updated
     */
    public UpdatePlan plan(LiveProcess process, List<OutdatedFile> files) {
        List<AppliedPatch> applied = files.isEmpty() ? List.of() : process.patches();
        List<UpdatePlan.File> looked = files.stream().map(file -> look(file, applied)).toList();
        List<UpdatePlan.File> possible = looked.stream()
                .filter(file -> file.state() == UpdatePlan.State.POSSIBLE).toList();
        boolean impossible = looked.stream().anyMatch(file -> file.state() == UpdatePlan.State.IMPOSSIBLE);
        if (possible.isEmpty()) {
            return new UpdatePlan(process.pid(), process.name(), looked, List.of(), List.of());
        }
        List<PatchPlan> plans = planned(process, possible);
        Map<OutdatedFile, List<String>> against = against(possible, plans, applied);
        List<UpdatePlan.File> checked = looked.stream().map(file -> against.containsKey(file.file())
                ? new UpdatePlan.File(file.file(), UpdatePlan.State.IMPOSSIBLE, file.change(),
                        against.getOrDefault(file.file(), List.of()))
                : file).toList();
        List<Refusal> refusals = plans.stream().flatMap(plan -> plan.refusals().stream()).distinct().toList();
        boolean applicable = !impossible && against.isEmpty() && refusals.isEmpty();
        return new UpdatePlan(process.pid(), process.name(), checked, applicable ? plans : List.of(), refusals);
    }

    private UpdatePlan.File look(OutdatedFile file, List<AppliedPatch> applied) {
        if (file.gone()) {
            return new UpdatePlan.File(file, UpdatePlan.State.IMPOSSIBLE, Optional.empty(),
                    List.of("no file has its name any more"));
        }
        if (file.objection().isPresent()) {
            return new UpdatePlan.File(file, UpdatePlan.State.IMPOSSIBLE, Optional.empty(),
                    List.of("the installed file is not used: " + file.objection().get()));
        }
        FileChange change = change(file);
        List<String> earlier = applied.stream().filter(LiveUpdate::isOurs)
                .filter(patch -> change.same() && patch.target().equals(file.path()))
                .map(patch -> "the build that was loaded is installed, and patch " + patch.id().shortForm()
                        + " of an update to another one is in force; revert it")
                .toList();
        if (!earlier.isEmpty()) {
            return new UpdatePlan.File(file, UpdatePlan.State.IMPOSSIBLE, Optional.of(change), earlier);
        }
        UpdatePlan.State state = change.same()
                ? UpdatePlan.State.SAME
                : applied.stream().anyMatch(patch -> isInForce(patch, file, change))
                        ? UpdatePlan.State.UPDATED
                        : change.container().isPresent()
                                ? UpdatePlan.State.POSSIBLE
                                : UpdatePlan.State.IMPOSSIBLE;
        return new UpdatePlan.File(file, state, Optional.of(change), change.objections());
    }

    private static boolean isInForce(AppliedPatch patch, OutdatedFile file, FileChange change) {
        return patch.comment().equals(comment(change)) && patch.target().equals(file.path())
                && patch.status() == AppliedPatch.Status.IN_FORCE;
    }

    /** Names the new build by its content, so that a later look knows it without the container. */
    private static String comment(FileChange change) {
        return COMMENT + (change.newBuild().isEmpty() ? "a build" : change.newBuild()) + " (" + change.newDigest()
                + ")";
    }

    private static List<PatchPlan> planned(LiveProcess process, List<UpdatePlan.File> files) {
        try {
            List<LivePatch> patches = new ArrayList<>();
            for (UpdatePlan.File file : files) {
                patches.add(patch(file));
            }
            return process.planInstead(patches, "target");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("a container in the cache cannot be read", e);
        }
    }

    private static LivePatch patch(UpdatePlan.File file) throws IOException {
        FileChange change = file.change().orElseThrow();
        return LivePatch.open(change.container().orElseThrow()).target(file.file().path()).comment(comment(change));
    }

    /** Patches that others than updates have applied are not reverted for an update. */
    private static Map<OutdatedFile, List<String>> against(List<UpdatePlan.File> files, List<PatchPlan> plans,
            List<AppliedPatch> applied) {
        Set<PatchId> ours = applied.stream().filter(LiveUpdate::isOurs)
                .map(AppliedPatch::id).collect(Collectors.toCollection(HashSet::new));
        Map<OutdatedFile, List<String>> against = new HashMap<>();
        for (int i = 0; i < files.size(); i++) {
            List<String> others = plans.get(i).leaving().stream().filter(id -> !ours.contains(id))
                    .map(id -> "patch " + id.shortForm()
                            + ", which no update has applied, is in force; revert it first")
                    .toList();
            if (!others.isEmpty()) {
                against.put(files.get(i).file(), others);
            }
        }
        return against;
    }

    /**
     * Carries a plan out. Does nothing where the process is up to date.
     *
     * @return one for each patch of the plan
     * @throws RefusedException where the plan has refusals, or new ones arise
     * @throws BlockedException where threads blocked the change until the timeout; nothing is changed
     */
    public List<Outcome> apply(LiveProcess process, UpdatePlan plan, Consistency consistency) {
        if (!plan.isPossible()) {
            throw new IllegalArgumentException("process " + plan.pid() + " cannot be updated");
        }
        return plan.plans().isEmpty() ? List.of() : process.apply(plan.plans(), consistency);
    }

    @Override
    public String toString() {
        return "updates of processes to the installed builds";
    }
}
