package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Tells a service manager the state of this process (sd_notify(3)): a datagram to a socket of its own. Thread-safe. */
public final class NotifySocket {
    /** {@code AF_UNIX}, {@code SOCK_DGRAM}, {@code SOCK_CLOEXEC} (socket(2)). */
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x8_0000;
    /** {@code struct sockaddr_un} (unix(7)): u16 family, 108 bytes of path. */
    private static final int MOST_PATH = 108;
    private static final int PATH = 2;
    private static final int MSG_DONTWAIT = 0x40;

    private final byte[] path;

    private NotifySocket(byte[] path) {
        this.path = path;
    }

    /**
     * The socket of an address as in the environment variable {@code NOTIFY_SOCKET}: an absolute path, or a name after {@code @}.
     *
     * @return empty where it is no such address
     */
    public static Optional<NotifySocket> of(String address) {
        byte[] path = address.getBytes(StandardCharsets.UTF_8);
        boolean known = address.startsWith("/") || address.startsWith("@");
        if (!known || path.length < 2 || path.length >= MOST_PATH) {
            return Optional.empty();
        }
        if (path[0] == '@') {
            path[0] = 0;
        }
        return Optional.of(new NotifySocket(path));
    }

    /**
     * Sends lines such as {@code READY=1}. Never waits.
     *
     * @return whether the manager gets them
     */
    public boolean send(String lines) {
        long descriptor = syscall(Linux.SYS_socket(), AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (NativeCalls.isError(descriptor)) {
            return false;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(PATH + MOST_PATH, Long.BYTES);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, PATH, path.length);
            byte[] bytes = lines.getBytes(StandardCharsets.UTF_8);
            MemorySegment content = arena.allocate(Math.max(1, bytes.length));
            MemorySegment.copy(bytes, 0, content, ValueLayout.JAVA_BYTE, 0, bytes.length);
            return syscall(Linux.SYS_sendto(), descriptor, content.address(), bytes.length, MSG_DONTWAIT,
                    address.address(), PATH + (long) path.length) == bytes.length;
        } finally {
            syscall(Linux.SYS_close(), descriptor, 0, 0);
        }
    }
}
