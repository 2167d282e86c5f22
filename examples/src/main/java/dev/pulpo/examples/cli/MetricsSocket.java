package dev.pulpo.examples.cli;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PatchStore;
import dev.pulpo.engine.Upkeep;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;

/**
 * Gives the numbers of {@code pulpo status} to whoever connects to a Unix socket: OpenMetrics text, then the end. Nothing is read.
 * Connections wait for each other; one that does not take its text within five seconds is closed. Only the user of this process,
 * and root, can connect.
 */
final class MetricsSocket implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger("dev.pulpo.watch");
    private static final long PATIENCE_NANOS = Duration.ofSeconds(5).toNanos();

    private final Path place;
    private final PatchStore store;
    private final ServerSocketChannel listener;
    private final Thread thread;

    private MetricsSocket(Path place, PatchStore store, ServerSocketChannel listener) {
        this.place = place;
        this.store = store;
        this.listener = listener;
        this.thread = Thread.ofPlatform().daemon().name("metrics").unstarted(this::serve);
    }

    /**
     * Listens at a path. A socket that was left there is replaced.
     *
     * @throws IOException where that cannot be done, or another kind of file is there
     */
    static MetricsSocket at(Path path, PatchStore store) throws IOException {
        Path place = path.toAbsolutePath();
        if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)
                && !(Boolean) Files.getAttribute(place, "isOther", LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(RawText.of(place));
        }
        // It gets its name when nobody else can connect any more.
        Path next = place.resolveSibling("." + place.getFileName() + "." + ProcessHandle.current().pid());
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listener.bind(UnixDomainSocketAddress.of(next));
            Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-------"));
            Files.move(next, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | IllegalArgumentException failed) {
            listener.close();
            Files.deleteIfExists(next);
            throw new FileSystemException(RawText.of(place), null,
                    RawText.of(place) + " cannot become a socket: " + failed.getMessage());
        }
        MetricsSocket socket = new MetricsSocket(place, store, listener);
        socket.thread.start();
        return socket;
    }

    private void serve() {
        try {
            while (true) {
                try (SocketChannel client = listener.accept()) {
                    serve(client);
                }
            }
        } catch (ClosedChannelException | InterruptedException end) {
            // The watcher ends.
        } catch (IOException failed) {
            LOGGER.log(System.Logger.Level.WARNING, "no metrics any more: " + Failures.message(failed));
        }
    }

    private void serve(SocketChannel client) throws InterruptedException {
        byte[] text;
        try {
            text = StatusMetrics.text(Standings.look(new Upkeep(store)));
        } catch (IOException unreadable) {
            LOGGER.log(System.Logger.Level.WARNING, "no metrics: " + Failures.message(unreadable));
            return;
        }
        try {
            answer(client, ByteBuffer.wrap(text));
        } catch (IOException gone) {
            LOGGER.log(System.Logger.Level.DEBUG, "the metrics were not taken: " + Failures.message(gone));
        }
    }

    private static void answer(SocketChannel client, ByteBuffer text) throws IOException {
        long begun = System.nanoTime();
        client.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            client.register(selector, SelectionKey.OP_WRITE);
            while (text.hasRemaining() && System.nanoTime() - begun < PATIENCE_NANOS) {
                selector.select(PATIENCE_NANOS / 1_000_000);
                selector.selectedKeys().clear();
                client.write(text);
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        thread.interrupt();
        Files.deleteIfExists(place);
    }
}
