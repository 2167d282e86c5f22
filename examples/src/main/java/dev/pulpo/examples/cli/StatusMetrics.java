package dev.pulpo.examples.cli;

import dev.pulpo.engine.PatchStanding;
import dev.pulpo.engine.StoredPatch;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Locale;

/**
 * The numbers of {@code pulpo status} as OpenMetrics text. There are gauges alone, so that the older format of Prometheus, which
 * node_exporter's textfile collector reads, means the same by the text.
 */
final class StatusMetrics {
    private StatusMetrics() {}

    /** The text, in UTF-8. */
    static byte[] text(Standings standings) throws IOException {
        GaugeSnapshot.Builder patches = gauge("pulpo_patches", "Patches in the store.");
        for (StoredPatch.State state : StoredPatch.State.values()) {
            patches.dataPoint(point(standings.patches().stream().filter(patch -> patch.state() == state).count(),
                    "state", state.name().toLowerCase(Locale.ROOT)));
        }
        GaugeSnapshot.Builder each = gauge("pulpo_patch_processes",
                "Processes that run the build of a patch, by where they stand with it.");
        for (StoredPatch patch : standings.patches()) {
            for (PatchStanding.State state : PatchStanding.State.values()) {
                each.dataPoint(point(standings.count(patch, state), "patch", patch.id().hex(), "build",
                        patch.build(), "state", state.name().toLowerCase(Locale.ROOT)));
            }
        }
        MetricSnapshots all = MetricSnapshots.of(patches.build(), each.build(),
                gauge("pulpo_processes", "Processes that a patch of the store is for.")
                        .dataPoint(point(standings.processes().size())).build(),
                gauge("pulpo_processes_drifting",
                        "Processes that have not what they should have, or have what they should not.")
                        .dataPoint(point(standings.drift())).build(),
                gauge("pulpo_processes_unread", "Processes that could not be looked at.")
                        .dataPoint(point(standings.failures().size())).build(),
                gauge("pulpo_looked_timestamp_seconds", "When the processes were looked at, since the epoch.")
                        .dataPoint(point(Instant.now().getEpochSecond())).build());
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        OpenMetricsTextFormatWriter.create().write(text, all);
        return text.toByteArray();
    }

    /** Writes the text to a file, which has the old text or the new one at any instant. */
    static void write(Standings standings, Path file) throws IOException {
        Path whole = file.toAbsolutePath();
        // The collector reads files that end with .prom: not this one.
        Path next = Files.createTempFile(whole.getParent(), ".pulpo", ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.write(next, text(standings));
            // Its reader is another user.
            Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(next, whole, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(next);
        }
    }

    private static GaugeSnapshot.Builder gauge(String name, String help) {
        return GaugeSnapshot.builder().name(name).help(help);
    }

    private static GaugeDataPointSnapshot point(long value, String... labels) {
        return GaugeDataPointSnapshot.builder().labels(Labels.of(labels)).value((double) value).build();
    }
}
