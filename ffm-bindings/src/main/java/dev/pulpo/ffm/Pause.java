package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import dev.pulpo.ffm.raw.timespec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A short sleep that allocates nothing. */
public final class Pause {
    private final MemorySegment request;

    public Pause(Arena arena) {
        request = arena.allocate(timespec.layout());
    }

    /** Sleeps for about this long (nanosleep(2)); a signal ends it early. */
    public void nanos(long nanos) {
        timespec.tv_sec(request, nanos / 1_000_000_000L);
        timespec.tv_nsec(request, nanos % 1_000_000_000L);
        syscall(Linux.SYS_nanosleep(), request.address(), 0, 0);
    }
}
