package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.TransactionLink.Mark;
import dev.pulpo.engine.target.PidNamespace;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Launcher;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A transaction was left half done, and the next tool may not look at one of its processes, or knows it by another id: it is
 * of another user, or the ids are of another PID namespace.
 */
@Tag("slow")
class HiddenMembersTest {
    private static final int NOBODY = 65_534;
    private static final int SOMEBODY = 4711;

    @TempDir
    static Path directory;
    static Pair pair;
    static OtherUser nobody;
    static LivePatch unrelated;

    private final List<RunningServer> servers = new ArrayList<>();
    /** Their ids here. */
    private final List<Integer> pids = new ArrayList<>();

    @BeforeAll
    static void build() throws Exception {
        Needed.root();
        Needed.commands("setpriv", "unshare", "nsenter", "flock");
        pair = new Pair(directory);
        nobody = new OtherUser(NOBODY, directory);
        unrelated = pair.patch("libanswer.so", "second", 7);
        for (LivePatch patch : List.of(unrelated, pair.answer(3), pair.other(3))) {
            Files.setPosixFilePermissions(patch.file(), PosixFilePermissions.fromString("r--r--r--"));
        }
    }

    @AfterEach
    void end() {
        servers.reversed().forEach(RunningServer::close);
    }

    private void start(int user) {
        servers.add(RunningServer.of(LiveProcess.launcher(as(user, List.of(pair.program().toString(), "1")))));
        pids.add(servers.getLast().pid());
    }

    private static List<String> as(int user, List<String> program) {
        List<String> command = new ArrayList<>(
                List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", "--"));
        command.addAll(program);
        return command;
    }

    /** Two in a PID namespace of their own, of which the first is that namespace's first as well. */
    private void startInOwnNamespace(int user) throws IOException {
        startInside(as(user, List.of(pair.program().toString(), "1")), "unshare", "--pid", "--fork", "--kill-child",
                "--mount-proc", "--");
        startInside(as(user, List.of(pair.program().toString(), "1")), inside());
    }

    private String[] inside() {
        return new String[]{"nsenter", "--target", pids.getFirst().toString(), "--pid", "--mount", "--"};
    }

    private void startInside(List<String> program, String... way) throws IOException {
        List<String> command = new ArrayList<>(List.of(way));
        command.addAll(List.of("env", "LD_PRELOAD=" + StubFile.path()));
        command.addAll(program);
        servers.add(RunningServer.of(new Launcher(command)));
        int parent = servers.getLast().pid();
        String children = Files.readString(ProcFs.thread(parent, parent).resolve("children")).strip();
        pids.add(Integer.valueOf(children));
    }

    private void applyToAll() throws IOException {
        Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
        try {
            for (int pid : pids) {
                LiveProcess process = LiveProcess.attach(pid);
                plans.put(process, process.plan(pair.to(3)));
            }
            assertThat(Transaction.apply(plans, Consistency.DEFAULT).isDone()).isTrue();
        } finally {
            plans.keySet().forEach(LiveProcess::close);
        }
    }

    /** Has a tool in the namespace apply, with the ids that hold there. */
    private void applyInside() throws Exception {
        List<String> arguments = new ArrayList<>(List.of(TransactionSweep.Mode.PROCESSES.name()));
        pair.to(3).forEach(patch -> arguments.add(patch.file().toString()));
        pids.forEach(pid -> arguments.add(Integer.toString(PidNamespace.ids(pid).getLast())));
        assertThat(tool(ApplyTogether.class, arguments)).isEqualTo("AE");
    }

    /** What a tool in the namespace says. */
    private String tool(Class<?> tool, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(inside()));
        command.addAll(Killer.toolCommand(tool, arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private void left(State state, Mark... marks) {
        for (int i = 0; i < marks.length; i++) {
            HalfLeft.applying(pids.get(i), state, marks[i]);
        }
    }

    private void nextTool(int index) throws IOException {
        try (LiveProcess process = LiveProcess.attach(pids.get(index))) {
            process.apply(unrelated);
            process.revert(unrelated.id());
        }
    }

    private String[] nextArguments(int pid) {
        return new String[]{Integer.toString(pid), unrelated.file().toString(), "libanswer.so", "second",
                "fixed_second"};
    }

    private void areOf(int version, AppliedPatch.Status status) {
        for (int i = 0; i < pids.size(); i++) {
            assertThat(servers.get(i).ask("pair")).isEqualTo(version + " " + version);
            try (LiveProcess process = LiveProcess.attach(pids.get(i))) {
                assertThat(process.patches()).hasSize(version == 1 ? 0 : 2).allMatch(patch -> patch.status() == status);
            }
        }
    }

    @Test
    void whereAMemberIsOfAnotherUserItIsRefusedAndRootDecides() throws Exception {
        start(NOBODY);
        start(SOMEBODY);
        applyToAll();
        for (Mark mark : List.of(Mark.DECIDED, Mark.OPEN)) {
            left(State.PENDING, Mark.OPEN, mark);
            OtherUser.Result result = nobody.run(ApplyOnce.class, nextArguments(pids.getFirst()));
            assertThat(result.status()).isEqualTo(1);
            assertThat(result.output()).contains("RefusedException", "a tool that ended was at work on processes "
                    + pids.get(0) + ", " + pids.get(1)
                    + " together, and whether what it did stays cannot be found out: "
                    + "process " + pids.get(1) + " may not be traced: it belongs to user " + SOMEBODY
                    + " and this is user " + NOBODY + "; run as that user, as root or with CAP_SYS_PTRACE");
            areOf(3, AppliedPatch.Status.HALF_DONE);
            assertThat(HalfLeft.states(pids.get(0))).containsOnly(State.PENDING);
            assertThat(HalfLeft.states(pids.get(1))).containsOnly(State.PENDING);
            nextTool(0);
            areOf(mark == Mark.OPEN ? 1 : 3, AppliedPatch.Status.IN_FORCE);
        }
    }

    /** Where procfs hides the processes of others, those that are not there need not have ended. */
    @Test
    void whereAMemberIsNotToBeSeenItIsRefused() throws Exception {
        start(NOBODY);
        start(SOMEBODY);
        applyToAll();
        left(State.PENDING, Mark.OPEN, Mark.DECIDED);
        OtherUser.Result result = nobody.run(List.of("unshare", "--mount", "sh", "-c",
                "mount -t proc -o hidepid=2 proc /proc && exec \"$@\"", "sh"), ApplyOnce.class,
                nextArguments(pids.getFirst()));
        assertThat(result.output()).contains("whether what it did stays cannot be found out: process " + pids.get(1)
                + " is not to be seen in this /proc (mounted with hidepid?); run as root");
        areOf(3, AppliedPatch.Status.HALF_DONE);
        assertThat(HalfLeft.states(pids.getFirst())).containsOnly(State.PENDING);
        nextTool(0);
        areOf(3, AppliedPatch.Status.IN_FORCE);
    }

    /** What is known here already needs no other process; that one is told by whoever may. */
    @Test
    void aMemberOfAnotherUserIsNotNeededWhereItIsKnown() throws Exception {
        start(NOBODY);
        start(SOMEBODY);
        applyToAll();
        left(State.PENDING, Mark.DECIDED, Mark.OPEN);
        OtherUser.Result result = nobody.run(ApplyOnce.class, nextArguments(pids.getFirst()));
        assertThat(result.status()).as(result.output()).isZero();
        assertThat(HalfLeft.marks(pids.getFirst())).containsExactly(Mark.DECIDED);
        try (LiveProcess process = LiveProcess.attach(pids.getFirst())) {
            assertThat(process.messages()).anyMatch(line -> line.contains("a transaction with process " + pids.get(1)
                    + " was left half done, and that process was not seen to: process " + pids.get(1)
                    + " may not be traced"));
            process.revert(unrelated.id());
        }
        areOf(3, AppliedPatch.Status.IN_FORCE);
        assertThat(HalfLeft.marks(pids.getFirst())).containsExactly(Mark.SETTLED);
    }

    @Test
    void whatWasToGoFromTheProcessesOfTwoUsersAlso() throws Exception {
        start(NOBODY);
        start(SOMEBODY);
        applyToAll();
        HalfLeft.Reverting reverting = HalfLeft.reverting(pids);
        reverting.leave(pids.get(0), Mark.OPEN);
        reverting.leave(pids.get(1), Mark.DECIDED);
        OtherUser.Result result = nobody.run(ApplyOnce.class, nextArguments(pids.getFirst()));
        assertThat(result.output()).contains("process " + pids.get(1) + " may not be traced");
        assertThat(HalfLeft.states(pids.getFirst())).containsExactly(State.REVERTING, State.REVERTING, State.PENDING);
        assertThat(servers.getFirst().ask("pair")).isEqualTo("1 1");
        nextTool(0);
        areOf(1, AppliedPatch.Status.IN_FORCE);
    }

    @Test
    void rootOfAnEnclosingNamespaceDecides() throws Exception {
        startInOwnNamespace(0);
        applyInside();
        areOf(3, AppliedPatch.Status.IN_FORCE);
        assertThat(HalfLeft.marks(pids.get(1))).containsExactly(Mark.SETTLED);
        left(State.PENDING, Mark.DECIDED, Mark.OPEN);
        nextTool(1);
        areOf(3, AppliedPatch.Status.IN_FORCE);
        assertThat(HalfLeft.marks(pids.get(1))).containsExactly(Mark.SETTLED);
        left(State.PENDING, Mark.OPEN, Mark.OPEN);
        nextTool(0);
        areOf(1, AppliedPatch.Status.IN_FORCE);
    }

    @Test
    void butNotWhileSomebodyInsideHoldsTheLock() throws Exception {
        startInOwnNamespace(0);
        applyInside();
        left(State.PENDING, Mark.OPEN, Mark.OPEN);
        List<String> command = new ArrayList<>(List.of(inside()));
        command.addAll(List.of("flock", "/proc/" + PidNamespace.ids(pids.get(1)).getLast() + "/mem", "sh", "-c",
                "echo locked; read -r line"));
        Process holder = new ProcessBuilder(command).start();
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("locked");
            assertThatThrownBy(() -> nextTool(0)).isInstanceOf(RefusedException.class).hasMessageContaining(
                    "another Pulpo works on the process", "in another PID namespace");
            areOf(3, AppliedPatch.Status.HALF_DONE);
        } finally {
            holder.getOutputStream().close();
            holder.waitFor();
        }
        nextTool(0);
        areOf(1, AppliedPatch.Status.IN_FORCE);
    }

    /** Who may not look at a process of that namespace cannot tell whether it is the tool; so it is with any container. */
    @Test
    void usersOfAnEnclosingNamespaceDecideWhereAllInsideIsTheirs() throws Exception {
        Assumptions.assumeTrue(
                ProcFs.processes().stream().flatMap(pid -> ProcFs.link(pid, "ns/pid").stream()).distinct().count() == 1,
                "others on this machine have PID namespaces, and the user of this test may not look into them");
        startInOwnNamespace(NOBODY);
        applyInside();
        left(State.PENDING, Mark.OPEN, Mark.DECIDED);
        List<String> command = new ArrayList<>(List.of(inside()));
        command.addAll(List.of("sh", "-c", "echo there; read -r line"));
        Process other = new ProcessBuilder(command).start();
        try {
            assertThat(other.inputReader().readLine()).isEqualTo("there");
            OtherUser.Result result = nobody.run(ApplyOnce.class, nextArguments(pids.getFirst()));
            assertThat(result.output()).containsPattern("whether what it did stays cannot be found out: the processes "
                    + "were named in another PID namespace, and the one of process \\d+ \\(sh\\) is not to be seen; "
                    + "run as root");
            areOf(3, AppliedPatch.Status.HALF_DONE);
            assertThat(HalfLeft.states(pids.getFirst())).containsOnly(State.PENDING);
        } finally {
            other.getOutputStream().close();
            other.waitFor();
        }
        OtherUser.Result result = nobody.run(ApplyOnce.class, nextArguments(pids.getFirst()));
        assertThat(result.status()).as(result.output()).isZero();
        try (LiveProcess process = LiveProcess.attach(pids.getFirst())) {
            process.revert(unrelated.id());
        }
        areOf(3, AppliedPatch.Status.IN_FORCE);
        assertThat(HalfLeft.marks(pids.getFirst())).containsExactly(Mark.SETTLED);
    }

    /** A tool outside began it, and one inside sees but one of the processes, by another id. */
    @Test
    void norDoesRootOfANamespaceThatIsEnclosed() throws Exception {
        startInOwnNamespace(0);
        applyToAll();
        left(State.PENDING, Mark.OPEN, Mark.DECIDED);
        String said = tool(ApplyOnce.class, List.of(nextArguments(PidNamespace.ids(pids.getFirst()).getLast())));
        assertThat(said).contains("a tool that ended was at work on processes " + pids.get(0) + ", " + pids.get(1)
                + " together", "the processes were named in another PID namespace; work on them from there");
        areOf(3, AppliedPatch.Status.HALF_DONE);
        nextTool(0);
        areOf(3, AppliedPatch.Status.IN_FORCE);
    }
}
