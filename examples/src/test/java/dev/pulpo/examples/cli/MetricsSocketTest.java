package dev.pulpo.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.PatchStore;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsSocketTest {
    @TempDir
    Path directory;

    private static String read(Path socket) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                InputStream in = Channels.newInputStream(channel)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void whoConnectsGetsTheNumbers() throws Exception {
        Path place = directory.resolve("metrics");
        PatchStore store = PatchStore.at(directory.resolve("store"));
        try (MetricsSocket first = MetricsSocket.at(place, store)) {
            assertThat(Files.getPosixFilePermissions(place)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
            // A client that goes at once does not keep the next from being served.
            SocketChannel.open(UnixDomainSocketAddress.of(place)).close();
            assertThat(read(place)).contains("pulpo_patches{state=\"accepted\"} 0.0\n").endsWith("# EOF\n");
            // One that a killed watcher has left is replaced.
            try (MetricsSocket second = MetricsSocket.at(place, store)) {
                assertThat(second).isNotSameAs(first);
                assertThat(read(place)).endsWith("# EOF\n");
            }
        }
        assertThat(place).doesNotExist();
        Files.writeString(place, "something of value");
        assertThatThrownBy(() -> MetricsSocket.at(place, store)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(place).hasContent("something of value");
    }
}
