package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PatchStore;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.watch.Watcher;
import dev.pulpo.ffm.NotifySocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine;

/** {@code pulpo watch}. */
@CommandLine.Command(name = "watch", description = "Gives accepted patches to processes that start, execute a program or load a library later, until it is ended. For a service manager (Type=notify).", exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "1:any failure, such as another watcher of the same store", "2:wrong usage",
        "128+N:ended by signal N, SIGINT or SIGTERM; no change is left half done"})
final class Watch extends Command {
    @CommandLine.Option(names = "--probation", paramLabel = "TIME", defaultValue = "60s", converter = When.DurationConverter.class, description = "a process of root that ends by a fault within this time after it got a patch has the patch withdrawn from all; one of another user has it held back from that user (default: ${DEFAULT-VALUE})")
    private Duration probation = Duration.ofSeconds(60);

    @CommandLine.Option(names = "--health", paramLabel = "COMMAND", description = "a shell command that fails when something is wrong; if it fails after a patch came into force, the patch is withdrawn")
    private Optional<String> health = Optional.empty();

    @CommandLine.Option(names = "--health-delay", paramLabel = "TIME", defaultValue = "5s", converter = When.DurationConverter.class, description = "between the last patch and that command (default: ${DEFAULT-VALUE})")
    private Duration healthDelay = Duration.ofSeconds(5);

    @CommandLine.Option(names = "--no-reports", description = "do not ask the kernel to report processes; look for them")
    private boolean withoutReports;

    @CommandLine.Option(names = "--metrics-socket", paramLabel = "PATH", description = "give the numbers of 'pulpo status', as OpenMetrics text, to whoever connects to this Unix socket; only the same user can")
    private Optional<Path> metrics = Optional.empty();

    @CommandLine.Mixin
    private StoreOption where = new StoreOption();

    @CommandLine.Mixin
    private When when = new When();

    @Override
    public Integer call() throws Exception {
        // One line for each message, as journals have them; whoever has configured another format keeps it.
        for (String format : new String[]{"java.util.logging.SimpleFormatter.format", "jdk.system.logger.format"}) {
            if (System.getProperty(format) == null) {
                System.setProperty(format, "%4$s: %5$s%6$s%n");
            }
        }
        PatchStore store = where.store();
        Optional<AutoCloseable> only = store.watch();
        if (only.isEmpty()) {
            complain("another watcher is at work on " + store.directory());
            return ExitStatus.OTHER;
        }
        AutoCloseable lock = only.get();
        Optional<MetricsSocket> socket = Optional.empty();
        try {
            Optional<NotifySocket> manager = Optional.ofNullable(System.getenv("NOTIFY_SOCKET"))
                    .flatMap(NotifySocket::of);
            Watcher watcher = new Watcher(store,
                    new Watcher.Settings(when.consistency(), probation, health, healthDelay,
                            !withoutReports, manager));
            Optional<String> ill = watcher.ill();
            if (ill.isPresent()) {
                complain(ill.get() + " before any patch was applied; nothing is watched");
                return ExitStatus.OTHER;
            }
            LiveProcess.prepare();
            if (metrics.isPresent()) {
                socket = Optional.of(MetricsSocket.at(metrics.get(), store));
            }
            watcher.run();
            return ExitStatus.INTERRUPTED;
        } finally {
            if (socket.isPresent()) {
                socket.get().close();
            }
            lock.close();
        }
    }
}
