package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.engine.store.PatchEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store of patches: who may look into it, what is in it after any kill, and what processes get from it. */
class PatchStoreTest {
    private static final int KILLS = 5;
    private static final int LONGEST_MILLIS = 300;

    @TempDir
    private Path directory;
    private Path place;
    private PatchStore store;

    @BeforeEach
    void make() {
        place = directory.resolve("pulpo/store");
        store = PatchStore.at(place);
    }

    private Path library(String name, int version) throws Exception {
        return new Victims(directory).compiled(name, "updated.c", "-g", "-shared", "-fPIC", "-DVERSION=" + version,
                "-DUNIQUE=" + directory.hashCode());
    }

    private Path program() throws Exception {
        return new Victims(directory).compiled("main", "updated_main.c", "-g", "-DVERSION=1", "-L" + directory,
                "-l:libupdated.so", "-Wl,-rpath," + directory);
    }

    private Path fix(int version) throws Exception {
        Path container = directory.resolve("fix" + version + ".so");
        PackReport report = BuildDiff.pack(library("libupdated.so", 1), library("new.so", version), container,
                Set.of());
        assertThat(report.isPackable()).as(report.toString()).isTrue();
        return container;
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void nothingIsMadeBeforeTheFirstChangeAndThenForItsUserAlone() throws Exception {
        assertThat(store.patches()).isEmpty();
        assertThat(place.getParent()).doesNotExist();
        StoredPatch accepted = store.accept(fix(2), Set.of(Check.DATA));
        assertThat(mode(place)).isEqualTo("rwx------");
        try (Stream<Path> all = Files.walk(place)) {
            assertThat(all.filter(Files::isRegularFile)).hasSize(3).allSatisfy(
                    file -> assertThat(mode(file)).isEqualTo("rw-------"));
        }
        assertThat(store.patches()).containsExactly(accepted);
        assertThat(Files.readAllBytes(accepted.file())).isEqualTo(Files.readAllBytes(fix(2)));
        assertThat(accepted.file().getName(accepted.file().getNameCount() - 2))
                .hasToString(accepted.build() + "." + accepted.id().hex());
    }

    @Test
    void directoryThatOthersCanChangeOrReadIsNotUsed() throws Exception {
        Path fix = fix(2);
        store.accept(fix, Set.of());
        for (String weak : List.of("rwxr-x---", "rwxrwx---", "rwx-----x")) {
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString(weak));
            assertThatThrownBy(store::patches).isInstanceOf(IOException.class)
                    .hasMessageContaining(place.toString()).hasMessageContaining("chmod ");
            assertThatThrownBy(() -> store.accept(fix, Set.of())).isInstanceOf(IOException.class);
        }
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(place.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(store::patches).hasMessageContaining("chmod go-w " + place.getParent());
        assertThatThrownBy(() -> PatchStore.at(place.resolveSibling("other")).accept(fix, Set.of()))
                .hasMessageContaining("somebody else could change it");
        Files.setPosixFilePermissions(place.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), place);
        assertThatThrownBy(PatchStore.at(link)::patches).hasMessageContaining("is no directory");
        assertThat(store.patches()).hasSize(1);
    }

    @Test
    void linkInAnEntryIsNotFollowed() throws Exception {
        StoredPatch accepted = store.accept(fix(2), Set.of());
        Path state = accepted.file().resolveSibling("state");
        Path elsewhere = Files.move(state, directory.resolve("elsewhere"));
        Files.createSymbolicLink(state, elsewhere);
        assertThatThrownBy(store::patches).isInstanceOf(IOException.class);
    }

    @Test
    void statesAreKept() throws Exception {
        StoredPatch first = store.accept(fix(2), Set.of(Check.DATA, Check.LAYOUT));
        StoredPatch second = store.accept(fix(3), Set.of());
        assertThat(store.patches()).containsExactly(first, second);
        assertThat(store.find(first.id().shortForm())).containsExactly(first);
        String odd = "line\nbreak \u001b[2J \udcff =:# ü";
        assertThat(store.holdBack(second, 33, odd)).hasValueSatisfying(
                held -> assertThat(held.objection(33)).contains(odd));
        assertThat(store.patches().getLast().objection(33)).contains(odd);
        assertThat(store.patches().getLast().objection(0)).isEmpty();
        store.withdraw(first, odd);
        assertThat(store.patches().getFirst().state()).isEqualTo(StoredPatch.State.WITHDRAWN);
        assertThat(store.patches().getFirst().objection(0)).contains(odd);
        store.withdraw(first, "later");
        assertThat(store.patches().getFirst().reason()).isEqualTo(odd);
        // A patch that is accepted anew comes after those that stayed.
        assertThat(store.accept(fix(2), Set.of()).objection(0)).isEmpty();
        store.accept(fix(3), Set.of());
        assertThat(store.patches()).extracting(StoredPatch::id).containsExactly(second.id(), first.id());
        assertThat(store.patches()).allSatisfy(patch -> assertThat(patch.heldBack()).isEmpty());
        store.forget(first);
        assertThat(store.patches()).extracting(StoredPatch::id).containsExactly(second.id());
        assertThat(store.withdraw(first, "")).isEmpty();
    }

    @Test
    void whatIsNoContainerIsNotAccepted() throws Exception {
        assertThatThrownBy(() -> store.accept(library("libupdated.so", 1), Set.of()))
                .isInstanceOf(MalformedElfException.class).hasMessageContaining("container");
        assertThatThrownBy(() -> store.accept(directory.resolve("none.so"), Set.of())).isInstanceOf(IOException.class);
        assertThat(store.patches()).isEmpty();
    }

    @Test
    void damagedCopyIsNotApplied() throws Exception {
        StoredPatch accepted = store.accept(fix(2), Set.of());
        PatchEntry.check(accepted);
        byte[] content = Files.readAllBytes(accepted.file());
        content[content.length / 2] ^= 1;
        Files.write(accepted.file(), content);
        assertThatThrownBy(() -> PatchEntry.check(accepted)).hasMessageContaining("accept the patch again");
        Files.writeString(accepted.file().resolveSibling("state"), "format=pulpo-store 1\nstate=acce");
        assertThatThrownBy(store::patches).hasMessageContaining("is damaged")
                .hasMessageContaining("remove the directory");
    }

    @Test
    void oneWatcherAtATime() throws Exception {
        AutoCloseable first = store.watch().orElseThrow();
        assertThat(store.watch()).isEmpty();
        String inode = ":" + Files.getAttribute(store.directory().resolve(".watcher"), "unix:ino") + " ";
        assertThat(Path.of("/proc/locks")).content().as("other tools are kept away").contains(inode);
        first.close();
        assertThat(Path.of("/proc/locks")).content().doesNotContain(inode);
        try (AutoCloseable next = store.watch().orElseThrow()) {
            assertThat(next).isNotNull();
        }
    }

    /** Each change has been made or has not, whenever the tool was killed; and the next tool goes on. */
    @Tag("slow")
    @Test
    void storeIsWholeAfterAnyKill() throws Exception {
        Path one = fix(2);
        Path two = fix(3);
        PatchId first = LivePatch.open(one).id();
        Random random = new Random(KILLS);
        int found = 0;
        for (int i = 0; i < KILLS; i++) {
            Process tool = new ProcessBuilder(Killer.toolCommand(StoreForever.class,
                    List.of(place.toString(), one.toString(), two.toString())))
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            try {
                assertThat(tool.getInputStream().read()).isEqualTo('b');
                Thread.sleep(random.nextInt(LONGEST_MILLIS));
            } finally {
                tool.destroyForcibly().waitFor();
            }
            for (StoredPatch patch : store.patches()) {
                PatchEntry.check(patch);
                assertThat(LivePatch.open(patch.file()).id()).isEqualTo(patch.id());
                assertThat(patch.state() == StoredPatch.State.WITHDRAWN).isEqualTo(!patch.reason().isEmpty());
                assertThat(patch.allowed()).isEqualTo(patch.id().equals(first) ? Set.of(Check.DATA) : Set.of());
                found++;
            }
        }
        assertThat(found).isPositive();
        StoredPatch last = store.accept(one, Set.of());
        assertThat(store.patches()).contains(last);
        try (Stream<Path> entries = Files.list(place)) {
            assertThat(entries.filter(entry -> entry.getFileName().toString().startsWith(".unfinished"))).isEmpty();
        }
    }

    @Test
    void processGetsWhatItShouldHaveAndGivesItBack() throws Exception {
        StoredPatch accepted = store.accept(fix(2), Set.of());
        Upkeep upkeep = new Upkeep(store);
        try (RunningServer server = RunningServer.plain(program())) {
            assertThat(upkeep.look(server.pid()).orElseThrow().patches()).singleElement()
                    .matches(standing -> standing.state() == PatchStanding.State.MISSING);
            assertThat(server.ask("a101")).isEqualTo("101");
            Upkeep.Restored restored = upkeep.restore(server.pid(), Consistency.DEFAULT).orElseThrow();
            assertThat(restored.failures()).isEmpty();
            assertThat(restored.outcomes()).singleElement().matches(outcome -> outcome.patch().equals(accepted.id()));
            assertThat(restored.standing().isRight()).isTrue();
            assertThat(server.ask("a101")).isEqualTo("-1");
            assertThat(upkeep.restore(server.pid(), Consistency.DEFAULT).orElseThrow().outcomes()).isEmpty();

            // By hand it can go; that is drift.
            try (LiveProcess process = LiveProcess.attach(server.pid())) {
                process.revert(accepted.id());
            }
            assertThat(upkeep.look(server.pid()).orElseThrow().isRight()).isFalse();
            upkeep.restore(server.pid(), Consistency.DEFAULT);
            assertThat(server.ask("a101")).isEqualTo("-1");

            int user = upkeep.look(server.pid()).orElseThrow().user();
            store.holdBack(accepted, user + 1, "not theirs");
            assertThat(upkeep.renewed(store).look(server.pid()).orElseThrow().isRight()).isTrue();
            store.holdBack(accepted, user, "it crashed");
            Upkeep held = upkeep.renewed(store);
            assertThat(held.look(server.pid()).orElseThrow().patches()).singleElement()
                    .matches(standing -> standing.state() == PatchStanding.State.LEFT_OVER
                            && standing.reason().equals("it crashed"));
            assertThat(held.restore(server.pid(), Consistency.DEFAULT).orElseThrow().standing().patches())
                    .singleElement().matches(standing -> standing.state() == PatchStanding.State.HELD_BACK);
            assertThat(server.ask("a101")).isEqualTo("101");

            store.accept(fix(2), Set.of());
            upkeep.renewed(store).restore(server.pid(), Consistency.DEFAULT);
            assertThat(server.ask("a101")).isEqualTo("-1");
            store.withdraw(accepted, "");
            Upkeep withdrawn = upkeep.renewed(store);
            assertThat(withdrawn.look(server.pid()).orElseThrow().isRight()).isFalse();
            withdrawn.restore(server.pid(), Consistency.DEFAULT);
            assertThat(server.ask("a101")).isEqualTo("101");
            assertThat(withdrawn.look(server.pid())).isEmpty();
        }
    }

    /** Another build of the file is another matter; processes that still run the old one are not. */
    @Test
    void upgradedFileNoLongerWantsThePatch() throws Exception {
        store.accept(fix(2), Set.of());
        Upkeep upkeep = new Upkeep(store);
        Path program = program();
        try (RunningServer old = RunningServer.plain(program)) {
            Files.move(library("next.so", 3), directory.resolve("libupdated.so"), StandardCopyOption.ATOMIC_MOVE);
            try (RunningServer next = RunningServer.plain(program)) {
                assertThat(upkeep.look(next.pid())).isEmpty();
                assertThat(upkeep.restore(next.pid(), Consistency.DEFAULT)).isEmpty();
                assertThat(next.ask("a5")).isEqualTo("15");
            }
            upkeep.restore(old.pid(), Consistency.DEFAULT);
            assertThat(old.ask("a101")).isEqualTo("-1");
        }
    }

    /** A loader that is at work is not to be disturbed, and one that loads something later is noticed. */
    @Test
    void startAndDlopenAreNoticed() throws Exception {
        Path victim = new Victims(directory).compiled("loads", "loads.c", "-ldl");
        Path library = library("libupdated.so", 1);
        LoadWatch watch = new LoadWatch();
        try (RunningServer server = RunningServer.plain(victim)) {
            assertThat(watch.look(server.pid())).isEqualTo(LoadWatch.Change.LOADED);
            assertThat(watch.look(server.pid())).isEqualTo(LoadWatch.Change.NONE);
            assertThat(server.ask(library.toString())).isEqualTo("loaded");
            assertThat(watch.look(server.pid())).isEqualTo(LoadWatch.Change.LOADED);
            assertThat(watch.look(server.pid())).isEqualTo(LoadWatch.Change.NONE);
            assertThat(server.ask("close")).isEqualTo("closed");
            assertThat(watch.look(server.pid())).isEqualTo(LoadWatch.Change.LOADED);
            assertThat(server.ask("execute")).isEqualTo("ready");
            assertThat(watch.look(server.pid())).isEqualTo(LoadWatch.Change.LOADED);
            // The loader's first action is to say that it adds objects; a breakpoint of a debugger would hold it there.
            assertThat(server.ask("adding")).isEqualTo("adding");
            assertThat(watch.look(server.pid())).isEqualTo(LoadWatch.Change.NOT_READY);
            assertThat(server.ask("consistent")).isEqualTo("consistent");
            assertThat(watch.look(server.pid())).isEqualTo(LoadWatch.Change.LOADED);
        }
    }
}
