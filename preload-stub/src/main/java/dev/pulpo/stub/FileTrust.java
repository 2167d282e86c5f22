package dev.pulpo.stub;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Checks that only trusted users can change the file that a path leads to. The path is walked from the root directory as
 * in the kernel, path_resolution(7). Every component, including symbolic links, must belong to a trusted user, and
 * neither its group nor others may write to it. A sticky directory on the way may be world-writable, because only its
 * owner and the owner of an entry can rename or remove that entry, unlink(2).
 *
 * <p>Access control lists are covered: the group bits of a file with a list are its mask, acl(5). Thread-safe.
 */
public final class FileTrust {
    private static final int GROUP_AND_OTHERS_WRITE = 0022;
    private static final int STICKY = 01000;
    private static final int FORMAT = 0170000;
    private static final int LINK = 0120000;
    private static final int DIRECTORY = 0040000;

    /** The kernel follows as many, path_resolution(7). */
    private static final int MOST_LINKS = 40;

    private final Set<Integer> users;

    private FileTrust(Set<Integer> users) {
        this.users = users;
    }

    /** Trusts root and these users. */
    public static FileTrust of(int... users) {
        return new FileTrust(IntStream.concat(IntStream.of(0), IntStream.of(users)).boxed()
                .collect(Collectors.toUnmodifiableSet()));
    }

    /**
     * Why an untrusted user can change the file that a path leads to.
     *
     * @param place   the component of the path, or of a link's target, that the user can change or replace
     * @param owner   its owner
     * @param mode    its permissions, with the sticky bit
     * @param foreign whether the owner is untrusted
     */
    public record Weakness(Path place, int owner, int mode, boolean foreign) {
        /** A command that would help. */
        public String remedy() {
            return foreign ? "chown root " + place : "chmod go-w " + place;
        }

        @Override
        public String toString() {
            return String.format("%s belongs to user %d and has mode %04o, so %s can change it", place, owner, mode,
                    foreign ? "that user" : "others");
        }
    }

    /** The attributes of a component, from lstat(2). */
    private record Entry(Path path, int owner, int mode) {
        static Entry of(Path path) throws IOException {
            Map<String, Object> values = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
            return new Entry(path, number(values, "uid"), number(values, "mode"));
        }

        private static int number(Map<String, Object> values, String name) {
            return (int) Objects.requireNonNull(values.get(name), name);
        }

        boolean is(int format) {
            return (mode & FORMAT) == format;
        }

        Weakness weakness(boolean foreign) {
            return new Weakness(path, owner, mode & 07777, foreign);
        }
    }

    /**
     * Why an untrusted user can change the file that a path leads to; empty if none can. In that case no untrusted user
     * can redirect the path later, either.
     *
     * @throws IOException if there is no such file, or its attributes cannot be read
     */
    public Optional<Weakness> weakness(Path path) throws IOException {
        return weakness(path, false);
    }

    /**
     * Why an untrusted user can change what a trusted user creates in a directory; empty if none can. Unlike
     * {@link #weakness}, it is empty for a sticky directory like {@code /tmp}.
     *
     * @throws IOException if there is no such directory, or its attributes cannot be read
     */
    public Optional<Weakness> weaknessOfNewIn(Path directory) throws IOException {
        return weakness(directory, true);
    }

    private Optional<Weakness> weakness(Path path, boolean goesOn) throws IOException {
        Path absolute = path.toAbsolutePath();
        Entry here = Entry.of(absolute.getRoot());
        Deque<Path> left = new ArrayDeque<>();
        absolute.forEach(left::add);
        int links = 0;
        Optional<Weakness> weakness = look(here, left.isEmpty() && !goesOn);
        while (weakness.isEmpty() && !left.isEmpty()) {
            Path name = left.remove();
            if (name.toString().equals("..")) {
                // The path so far has no links any more.
                here = Entry.of(Optional.ofNullable(here.path().getParent()).orElse(here.path()));
                weakness = look(here, left.isEmpty() && !goesOn);
                continue;
            }
            Entry next = Entry.of(here.path().resolve(name).normalize());
            if (next.is(LINK)) {
                if (!users.contains(next.owner())) {
                    return Optional.of(next.weakness(true));
                }
                if (++links > MOST_LINKS) {
                    throw new FileSystemException(path.toString(), null, "more than " + MOST_LINKS + " symbolic links");
                }
                Path target = Files.readSymbolicLink(next.path());
                if (target.isAbsolute()) {
                    here = Entry.of(absolute.getRoot());
                }
                left = Stream.concat(parts(target), left.stream()).collect(Collectors.toCollection(ArrayDeque::new));
                // The directory at which the link's target, or the rest of the path, begins may itself be the end of the
                // path.
                weakness = look(here, left.isEmpty() && !goesOn);
            } else {
                here = next;
                weakness = look(here, left.isEmpty() && !goesOn);
            }
        }
        return weakness;
    }

    private static Stream<Path> parts(Path path) {
        return IntStream.range(0, path.getNameCount()).mapToObj(path::getName);
    }

    private Optional<Weakness> look(Entry entry, boolean last) {
        if (!users.contains(entry.owner())) {
            return Optional.of(entry.weakness(true));
        }
        boolean writable = (entry.mode() & GROUP_AND_OTHERS_WRITE) != 0;
        boolean passable = !last && entry.is(DIRECTORY) && (entry.mode() & STICKY) != 0;
        return writable && !passable ? Optional.of(entry.weakness(false)) : Optional.empty();
    }
}
