package dev.pulpo.engine;

import dev.pulpo.engine.plan.OtherPatches;
import dev.pulpo.engine.plan.ProcessRefusals;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.PtraceAccess;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.engine.target.TargetFault;
import dev.pulpo.engine.target.TargetFiles;
import dev.pulpo.engine.trace.OwnChild;
import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.StubLayout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether a process can be patched, and if not why, and what would help. No thread is stopped for it and nothing is
 * changed; so what only a stopped thread can tell is a doubt here, and not an answer.
 *
 * @param pid      the process
 * @param name     its name
 * @param hasStub  whether it carries the stub
 * @param prepared paths of its objects with functions that were compiled for being patched
 * @param findings what stands against it, what may, and what is worth knowing; obstacles first
 */
public record Preflight(int pid, String name, boolean hasStub, List<String> prepared, List<Finding> findings) {
    /** How much a finding matters. The order is that of severity. */
    public enum Severity {
        /** It cannot be patched as things are. */
        OBSTACLE,
        /** It may turn out that it cannot. */
        DOUBT,
        /** It can; this is worth knowing. */
        NOTE
    }

    /** What was found. */
    public enum Kind {
        GONE, KERNEL_THREAD, NO_PERMISSION, TRACED, WRONG_MACHINE, STATIC, NO_DLOPEN, OTHER_LIBRARY, OTHER_PATCHER, DISABLED, SECCOMP, SHADOW_STACK, UNREADABLE_FILES, NOTHING_PREPARED, NO_STUB, OTHER_ROOT, UNINTERRUPTIBLE, UNREADABLE, MANY_THREADS
    }

    /**
     * One thing that was found.
     *
     * @param message  what it is
     * @param remedies what would help, as far as that is known
     */
    public record Finding(Severity severity, Kind kind, String message, List<Remedy> remedies) {
        /** The remedies for a person to read; empty where there are none. */
        public String remedy() {
            return Remedy.Wording.LIBRARY.say(remedies);
        }

        @Override
        public String toString() {
            return text(Remedy.Wording.LIBRARY);
        }

        /** All of it, for readers who know remedies by other names than this library's. */
        public String text(Remedy.Wording words) {
            return severity.name().toLowerCase(java.util.Locale.ROOT) + ": " + message
                    + (remedies.isEmpty() ? "" : "; " + words.say(remedies));
        }
    }

    private static final long THREADS_NANOS = 500_000_000;
    /** So many files are named where all of a process's may be meant. */
    private static final int NAMED = 8;

    public Preflight {
        prepared = List.copyOf(prepared);
        findings = List.copyOf(findings);
    }

    /** Whether nothing that can be seen from outside stands against it. */
    public boolean isPatchable() {
        return findings.stream().noneMatch(finding -> finding.severity() == Severity.OBSTACLE);
    }

    /** Looks at a process; never fails for what it finds. */
    public static Preflight of(int pid) {
        Look look = new Look(pid);
        try {
            TargetFault.explained(pid, file -> false, () -> {
                look.run();
                return pid;
            });
        } catch (TargetGoneException e) {
            look.add(Severity.OBSTACLE, Kind.GONE, "it has ended");
        } catch (AccessRefusedException e) {
            look.add(Severity.OBSTACLE, Kind.NO_PERMISSION, String.valueOf(e.getMessage()));
        } catch (TargetUnreadableException e) {
            look.add(Severity.OBSTACLE,
                    e.getCause() instanceof IOException && !(e.getCause() instanceof ProcFile.TooLongException)
                            ? Kind.NO_PERMISSION
                            : Kind.UNREADABLE,
                    String.valueOf(e.getMessage()));
        }
        look.findings.sort(java.util.Comparator.comparing(Finding::severity));
        return new Preflight(pid, ProcFs.name(pid), look.hasStub, look.prepared, look.findings);
    }

    /** The ids of all processes but this one, kernel threads excepted. */
    public static List<Integer> candidates() {
        long self = ProcessHandle.current().pid();
        return ProcessHandle.allProcesses().mapToLong(ProcessHandle::pid)
                .filter(pid -> pid != self && !OwnChild.isOwnChild((int) pid) && isCandidate((int) pid)).sorted()
                .mapToObj(pid -> (int) pid).toList();
    }

    private static boolean isCandidate(int pid) {
        try {
            return !ProcFs.isKernelThread(pid);
        } catch (TargetGoneException ended) {
            // Between being listed and being looked at.
            return false;
        }
    }

    /** One look at one process. */
    private static final class Look {
        private final int pid;
        private final List<Finding> findings = new ArrayList<>();
        private List<String> prepared = List.of();
        private boolean hasStub;

        Look(int pid) {
            this.pid = pid;
        }

        void add(Severity severity, Kind kind, String message, Remedy... remedies) {
            findings.add(new Finding(severity, kind, message, List.of(remedies)));
        }

        void add(Severity severity, Kind kind, String message, String advice) {
            add(severity, kind, message, new Remedy.Elsewhere(advice));
        }

        void run() {
            if (ProcFs.isEnding(pid)) {
                add(Severity.OBSTACLE, Kind.GONE, "there is no such process");
                return;
            }
            if (ProcFs.isKernelThread(pid)) {
                add(Severity.OBSTACLE, Kind.KERNEL_THREAD, "it is a thread of the kernel");
                return;
            }
            PtraceAccess.untraceableFromHere(pid).ifPresent(e -> add(Severity.OBSTACLE, Kind.NO_PERMISSION,
                    String.valueOf(e.getMessage())));
            threads();
            try (TraceeMemory memory = PtraceAccess.openMemory(pid)) {
                ProcessImage image = ProcessImage.read(pid, memory);
                program(image);
                stub(image, memory);
                others(image, memory);
                files(image);
                root(image);
            }
        }

        private void threads() {
            boolean traced = false;
            boolean allWait = true;
            Set<String> seccomp = new HashSet<>();
            long deadline = System.nanoTime() + THREADS_NANOS;
            // Each thread's file is read once; of a hundred thousand threads those that there is time for.
            for (int tid : ProcFs.threads(pid)) {
                Optional<ProcFs.Status> status = ProcFs.findStatus(pid, tid).filter(ProcFs.Status::isAlive);
                int tracer = status.flatMap(lines -> lines.find("TracerPid")).map(Integer::parseInt).orElse(0);
                if (tracer != 0 && !traced) {
                    traced = true;
                    add(Severity.OBSTACLE, Kind.TRACED, "process " + tracer + " (" + ProcFs.name(tracer)
                            + ") traces it", "end that debugger or tracer first");
                }
                allWait &= status.isEmpty() || status.get().state() == 'D';
                status.flatMap(lines -> lines.find("Seccomp")).ifPresent(seccomp::add);
                if (System.nanoTime() - deadline > 0) {
                    add(Severity.NOTE, Kind.MANY_THREADS, "it has so many threads that not all were looked at");
                    allWait = false;
                    break;
                }
            }
            if (allWait) {
                add(Severity.DOUBT, Kind.UNINTERRUPTIBLE, "all its threads wait uninterruptibly in the kernel",
                        "try again when they do not");
            }
            if (seccomp.equals(Set.of("1"))) {
                add(Severity.OBSTACLE, Kind.SECCOMP, "seccomp's strict mode kills whoever loads anything");
            } else if (!seccomp.contains("0") && !seccomp.isEmpty()) {
                add(Severity.DOUBT, Kind.SECCOMP, "it has a seccomp filter",
                        Processes.effectiveUser() == 0
                                ? "whether that tolerates a patch is seen before one is loaded"
                                : "only root can look into it, and without a look nothing is loaded");
            }
        }

        private void noLoader(ProcessImage image) {
            if (image.program().flatMap(object -> object.elf().interpreter()).isEmpty()) {
                add(Severity.OBSTACLE, Kind.STATIC, image.executable() + " is statically linked, and has no loader",
                        "link it dynamically");
            } else {
                add(Severity.OBSTACLE, Kind.NO_DLOPEN, "it has loaded no C library with dlopen, or not yet",
                        "try again when it has begun its work");
            }
        }

        private void program(ProcessImage image) {
            for (Refusal refusal : ProcessRefusals.of(image)) {
                switch (refusal) {
                    case Refusal.WrongMachine wrong ->
                        add(Severity.OBSTACLE, Kind.WRONG_MACHINE, refusal.message());
                    case Refusal.NoDynamicLoader none -> noLoader(image);
                    default -> add(Severity.OBSTACLE, Kind.OTHER_LIBRARY, refusal.message());
                }
            }
            prepared = image.objects().stream()
                    .filter(object -> !object.elf().patchableFunctionEntries().isEmpty())
                    .filter(object -> object.exported(StubLayout.SYMBOL).isEmpty())
                    .map(LoadedObject::path).toList();
            if (prepared.isEmpty()) {
                add(Severity.DOUBT, Kind.NOTHING_PREPARED,
                        "nothing that it has loaded was compiled for being patched",
                        "build with -fpatchable-function-entry=16,14");
            }
        }

        private void stub(ProcessImage image, TraceeMemory memory) {
            hasStub = image.stub().isPresent();
            if (hasStub) {
                StubState state = StubState.read(pid, memory, image.stub().get());
                if (state.isDisabled()) {
                    add(Severity.OBSTACLE, Kind.DISABLED, "its owner has switched patching off",
                            Remedy.Action.ALLOW_PATCHING);
                }
            } else {
                add(Severity.NOTE, Kind.NO_STUB, "it does not carry the stub, which will be injected",
                        "start it with the stub in LD_PRELOAD to save that");
                if (ProcFs.status(pid, pid, "x86_Thread_features").filter(features -> features.contains("shstk"))
                        .isPresent()) {
                    add(Severity.OBSTACLE, Kind.SHADOW_STACK, "it has a shadow stack and no stub",
                            "start it with the stub in LD_PRELOAD");
                }
            }
        }

        private void others(ProcessImage image, TraceeMemory memory) {
            OtherPatches.of(image, memory, () -> image.stub().map(stub -> Registry.read(pid, memory, stub)))
                    .ifPresent(other -> add(other.functions().isEmpty() ? Severity.NOTE : Severity.DOUBT,
                            Kind.OTHER_PATCHER, other.toString(),
                            "what it has replaced cannot be patched before that is reverted by its own tools"));
        }

        private void files(ProcessImage image) {
            Set<String> known = image.objects().stream().map(LoadedObject::path).collect(Collectors.toSet());
            List<String> unknown = image.map().mappings().stream()
                    .filter(mapping -> mapping.hasFile() && mapping.isExecutable())
                    .map(Mapping::path).filter(path -> !known.contains(path)).distinct().toList();
            if (!unknown.isEmpty()) {
                add(Severity.DOUBT, Kind.UNREADABLE_FILES, "files that it runs code of cannot be read: "
                        + String.join(", ", unknown.subList(0, Math.min(NAMED, unknown.size())))
                        + (unknown.size() > NAMED ? " and " + (unknown.size() - NAMED) + " others" : ""),
                        "run as root");
            }
        }

        private void root(ProcessImage image) {
            if (!new TargetFiles(pid, image.tid()).hasSameView()) {
                add(Severity.NOTE, Kind.OTHER_ROOT, "it sees other files than this process does",
                        Remedy.Action.NAME_PATH_IN_TARGET);
            }
        }
    }
}
