package dev.pulpo.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.FileImage;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.Victims;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.StubBytes;
import dev.pulpo.engine.target.CorrectedMemory;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans for files that are laid out as in a process, and for no process. */
class PlannerTest {
    @TempDir
    Path directory;

    private final FileImage process = new FileImage();
    private Victims victims;
    private LoadedObject library;

    @BeforeEach
    void mapFiles() throws IOException {
        victims = new Victims(directory);
        library = process.map(victims.library());
        process.map(Path.of("/lib/x86_64-linux-gnu/libc.so.6").toRealPath());
    }

    private LivePatch patch() {
        return LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    private PatchPlan plan(LivePatch patch, TargetMemory memory) throws IOException {
        Registry empty = Registry.readLocked(FileImage.PID, StubBytes.target(), StubBytes.STATE);
        return new Planner(process.image(), memory, Optional.of(empty)).plan(patch, Optional.empty());
    }

    @Test
    void aPlanSaysWhichBytesItExpects() throws IOException {
        PatchPlan plan = plan(patch(), process.memory());
        assertThat(plan.refusals()).isEmpty();
        assertThat(plan.functions()).singleElement().satisfies(function -> {
            assertThat(function.entry()).isEqualTo(library.exported("answer").orElseThrow());
            assertThat(function.prepared()).isTrue();
            byte[] expected = function.expected().toArray();
            assertThat(process.memory().bytes(function.site(), expected.length)).isEqualTo(expected);
        });
    }

    @Test
    void bytesThatNobodyKnowsAreRefused() throws IOException {
        RemoteAddress entry = library.exported("answer").orElseThrow();
        CorrectedMemory changed = new CorrectedMemory(process.memory());
        changed.add(entry.plus(-16), HexFormat.of().parseHex("cc".repeat(20)));
        assertThat(plan(patch(), changed).isApplicable()).isFalse();
        assertThat(plan(patch(), process.memory()).isApplicable()).isTrue();
    }

    @Test
    void namesThatDoNotExistAreRefusedWithThoseThatAreMeant() throws IOException {
        assertThat(plan(LivePatch.of(victims.fix(2)).target("libanswer.so").replace("anwser", "fixed_answer"),
                process.memory()).refusals()).singleElement()
                .isInstanceOfSatisfying(Refusal.UnknownFunction.class,
                        refusal -> assertThat(refusal.toString()).contains("answer"));
        assertThat(plan(patch().target("libother.so"), process.memory()).refusals())
                .hasAtLeastOneElementOfType(Refusal.TargetNotLoaded.class);
    }

    @Test
    void anotherBuildIsRefused() throws IOException {
        assertThat(plan(patch().targetBuild("ab".repeat(20)), process.memory()).refusals())
                .hasAtLeastOneElementOfType(Refusal.BuildIdMismatch.class);
    }

    @Test
    void twoReplacementsOfOneFunctionAreRefused() throws IOException {
        assertThat(plan(patch().replace("answer", "fixed_second"), process.memory()).refusals())
                .hasAtLeastOneElementOfType(Refusal.ReplacedTwice.class);
    }
}
