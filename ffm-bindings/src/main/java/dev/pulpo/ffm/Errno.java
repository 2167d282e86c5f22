package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.OptionalInt;

/** Error numbers of Linux (errno(3)), as positive numbers. */
public final class Errno {
    public static final int EPERM = Linux.EPERM();
    public static final int ENOENT = Linux.ENOENT();
    public static final int ESRCH = Linux.ESRCH();
    public static final int EINTR = Linux.EINTR();
    public static final int EIO = Linux.EIO();
    public static final int ECHILD = Linux.ECHILD();
    public static final int EAGAIN = Linux.EAGAIN();
    public static final int ENOMEM = Linux.ENOMEM();
    public static final int EACCES = Linux.EACCES();
    public static final int EFAULT = Linux.EFAULT();
    public static final int EBUSY = Linux.EBUSY();
    public static final int EEXIST = Linux.EEXIST();
    public static final int EINVAL = Linux.EINVAL();
    public static final int ENOSYS = Linux.ENOSYS();

    /*
     * The kernel's private error numbers (include/linux/errno.h). User space never sees them, but a tracer does: they are
     * in rax of a thread that was stopped inside a system call, and say how the kernel will restart it.
     */
    static final int ERESTARTSYS = 512;
    static final int ERESTARTNOINTR = 513;
    static final int ERESTARTNOHAND = 514;
    static final int ERESTART_RESTARTBLOCK = 516;

    private Errno() {}

    /** The error number in the result of a system call; 0 if it is not an error. */
    public static int of(long result) {
        // Errors are the last 4095 numbers (MAX_ERRNO in include/linux/err.h); other negative values are results.
        return result < 0 && result >= -4095 ? (int) -result : 0;
    }

    /**
     * The result of a system call that must succeed.
     *
     * @throws SystemCallException if it is an error number
     */
    public static long check(String call, long result) {
        if (of(result) != 0) {
            throw new SystemCallException(call, of(result));
        }
        return result;
    }

    /** The name in {@code errno.h}, such as {@code ESRCH}, or the number if it has none. */
    public static String name(int errno) {
        // Used only for errors, so it searches the generated accessors instead of keeping a second table. Of two names
        // for one number (EAGAIN, EWOULDBLOCK) the shorter one is the usual one.
        return Arrays.stream(Linux.class.getMethods())
                .filter(method -> method.getName().matches("E[A-Z0-9]+") && method.getReturnType() == int.class)
                .filter(method -> value(method) == errno)
                .map(Method::getName)
                .min(Comparator.comparingInt(String::length))
                .orElse("errno " + errno);
    }

    /** The number that a name in {@code errno.h} stands for, such as {@code EACCES}; empty where it has no such name. */
    public static OptionalInt number(String name) {
        return Arrays.stream(Linux.class.getMethods())
                .filter(method -> method.getName().equals(name) && name.matches("E[A-Z0-9]+")
                        && method.getReturnType() == int.class)
                .mapToInt(Errno::value).findFirst();
    }

    private static int value(Method constant) {
        try {
            return (int) constant.invoke(null);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new LinkageError(constant + " is a generated public accessor", e);
        }
    }
}
