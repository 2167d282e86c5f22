package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The kernel's reports of all processes that start, execute programs and end: the process connector (linux/cn_proc.h) over
 * netlink(7). It needs CAP_NET_ADMIN, and the network and PID namespaces that the machine booted with. For one thread.
 */
public final class ProcessEvents implements AutoCloseable {
    /** {@code AF_NETLINK}, {@code SOCK_DGRAM}, {@code SOCK_CLOEXEC} (socket(2)), {@code NETLINK_CONNECTOR} (linux/netlink.h). */
    private static final int AF_NETLINK = 16;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x8_0000;
    private static final int NETLINK_CONNECTOR = 11;
    /** {@code CN_IDX_PROC} and {@code CN_VAL_PROC} (linux/connector.h). */
    private static final int CN_IDX_PROC = 1;
    private static final int CN_VAL_PROC = 1;
    /** {@code PROC_CN_MCAST_LISTEN} (linux/cn_proc.h). */
    private static final int LISTEN = 1;
    /** {@code NLMSG_DONE} (linux/netlink.h): the type of a message without parts. */
    private static final short NLMSG_DONE = 3;
    /** {@code SOL_SOCKET}, {@code SO_RCVBUFFORCE} (asm-generic/socket.h). */
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int BUFFER_BYTES = 4 << 20;
    private static final int MSG_DONTWAIT = 0x40;
    private static final short POLLIN = 1;

    /** {@code struct sockaddr_nl}: u16 family, u16 padding, u32 pid, u32 groups. */
    private static final long ADDRESS_BYTES = 12;
    private static final long ADDRESS_PID = 4;
    private static final long ADDRESS_GROUPS = 8;

    /**
     * A message: {@code struct nlmsghdr} (u32 length, u16 type, u16 flags, u32 sequence, u32 pid), {@code struct cn_msg} (u32 idx,
     * u32 val, u32 sequence, u32 ack, u16 length, u16 flags), {@code struct proc_event} (u32 what, u32 cpu, u64 time, data).
     */
    private static final long HEADER_TYPE = 4;
    private static final long CONNECTOR = 16;
    private static final long CONNECTOR_VAL = 20;
    private static final long CONNECTOR_LENGTH = 32;
    private static final long EVENT = 36;
    private static final long DATA = 52;
    private static final long REQUEST_BYTES = EVENT + 4;
    /** The data that is looked at: up to the fourth word. */
    private static final long LEAST_BYTES = DATA + 16;
    private static final long MESSAGE_BYTES = 4096;
    private static final int MOST_AT_ONCE = 4096;

    /** {@code PROC_EVENT_…} (linux/cn_proc.h). */
    private static final int NONE = 0;
    private static final int FORK = 1;
    private static final int EXEC = 2;
    private static final int UID = 4;
    private static final int EXIT = 0x8000_0000;

    private static final long ANSWER_NANOS = 1_000_000_000;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment message = arena.allocate(MESSAGE_BYTES, Long.BYTES);
    private final MemorySegment sender = arena.allocate(ADDRESS_BYTES, Long.BYTES);
    private final MemorySegment senderBytes = arena.allocate(ValueLayout.JAVA_INT);
    /** {@code struct pollfd} (poll(2)): int fd, short events, short revents. */
    private final MemorySegment poll = arena.allocate(8, 4);
    private final int descriptor;
    private int refusal = -1;

    /** What the kernel reports. Process ids are those of the namespace that the machine booted with. */
    public sealed interface Event {}

    /** A process has started. */
    public record Forked(int pid, int parent) implements Event {}

    /** A process has executed a program. */
    public record Executed(int pid) implements Event {}

    /** A process has set its user ids. */
    public record ChangedUser(int pid, int real, int effective) implements Event {}

    /**
     * A process has ended.
     *
     * @param signal that has ended it; 0 where it ended by itself
     */
    public record Ended(int pid, int signal) implements Event {}

    /** Reports were lost, because they were not read fast enough. */
    public record Lost() implements Event {}

    private ProcessEvents(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Begins to listen; empty where the kernel does not let this process. */
    public static Optional<ProcessEvents> open() {
        long descriptor = syscall(Linux.SYS_socket(), AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
        if (NativeCalls.isError(descriptor)) {
            return Optional.empty();
        }
        ProcessEvents events = new ProcessEvents((int) descriptor);
        if (events.listens()) {
            return Optional.of(events);
        }
        events.close();
        return Optional.empty();
    }

    private boolean listens() {
        MemorySegment address = arena.allocate(ADDRESS_BYTES, Long.BYTES);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_NETLINK);
        address.set(ValueLayout.JAVA_INT, ADDRESS_GROUPS, CN_IDX_PROC);
        if (syscall(Linux.SYS_bind(), descriptor, address.address(), ADDRESS_BYTES) != 0) {
            return false;
        }
        MemorySegment size = arena.allocate(ValueLayout.JAVA_INT);
        size.set(ValueLayout.JAVA_INT, 0, BUFFER_BYTES);
        // Without it the buffer is smaller, and reports are lost earlier.
        syscall(Linux.SYS_setsockopt(), descriptor, SOL_SOCKET, SO_RCVBUFFORCE, size.address(), size.byteSize(), 0);
        MemorySegment request = arena.allocate(REQUEST_BYTES, Long.BYTES);
        request.set(ValueLayout.JAVA_INT, 0, (int) REQUEST_BYTES);
        request.set(ValueLayout.JAVA_SHORT, HEADER_TYPE, NLMSG_DONE);
        request.set(ValueLayout.JAVA_INT, CONNECTOR, CN_IDX_PROC);
        request.set(ValueLayout.JAVA_INT, CONNECTOR_VAL, CN_VAL_PROC);
        request.set(ValueLayout.JAVA_SHORT, CONNECTOR_LENGTH, (short) Integer.BYTES);
        request.set(ValueLayout.JAVA_INT, EVENT, LISTEN);
        if (syscall(Linux.SYS_sendto(), descriptor, request.address(), REQUEST_BYTES, 0, 0, 0) != REQUEST_BYTES) {
            return false;
        }
        // The kernel answers with an event of its own; to those in other namespaces it says nothing.
        long end = System.nanoTime() + ANSWER_NANOS;
        while (refusal < 0 && System.nanoTime() - end < 0) {
            read(ANSWER_NANOS / 1_000_000 / 10);
        }
        return refusal == 0;
    }

    /**
     * The reports that have come, oldest first; where there is none, waits for one.
     *
     * @param millis how long at most
     */
    public List<Event> read(long millis) {
        poll.set(ValueLayout.JAVA_INT, 0, descriptor);
        poll.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
        long ready = syscall(Linux.SYS_poll(), poll.address(), 1, millis);
        List<Event> events = new ArrayList<>();
        while (ready > 0 && events.size() < MOST_AT_ONCE) {
            senderBytes.set(ValueLayout.JAVA_INT, 0, (int) ADDRESS_BYTES);
            long bytes = syscall(Linux.SYS_recvfrom(), descriptor, message.address(), MESSAGE_BYTES, MSG_DONTWAIT,
                    sender.address(), senderBytes.address());
            if (bytes == -Errno.EAGAIN || bytes == -Errno.EINTR) {
                break;
            }
            if (bytes == -Linux.ENOBUFS()) {
                events.add(new Lost());
                continue;
            }
            check("recvfrom(netlink)", bytes);
            // Only the kernel has the number 0.
            if (bytes >= LEAST_BYTES && sender.get(ValueLayout.JAVA_INT, ADDRESS_PID) == 0) {
                event().ifPresent(events::add);
            }
        }
        return events;
    }

    /** Threads have events, too; only those of processes are reported. */
    private Optional<Event> event() {
        int first = word(0);
        int second = word(1);
        int third = word(2);
        int fourth = word(3);
        return switch (message.get(ValueLayout.JAVA_INT, EVENT)) {
            case NONE -> {
                refusal = first;
                yield Optional.empty();
            }
            // The parent's thread and process, the child's.
            case FORK -> third == fourth ? Optional.of(new Forked(fourth, second)) : Optional.empty();
            case EXEC -> Optional.of(new Executed(second));
            case UID -> Optional.of(new ChangedUser(second, third, fourth));
            // The low seven bits of a wait status are the signal (wait(2)).
            case EXIT -> first == second ? Optional.of(new Ended(second, third & 0x7f)) : Optional.empty();
            default -> Optional.empty();
        };
    }

    private int word(int index) {
        return message.get(ValueLayout.JAVA_INT, DATA + (long) index * Integer.BYTES);
    }

    @Override
    public void close() {
        syscall(Linux.SYS_close(), descriptor, 0, 0);
        arena.close();
    }
}
