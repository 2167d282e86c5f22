package dev.pulpo.engine.image;

import dev.pulpo.ffm.RemoteAddress;

/**
 * A line of {@code /proc/PID/maps}.
 *
 * @param start       first address
 * @param end         first address behind it
 * @param permissions such as {@code r-xp}
 * @param offset      in the file, in bytes
 * @param device      of the file, as {@code major:minor} in hexadecimal
 * @param inode       of the file; 0 where there is none
 * @param path        of the file or a name in brackets, without the mark of deleted files; may be empty
 * @param deleted     whether the file has no name any more
 */
public record Mapping(RemoteAddress start, RemoteAddress end, String permissions, long offset, String device,
        long inode,
        String path, boolean deleted) {
    public boolean contains(RemoteAddress address) {
        return start.compareTo(address) <= 0 && address.compareTo(end) < 0;
    }

    public boolean isReadable() {
        return permissions.charAt(0) == 'r';
    }

    public boolean isWritable() {
        return permissions.charAt(1) == 'w';
    }

    public boolean isExecutable() {
        return permissions.charAt(2) == 'x';
    }

    /** Whether bytes of a file lie here. */
    public boolean hasFile() {
        return inode != 0;
    }

    /** Whether it is memory of no file that the process has mapped, and not one of those that the kernel gives it. */
    public boolean isAnonymous() {
        return !hasFile() && (path.isEmpty() || path.startsWith("[anon"));
    }

    /** The name under which {@code /proc/PID/map_files} has it. */
    String rangeName() {
        return Long.toHexString(start.value()) + "-" + Long.toHexString(end.value());
    }
}
