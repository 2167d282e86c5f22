package dev.pulpo.engine.target;

import dev.pulpo.ffm.RemoteAddress;

/**
 * A line of {@code /proc/PID/maps}.
 *
 * @param start       first address
 * @param end         first address after it
 * @param permissions such as {@code r-xp}
 * @param offset      in the file, in bytes
 * @param device      of the file, as {@code major:minor} in hexadecimal
 * @param inode       of the file; 0 for none
 * @param path        of the file or a name in brackets, without the mark of deleted files; may be empty
 * @param deleted     whether the file has been unlinked
 */
public record Mapping(RemoteAddress start, RemoteAddress end, String permissions, long offset, String device,
        long inode,
        String path, boolean deleted) {
    public boolean contains(RemoteAddress address) {
        return start.compareTo(address) <= 0 && address.compareTo(end) < 0;
    }

    public boolean isWritable() {
        return permissions.charAt(1) == 'w';
    }

    public boolean isExecutable() {
        return permissions.charAt(2) == 'x';
    }

    /** Whether what is written there can be seen through other mappings. */
    public boolean isShared() {
        return permissions.charAt(3) == 's';
    }

    /** Whether a file is mapped. */
    public boolean hasFile() {
        return inode != 0;
    }

    /** Whether it is anonymous memory that the process has mapped, unlike mappings that the kernel provides. */
    public boolean isAnonymous() {
        return !hasFile() && (path.isEmpty() || path.startsWith("[anon"));
    }
}
