package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;

/** Signal numbers and sets (signal(7)). A set is a {@code long} in which bit n-1 represents signal n. */
public final class Signals {
    public static final int SIGCHLD = Linux.SIGCHLD();
    public static final int SIGCONT = Linux.SIGCONT();
    public static final int SIGKILL = Linux.SIGKILL();
    public static final int SIGSTOP = Linux.SIGSTOP();
    public static final int SIGTERM = Linux.SIGTERM();
    public static final int SIGTRAP = Linux.SIGTRAP();
    public static final int SIGURG = Linux.SIGURG();
    public static final int SIGWINCH = Linux.SIGWINCH();

    /** Signals that the CPU raises because of the thread's own instructions. They kill the thread if it blocks them. */
    public static final long SYNCHRONOUS = bit(Linux.SIGSEGV()) | bit(Linux.SIGBUS()) | bit(Linux.SIGILL())
            | bit(Linux.SIGFPE()) | bit(Linux.SIGTRAP()) | bit(Linux.SIGSYS());

    private Signals() {}

    /** The set that holds only this signal. */
    public static long bit(int signal) {
        return 1L << (signal - 1);
    }

    /** The usual name of a signal, such as {@code SIGSEGV}. */
    public static String name(int signal) {
        return switch (signal) {
            case 1 -> "SIGHUP";
            case 2 -> "SIGINT";
            case 3 -> "SIGQUIT";
            case 4 -> "SIGILL";
            case 5 -> "SIGTRAP";
            case 6 -> "SIGABRT";
            case 7 -> "SIGBUS";
            case 8 -> "SIGFPE";
            case 9 -> "SIGKILL";
            case 10 -> "SIGUSR1";
            case 11 -> "SIGSEGV";
            case 12 -> "SIGUSR2";
            case 13 -> "SIGPIPE";
            case 14 -> "SIGALRM";
            case 15 -> "SIGTERM";
            case 17 -> "SIGCHLD";
            case 18 -> "SIGCONT";
            case 19 -> "SIGSTOP";
            case 20 -> "SIGTSTP";
            case 21 -> "SIGTTIN";
            case 22 -> "SIGTTOU";
            case 23 -> "SIGURG";
            case 27 -> "SIGPROF";
            case 28 -> "SIGWINCH";
            case 31 -> "SIGSYS";
            default -> "signal " + signal;
        };
    }
}
