package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The attributes of an open file, from fstat(2).
 *
 * @param device  the device as in the map of a process: {@code major:minor} in hexadecimal (proc_pid_maps(5))
 * @param mode    type and permissions, as {@code st_mode} (inode(7))
 * @param owner   user id
 * @param size    in bytes
 * @param changed when the file or its attributes were last changed, in nanoseconds since the epoch
 */
public record FileStatus(String device, long inode, int mode, int owner, long size, long changed) {
    /** {@code struct stat} of x86-64 (asm/stat.h). */
    private static final long BYTES = 144;
    private static final long INODE = 8;
    private static final long MODE = 24;
    private static final long OWNER = 28;
    private static final long SIZE = 48;
    private static final long CHANGED_SECONDS = 104;
    private static final long CHANGED_NANOS = 112;

    private static final int TYPE = 0xf000;
    private static final int REGULAR = 0x8000;
    private static final int DIRECTORY = 0x4000;
    private static final int FIFO = 0x1000;
    private static final int CHARACTER_DEVICE = 0x2000;
    private static final int BLOCK_DEVICE = 0x6000;
    private static final int SOCKET = 0xc000;
    private static final int LINK = 0xa000;
    private static final int STICKY = 0x200;
    /** {@code S_IWGRP} and {@code S_IWOTH}. */
    private static final int WRITE_BY_OTHERS = 0x12;
    private static final int READ_BY_ALL = 0x4;

    /** Reads the attributes of a descriptor. */
    static FileStatus of(int descriptor, String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stat = arena.allocate(BYTES, Long.BYTES);
            long result = NativeCalls.syscall(Linux.SYS_fstat(), descriptor, stat.address(), 0);
            if (NativeCalls.isError(result)) {
                throw ProcFile.failure(name, (int) -result);
            }
            return new FileStatus(device(stat.get(ValueLayout.JAVA_LONG, 0)), stat.get(ValueLayout.JAVA_LONG, INODE),
                    stat.get(ValueLayout.JAVA_INT, MODE), stat.get(ValueLayout.JAVA_INT, OWNER),
                    stat.get(ValueLayout.JAVA_LONG, SIZE), stat.get(ValueLayout.JAVA_LONG, CHANGED_SECONDS)
                            * 1_000_000_000L + stat.get(ValueLayout.JAVA_LONG, CHANGED_NANOS));
        }
    }

    /** Unpacks major and minor numbers (makedev(3)) and formats them as fs/proc/task_mmu.c does. */
    private static String device(long number) {
        long major = number >>> 8 & 0xfff | number >>> 32 & 0xffff_f000L;
        long minor = number & 0xff | number >>> 12 & 0xffff_ff00L;
        return hex(major) + ":" + hex(minor);
    }

    private static String hex(long number) {
        return (number < 0x10 ? "0" : "") + Long.toHexString(number);
    }

    public boolean isRegular() {
        return (mode & TYPE) == REGULAR;
    }

    public boolean isDirectory() {
        return (mode & TYPE) == DIRECTORY;
    }

    /** The kind of file in words, such as {@code a directory}. */
    public String kind() {
        return switch (mode & TYPE) {
            case REGULAR -> "a regular file";
            case DIRECTORY -> "a directory";
            case FIFO -> "a FIFO";
            case CHARACTER_DEVICE, BLOCK_DEVICE -> "a device";
            case SOCKET -> "a socket";
            case LINK -> "a symbolic link";
            default -> "a file of unknown kind";
        };
    }

    /** Whether its group or everybody may write to it. */
    public boolean isWritableByOthers() {
        return (mode & WRITE_BY_OTHERS) != 0;
    }

    /** Whether everybody may read it ({@code S_IROTH} in inode(7)). */
    public boolean isReadableByAll() {
        return (mode & READ_BY_ALL) != 0;
    }

    /** Whether, in a directory, only the owner of an entry may remove it ({@code S_ISVTX} in inode(7)). */
    public boolean isSticky() {
        return (mode & STICKY) != 0;
    }

    /** Whether both belong to the same file. */
    public boolean isSameFile(FileStatus other) {
        return inode == other.inode && device.equals(other.device);
    }
}
