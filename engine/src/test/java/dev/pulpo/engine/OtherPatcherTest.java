package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.engine.target.PtraceAccess;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What another live patcher has put into a process is named. */
class OtherPatcherTest {
    @TempDir
    Path directory;

    @Test
    void detoursThatAreNotOursAreNamed() throws Exception {
        Victims victims = new Victims(directory);
        Path library = victims.library();
        // Stands for libpulp's own library: what counts is its name, and that it is not the stub.
        Files.copy(victims.fix(1), directory.resolve("libpulp.so.0"));
        LivePatch patch = LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
        try (RunningServer server = RunningServer.of(LiveProcess
                .launcher(java.util.List.of(victims.server().toString(), "1", "sleep"))
                .environment("LD_PRELOAD", directory.resolve("libpulp.so.0").toString()));
                LiveProcess process = LiveProcess.attach(server.pid());
                ElfFile elf = ElfFile.open(library)) {
            assertThat(process.otherPatcher().orElseThrow().toString()).contains("libpulp.so.0", "nothing");
            assertThat(process.plan(patch).isApplicable()).isTrue();
            long bias = Files.readAllLines(Path.of("/proc/" + server.pid() + "/maps")).stream()
                    .filter(line -> line.endsWith("/libanswer.so"))
                    .mapToLong(line -> Long.parseUnsignedLong(line.split("-")[0], 16)).min().orElseThrow();
            RemoteAddress entry = new RemoteAddress(
                    bias + elf.dynamicSymbols().find("answer").orElseThrow().value());
            try (TraceeMemory memory = PtraceAccess.openMemory(server.pid())) {
                byte[] head = memory.bytes(entry, 4);
                int skip = head[0] == (byte) 0xf3 && head[1] == 0x0f ? 4 : 0;
                // A jump through an address in the padding, and a short jump to it: libpulp's detour.
                byte[] jump = {(byte) 0xff, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
                java.nio.ByteBuffer.wrap(jump).order(java.nio.ByteOrder.LITTLE_ENDIAN).putLong(6, entry.value() + 64);
                memory.write(entry.plus(-14), jump);
                memory.write(entry.plus(skip), new byte[]{(byte) 0xeb, (byte) (-16 - skip)});
            }
            assertThat(process.otherPatcher().orElseThrow().functions()).containsExactly("answer");
            assertThat(process.plan(patch).refusals()).singleElement().isInstanceOf(Refusal.OtherDetour.class)
                    .satisfies(refusal -> assertThat(refusal.message()).contains("libpulp.so.0"));
            assertThat(Preflight.of(server.pid()).findings())
                    .anyMatch(finding -> finding.kind() == Preflight.Kind.OTHER_PATCHER
                            && finding.message().contains("has replaced answer"));
        }
    }

    @Test
    void ownPatchesAreNotNamed() throws Exception {
        Victims victims = new Victims(directory);
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.otherPatcher()).isEmpty();
            process.apply(LivePatch.of(victims.fix(3)).target("libanswer.so").replace("answer", "fixed_answer"));
            assertThat(process.otherPatcher()).isEmpty();
        }
    }
}
